// SPDX-License-Identifier: GPL-2.0-only
/*
 * Client of the xenstore: framing, batches, and the queue of watch events.
 *
 * A daemon that is killed keeps all it has answered, and its supervisor starts
 * it again. What it has not answered may be done or not, so it is sent again:
 * every request does the same a second time, but for those of a transaction,
 * which has ended with the connection. That is a conflict like others: the
 * caller gets -EAGAIN and begins anew.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "req.h"
#include "xs.h"
#include "xs_conn.h"

/* A daemon that dies of every request must not keep us for ever. */
#define TRIES_MAX 8
/*
 * Requests in flight. The daemon never stops reading because it cannot write,
 * but replies we do not fetch pile up in its memory, or a quota ends them.
 */
#define QUEUE_MAX 64

static const struct {
	const char *name;
	int rc;
} xs_errors[] = {
	{"EINVAL", -EINVAL}, {"EACCES", -EACCES},     {"EEXIST", -EEXIST},
	{"EISDIR", -EISDIR}, {"ENOENT", -ENOENT},     {"ENOMEM", -ENOMEM},
	{"ENOSPC", -ENOSPC}, {"EIO", -EIO},	      {"ENOTEMPTY", -ENOTEMPTY},
	{"ENOSYS", -ENOSYS}, {"EROFS", -EROFS},	      {"EBUSY", -EBUSY},
	{"EAGAIN", -EAGAIN}, {"EISCONN", -EISCONN},   {"E2BIG", -E2BIG},
	{"EPERM", -EPERM},   {"EMSGSIZE", -EMSGSIZE},
};

struct xs_watched {
	struct xs_watched *next;
	size_t len; /* of what follows: the path, the token, any depth */
	char body[];
};

int xs_open(struct xs *xs, struct req *r)
{
	int rc;

	*xs = (struct xs){.r = r, .fd = -1, .events_end = NULL};
	rc = xs_conn_open(xs);
	if (rc < 0) {
		xs_close(xs);
		req_fail(r, rc, "cannot reach the xenstore: %s", strerror(-rc));
		return req_hint(r, "start xenstored; its socket is "
				   "/run/xenstored/socket");
	}
	xs->events_end = &xs->events;
	return 0;
}

void xs_close(struct xs *xs)
{
	xs_conn_close(xs);
	free(xs->out);
	xs->out = NULL;
	while (xs->watches != NULL) {
		struct xs_watched *w = xs->watches;

		xs->watches = w->next;
		free(w);
	}
}

/* Read one message; its body goes to the arena. */
static int xs_receive_msg(struct xs *xs, struct xsd_sockmsg *h, char **body)
{
	int rc = xs_conn_receive(xs, h, sizeof(*h));

	if (rc < 0)
		return rc;
	if (h->len > XENSTORE_PAYLOAD_MAX)
		return -EPROTO;
	*body = arena_alloc(&xs->r->mem, h->len + 1);
	return xs_conn_receive(xs, *body, h->len);
}

static void xs_keep_event(struct xs *xs, char *body, size_t len)
{
	struct xs_event *e = ARENA_NEW(&xs->r->mem, struct xs_event);
	size_t path_len = strlen(body);

	e->path = body;
	e->token = path_len < len ? body + path_len + 1 : "";
	*xs->events_end = e;
	xs->events_end = &e->next;
}

static int xs_error(const char *body)
{
	for (size_t i = 0; i < sizeof(xs_errors) / sizeof(xs_errors[0]); i++)
		if (strcmp(body, xs_errors[i].name) == 0)
			return xs_errors[i].rc;
	return -EIO;
}

/* The reply to the request @id; watch events on the way are kept. */
static int xs_receive_reply(struct xs *xs, uint32_t id, struct xs_reply *reply)
{
	struct xsd_sockmsg h;
	char *body;
	int rc;

	for (;;) {
		rc = xs_receive_msg(xs, &h, &body);
		if (rc < 0)
			return rc;
		if (h.type != XS_WATCH_EVENT)
			break;
		xs_keep_event(xs, body, h.len);
	}
	if (h.req_id != id)
		return -EPROTO;
	reply->rc = h.type == XS_ERROR ? xs_error(body) : 0;
	reply->body = body;
	reply->len = h.len;
	return 0;
}

static int xs_keep_watch(struct xs *xs, const char *body, size_t len)
{
	struct xs_watched *w = malloc(sizeof(*w) + len);

	if (w == NULL)
		return -ENOMEM;
	w->next = xs->watches;
	w->len = len;
	memcpy(w->body, body, len);
	xs->watches = w;
	return 0;
}

/* The daemon has forgotten our watches. Set again they fire, so that whatever
 * has happened meanwhile is looked for. */
static int xs_watch_again(struct xs *xs, const struct xs_watched *w)
{
	struct xsd_sockmsg h = {
		.type = XS_WATCH,
		.req_id = xs->next_id++,
		.len = (uint32_t)w->len,
	};
	struct xs_reply reply;
	int rc = xs_conn_send(xs, (const char *)&h, sizeof(h));

	if (rc == 0)
		rc = xs_conn_send(xs, w->body, w->len);
	return rc < 0 ? rc : xs_receive_reply(xs, h.req_id, &reply);
}

/* 0: there is a connection again, with the same watches. */
static int xs_reconnect(struct xs *xs)
{
	int rc = 0;

	for (int i = 0; i < TRIES_MAX; i++) {
		const struct xs_watched *w = xs->watches;

		rc = xs_conn_open(xs);
		for (; rc == 0 && w != NULL; w = w->next)
			rc = xs_watch_again(xs, w);
		if (!xs_conn_is_lost(xs, rc))
			break;
	}
	return rc;
}

/* Requests on their way, from the first one without an answer. */
struct batch {
	const char *next, *end;
	bool is_repeated;
	struct xs_reply *replies; /* for the next @max */
	unsigned int max;
	int first; /* failure */
};

static int xs_take_reply(struct xs *xs, struct batch *b,
			 const struct xsd_sockmsg *h, struct xs_reply *reply)
{
	int rc = 0;

	/* our first attempt has got it done */
	if (b->is_repeated && reply->rc == -ENOENT && h->type == XS_RM)
		reply->rc = 0;
	if (h->type == XS_WATCH && reply->rc == 0)
		rc = xs_keep_watch(xs, b->next + sizeof(*h), h->len);
	if (b->max > 0) {
		*b->replies++ = *reply;
		b->max--;
	}
	if (reply->rc < 0 && b->first == 0)
		b->first = reply->rc;
	b->next += sizeof(*h) + h->len;
	return rc;
}

static int xs_send_batch(struct xs *xs, struct batch *b)
{
	int rc = xs_conn_send(xs, b->next, (size_t)(b->end - b->next));

	while (rc == 0 && b->next < b->end) {
		struct xsd_sockmsg h;
		struct xs_reply one;

		memcpy(&h, b->next, sizeof(h));
		rc = xs_receive_reply(xs, h.req_id, &one);
		if (rc == 0)
			rc = xs_take_reply(xs, b, &h, &one);
	}
	return rc;
}

static bool xs_has_transaction(const struct batch *b)
{
	struct xsd_sockmsg h;

	for (const char *p = b->next; p < b->end; p += sizeof(h) + h.len) {
		memcpy(&h, p, sizeof(h));
		if (h.tx_id != 0)
			return true;
	}
	return false;
}

/* 0 or the first failure's -errno. */
static int xs_exchange(struct xs *xs, struct batch *b)
{
	int rc = xs_send_batch(xs, b);

	for (int i = 0; i < TRIES_MAX && xs_conn_is_lost(xs, rc); i++) {
		rc = xs_reconnect(xs);
		if (rc < 0)
			return rc;
		if (xs_has_transaction(b))
			return -EAGAIN;
		b->is_repeated = true;
		rc = xs_send_batch(xs, b);
	}
	return rc < 0 ? rc : b->first;
}

static void xs_reserve(struct xs *xs, size_t len)
{
	size_t size = xs->out_size > 0 ? xs->out_size : 4096;

	while (size - xs->out_len < len)
		size *= 2;
	if (size != xs->out_size) {
		char *p = realloc(xs->out, size);

		if (p == NULL) {
			fprintf(stderr, "pavo: no memory for a request\n");
			exit(1);
		}
		xs->out = p;
		xs->out_size = size;
	}
}

void xs_queue(struct xs *xs, enum xsd_sockmsg_type type, uint32_t tx,
	      const char *path, const void *data, size_t len)
{
	size_t path_len = path != NULL ? strlen(path) + 1 : 0;
	struct xsd_sockmsg h = {
		.type = type,
		.req_id = xs->next_id++,
		.tx_id = tx,
		.len = (uint32_t)(path_len + len),
	};

	xs_reserve(xs, sizeof(h) + path_len + len);
	memcpy(xs->out + xs->out_len, &h, sizeof(h));
	xs->out_len += sizeof(h);
	if (path_len > 0)
		memcpy(xs->out + xs->out_len, path, path_len);
	if (len > 0)
		memcpy(xs->out + xs->out_len + path_len, data, len);
	xs->out_len += path_len + len;
}

/*
 * The queue holds whole messages; cut it into batches the daemon (or, for the
 * device, the kernel) takes.
 */
int xs_flush(struct xs *xs, struct xs_reply *replies, unsigned int max)
{
	const char *at = xs->out, *end = xs->out + xs->out_len;
	unsigned int per_batch = xs->is_device ? 1 : QUEUE_MAX, done = 0;
	int first = 0;

	for (unsigned int i = 0; i < max; i++)
		replies[i] = (struct xs_reply){.rc = -EIO, .body = ""};
	while (at < end) {
		struct batch b = {
			.next = at,
			.replies = done < max ? replies + done : NULL,
			.max = done < max ? max - done : 0,
		};
		int rc;

		for (unsigned int nr = 0; at < end && nr < per_batch; nr++) {
			struct xsd_sockmsg h;

			memcpy(&h, at, sizeof(h));
			at += sizeof(h) + h.len;
			done++;
		}
		b.end = at;
		rc = xs_exchange(xs, &b);
		if (rc < 0 && first == 0)
			first = rc;
	}
	xs->out_len = 0;
	return first;
}

int xs_call(struct xs *xs, enum xsd_sockmsg_type type, uint32_t tx,
	    const char *path, const void *data, size_t len,
	    struct xs_reply *reply)
{
	struct xs_reply one = {.rc = -EIO};
	int rc;

	xs_queue(xs, type, tx, path, data, len);
	rc = xs_flush(xs, &one, 1);
	if (reply != NULL)
		*reply = one;
	return rc;
}

const char *xs_read(struct xs *xs, uint32_t tx, const char *path, int *rc)
{
	struct xs_reply reply;

	*rc = xs_call(xs, XS_READ, tx, path, NULL, 0, &reply);
	return *rc == 0 ? reply.body : NULL;
}

int xs_write(struct xs *xs, uint32_t tx, const char *path, const char *value)
{
	return xs_call(xs, XS_WRITE, tx, path, value, strlen(value), NULL);
}

int xs_rm(struct xs *xs, uint32_t tx, const char *path)
{
	return xs_call(xs, XS_RM, tx, path, NULL, 0, NULL);
}

/*
 * A list that does not fit one message is fetched in parts: each begins with
 * the node's generation and ends, the last one, with an empty name. A changed
 * generation means starting over.
 */
static int xs_directory_parts(struct xs *xs, uint32_t tx, const char *path,
			      const char **names, size_t *len)
{
	char gen[32] = "", *all = NULL;
	size_t used = 0;

	for (;;) {
		char offset[24];
		struct xs_reply reply;
		size_t skip, part;
		char *grown;
		int rc;

		snprintf(offset, sizeof(offset), "%zu", used);
		rc = xs_call(xs, XS_DIRECTORY_PART, tx, path, offset,
			     strlen(offset) + 1, &reply);
		if (rc < 0)
			return rc;
		skip = strlen(reply.body) + 1;
		if (skip > reply.len || skip > sizeof(gen))
			return -EPROTO;
		if (used > 0 && strcmp(gen, reply.body) != 0) {
			used = 0;
			continue;
		}
		memcpy(gen, reply.body, skip);
		part = reply.len - skip;
		grown = arena_alloc(&xs->r->mem, used + part + 1);
		if (used > 0)
			memcpy(grown, all, used);
		memcpy(grown + used, reply.body + skip, part);
		all = grown;
		used += part;
		if (part == 0 || (part >= 2 && all[used - 2] == '\0') ||
		    (used == 1 && all[0] == '\0')) {
			*names = all;
			*len = used > 0 ? used - 1 : 0;
			return 0;
		}
	}
}

int xs_directory(struct xs *xs, uint32_t tx, const char *path,
		 const char **names, size_t *len)
{
	struct xs_reply reply;
	int rc = xs_call(xs, XS_DIRECTORY, tx, path, NULL, 0, &reply);

	if (rc == -E2BIG)
		return xs_directory_parts(xs, tx, path, names, len);
	if (rc == 0) {
		*names = reply.body;
		*len = reply.len;
	}
	return rc;
}

int xs_tx_begin(struct xs *xs, uint32_t *tx)
{
	struct xs_reply reply;
	int rc = xs_call(xs, XS_TRANSACTION_START, 0, "", NULL, 0, &reply);

	if (rc == 0)
		*tx = (uint32_t)strtoul(reply.body, NULL, 10);
	return rc;
}

int xs_tx_end(struct xs *xs, uint32_t tx, bool commit)
{
	return xs_call(xs, XS_TRANSACTION_END, tx, commit ? "T" : "F", NULL, 0,
		       NULL);
}

int xs_watch(struct xs *xs, const char *path, const char *token)
{
	return xs_call(xs, XS_WATCH, 0, path, token, strlen(token) + 1, NULL);
}

static void xs_forget_watch(struct xs *xs, const char *path, const char *token)
{
	size_t path_len = strlen(path) + 1, len = path_len + strlen(token) + 1;

	for (struct xs_watched **at = &xs->watches; *at; at = &(*at)->next) {
		struct xs_watched *w = *at;

		if (w->len == len && strcmp(w->body, path) == 0 &&
		    strcmp(w->body + path_len, token) == 0) {
			*at = w->next;
			free(w);
			return;
		}
	}
}

int xs_unwatch(struct xs *xs, const char *path, const char *token)
{
	int rc;

	/* first, so that a new connection does not bring it back */
	xs_forget_watch(xs, path, token);
	rc = xs_call(xs, XS_UNWATCH, 0, path, token, strlen(token) + 1, NULL);
	return rc == -ENOENT ? 0 : rc;
}

void xs_queue_write(struct xs *xs, uint32_t tx, const char *path,
		    const char *value)
{
	xs_queue(xs, XS_WRITE, tx, path, value, strlen(value));
}

void xs_queue_writef(struct xs *xs, uint32_t tx, const char *path,
		     const char *fmt, ...)
{
	const char *value;
	va_list ap;

	va_start(ap, fmt);
	value = arena_vprintf(&xs->r->mem, fmt, ap);
	va_end(ap);
	xs_queue_write(xs, tx, path, value);
}

void xs_queue_perms(struct xs *xs, uint32_t tx, const char *path,
		    const char *first, ...)
{
	char list[256];
	size_t len = 0;
	va_list ap;

	va_start(ap, first);
	for (const char *p = first; p != NULL; p = va_arg(ap, const char *)) {
		size_t n = strlen(p) + 1;

		if (n > sizeof(list) - len)
			break;
		memcpy(list + len, p, n);
		len += n;
	}
	va_end(ap);
	xs_queue(xs, XS_SET_PERMS, tx, path, list, len);
}

/* One more message that is no reply; 0, or -errno with nothing read. */
static int xs_receive_event(struct xs *xs)
{
	struct xsd_sockmsg h;
	char *body;
	int rc = xs->fd < 0 ? -ECONNRESET : xs_receive_msg(xs, &h, &body);

	if (xs_conn_is_lost(xs, rc))
		return xs_reconnect(xs);
	if (rc == 0 && h.type == XS_WATCH_EVENT)
		xs_keep_event(xs, body, h.len);
	return rc;
}

struct xs_event *xs_next_event(struct xs *xs, int timeout_ms, int *rc)
{
	struct xs_event *e;

	*rc = 0;
	while (xs->events == NULL) {
		struct pollfd pfd = {.fd = xs->fd, .events = POLLIN};
		int n = 1;

		if (xs->in_pos == xs->in_len && xs->fd >= 0)
			n = poll(&pfd, 1, timeout_ms);
		if (n < 0 && errno == EINTR)
			continue;
		*rc = n < 0 ? -errno : n > 0 ? xs_receive_event(xs) : 0;
		if (n <= 0 || *rc < 0)
			return NULL;
	}
	e = xs->events;
	xs->events = e->next;
	if (xs->events == NULL)
		xs->events_end = &xs->events;
	return e;
}
