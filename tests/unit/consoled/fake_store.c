/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fake xenstored: one client, READ, WRITE, WATCH, UNWATCH; and
 * transactions, whose writes are there at once.
 */
#include "fake_store.h"
#include "fake_xen.h"
#include "store.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define NR_NODES 1024
#define NR_WATCHES 256

struct hdr {
	uint32_t type, id, tx, len;
};

static struct {
	char path[96], value[64];
} nodes[NR_NODES];
static struct {
	char path[96], token[64];
	bool wants_domids;
} watches[NR_WATCHES];
static int listen_fd = -1, conn_fd = -1;
static uint32_t tx_replied; /* of the request being served */
bool fake_store_is_old;
int fake_store_nr_txs;

static void copy(char *to, size_t size, const char *from)
{
	size_t n = strlen(from);

	if (n >= size)
		abort();
	memcpy(to, from, n + 1);
}

void fake_store_start(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX,
				 .sun_path = FAKE_STORE_SOCKET};

	unlink(FAKE_STORE_SOCKET);
	listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (bind(listen_fd, (struct sockaddr *)&sa, sizeof(sa)) ||
	    listen(listen_fd, 4))
		abort();
}

static void hang_up(void)
{
	if (conn_fd >= 0)
		close(conn_fd);
	conn_fd = -1;
	memset(watches, 0, sizeof(watches));
}

void fake_store_stop(void)
{
	hang_up();
	if (listen_fd >= 0)
		close(listen_fd);
	listen_fd = -1;
	unlink(FAKE_STORE_SOCKET);
}

void fake_store_reset(void)
{
	fake_store_stop();
	memset(nodes, 0, sizeof(nodes));
	fake_store_is_old = false;
	fake_store_nr_txs = 0;
}

static void reply(uint32_t type, uint32_t id, const char *body, size_t len)
{
	struct hdr h = {type, id, tx_replied, (uint32_t)len};
	char msg[sizeof(h) + STORE_PAYLOAD_MAX];

	memcpy(msg, &h, sizeof(h));
	memcpy(msg + sizeof(h), body, len);
	if (conn_fd >= 0 &&
	    send(conn_fd, msg, sizeof(h) + len, MSG_NOSIGNAL) < 0)
		hang_up();
}

static void fire(unsigned int w, const char *path)
{
	char body[192];
	int n = snprintf(body, sizeof(body), "%s%c%s", path, 0,
			 watches[w].token);

	reply(STORE_WATCH_EVENT, 0, body, (size_t)n + 1);
}

void fake_store_fire(const char *path, unsigned int domid)
{
	char named[64];

	snprintf(named, sizeof(named), "%s/%u", path, domid);
	for (unsigned int w = 0; w < NR_WATCHES; w++)
		if (!strcmp(path, watches[w].path))
			fire(w, watches[w].wants_domids ? named : path);
}

static void fire_below(const char *path)
{
	for (unsigned int w = 0; w < NR_WATCHES; w++)
		if (watches[w].path[0] &&
		    !strncmp(path, watches[w].path, strlen(watches[w].path)))
			fire(w, path);
}

unsigned int fake_store_nr_watches(void)
{
	unsigned int n = 0;

	for (unsigned int w = 0; w < NR_WATCHES; w++)
		n += watches[w].path[0] != '\0';
	return n;
}

static int find(const char *path)
{
	for (int i = 0; i < NR_NODES; i++)
		if (!strcmp(nodes[i].path, path))
			return i;
	return -1;
}

static void set(const char *path, const char *value)
{
	int i = find(path);

	if (i < 0)
		i = find("");
	copy(nodes[i].path, sizeof(nodes[i].path), path);
	copy(nodes[i].value, sizeof(nodes[i].value), value);
	fire_below(path);
}

void fake_store_set(const char *value, const char *fmt, ...)
{
	char path[96];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	set(path, value);
}

const char *fake_store_get(const char *fmt, ...)
{
	char path[96];
	va_list ap;
	int i;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	i = find(path);
	return i < 0 ? NULL : nodes[i].value;
}

static void watch(uint32_t id, const char *path, const char *token,
		  bool wants_domids)
{
	unsigned int w = 0;

	if (wants_domids && fake_store_is_old) {
		reply(STORE_ERROR, id, "EINVAL", 7);
		return;
	}
	while (watches[w].path[0])
		w++;
	copy(watches[w].path, sizeof(watches[w].path), path);
	copy(watches[w].token, sizeof(watches[w].token), token);
	watches[w].wants_domids = wants_domids;
	reply(STORE_WATCH, id, "OK", 3);
	fire(w, path);
}

static void unwatch(uint32_t id, const char *path, const char *token)
{
	for (unsigned int w = 0; w < NR_WATCHES; w++)
		if (!strcmp(watches[w].path, path) &&
		    !strcmp(watches[w].token, token))
			watches[w].path[0] = '\0';
	reply(STORE_UNWATCH, id, "OK", 3);
}

/* @body is NUL-terminated beyond @h->len. */
static void serve(const struct hdr *h, char *body)
{
	const char *second = body + strlen(body) + 1;
	int i = find(body);

	tx_replied = h->tx;
	switch (h->type) {
	case STORE_TX_START:
		fake_store_nr_txs++;
		reply(STORE_TX_START, h->id, "7", 2);
		return;
	case STORE_TX_END:
		fake_store_nr_txs--;
		reply(STORE_TX_END, h->id, "OK", 3);
		return;
	case STORE_READ:
		if (i < 0)
			reply(STORE_ERROR, h->id, "ENOENT", 7);
		else
			reply(STORE_READ, h->id, nodes[i].value,
			      strlen(nodes[i].value));
		return;
	case STORE_WRITE:
		reply(STORE_WRITE, h->id, "OK", 3);
		set(body, second);
		return;
	case STORE_WATCH:
		watch(h->id, body, second,
		      second + strlen(second) + 1 < body + h->len);
		return;
	case STORE_UNWATCH:
		unwatch(h->id, body, second);
		return;
	}
	reply(STORE_ERROR, h->id, "ENOSYS", 7);
}

static bool receive(void *buf, size_t n, int flags)
{
	return recv(conn_fd, buf, n, flags | MSG_WAITALL) == (ssize_t)n;
}

bool fake_store_poll(void)
{
	char body[STORE_PAYLOAD_MAX + 2];
	struct hdr h;
	ssize_t n;

	if (listen_fd >= 0 && conn_fd < 0)
		conn_fd = accept(listen_fd, NULL, NULL);
	if (conn_fd < 0)
		return false;
	n = recv(conn_fd, &h, sizeof(h), MSG_DONTWAIT | MSG_PEEK);
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0 || !receive(&h, sizeof(h), 0) || h.len > STORE_PAYLOAD_MAX ||
	    (h.len && !receive(body, h.len, 0))) {
		hang_up();
		return true;
	}
	body[h.len] = body[h.len + 1] = '\0';
	serve(&h, body);
	return true;
}

void fake_store_announce(const struct fake_domain *d, const char *name)
{
	char port[16];

	snprintf(port, sizeof(port), "%u", d->port);
	fake_store_set(name, "/local/domain/%u/name", d->domid);
	fake_store_set("xenconsoled", "/local/domain/%u/console/type",
		       d->domid);
	fake_store_set("1048576", "/local/domain/%u/console/limit", d->domid);
	fake_store_set("", "/local/domain/%u/console/tty", d->domid);
	fake_store_set(port, "/local/domain/%u/console/port", d->domid);
	fake_store_fire("@introduceDomain", d->domid);
}
