/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xenstore over its Unix socket. A message is a header of four words (type,
 * request id, transaction, length) and a payload; replies carry the id of
 * their request, so the caller needs no table of what is under way.
 */
#include "store.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct wire_hdr {
	uint32_t type, id, tx, len;
};

void store_close(struct store *st)
{
	if (st->src.fd < 0)
		return;
	loop_set(st->loop, &st->src, 0);
	close(st->src.fd);
	st->src.fd = -1;
	free(st->out);
	st->out = NULL;
	st->in_len = st->out_len = st->out_cap = 0;
}

static void breaks(struct store *st)
{
	store_close(st);
	st->broken(st->arg);
}

/* @body has @len bytes and a NUL behind them. */
static void dispatch(struct store *st, const struct wire_hdr *h, char *body)
{
	const char *token;

	if (h->type != STORE_WATCH_EVENT) {
		st->tx = h->tx;
		st->reply(st->arg, h->id, h->type == STORE_ERROR ? NULL : body);
		return;
	}
	token = memchr(body, '\0', h->len);
	if (token)
		st->event(st->arg, body, token + 1);
}

/* Handle what is complete. -EPROTO: the stream makes no sense. */
static int parse(struct store *st)
{
	struct wire_hdr h;
	char *body = st->in + sizeof(h);
	char saved;

	while (st->in_len >= sizeof(h)) {
		memcpy(&h, st->in, sizeof(h));
		if (h.len > STORE_PAYLOAD_MAX)
			return -EPROTO;
		if (st->in_len < sizeof(h) + h.len)
			return 0;
		saved = body[h.len];
		body[h.len] = '\0';
		dispatch(st, &h, body);
		if (st->src.fd < 0)
			return 0;
		body[h.len] = saved;
		st->in_len -= sizeof(h) + h.len;
		memmove(st->in, body + h.len, st->in_len);
	}
	return 0;
}

static int flush(struct store *st)
{
	ssize_t n;

	while (st->out_len > 0) {
		n = send(st->src.fd, st->out, st->out_len,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			return -errno;
		st->out_len -= (size_t)n;
		memmove(st->out, st->out + n, st->out_len);
	}
	return loop_set(st->loop, &st->src,
			st->out_len ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void store_ready(struct loop_source *s, uint32_t events)
{
	struct store *st = (struct store *)(void *)s; /* src is first */
	ssize_t n = 1;
	int rc = 0;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		n = recv(s->fd, st->in + st->in_len,
			 sizeof(st->in) - 1 - st->in_len, MSG_DONTWAIT);
		if (n > 0) {
			st->in_len += (size_t)n;
			rc = parse(st);
		} else if (n < 0 && errno == EAGAIN) {
			n = 1;
		}
	}
	if (st->src.fd < 0)
		return;
	if (!rc && n > 0)
		rc = flush(st);
	if (rc || n <= 0)
		breaks(st);
}

int store_adopt(struct store *st, int fd)
{
	st->src = (struct loop_source){.fd = fd, .ready = store_ready};
	st->in_len = st->out_len = st->out_cap = 0;
	st->out = NULL;
	return loop_set(st->loop, &st->src, EPOLLIN);
}

int store_connect(struct store *st, const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd, rc;

	if (strlen(path) >= sizeof(sa.sun_path))
		return -ENAMETOOLONG;
	strcpy(sa.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa))) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return store_adopt(st, fd);
}

static int reserve(struct store *st, size_t need)
{
	size_t cap = st->out_cap ? st->out_cap : 1024;
	char *p;

	if (need > STORE_QUEUE_MAX)
		return -ENOBUFS;
	while (cap < need)
		cap *= 2;
	if (cap == st->out_cap)
		return 0;
	p = realloc(st->out, cap);
	if (!p)
		return -ENOMEM;
	st->out = p;
	st->out_cap = cap;
	return 0;
}

/* Queue @a and @b as payload, @a with its NUL, @b with as @b_len says. */
static void request_in(struct store *st, uint32_t tx, uint32_t type,
		       uint32_t id, const char *a, const char *b, size_t b_len)
{
	size_t a_len = strlen(a) + 1;
	struct wire_hdr h = {type, id, tx, (uint32_t)(a_len + b_len)};
	char *p;

	if (st->src.fd < 0)
		return;
	if (h.len > STORE_PAYLOAD_MAX ||
	    reserve(st, st->out_len + sizeof(h) + h.len)) {
		breaks(st);
		return;
	}
	p = st->out + st->out_len;
	memcpy(p, &h, sizeof(h));
	memcpy(p + sizeof(h), a, a_len);
	if (b_len)
		memcpy(p + sizeof(h) + a_len, b, b_len);
	st->out_len += sizeof(h) + h.len;
	if (flush(st))
		breaks(st);
}

static void request(struct store *st, uint32_t type, uint32_t id, const char *a,
		    const char *b, size_t b_len)
{
	request_in(st, 0, type, id, a, b, b_len);
}

void store_tx_start(struct store *st, uint32_t id)
{
	request(st, STORE_TX_START, id, "", NULL, 0);
}

void store_tx_end(struct store *st, uint32_t id, uint32_t tx, bool commit)
{
	request_in(st, tx, STORE_TX_END, id, commit ? "T" : "F", NULL, 0);
}

void store_read(struct store *st, uint32_t id, uint32_t tx, const char *path)
{
	request_in(st, tx, STORE_READ, id, path, NULL, 0);
}

void store_write(struct store *st, uint32_t id, uint32_t tx, const char *path,
		 const char *value)
{
	request_in(st, tx, STORE_WRITE, id, path, value, strlen(value));
}

void store_watch(struct store *st, uint32_t id, const char *path,
		 const char *token)
{
	request(st, STORE_WATCH, id, path, token, strlen(token) + 1);
}

void store_watch_domains(struct store *st, uint32_t id, const char *path,
			 const char *token)
{
	static const char depth[] = "1";
	char text[64];
	int n = snprintf(text, sizeof(text), "%s%c%s", token, '\0', depth);

	request(st, STORE_WATCH, id, path, text, (size_t)n + 1);
}

void store_unwatch(struct store *st, uint32_t id, const char *path,
		   const char *token)
{
	request(st, STORE_UNWATCH, id, path, token, strlen(token) + 1);
}
