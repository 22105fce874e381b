// SPDX-License-Identifier: GPL-2.0-only
/*
 * Client of the xenstore: framing, batches, and the queue of watch events.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "req.h"
#include "xs.h"

#define IN_BYTES 8192
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

static int xs_connect(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	strncpy(sa.sun_path, path, sizeof(sa.sun_path) - 1);
	if (connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) < 0) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	return fd;
}

int xs_open(struct xs *xs, struct req *r)
{
	const char *path = getenv("XENSTORED_PATH");
	int fd;

	*xs = (struct xs){.r = r, .fd = -1, .events_end = NULL};
	fd = xs_connect(path != NULL ? path : "/run/xenstored/socket");
	if (fd < 0) {
		fd = open("/dev/xen/xenbus", O_RDWR | O_CLOEXEC);
		xs->is_device = true;
	}
	if (fd < 0) {
		req_fail(r, -errno, "cannot reach the xenstore: %s",
			 strerror(errno));
		return req_hint(r, "start xenstored; its socket is "
				   "/run/xenstored/socket");
	}
	xs->fd = fd;
	xs->in = malloc(IN_BYTES);
	if (xs->in == NULL) {
		xs_close(xs);
		return req_fail_rc(r, -ENOMEM, "cannot reach the xenstore");
	}
	xs->events_end = &xs->events;
	return 0;
}

void xs_close(struct xs *xs)
{
	if (xs->fd >= 0)
		close(xs->fd);
	free(xs->in);
	free(xs->out);
	xs->fd = -1;
	xs->in = xs->out = NULL;
}

static int xs_send(struct xs *xs, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = xs->is_device
				    ? write(xs->fd, p, len)
				    : send(xs->fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EPIPE;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int xs_receive(struct xs *xs, void *dst, size_t len)
{
	char *p = dst;

	while (len > 0) {
		size_t have = xs->in_len - xs->in_pos;
		ssize_t n;

		if (have > 0) {
			if (have > len)
				have = len;
			memcpy(p, xs->in + xs->in_pos, have);
			xs->in_pos += have;
			p += have;
			len -= have;
			continue;
		}
		n = read(xs->fd, xs->in, IN_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ECONNRESET;
		xs->in_pos = 0;
		xs->in_len = (size_t)n;
	}
	return 0;
}

/* Read one message; its body goes to the arena. */
static int xs_receive_msg(struct xs *xs, struct xsd_sockmsg *h, char **body)
{
	int rc = xs_receive(xs, h, sizeof(*h));

	if (rc < 0)
		return rc;
	if (h->len > XENSTORE_PAYLOAD_MAX)
		return -EPROTO;
	*body = arena_alloc(&xs->r->mem, h->len + 1);
	return xs_receive(xs, *body, h->len);
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

/* Send @nr requests, @id first, and take the replies in. */
static int xs_exchange(struct xs *xs, const char *p, size_t len,
		       unsigned int nr, uint32_t id, struct xs_reply *replies,
		       unsigned int max)
{
	int first = 0, rc;

	rc = xs_send(xs, p, len);
	for (unsigned int i = 0; rc == 0 && i < nr; i++) {
		struct xs_reply one;

		rc = xs_receive_reply(xs, id + i, &one);
		if (rc < 0)
			break;
		if (i < max)
			replies[i] = one;
		if (one.rc < 0 && first == 0)
			first = one.rc;
	}
	return rc < 0 ? rc : first;
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
	xs->nr_queued++;
}

/*
 * The queue holds whole messages; cut it into batches the daemon (or, for the
 * device, the kernel) takes.
 */
int xs_flush(struct xs *xs, struct xs_reply *replies, unsigned int max)
{
	unsigned int batch = xs->is_device ? 1 : QUEUE_MAX, done = 0;
	uint32_t id = xs->next_id - xs->nr_queued;
	int first = 0;

	for (unsigned int i = 0; i < max; i++)
		replies[i] = (struct xs_reply){.rc = -EIO, .body = ""};
	for (size_t pos = 0, end = 0; pos < xs->out_len; pos = end) {
		unsigned int nr = 0;
		int rc;

		while (end < xs->out_len && nr < batch) {
			struct xsd_sockmsg h;

			memcpy(&h, xs->out + end, sizeof(h));
			end += sizeof(h) + h.len;
			nr++;
		}
		rc = xs_exchange(xs, xs->out + pos, end - pos, nr, id + done,
				 done < max ? replies + done : NULL,
				 done < max ? max - done : 0);
		if (rc < 0 && first == 0)
			first = rc;
		done += nr;
	}
	xs->out_len = 0;
	xs->nr_queued = 0;
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

struct xs_event *xs_next_event(struct xs *xs, int timeout_ms, int *rc)
{
	struct xs_event *e;

	*rc = 0;
	while (xs->events == NULL) {
		struct pollfd pfd = {.fd = xs->fd, .events = POLLIN};
		struct xsd_sockmsg h;
		char *body;
		int n = 1;

		if (xs->in_pos == xs->in_len)
			n = poll(&pfd, 1, timeout_ms);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			*rc = n < 0 ? -errno : 0;
			return NULL;
		}
		*rc = xs_receive_msg(xs, &h, &body);
		if (*rc < 0)
			return NULL;
		if (h.type == XS_WATCH_EVENT)
			xs_keep_event(xs, body, h.len);
	}
	e = xs->events;
	xs->events = e->next;
	if (xs->events == NULL)
		xs->events_end = &xs->events;
	return e;
}
