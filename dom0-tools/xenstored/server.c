// SPDX-License-Identifier: GPL-2.0-only
/*
 * Turns: input to requests, the journal's commit, output.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "domain.h"
#include "journal.h"
#include "persist.h"
#include "request.h"
#include "ring.h"
#include "server.h"
#include "socket.h"

static bool to_syslog;

void server_log_to_syslog(void)
{
	openlog("xenstored", LOG_PID, LOG_DAEMON);
	to_syslog = true;
}

void server_log(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (to_syslog) {
		vsyslog(LOG_WARNING, fmt, ap);
	} else {
		fputs("xenstored: ", stderr);
		vfprintf(stderr, fmt, ap);
		fputc('\n', stderr);
	}
	va_end(ap);
}

int server_init(struct server *sv, bool has_xen)
{
	int rc = store_init(&sv->store);

	if (rc)
		return rc;
	list_init(&sv->conns);
	list_init(&sv->ready);
	list_init(&sv->dirty);
	sv->has_xen = has_xen;
	sv->store.domain_exists = has_xen ? domain_exists : NULL;
	sv->epoll_fd = sv->spare_fd = -1;
	return 0;
}

void server_fini(struct server *sv)
{
	struct list *l, *n;

	/* what is on record stays there: it is for the next daemon */
	journal_close(sv->store.journal);
	sv->store.journal = NULL;
	list_for_each (l, n, &sv->conns) {
		struct conn *c = list_entry(l, struct conn, link);

		if (c->kind == CONN_SOCKET)
			socket_close(sv, c);
		else
			domain_close(sv, c);
	}
	store_free(&sv->store);
	free(sv->ring_at_port);
	free(sv->trace_file);
	free(sv->live_update.binary);
	free(sv->live_update.options);
	if (sv->trace)
		fclose(sv->trace);
}

static void trace(const struct server *sv, const struct conn *c,
		  const char *dir, const struct xsd_sockmsg *h,
		  const char *payload)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	fprintf(sv->trace, "%lld.%06ld %s %c%u %s tx %u (",
		(long long)now.tv_sec, now.tv_nsec / 1000, dir,
		c->kind == CONN_RING ? 'd' : 's',
		c->kind == CONN_RING ? c->domid : c->id - CONN_ID_SOCKET,
		request_name(h->type), h->tx_id);
	for (uint32_t i = 0; i < h->len; i++) {
		unsigned char ch = (unsigned char)payload[i];

		fputc(ch >= ' ' && ch < 127 ? ch : ch ? '?' : ' ', sv->trace);
	}
	fputs(")\n", sv->trace);
}

/* The messages queued since the turn began, for the trace. */
static void trace_out(const struct server *sv, const struct conn *c,
		      uint32_t from)
{
	const char *p = c->out.buf + c->out.end - (c->out.pos - from);
	const char *end = c->out.buf + c->out.end;

	while (end - p >= (long)sizeof(struct xsd_sockmsg)) {
		struct xsd_sockmsg h;

		memcpy(&h, p, sizeof(h));
		p += sizeof(h);
		trace(sv, c, "OUT", &h, p);
		p += h.len;
	}
}

static void protocol_error(struct server *sv, struct conn *c)
{
	if (c->kind == CONN_RING) {
		domain_fail(sv, c, XENSTORE_ERROR_PROTO);
		return;
	}
	c->is_dead = true;
	server_mark_dirty(sv, c);
}

/* Once for each quota of a domain, so that no domain can fill the log. */
static void report_quota(struct accounts *as)
{
	server_log("domain %u: quota %s (%u %s) reached", as->hit->domid,
		   quota_name(as->hit_quota),
		   account_limit(as, as->hit, as->hit_quota),
		   quota_meaning(as->hit_quota));
	as->hit = NULL;
}

/* Handle the next request if there is one; false when there is not. */
static bool process_one(struct server *sv, struct conn *c)
{
	struct xsd_sockmsg h;
	uint32_t from = c->out.pos;
	char *payload;
	int rc = conn_next(c, &h, &payload);

	if (!rc) {
		if (c->kind == CONN_RING)
			domain_fill(sv, c);
		else
			socket_fill(sv, c);
		rc = c->is_dead ? 0 : conn_next(c, &h, &payload);
	}
	if (rc < 0)
		protocol_error(sv, c);
	if (rc <= 0)
		return false;
	if (sv->trace)
		trace(sv, c, "IN", &h, payload);
	request_handle(sv, c, &h, payload);
	if (sv->store.accounts.hit)
		report_quota(&sv->store.accounts);
	conn_consume(c, &h);
	if (sv->trace)
		trace_out(sv, c, from);
	return true;
}

static void process(struct server *sv, struct conn *c)
{
	for (int i = 0; i < TURN_REQUESTS; i++) {
		if (!conn_may_process(&sv->store, c)) {
			c->is_blocked = !c->is_dead;
			return;
		}
		if (!process_one(sv, c))
			return;
	}
	/* its share is used up: behind the others */
	server_mark_ready(sv, c);
}

static void flush(struct server *sv, struct conn *c)
{
	if (c->kind == CONN_RING)
		domain_publish(sv, c);
	else
		socket_flush(sv, c);
	if (c->is_dead && c->kind == CONN_SOCKET) {
		socket_close(sv, c);
		return;
	}
	if (c->is_blocked && conn_may_process(&sv->store, c)) {
		c->is_blocked = false;
		server_mark_ready(sv, c);
	}
}

/* Move everything from one list to another, which is empty. */
static void list_take(struct list *from, struct list *to)
{
	list_init(to);
	if (list_empty(from))
		return;
	*to = *from;
	to->next->prev = to;
	to->prev->next = to;
	list_init(from);
}

void server_turn(struct server *sv)
{
	struct list now, *l, *n;

	sv->nr_turns++;
	/* a request may close other connections, so take them one by one */
	list_take(&sv->ready, &now);
	while (!list_empty(&now)) {
		struct conn *c = list_entry(now.next, struct conn, in_ready);

		list_del(&c->in_ready);
		process(sv, c);
		if (c->kind == CONN_RING)
			server_mark_dirty(sv, c);
	}
	list_for_each (l, n, &sv->dirty) {
		struct conn *c = list_entry(l, struct conn, in_dirty);

		if (c->kind == CONN_RING)
			ring_record(&sv->store, c);
	}
	if (sv->store.journal && journal_commit(sv->store.journal))
		server_log("journal: cannot be written; a restart from now on "
			   "would lose changes");
	list_take(&sv->dirty, &now);
	while (!list_empty(&now)) {
		struct conn *c = list_entry(now.next, struct conn, in_dirty);

		list_del(&c->in_dirty);
		flush(sv, c);
	}
}

static struct conn *restore_conn(uint32_t id, const struct conn_record *r,
				 void *arg)
{
	struct server *sv = arg;
	struct conn *c;

	if (r->kind == CONN_RING)
		return domain_restore(sv, id, r->mfn, r->port, r->target);
	if (!sv->live_update.is_resuming)
		return NULL;
	c = socket_add(sv, r->fd, r->is_read_only);
	if (c) {
		c->id = id;
		if (sv->last_socket_id <= id - CONN_ID_SOCKET)
			sv->last_socket_id = id - CONN_ID_SOCKET + 1;
	}
	return c;
}

static void restore_progress(struct conn *c, const struct progress_record *r,
			     const char *in, size_t in_len, const char *pending,
			     size_t pending_len, void *arg)
{
	struct server *sv = arg;

	if (c->kind == CONN_RING) {
		if (ring_resume(c, r->in_pos, r->out_pos, in, in_len, pending,
				pending_len))
			domain_fail(sv, c, XENSTORE_ERROR_RINGIDX);
		return;
	}
	if (in_len > CONN_IN_SIZE ||
	    conn_restore_out(c, pending, pending_len)) {
		c->is_dead = true;
		server_mark_dirty(sv, c);
		return;
	}
	memcpy(c->in, in, in_len);
	c->in_end = in_len;
	if (in_len)
		server_mark_ready(sv, c);
}

int server_restore(struct server *sv)
{
	struct restore_ops ops = {restore_conn, restore_progress, sv};
	int rc = persist_restore(&sv->store, &ops);

	if (!rc && sv->has_xen)
		domain_restored(sv);
	return rc;
}
