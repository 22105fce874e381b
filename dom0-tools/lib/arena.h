/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of one request: allocated piece by piece, freed all at once.
 *
 * Running out of memory ends the program with a message; no caller checks.
 */
#ifndef ARENA_H
#define ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks;
	char *next, *end;
};

/* @size bytes, zeroed, aligned to 16. */
void *arena_alloc(struct arena *a, size_t size);
/* Copy of @len bytes, with a NUL behind them. */
char *arena_memdup(struct arena *a, const void *src, size_t len);
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap);
/* Free everything; the arena can be used again. */
void arena_free(struct arena *a);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (n)))

#endif
