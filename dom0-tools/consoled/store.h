/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An asynchronous xenstore client: requests are queued and pipelined, replies
 * and watch events come back as callbacks. A slow, stopped or restarting
 * xenstored so never stops a console.
 */
#ifndef STORE_H
#define STORE_H

#include "loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_PAYLOAD_MAX 4096 /* Xen ABI, public/io/xs_wire.h */
#define STORE_QUEUE_MAX (1u << 20)

/* Xen ABI, public/io/xs_wire.h: message types. */
enum store_type {
	STORE_READ = 2,
	STORE_WATCH = 4,
	STORE_UNWATCH = 5,
	STORE_TX_START = 6,
	STORE_TX_END = 7,
	STORE_WRITE = 11,
	STORE_WATCH_EVENT = 15,
	STORE_ERROR = 16,
};

struct store {
	struct loop_source src; /* fd -1: not connected */
	struct loop *loop;
	size_t in_len, out_len, out_cap;
	char *out;
	char in[16 + STORE_PAYLOAD_MAX + 1];

	void *arg;
	uint32_t tx; /* of the reply that is being handled */
	/* Reply to the request sent with @id; @body is NULL on an error. */
	void (*reply)(void *arg, uint32_t id, const char *body);
	void (*event)(void *arg, const char *path, const char *token);
	/* The connection broke; every watch and open request is gone. */
	void (*broken)(void *arg);
};

/* Connect to the socket @path. 0 or -errno. */
int store_connect(struct store *st, const char *path);
/* Use @fd, connected already. */
int store_adopt(struct store *st, int fd);
void store_close(struct store *st);

/*
 * Requests. Without a connection they do nothing: broken() has been called.
 * @tx is 0, or what the reply to store_tx_start says.
 */
void store_tx_start(struct store *st, uint32_t id);
void store_tx_end(struct store *st, uint32_t id, uint32_t tx, bool commit);
void store_read(struct store *st, uint32_t id, uint32_t tx, const char *path);
void store_write(struct store *st, uint32_t id, uint32_t tx, const char *path,
		 const char *value);
void store_watch(struct store *st, uint32_t id, const char *path,
		 const char *token);
/*
 * A watch on a special path whose events name the domain: "@x/5" in place of
 * "@x". Not every daemon knows that; others reply with an error.
 */
void store_watch_domains(struct store *st, uint32_t id, const char *path,
			 const char *token);
void store_unwatch(struct store *st, uint32_t id, const char *path,
		   const char *token);

#endif
