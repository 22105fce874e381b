/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of the backend's own through which all data passes, in pages; a
 * request gets adjoining ones, so that it is one piece for the disk.
 */
#ifndef BLOCK_BOUNCE_H
#define BLOCK_BOUNCE_H

#include <stddef.h>
#include <stdint.h>

#define BOUNCE_PAGES 2048u
#define BOUNCE_PAGE 4096u

struct bounce {
	uint8_t *memory;
	unsigned int next; /* where the search begins */
	unsigned int nr_used;
	uint64_t used[BOUNCE_PAGES / 64];
};

int bounce_open(struct bounce *b); /* -ENOMEM */
void bounce_close(struct bounce *b);
/* @nr adjoining pages; NULL: not now. */
void *bounce_get(struct bounce *b, unsigned int nr);
void bounce_put(struct bounce *b, void *pages, unsigned int nr);

#endif
