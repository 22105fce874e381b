/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for the time of one request: taken from one block, given back all at
 * once.
 */
#ifndef XENSTORED_ARENA_H
#define XENSTORED_ARENA_H

#include <stddef.h>

/*
 * A request is at most 4 KiB; what it is turned into (a path, a table of
 * permissions, the permissions it inherits) fits several times over.
 */
#define ARENA_BYTES (64u << 10)

struct arena {
	size_t used;
	_Alignas(16) char space[ARENA_BYTES];
};

static inline void arena_reset(struct arena *a)
{
	a->used = 0;
}

static inline void *arena_alloc(struct arena *a, size_t len)
{
	void *p = a->space + a->used;

	len = (len + 15) & ~(size_t)15;
	if (len > sizeof(a->space) - a->used)
		return NULL;
	a->used += len;
	return p;
}

#endif
