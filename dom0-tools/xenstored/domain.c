// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: their connections come with INTRODUCE and go with RELEASE or with
 * the domain itself, of which VIRQ_DOM_EXC tells.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "domain.h"
#include "persist.h"
#include "ring.h"
#include "server.h"
#include "watch.h"
#include "xen.h"

#define FEATURES                                                               \
	(XENSTORE_SERVER_FEATURE_RECONNECTION |                                \
	 XENSTORE_SERVER_FEATURE_ERROR | XS_FEATURE_QUOTA |                    \
	 XS_FEATURE_WATCH_DEPTH)

static void record(struct server *sv, const struct conn *c)
{
	struct conn_record r = {.kind = CONN_RING,
				.target = c->target,
				.port = c->ring->remote_port,
				.fd = -1,
				.mfn = c->ring->mfn};

	persist_conn(&sv->store, c, &r);
}

static void set_ring_word(uint32_t *word, uint32_t v)
{
	__atomic_store_n(word, v, __ATOMIC_RELEASE);
}

static void free_conn(struct server *sv, struct conn *c)
{
	sv->ring_of[c->domid] = NULL;
	ring_drop_chunks(&sv->store, c);
	conn_fini(&sv->store, c);
	persist_conn_gone(&sv->store, c);
	free(c->ring);
	free(c);
}

static void unmap(struct conn *c)
{
	if (c->domid == 0)
		xen_unmap_own_ring(c->ring->page);
	else
		xen_unmap_ring(c->ring->page);
}

/* Which connection an event is for. */
static int port_set(struct server *sv, int port, struct conn *c)
{
	if ((size_t)port >= sv->nr_ports) {
		size_t nr = (size_t)port + 64;
		struct conn **p =
			realloc(sv->ring_at_port, nr * sizeof(struct conn *));

		if (!p)
			return -ENOMEM;
		memset(p + sv->nr_ports, 0,
		       (nr - sv->nr_ports) * sizeof(struct conn *));
		sv->ring_at_port = p;
		sv->nr_ports = nr;
	}
	sv->ring_at_port[port] = c;
	return 0;
}

static int bind(struct server *sv, struct conn *c, uint32_t remote_port)
{
	int port = xen_bind_interdomain(c->domid, remote_port), rc;

	if (port < 0)
		return port;
	rc = port_set(sv, port, c);
	if (rc) {
		xen_unbind(port);
		return rc;
	}
	return port;
}

static void unbind(struct server *sv, int port)
{
	if (port < 0)
		return;
	port_set(sv, port, NULL);
	xen_unbind(port);
}

static void disconnect(struct server *sv, struct conn *c)
{
	unbind(sv, c->ring->local_port);
	unmap(c);
	free_conn(sv, c);
}

void domain_close(struct server *sv, struct conn *c)
{
	disconnect(sv, c);
}

/* A connection to the ring page of @domid, bound but not yet attached. */
static struct conn *connect(struct server *sv, unsigned int domid,
			    uint32_t port, int *rc)
{
	struct conn *c = calloc(1, sizeof(*c));
	struct ring_link *l = calloc(1, sizeof(*l));
	struct account *a = store_account(&sv->store, domid);

	*rc = -ENOMEM;
	if (!c || !l)
		goto free_both;
	*rc = -EINVAL;
	if (!a)
		goto free_both;
	*rc = conn_init(c, CONN_RING, domid, &sv->dirty);
	if (*rc)
		goto free_both;
	if (domid == 0)
		*rc = xen_map_own_ring(&l->page, &port);
	else
		*rc = xen_map_ring(domid, &l->page);
	if (*rc)
		goto fini;
	l->remote_port = port;
	l->local_port = bind(sv, c, port);
	c->ring = l;
	if (l->local_port < 0) {
		*rc = l->local_port;
		unmap(c);
		goto fini;
	}
	c->id = domid;
	c->account = a;
	c->is_recorded = true;
	list_add_tail(&sv->conns, &c->link);
	sv->ring_of[domid] = c;
	*rc = 0;
	return c;

fini:
	conn_fini(&sv->store, c);
free_both:
	free(l);
	free(c);
	return NULL;
}

static void attach(struct server *sv, struct conn *c)
{
	struct xenstore_domain_interface *page = c->ring->page;

	c->is_dead = false;
	set_ring_word(&page->error, XENSTORE_ERROR_NONE);
	set_ring_word(&page->server_features, FEATURES);
	c->ring->must_confirm = true;
	if (ring_attach(c))
		domain_fail(sv, c, XENSTORE_ERROR_RINGIDX);
	else
		server_mark_ready(sv, c);
	server_mark_dirty(sv, c);
}

int domain_init_own(struct server *sv)
{
	struct conn *c;
	int rc;

	if (sv->ring_of[0])
		return 0;
	c = connect(sv, 0, 0, &rc);
	if (!c)
		return rc;
	attach(sv, c);
	record(sv, c);
	return 0;
}

static bool find_domain(unsigned int domid, struct xen_domain *d)
{
	return xen_list_domains(domid, d, 1) == 1 && d->domid == domid;
}

bool domain_exists(unsigned int domid)
{
	struct xen_domain d;

	return find_domain(domid, &d) && !d.is_dying;
}

/* Known already: a fresh start on the same page. */
static int reintroduce(struct server *sv, struct conn *c, uint64_t mfn,
		       uint32_t port)
{
	struct ring_link *l = c->ring;
	int local = l->local_port;

	if (port != l->remote_port || local < 0) {
		local = bind(sv, c, port);
		if (local < 0)
			return local;
		unbind(sv, l->local_port);
	}
	ring_drop_chunks(&sv->store, c);
	conn_reset(&sv->store, c);
	l->local_port = local;
	l->remote_port = port;
	l->mfn = mfn;
	return 0;
}

int domain_introduce(struct server *sv, unsigned int domid, uint64_t mfn,
		     uint32_t port)
{
	struct conn *c;
	struct xen_domain d;
	int rc = 0;

	if (!domid || domid >= DOMID_LIMIT || !sv->has_xen)
		return -EINVAL;
	c = sv->ring_of[domid];
	if (c)
		rc = reintroduce(sv, c, mfn, port);
	else
		c = connect(sv, domid, port, &rc);
	if (rc)
		return -EINVAL;
	c->ring->mfn = mfn;
	attach(sv, c);
	record(sv, c);
	if (find_domain(domid, &d)) {
		memcpy(c->account->handle, d.handle, sizeof(d.handle));
		c->account->has_shut_down = false;
		persist_account(&sv->store, c->account);
	}
	watch_fire_special(&sv->store, "@introduceDomain", domid);
	return 0;
}

bool domain_is_introduced(const struct server *sv, unsigned int domid)
{
	if (domid == 0)
		return true;
	return domid < DOMID_LIMIT && sv->ring_of[domid];
}

int domain_release(struct server *sv, unsigned int domid)
{
	if (!domid || !domain_is_introduced(sv, domid))
		return -ENOENT;
	disconnect(sv, sv->ring_of[domid]);
	watch_fire_special(&sv->store, "@releaseDomain", domid);
	return 0;
}

int domain_resume(struct server *sv, unsigned int domid)
{
	if (!domid || !domain_is_introduced(sv, domid))
		return -ENOENT;
	sv->ring_of[domid]->account->has_shut_down = false;
	persist_account(&sv->store, sv->ring_of[domid]->account);
	return 0;
}

int domain_set_target(struct server *sv, unsigned int domid,
		      unsigned int target)
{
	if (!domid || !domain_is_introduced(sv, domid) ||
	    !domain_is_introduced(sv, target))
		return -ENOENT;
	sv->ring_of[domid]->target = (uint16_t)target;
	record(sv, sv->ring_of[domid]);
	return 0;
}

static void gone(struct server *sv, unsigned int domid)
{
	if (sv->ring_of[domid])
		disconnect(sv, sv->ring_of[domid]);
	store_forget_domain(&sv->store, domid);
	watch_fire_special(&sv->store, "@releaseDomain", domid);
}

/* All domains there are, in order of domid; NULL on failure. */
static struct xen_domain *list_all(size_t *nr)
{
	size_t size = 256;

	for (;;) {
		struct xen_domain *d = malloc(size * sizeof(*d));
		int n = d ? xen_list_domains(0, d, size) : -ENOMEM;

		if (n >= 0 && (size_t)n < size) {
			*nr = (size_t)n;
			return d;
		}
		free(d);
		if (n < 0)
			return NULL;
		size *= 2;
	}
}

static int by_domid(const void *key, const void *elem)
{
	const uint16_t *domid = key;
	const struct xen_domain *d = elem;

	return (int)*domid - (int)d->domid;
}

void domain_check_all(struct server *sv)
{
	struct list *l, *n;
	size_t nr;
	struct xen_domain *all = list_all(&nr);

	if (!all) {
		server_log("cannot list the domains: deaths go unnoticed");
		return;
	}
	list_for_each (l, n, &sv->store.accounts.all) {
		struct account *a = list_entry(l, struct account, link);
		const struct xen_domain *d =
			bsearch(&a->domid, all, nr, sizeof(*all), by_domid);

		if (!a->domid)
			continue;
		if (!d || d->is_dying) {
			gone(sv, a->domid);
		} else if (d->has_shut_down && !a->has_shut_down) {
			a->has_shut_down = true;
			persist_account(&sv->store, a);
			watch_fire_special(&sv->store, "@releaseDomain",
					   a->domid);
		}
	}
	free(all);
}

#define NR_FAILURES_MAX 8 /* reported; a domain could go on for ever */

static void report_failure(const struct conn *c, uint32_t error)
{
	if (c->account->nr_failures == NR_FAILURES_MAX)
		return;
	c->account->nr_failures++;
	server_log("domain %u: %s; not served until it reconnects", c->domid,
		   error == XENSTORE_ERROR_RINGIDX ? "impossible ring index"
		   : error == XENSTORE_ERROR_PROTO ? "message too long"
						   : "event channel lost");
}

void domain_fail(struct server *sv, struct conn *c, uint32_t error)
{
	if (c->is_dead)
		return;
	report_failure(c, error);
	ring_drop_chunks(&sv->store, c);
	conn_reset(&sv->store, c);
	c->is_dead = true;
	set_ring_word(&c->ring->page->error, error);
	xen_notify(c->ring->local_port);
}

/* The domain asked for a fresh start. */
static void reconnect(struct server *sv, struct conn *c)
{
	struct xenstore_domain_interface *page = c->ring->page;

	ring_drop_chunks(&sv->store, c);
	conn_reset(&sv->store, c);
	set_ring_word(&page->req_cons, 0);
	set_ring_word(&page->req_prod, 0);
	set_ring_word(&page->rsp_cons, 0);
	set_ring_word(&page->rsp_prod, 0);
	attach(sv, c);
}

static void look_at(struct server *sv, struct conn *c)
{
	if (__atomic_load_n(&c->ring->page->connection, __ATOMIC_ACQUIRE) ==
	    XENSTORE_RECONNECT)
		reconnect(sv, c);
	if (c->is_dead)
		return;
	/* something to read, or room to write */
	server_mark_ready(sv, c);
	server_mark_dirty(sv, c);
}

void domain_event(struct server *sv, uint32_t port)
{
	if (port < sv->nr_ports && sv->ring_at_port[port])
		look_at(sv, sv->ring_at_port[port]);
}

void domain_fill(struct server *sv, struct conn *c)
{
	if (!c->is_dead && ring_fill(c) < 0)
		domain_fail(sv, c, XENSTORE_ERROR_RINGIDX);
}

void domain_publish(struct server *sv, struct conn *c)
{
	struct ring_link *l = c->ring;
	int changed = 0, rc = 0;

	if (!c->is_dead) {
		do {
			rc = ring_publish(&sv->store, c);
			changed |= rc > 0;
		} while (rc > 0 && ring_has_room(c));
	}
	if (rc < 0)
		domain_fail(sv, c, XENSTORE_ERROR_RINGIDX);
	else if (!c->is_dead && !c->is_blocked && ring_has_requests(c))
		server_mark_ready(sv, c);
	/* only now is the fresh start on record */
	if (l->must_confirm)
		set_ring_word(&l->page->connection, XENSTORE_CONNECTED);
	if (changed || l->must_confirm)
		xen_notify(l->local_port);
	l->must_confirm = false;
}

/* Is the domain of this number not the one that was introduced? */
static bool was_another(const struct account *a)
{
	static const uint8_t none[sizeof(a->handle)];
	struct xen_domain d;

	return memcmp(a->handle, none, sizeof(none)) &&
	       find_domain(a->domid, &d) &&
	       memcmp(a->handle, d.handle, sizeof(d.handle));
}

struct conn *domain_restore(struct server *sv, unsigned int domid, uint64_t mfn,
			    uint32_t port, unsigned int target)
{
	struct account *a = account_find(&sv->store.accounts, domid);
	struct xen_domain d;
	struct conn *c;
	int rc;

	if (!sv->has_xen || !a || !find_domain(domid, &d) || d.is_dying)
		return NULL;
	/* the number may have been given to another meanwhile */
	if (domid && was_another(a))
		return NULL;
	c = connect(sv, domid, port, &rc);
	if (!c) {
		server_log("domain %u: cannot connect again: %s", domid,
			   strerror(-rc));
		return NULL;
	}
	c->target = (uint16_t)target;
	c->ring->mfn = mfn;
	set_ring_word(&c->ring->page->server_features, FEATURES);
	return c;
}

void domain_restored(struct server *sv)
{
	struct list *l, *n;

	/* a number that now belongs to another domain: the old one is gone */
	list_for_each (l, n, &sv->store.accounts.all) {
		struct account *a = list_entry(l, struct account, link);

		if (a->domid && !sv->ring_of[a->domid] && was_another(a))
			gone(sv, a->domid);
	}
	domain_check_all(sv);
	/* events sent meanwhile are lost: look at every ring, wake everyone */
	list_for_each (l, n, &sv->conns) {
		struct conn *c = list_entry(l, struct conn, link);

		if (c->kind != CONN_RING)
			continue;
		look_at(sv, c);
		xen_notify(c->ring->local_port);
	}
}
