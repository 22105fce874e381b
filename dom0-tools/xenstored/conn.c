// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections: cutting the input into messages, queueing replies and events.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "store.h"
#include "txn.h"
#include "watch.h"

/* Events are compared with those waiting when this many bytes wait. */
#define EVENT_SET_FROM 2048u

/* Give back a buffer that has grown beyond this when it is empty. */
#define OUT_KEEP (16u << 10)

int conn_init(struct conn *c, enum conn_kind kind, unsigned int domid,
	      struct list *dirty)
{
	memset(c, 0, sizeof(*c));
	c->in = malloc(CONN_IN_SIZE);
	if (!c->in)
		return -ENOMEM;
	list_init(&c->link);
	list_init(&c->in_ready);
	list_init(&c->in_dirty);
	list_init(&c->watches);
	list_init(&c->txns);
	c->kind = kind;
	c->domid = (uint16_t)domid;
	c->target = DOMID_NONE;
	c->dirty = dirty;
	c->fd = -1;
	return 0;
}

static void events_clear(struct conn *c)
{
	free(c->events.slot);
	memset(&c->events, 0, sizeof(c->events));
}

void conn_reset(struct store *s, struct conn *c)
{
	watch_del_all(s, c);
	txn_abort_all(s, c);
	c->in_start = c->in_end = 0;
	c->out.start = c->out.end = 0;
	c->replies = 0;
	events_clear(c);
}

void conn_fini(struct store *s, struct conn *c)
{
	conn_reset(s, c);
	list_del(&c->link);
	list_del(&c->in_ready);
	list_del(&c->in_dirty);
	free(c->in);
	free(c->out.buf);
}

int conn_next(const struct conn *c, struct xsd_sockmsg *h, char **payload)
{
	size_t have = c->in_end - c->in_start;

	if (have < sizeof(*h))
		return 0;
	memcpy(h, c->in + c->in_start, sizeof(*h));
	if (h->len > XENSTORE_PAYLOAD_MAX)
		return -EPROTO;
	*payload = c->in + c->in_start + sizeof(*h);
	return have >= sizeof(*h) + h->len;
}

void conn_consume(struct conn *c, const struct xsd_sockmsg *h)
{
	c->in_start += sizeof(*h) + h->len;
	if (c->in_start == c->in_end)
		c->in_start = c->in_end = 0;
}

bool conn_may_process(const struct store *s, const struct conn *c)
{
	return !c->is_dead && conn_pending(c) < CONN_OUT_MAX_REPLIES &&
	       c->replies < account_limit(&s->accounts, c->account,
					  QUOTA_OUTSTANDING);
}

/* Room for @n more bytes at the end of the queue. */
static char *out_reserve(struct conn *c, size_t n)
{
	struct out_queue *q = &c->out;
	size_t pending = q->end - q->start, size = q->size;
	char *p;

	if (n <= q->size - q->end)
		return q->buf + q->end;
	if (q->start && pending + n <= q->size / 2) {
		memmove(q->buf, q->buf + q->start, pending);
	} else {
		if (!size)
			size = 2 * XS_MESSAGE_MAX;
		while (size < pending + n)
			size *= 2;
		p = malloc(size);
		if (!p) {
			c->is_dead = true;
			return NULL;
		}
		if (pending)
			memcpy(p, q->buf + q->start, pending);
		free(q->buf);
		q->buf = p;
		q->size = size;
	}
	q->start = 0;
	q->end = pending;
	return q->buf + q->end;
}

static void out_commit(struct conn *c, size_t n)
{
	c->out.end += n;
	c->out.pos += (uint32_t)n;
	if (list_empty(&c->in_dirty))
		list_add_tail(c->dirty, &c->in_dirty);
}

char *conn_reply_begin(struct conn *c, size_t max)
{
	char *p = out_reserve(c, sizeof(struct xsd_sockmsg) + max);

	return p ? p + sizeof(struct xsd_sockmsg) : NULL;
}

void conn_reply_end(struct conn *c, const struct xsd_sockmsg *to, uint32_t type,
		    size_t len)
{
	struct xsd_sockmsg h = {type, to->req_id, to->tx_id, (uint32_t)len};

	memcpy(c->out.buf + c->out.end, &h, sizeof(h));
	c->replies++;
	out_commit(c, sizeof(h) + len);
}

void conn_reply(struct conn *c, const struct xsd_sockmsg *to, uint32_t type,
		const void *data, size_t len)
{
	char *p = conn_reply_begin(c, len);

	if (!p)
		return;
	memcpy(p, data, len);
	conn_reply_end(c, to, type, len);
}

/* The errors the protocol has names for; the rest are EINVAL to a client. */
static const char *error_name(int err)
{
	switch (err) {
#define NAME(e)                                                                \
	case e:                                                                \
		return #e;
		NAME(EINVAL)
		NAME(EACCES)
		NAME(EEXIST)
		NAME(EISDIR)
		NAME(ENOENT)
		NAME(ENOMEM)
		NAME(ENOSPC)
		NAME(EIO)
		NAME(ENOTEMPTY)
		NAME(ENOSYS)
		NAME(EROFS)
		NAME(EBUSY)
		NAME(EAGAIN)
		NAME(EISCONN)
		NAME(E2BIG)
		NAME(EPERM)
#undef NAME
	default:
		return "EINVAL";
	}
}

void conn_error(struct conn *c, const struct xsd_sockmsg *to, int err)
{
	const char *name = error_name(err);

	conn_reply(c, to, XS_ERROR, name, strlen(name) + 1);
}

static uint64_t event_hash(const char *p, size_t len)
{
	uint64_t h = len;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)p[i]) * 0x100000001b3ull;
	return h ^ h >> 31;
}

/* Where in the buffer the queued bytes at stream position @pos are, or NULL. */
static const char *out_at(const struct conn *c, uint32_t pos, size_t len)
{
	uint32_t back = c->out.pos - pos;

	if (back > conn_pending(c) || back < len)
		return NULL;
	return c->out.buf + c->out.end - back;
}

static bool events_grow(struct conn *c)
{
	struct event_set *es = &c->events, old = *es;

	es->mask = old.mask ? old.mask * 2 + 1 : 63;
	es->nr = 0;
	es->slot = calloc(es->mask + 1, sizeof(*es->slot));
	if (!es->slot) {
		*es = old;
		return false;
	}
	for (size_t i = 0; old.slot && i <= old.mask; i++) {
		struct event_slot *o = &old.slot[i];
		size_t k = o->hash;

		if (!o->len || !out_at(c, o->pos, o->len))
			continue;
		while (es->slot[k & es->mask].len)
			k++;
		es->slot[k & es->mask] = *o;
		es->nr++;
	}
	free(old.slot);
	return true;
}

/*
 * Is the event of @len bytes at @p, just built behind the end of the queue,
 * waiting there already?  If not, remember it.
 */
static bool event_is_queued(struct conn *c, const char *p, size_t len)
{
	struct event_set *es = &c->events;
	uint64_t h = event_hash(p, len);
	size_t i;

	if (es->nr * 2 >= es->mask && !events_grow(c))
		return false;
	for (i = h; es->slot[i & es->mask].len; i++) {
		struct event_slot *e = &es->slot[i & es->mask];
		const char *q;

		if (e->hash != h || e->len != len)
			continue;
		q = out_at(c, e->pos, len);
		if (q && !memcmp(p, q, len))
			return true;
		e->pos = c->out.pos;
		return false;
	}
	es->slot[i & es->mask] =
		(struct event_slot){h, c->out.pos, (uint32_t)len};
	es->nr++;
	return false;
}

void conn_event(struct conn *c, const struct watch *w, const char *path,
		size_t path_len)
{
	struct xsd_sockmsg h = {.type = XS_WATCH_EVENT};
	size_t len = path_len - w->strip + 1 + w->token_len + 1u;
	char *p, *q;

	if (c->is_dead)
		return;
	if (len > XENSTORE_PAYLOAD_MAX ||
	    conn_pending(c) > CONN_OUT_MAX_EVENTS) {
		path = w->at->path;
		path_len = w->at->len;
		len = path_len - w->strip + 1 + w->token_len + 1u;
	}
	p = out_reserve(c, sizeof(h) + len);
	if (!p)
		return;
	h.len = (uint32_t)len;
	memcpy(p, &h, sizeof(h));
	q = p + sizeof(h);
	memcpy(q, path + w->strip, path_len - w->strip);
	q += path_len - w->strip;
	*q++ = '\0';
	memcpy(q, w->token, w->token_len + 1u);
	len += sizeof(h);
	if (conn_pending(c) >= EVENT_SET_FROM && event_is_queued(c, p, len))
		return;
	out_commit(c, len);
}

void conn_sent(struct conn *c, size_t n)
{
	struct out_queue *q = &c->out;

	q->start += n;
	if (q->start < q->end)
		return;
	q->start = q->end = 0;
	c->replies = 0;
	if (c->events.nr)
		events_clear(c);
	if (q->size > OUT_KEEP) {
		free(q->buf);
		memset(q, 0, offsetof(struct out_queue, pos));
	}
}

int conn_restore_out(struct conn *c, const char *data, size_t len)
{
	char *p;

	if (!len)
		return 0;
	p = out_reserve(c, len);
	if (!p)
		return -ENOMEM;
	memcpy(p, data, len);
	out_commit(c, len);
	return 0;
}
