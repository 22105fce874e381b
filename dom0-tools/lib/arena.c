// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of one request: blocks from malloc, handed out from front to back.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

#define BLOCK_BYTES 16384

struct arena_block {
	struct arena_block *next;
	_Alignas(16) char data[];
};

static void arena_grow(struct arena *a, size_t size)
{
	size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
	struct arena_block *b = NULL;

	if (size <= SIZE_MAX / 2)
		b = malloc(sizeof(*b) + room);
	if (b == NULL) {
		fprintf(stderr, "pavo: no memory for %zu bytes\n", size);
		exit(1);
	}
	b->next = a->blocks;
	a->blocks = b;
	a->next = b->data;
	a->end = b->data + room;
}

void *arena_alloc(struct arena *a, size_t size)
{
	void *p;

	size = size > SIZE_MAX - 15 ? SIZE_MAX : (size + 15) & ~(size_t)15;
	if ((size_t)(a->end - a->next) < size)
		arena_grow(a, size);
	p = a->next;
	a->next += size;
	return memset(p, 0, size);
}

char *arena_memdup(struct arena *a, const void *src, size_t len)
{
	char *p = arena_alloc(a, len + 1);

	if (len > 0)
		memcpy(p, src, len);
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_memdup(a, s, strlen(s));
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	char *p;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len < 0)
		len = 0;
	p = arena_alloc(a, (size_t)len + 1);
	vsnprintf(p, (size_t)len + 1, fmt, ap);
	return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return p;
}

void arena_free(struct arena *a)
{
	while (a->blocks != NULL) {
		struct arena_block *b = a->blocks;

		a->blocks = b->next;
		free(b);
	}
	a->next = a->end = NULL;
}
