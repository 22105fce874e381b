/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Costs of xenstore operations over the daemon's socket:
 *
 *   store [SUFFIX [NODES [WATCHES]]]
 *
 * in a store with NODES more nodes and WATCHES more watches, on nodes that are
 * not touched meanwhile.  SUFFIX goes to the names of the rows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench.h"

#define SOCKET "/run/xenstored/socket"
#define BASE "/tool/bench"
#define KEY BASE "/key"

/* Xen ABI, public/io/xs_wire.h */
struct header {
	uint32_t type, req_id, tx_id, len;
};

enum {
	XS_DIRECTORY = 1,
	XS_READ = 2,
	XS_WATCH = 4,
	XS_TRANSACTION_START = 6,
	XS_TRANSACTION_END = 7,
	XS_WRITE = 11,
	XS_MKDIR = 12,
	XS_RM = 13,
	XS_WATCH_EVENT = 15,
	XS_ERROR = 16,
};

static int fd;
static unsigned int events;
static char reply[4097];

static void read_all(void *p, size_t n)
{
	for (char *at = p; n > 0;) {
		ssize_t got = read(fd, at, n);

		MUST(got > 0);
		at += got;
		n -= (size_t)got;
	}
}

/* One message of the daemon; an event is only counted. */
static uint32_t receive(void)
{
	struct header h;

	read_all(&h, sizeof(h));
	MUST(h.len < sizeof(reply));
	if (h.len > 0)
		read_all(reply, h.len);
	reply[h.len] = '\0';
	if (h.type == XS_WATCH_EVENT)
		events++;
	return h.type;
}

static void request(uint32_t type, uint32_t tx, const void *body, size_t len)
{
	struct {
		struct header h;
		char body[256];
	} message = {.h = {type, 0, tx, (uint32_t)len}};
	uint32_t answer;

	MUST(len <= sizeof(message.body));
	memcpy(message.body, body, len);
	len += sizeof(message.h);
	MUST(write(fd, &message, len) == (ssize_t)len);
	do {
		answer = receive();
	} while (answer == XS_WATCH_EVENT);
	MUST(answer == type);
}

static void on_node(uint32_t type, uint32_t tx, const char *path)
{
	request(type, tx, path, strlen(path) + 1);
}

static void set_node(uint32_t tx, const char *path, const char *value)
{
	char body[256];
	int len = snprintf(body, sizeof(body), "%s%c%s", path, '\0', value);

	request(XS_WRITE, tx, body, (size_t)len);
}

static void watch(const char *path)
{
	char body[256];
	int len = snprintf(body, sizeof(body), "%s%ctoken%c", path, '\0', '\0');
	unsigned int before = events;

	request(XS_WATCH, 0, body, (size_t)len);
	while (events == before)
		receive(); /* it fires once at first */
}

static void xs_read(unsigned int ops)
{
	while (ops--)
		on_node(XS_READ, 0, KEY);
}

static void xs_write(unsigned int ops)
{
	char value[16];

	while (ops--) {
		snprintf(value, sizeof(value), "%u", ops);
		set_node(0, KEY, value);
	}
}

static void xs_transaction(unsigned int ops)
{
	while (ops--) {
		uint32_t tx;

		request(XS_TRANSACTION_START, 0, "", 1);
		tx = (uint32_t)strtoul(reply, NULL, 10);
		on_node(XS_READ, tx, KEY);
		set_node(tx, KEY, "t");
		request(XS_TRANSACTION_END, tx, "T", 2);
	}
}

static void fill(const char *dir, unsigned int nr)
{
	char path[64];

	while (nr--) {
		snprintf(path, sizeof(path), BASE "/%s/%u", dir, nr);
		set_node(0, path, "value");
	}
}

static void fill_dir(void)
{
	fill("dir", 100);
}

static void xs_directory(unsigned int ops)
{
	while (ops--)
		on_node(XS_DIRECTORY, 0, BASE "/dir");
}

static void xs_mkdir_rm(unsigned int ops)
{
	while (ops--) {
		on_node(XS_MKDIR, 0, BASE "/new");
		on_node(XS_RM, 0, BASE "/new");
	}
}

static void watch_key(void)
{
	static bool is_watched;

	if (!is_watched)
		watch(KEY);
	is_watched = true;
}

static void xs_watch_fires(unsigned int ops)
{
	while (ops--) {
		unsigned int before = events;

		set_node(0, KEY, "w");
		while (events == before)
			receive();
	}
}

static const struct bench store_benches[] = {
	{"xs_read", 500, xs_read, NULL, NULL},
	{"xs_write", 500, xs_write, NULL, NULL},
	{"xs_transaction_rw", 100, xs_transaction, NULL, NULL},
	{"xs_directory100", 200, xs_directory, fill_dir, NULL},
	{"xs_mkdir_rm", 200, xs_mkdir_rm, NULL, NULL},
	{"xs_write_watch_fires", 200, xs_watch_fires, watch_key, NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static void connect_store(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX, .sun_path = SOCKET};

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	MUST(fd >= 0);
	MUST(connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0);
}

/* Nodes in directories of 100, as a store with many domains has them. */
static void make_nodes(unsigned int nr)
{
	char dir[16];

	for (unsigned int i = 0; i < nr; i += 100) {
		snprintf(dir, sizeof(dir), "many/%u", i);
		fill(dir, nr - i < 100 ? nr - i : 100);
	}
}

static void make_watches(unsigned int nr)
{
	char path[64];

	while (nr--) {
		snprintf(path, sizeof(path), BASE "/watched/%u", nr);
		watch(path);
	}
}

int main(int argc, char **argv)
{
	const char *suffix = argc > 1 ? argv[1] : "";

	connect_store();
	set_node(0, KEY, "0");
	if (argc > 2)
		make_nodes((unsigned int)atoi(argv[2]));
	if (argc > 3)
		make_watches((unsigned int)atoi(argv[3]));
	measure_all(store_benches, suffix);
	on_node(XS_RM, 0, BASE);
	return 0;
}
