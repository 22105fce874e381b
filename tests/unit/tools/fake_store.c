// SPDX-License-Identifier: GPL-2.0-only
/*
 * A xenstore for the tools' tests: a flat list of paths. One thread serves
 * each connection; a lock keeps them apart.
 */
#include <abi/io/xs_wire.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fake_store.h"

#define NODES_MAX 4096
#define WATCHES_MAX 16

struct fake_store fake_store;

static struct node {
	char path[256], value[4096], perms[64];
	size_t len, perms_len;
} * nodes;
static size_t nr_nodes;

static struct {
	int fd;
	char path[256], token[64];
} watches[WATCHES_MAX];
static size_t nr_watches;

static int conns[64]; /* descriptors, 0: free */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int listener;
static int is_doomed; /* the transaction will not be committed */

static struct node *find(const char *path)
{
	for (size_t i = 0; i < nr_nodes; i++)
		if (strcmp(nodes[i].path, path) == 0)
			return &nodes[i];
	return NULL;
}

static void reply(int fd, const struct xsd_sockmsg *h, uint32_t type,
		  const void *body, size_t len)
{
	struct {
		struct xsd_sockmsg h;
		char body[XENSTORE_PAYLOAD_MAX];
	} m = {.h = *h};

	if ((int)fake_store.nr_requests == fake_store.hang_up_after)
		return;
	m.h.type = type;
	m.h.len = (uint32_t)len;
	memcpy(m.body, body, len);
	send(fd, &m, sizeof(m.h) + len, MSG_NOSIGNAL);
}

/* A node made anew takes its parent's permissions, and makes its parents. */
static struct node *make(const char *path)
{
	struct node *n = find(path);
	char parent[256];
	char *slash;

	if (n != NULL)
		return n;
	snprintf(parent, sizeof(parent), "%s", path);
	slash = strrchr(parent, '/');
	if (slash != NULL && slash != parent) {
		*slash = '\0';
		make(parent);
	}
	if (nr_nodes == NODES_MAX)
		abort();
	n = &nodes[nr_nodes++];
	memset(n, 0, sizeof(*n));
	snprintf(n->path, sizeof(n->path), "%s", path);
	if (slash != NULL && slash != parent && find(parent) != NULL) {
		memcpy(n->perms, find(parent)->perms, sizeof(n->perms));
		n->perms_len = find(parent)->perms_len;
	} else {
		strcpy(n->perms, "n0");
		n->perms_len = 3;
	}
	return n;
}

static int is_below(const char *path, const char *base)
{
	size_t len = strlen(base);

	return strcmp(base, "/") == 0 ||
	       (strncmp(path, base, len) == 0 &&
		(path[len] == '\0' || path[len] == '/'));
}

static void fire(const char *path)
{
	for (size_t i = 0; i < nr_watches; i++) {
		struct xsd_sockmsg h = {0};
		char body[400];
		int len;

		if (!is_below(path, watches[i].path))
			continue;
		len = snprintf(body, sizeof(body), "%s%c%s%c", path, '\0',
			       watches[i].token, '\0');
		reply(watches[i].fd, &h, XS_WATCH_EVENT, body, (size_t)len);
	}
}

static int remove_below(const char *path)
{
	size_t kept = 0, nr = nr_nodes;

	for (size_t i = 0; i < nr; i++)
		if (!is_below(nodes[i].path, path))
			nodes[kept++] = nodes[i];
	nr_nodes = kept;
	return kept < nr;
}

static size_t list(const char *path, char *out)
{
	size_t base = strcmp(path, "/") == 0 ? 0 : strlen(path), len = 0;

	for (size_t i = 0; i < nr_nodes; i++) {
		const char *p = nodes[i].path;

		if (!is_below(p, path) || p[base] != '/' ||
		    strchr(p + base + 1, '/') != NULL)
			continue;
		strcpy(out + len, p + base + 1);
		len += strlen(p + base + 1) + 1;
	}
	return len;
}

static void serve_list(int fd, const struct xsd_sockmsg *h, const char *path)
{
	static char names[1 << 18];
	size_t len;

	if (find(path) == NULL && strcmp(path, "/") != 0) {
		reply(fd, h, XS_ERROR, "ENOENT", 7);
		return;
	}
	len = list(path, names);
	if (fake_store.list_max != 0 && len > fake_store.list_max)
		reply(fd, h, XS_ERROR, "E2BIG", 6);
	else
		reply(fd, h, h->type, names, len);
}

/* A generation, then whole names from an offset; after the last, a NUL. */
static void serve_part(int fd, const struct xsd_sockmsg *h, const char *path,
		       const char *arg)
{
	static char names[1 << 18];
	char out[XENSTORE_PAYLOAD_MAX] = "7";
	size_t len = list(path, names), at = strtoul(arg, NULL, 10), n = 2;

	while (at < len && n + strlen(names + at) + 1 <= fake_store.list_max) {
		strcpy(out + n, names + at);
		n += strlen(names + at) + 1;
		at += strlen(names + at) + 1;
	}
	if (at >= len)
		out[n++] = '\0';
	reply(fd, h, h->type, out, n);
}

static void serve_watch(int fd, const struct xsd_sockmsg *h, const char *path,
			const char *token)
{
	struct xsd_sockmsg none = {0};
	char body[400];
	int len;

	if (nr_watches == WATCHES_MAX)
		abort();
	watches[nr_watches].fd = fd;
	snprintf(watches[nr_watches].path, sizeof(watches[0].path), "%s", path);
	snprintf(watches[nr_watches].token, sizeof(watches[0].token), "%s",
		 token);
	nr_watches++;
	reply(fd, h, h->type, "OK", 3);
	len = snprintf(body, sizeof(body), "%s%c%s%c", path, '\0', token, '\0');
	reply(fd, &none, XS_WATCH_EVENT, body, (size_t)len);
}

static void serve_one(int fd, const struct xsd_sockmsg *h, const char *body)
{
	const char *rest = body + strlen(body) + 1;
	size_t rest_len = h->len - (size_t)(rest - body);
	struct node *n = find(body);

	if (h->tx_id != 0 && is_doomed && h->type != XS_TRANSACTION_END) {
		reply(fd, h, h->type, "", 0); /* nobody will see it */
		return;
	}
	switch (h->type) {
	case XS_READ:
		if (n == NULL)
			reply(fd, h, XS_ERROR, "ENOENT", 7);
		else
			reply(fd, h, h->type, n->value, n->len);
		return;
	case XS_WRITE:
		n = make(body);
		memcpy(n->value, rest, rest_len);
		n->value[rest_len] = '\0';
		n->len = rest_len;
		reply(fd, h, h->type, "OK", 3);
		fire(body);
		return;
	case XS_RM:
		if (remove_below(body))
			reply(fd, h, h->type, "OK", 3);
		else
			reply(fd, h, XS_ERROR, "ENOENT", 7);
		fire(body);
		return;
	case XS_DIRECTORY:
		serve_list(fd, h, body);
		return;
	case XS_DIRECTORY_PART:
		serve_part(fd, h, body, rest);
		return;
	case XS_SET_PERMS:
		n = make(body);
		memcpy(n->perms, rest, rest_len);
		n->perms_len = rest_len;
		reply(fd, h, h->type, "OK", 3);
		return;
	case XS_GET_PERMS:
		if (n == NULL)
			reply(fd, h, XS_ERROR, "ENOENT", 7);
		else
			reply(fd, h, h->type, n->perms, n->perms_len);
		return;
	case XS_WATCH:
		serve_watch(fd, h, body, rest);
		return;
	case XS_TRANSACTION_START:
		is_doomed = fake_store.conflicts > 0;
		reply(fd, h, h->type, "1", 2);
		return;
	case XS_TRANSACTION_END:
		if (body[0] == 'T' && fake_store.conflicts > 0) {
			fake_store.conflicts--;
			reply(fd, h, XS_ERROR, "EAGAIN", 7);
			return;
		}
		fake_store.nr_commits += body[0] == 'T';
		reply(fd, h, h->type, "OK", 3);
		return;
	case XS_INTRODUCE:
		fake_store.nr_introduced++;
		reply(fd, h, h->type, "OK", 3);
		return;
	default:
		reply(fd, h, XS_ERROR, "ENOSYS", 7);
		return;
	}
}

static int read_all(int fd, void *buf, size_t len)
{
	char *p = buf;

	while (len > 0) {
		ssize_t n = read(fd, p, len);

		if (n <= 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static void note_conn(int was, int is)
{
	size_t i = 0;

	pthread_mutex_lock(&lock);
	while (conns[i] != was)
		i++;
	conns[i] = is;
	pthread_mutex_unlock(&lock);
}

void fake_store_hang_up(void)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < sizeof(conns) / sizeof(conns[0]); i++)
		if (conns[i] != 0)
			shutdown(conns[i], SHUT_RDWR);
	pthread_mutex_unlock(&lock);
}

void fake_store_stop(void)
{
	shutdown(listener, SHUT_RDWR);
	fake_store_hang_up();
}

void fake_store_reset(void)
{
	pthread_mutex_lock(&lock);
	memset(&fake_store, 0, sizeof(fake_store));
	nr_nodes = 0;
	pthread_mutex_unlock(&lock);
}

static void *serve(void *arg)
{
	int fd = (int)(long)arg;
	struct xsd_sockmsg h;
	static __thread char body[XENSTORE_PAYLOAD_MAX + 2];

	while (read_all(fd, &h, sizeof(h)) == 0) {
		if (h.len > XENSTORE_PAYLOAD_MAX || read_all(fd, body, h.len))
			break;
		body[h.len] = body[h.len + 1] = '\0';
		pthread_mutex_lock(&lock);
		fake_store.nr_requests++;
		if ((int)fake_store.nr_requests == fake_store.hang_up_at) {
			pthread_mutex_unlock(&lock);
			break;
		}
		if (fake_store.nr_requests == fake_store.fail_at)
			reply(fd, &h, XS_ERROR, "EIO", 4);
		else
			serve_one(fd, &h, body);
		if ((int)fake_store.nr_requests == fake_store.hang_up_after)
			h.type = XS_INVALID;
		pthread_mutex_unlock(&lock);
		if (h.type == XS_INVALID)
			break;
	}
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < nr_watches; i++)
		if (watches[i].fd == fd)
			watches[i--] = watches[--nr_watches];
	pthread_mutex_unlock(&lock);
	note_conn(fd, 0);
	close(fd);
	return NULL;
}

static void *accept_all(void *arg)
{
	int fd;

	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		pthread_t t;

		note_conn(0, fd);
		pthread_create(&t, NULL, serve, (void *)(long)fd);
		pthread_detach(t);
	}
	return arg;
}

void fake_store_start(const char *root)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	pthread_t t;

	memset(&fake_store, 0, sizeof(fake_store));
	nodes = calloc(NODES_MAX, sizeof(*nodes));
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/store", root);
	setenv("XENSTORED_PATH", sa.sun_path, 1);
	setenv("PAVO_ROOT", root, 1);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(listener, 8) < 0)
		abort();
	pthread_create(&t, NULL, accept_all, NULL);
	pthread_detach(t);
}

const char *fake_store_value(const char *path)
{
	const struct node *n = find(path);

	return n != NULL ? n->value : NULL;
}

const char *fake_store_perms(const char *path)
{
	const struct node *n = find(path);

	return n != NULL ? n->perms : NULL;
}

void fake_store_set(const char *path, const char *value)
{
	struct node *n = make(path);

	strcpy(n->value, value);
	n->len = strlen(value);
}

size_t fake_store_count(const char *path)
{
	size_t nr = 0;

	for (size_t i = 0; i < nr_nodes; i++)
		nr += is_below(nodes[i].path, path);
	return nr;
}
