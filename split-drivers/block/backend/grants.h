/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Granted pages that stay mapped, because the frontend uses them again
 * (feature-persistent). When there is no room the one that was not used for
 * long is unmapped; a frontend with ever new references just gets slow.
 */
#ifndef BLOCK_GRANTS_H
#define BLOCK_GRANTS_H

#include <stdbool.h>
#include <stdint.h>

#define GRANTS_MAX 2048u /* mapped at a time */
#define GRANTS_BUCKETS 4096u

struct grants_page {
	uint32_t gref;
	uint16_t nr_users; /* requests under way */
	bool is_mapped, is_recent;
	uint16_t next; /* in its bucket; 0: none */
	void *page;
};

struct grants {
	unsigned int nr_mapped, hand;
	uint16_t buckets[GRANTS_BUCKETS];	  /* 0: empty */
	struct grants_page pages[GRANTS_MAX + 1]; /* the first is not used */
};

void grants_open(struct grants *g);
void grants_close(struct grants *g);
/*
 * The page of @gref, mapped for writing; its number, or 0: it must be copied
 * instead. Use ends with grants_put.
 */
unsigned int grants_get(struct grants *g, uint32_t gref);
void grants_put(struct grants *g, unsigned int number);

static inline void *grants_page(const struct grants *g, unsigned int number)
{
	return g->pages[number].page;
}

#endif
