/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Discovery: @introduceDomain and @releaseDomain name the domain to look at
 * or, from daemons that cannot, start a scan of the domain list; each domain
 * gets two watches, on its name and on its console's port. A watch fires once
 * when it is set, so the first look is no special case. A request's id says
 * what was asked about whom, so replies need no table.
 */
#include "discover.h"
#include "console.h"
#include "consoled.h"
#include "report.h"
#include "xen_seam.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECONNECT_NS 100000000ull /* between attempts at xenstored */
#define RETRY_NS 250000000ull	  /* first wait for a ring; doubles */
#define NR_TRIES_MAX 8
#define LIMIT_MAX (64u << 20)
#define SCAN_BATCH 64

/* Upper half of a request id; the lower half is the domid. */
enum asked {
	ASKED_NOTHING,
	ASKED_NAME,
	ASKED_TYPE,
	ASKED_LIMIT,
	ASKED_PORT,
	ASKED_FOR_DOMAINS, /* to be named in events */
	ASKED_TX,	   /* in which to announce a pty: */
	ASKED_TTY,	   /* is the node still there? */
	ASKED_ANNOUNCED,
};

static uint32_t make_id(enum asked what, uint16_t domid)
{
	return (uint32_t)what << 16 | domid;
}

static void node(char path[64], uint16_t domid, const char *what)
{
	snprintf(path, 64, "/local/domain/%u/%s", domid, what);
}

static void watch_nodes(struct consoled *cd, uint16_t domid, bool is_on)
{
	static const char *const what[] = {"name", "console/port"};
	char path[64], token[32];

	for (int i = 0; i < 2; i++) {
		node(path, domid, what[i]);
		snprintf(token, sizeof(token), "%u %s", domid, what[i]);
		if (is_on)
			store_watch(&cd->store, 0, path, token);
		else
			store_unwatch(&cd->store, 0, path, token);
	}
}

static void domain_is_gone(struct consoled *cd, struct console *c)
{
	console_die(c);
	watch_nodes(cd, c->domid, false);
}

static void domain_is_here(struct consoled *cd, const struct xen_domain *d)
{
	struct console *c = consoled_find(cd, d->domid, d->handle);

	if (c && c->state != CONSOLE_DEAD) {
		c->was_seen = true;
		return;
	}
	if (!c)
		c = console_new(cd, d->domid, d->handle);
	if (!c) {
		report("out of memory: no console for domain %u", d->domid);
		cd->needs_scan = true;
		return;
	}
	c->state = CONSOLE_WAITING;
	c->was_seen = true;
	watch_nodes(cd, d->domid, true);
}

static int see_domains(struct consoled *cd)
{
	struct xen_domain batch[SCAN_BATCH];
	uint16_t from = 1;
	int i, n;

	do {
		n = xen_domains(from, batch, SCAN_BATCH);
		if (n < 0)
			return n;
		for (i = 0; i < n; i++) {
			from = (uint16_t)(batch[i].domid + 1);
			if (!batch[i].is_dying)
				domain_is_here(cd, &batch[i]);
		}
	} while (n > 0);
	return 0;
}

void discover_scan(struct consoled *cd)
{
	struct console *c;
	int rc;

	cd->needs_scan = false;
	TAILQ_FOREACH(c, &cd->consoles, all)
	c->was_seen = c->domid == CONSOLE_DOMID_HYPERVISOR;
	rc = see_domains(cd);
	if (rc) {
		report("cannot list the domains: %s", strerror(-rc));
		return;
	}
	TAILQ_FOREACH(c, &cd->consoles, all)
	if (!c->was_seen && c->state != CONSOLE_DEAD)
		domain_is_gone(cd, c);
}

/* One domain was introduced, has shut down or is gone. */
static void look_at(struct consoled *cd, uint16_t domid)
{
	struct console *c = consoled_current(cd, domid);
	struct xen_domain d;
	int n = xen_domains(domid, &d, 1);

	if (n < 0) {
		report("cannot ask for domain %u: %s", domid, strerror(-n));
		cd->needs_scan = true;
		return;
	}
	if (n == 0 || d.domid != domid || d.is_dying) {
		if (c)
			domain_is_gone(cd, c);
		return;
	}
	if (c && memcmp(c->handle, d.handle, sizeof(c->handle)))
		domain_is_gone(cd, c);
	domain_is_here(cd, &d);
}

/*
 * The pty's name is written in a transaction, and only over what is there: the
 * domain may be destroyed meanwhile, and its nodes must not come back.
 */
static void announce_pty(struct consoled *cd, struct console *c)
{
	if (c->pty.src.fd >= 0)
		store_tx_start(&cd->store, make_id(ASKED_TX, c->domid));
}

static void announce_reply(struct consoled *cd, struct console *c, uint32_t id,
			   const char *body)
{
	uint16_t domid = (uint16_t)id;
	uint32_t tx = cd->store.tx;
	char path[64];

	node(path, domid, "console/tty");
	switch (id >> 16) {
	case ASKED_TX:
		if (body)
			store_read(&cd->store, make_id(ASKED_TTY, domid),
				   (uint32_t)strtoul(body, NULL, 10), path);
		break;
	case ASKED_TTY:
		if (body && c && c->pty.src.fd >= 0) {
			store_write(&cd->store, make_id(ASKED_NOTHING, domid),
				    tx, path, c->pty.name);
			store_tx_end(&cd->store,
				     make_id(ASKED_ANNOUNCED, domid), tx, true);
		} else {
			store_tx_end(&cd->store, make_id(ASKED_NOTHING, domid),
				     tx, false);
		}
		break;
	case ASKED_ANNOUNCED:
		/* the node was changed meanwhile, or removed */
		if (!body && c && c->nr_tries++ < NR_TRIES_MAX)
			announce_pty(cd, c);
		break;
	}
}

static void connect_ring(struct consoled *cd, struct console *c)
{
	int rc;

	c->retry_ns = 0;
	if (c->is_foreign)
		return;
	rc = console_connect(c, c->remote_port);
	if (!rc) {
		c->nr_tries = 0;
		announce_pty(cd, c);
		return;
	}
	/*
	 * The toolstack may announce the port before the ring is granted, and
	 * granting is not an event we could wait for.
	 */
	if (c->nr_tries < NR_TRIES_MAX) {
		console_set_timer(c, &c->retry_ns,
				  loop_now_ns() + (RETRY_NS << c->nr_tries++));
		return;
	}
	report("%s (domain %u): cannot connect to its console: %s", c->name,
	       c->domid, strerror(-rc));
}

void discover_retry(struct consoled *cd, struct console *c)
{
	connect_ring(cd, c);
}

static void port_is(struct consoled *cd, struct console *c, const char *text)
{
	unsigned long port = strtoul(text, NULL, 10);

	if (port == 0 || port >= CONSOLED_PORTS)
		return;
	if (c->state == CONSOLE_LIVE && c->remote_port != port)
		c->state = CONSOLE_WAITING;
	c->remote_port = (uint32_t)port;
	c->nr_tries = 0;
	connect_ring(cd, c);
}

/* The daemon does not say which domain: look at all. */
static void watch_all(struct consoled *cd)
{
	store_watch(&cd->store, 0, "@introduceDomain", "introduce");
	store_watch(&cd->store, 0, "@releaseDomain", "release");
}

static void store_replied(void *arg, uint32_t id, const char *body)
{
	struct consoled *cd = arg;
	struct console *c = consoled_current(cd, (uint16_t)id);
	unsigned long limit;

	if (id == ASKED_FOR_DOMAINS << 16 && !body) {
		watch_all(cd);
		return;
	}
	if (id >> 16 >= ASKED_TX) {
		announce_reply(cd, c, id, body);
		return;
	}
	if (!c || !body)
		return;
	switch (id >> 16) {
	case ASKED_NAME:
		if (*body)
			console_set_name(c, body);
		break;
	case ASKED_TYPE:
		c->is_foreign = strcmp(body, "xenconsoled") != 0;
		break;
	case ASKED_LIMIT:
		limit = strtoul(body, NULL, 10);
		if (limit > 0 && limit <= LIMIT_MAX)
			c->limit = (uint32_t)limit;
		break;
	case ASKED_PORT:
		port_is(cd, c, body);
		break;
	}
}

static void ask(struct consoled *cd, enum asked what, uint16_t domid,
		const char *name)
{
	char path[64];

	node(path, domid, name);
	store_read(&cd->store, make_id(what, domid), 0, path);
}

static void store_event(void *arg, const char *path, const char *token)
{
	struct consoled *cd = arg;
	unsigned int domid;
	int at = 0;

	if (path[0] == '@') {
		if (sscanf(path, "@%*[a-zA-Z]/%5u", &domid) == 1 &&
		    domid < CONSOLED_DOMIDS)
			look_at(cd, (uint16_t)domid);
		else
			discover_scan(cd);
		return;
	}
	if (sscanf(token, "%5u %n", &domid, &at) != 1 || domid > 0x7fff)
		return;
	ask(cd, ASKED_NAME, (uint16_t)domid, "name");
	if (strcmp(token + at, "console/port"))
		return;
	/* Port last: replies come in order, and it is what starts us. */
	ask(cd, ASKED_TYPE, (uint16_t)domid, "console/type");
	ask(cd, ASKED_LIMIT, (uint16_t)domid, "console/limit");
	ask(cd, ASKED_PORT, (uint16_t)domid, "console/port");
}

static void store_broken(void *arg)
{
	struct consoled *cd = arg;

	report("connection to xenstored lost; consoles go on, waiting for it");
	cd->reconnect_ns = loop_now_ns() + RECONNECT_NS;
}

static int connect_store(struct consoled *cd)
{
	struct console *c;
	int rc = store_connect(&cd->store, cd->opt.store_path);

	if (rc)
		return rc;
	store_watch_domains(&cd->store, make_id(ASKED_FOR_DOMAINS, 0),
			    "@introduceDomain", "introduce");
	store_watch_domains(&cd->store, 0, "@releaseDomain", "release");
	TAILQ_FOREACH(c, &cd->consoles, all)
	if (c->state != CONSOLE_DEAD && c->domid != CONSOLE_DOMID_HYPERVISOR)
		watch_nodes(cd, c->domid, true);
	return 0;
}

void discover_reconnect(struct consoled *cd)
{
	cd->reconnect_ns = 0;
	if (connect_store(cd))
		cd->reconnect_ns = loop_now_ns() + RECONNECT_NS;
}

int discover_start(struct consoled *cd)
{
	int rc;

	cd->store.loop = &cd->loop;
	cd->store.arg = cd;
	cd->store.reply = store_replied;
	cd->store.event = store_event;
	cd->store.broken = store_broken;
	rc = connect_store(cd);
	if (rc) {
		report("xenstored is not there yet (%s: %s), waiting for it",
		       cd->opt.store_path, strerror(-rc));
		cd->reconnect_ns = loop_now_ns() + RECONNECT_NS;
	}
	discover_scan(cd);
	return 0;
}
