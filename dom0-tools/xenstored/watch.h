/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watches, found by path: an event costs one hash lookup for each component
 * of its path, however many watches there are.
 */
#ifndef XENSTORED_WATCH_H
#define XENSTORED_WATCH_H

#include "list.h"
#include "tree.h"

struct conn;
struct store;

#define WATCH_ANY_DEPTH (-1)

struct watch_path {
	struct watch_path *next_in_bucket;
	struct list watches;
	uint32_t hash;
	uint16_t len;
	char path[];
};

struct watch {
	struct list at_path;
	struct list of_conn; /* conn->watches */
	struct conn *conn;
	struct watch_path *at;
	uint64_t seq;	/* order of creation */
	int depth;	/* levels below the path, or WATCH_ANY_DEPTH */
	uint16_t strip; /* bytes of path its owner does not see */
	uint16_t token_len;
	char token[]; /* with a NUL */
};

/* -EEXIST, -E2BIG (quota), -ENOSPC (memory), -ENOMEM. */
int watch_add(struct store *s, struct conn *c, const char *path, size_t len,
	      size_t strip, const char *token, int depth);
/* -ENOENT */
int watch_del(struct store *s, struct conn *c, const char *path, size_t len,
	      const char *token);
void watch_del_all(struct store *s, struct conn *c);

/*
 * @path has changed: tell every watch on it and, unless @exact, above it.
 * @now and @old are what stood there after and before the change, if
 * anything; they decide who may know.
 */
void watch_fire(struct store *s, const char *path, size_t len, bool exact,
		const struct body *now, const struct body *old);

/* A special event: @name is "@introduceDomain" or "@releaseDomain". */
void watch_fire_special(struct store *s, const char *name, unsigned int domid);

#endif
