// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pages and which of them are used. See bounce.h.
 */
#include "bounce.h"

#include <errno.h>
#include <sys/mman.h>

int bounce_open(struct bounce *b)
{
	*b = (struct bounce){0};
	b->memory = mmap(NULL, (size_t)BOUNCE_PAGES * BOUNCE_PAGE,
			 PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	if (b->memory == MAP_FAILED) {
		b->memory = NULL;
		return -ENOMEM;
	}
	return 0;
}

void bounce_close(struct bounce *b)
{
	if (b->memory)
		munmap(b->memory, (size_t)BOUNCE_PAGES * BOUNCE_PAGE);
	b->memory = NULL;
}

static void mark(struct bounce *b, unsigned int first, unsigned int nr)
{
	for (unsigned int i = first; i < first + nr; i++)
		b->used[i / 64] ^= 1ull << i % 64;
}

/* The first page not used from @at on, or BOUNCE_PAGES. */
static unsigned int next_unused(const struct bounce *b, unsigned int at)
{
	while (at < BOUNCE_PAGES) {
		uint64_t unused = ~b->used[at / 64] >> at % 64;

		if (unused)
			return at + (unsigned int)__builtin_ctzll(unused);
		at = (at / 64 + 1) * 64;
	}
	return BOUNCE_PAGES;
}

/* How many from @at on are not used, up to @nr. */
static unsigned int run_length(const struct bounce *b, unsigned int at,
			       unsigned int nr)
{
	unsigned int n = 0;

	while (n < nr && at + n < BOUNCE_PAGES &&
	       !(b->used[(at + n) / 64] >> (at + n) % 64 & 1))
		n++;
	return n;
}

static unsigned int find(const struct bounce *b, unsigned int at,
			 unsigned int nr)
{
	for (;;) {
		unsigned int n;

		at = next_unused(b, at);
		if (at == BOUNCE_PAGES)
			return at;
		n = run_length(b, at, nr);
		if (n == nr)
			return at;
		at += n;
	}
}

void *bounce_get(struct bounce *b, unsigned int nr)
{
	unsigned int at;

	if (nr > BOUNCE_PAGES - b->nr_used)
		return NULL;
	at = find(b, b->next, nr);
	if (at == BOUNCE_PAGES)
		at = find(b, 0, nr);
	if (at == BOUNCE_PAGES)
		return NULL;
	mark(b, at, nr);
	b->nr_used += nr;
	b->next = at + nr;
	return b->memory + (size_t)at * BOUNCE_PAGE;
}

void bounce_put(struct bounce *b, void *pages, unsigned int nr)
{
	size_t at = (size_t)((uint8_t *)pages - b->memory) / BOUNCE_PAGE;

	mark(b, (unsigned int)at, nr);
	b->nr_used -= nr;
	/* the pages used last are in the caches */
	b->next = (unsigned int)at;
}
