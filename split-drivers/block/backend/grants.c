// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hash of the mapped pages, and a clock hand that looks for the one to go.
 * See grants.h.
 */
#include "grants.h"

#include <string.h>

#include "../../seam/back_xen.h"

static uint16_t *bucket_of(struct grants *g, uint32_t gref)
{
	return &g->buckets[gref * 0x9e3779b1u >> 20];
}

_Static_assert(GRANTS_BUCKETS == 1u << (32 - 20), "the hash's bits");

void grants_open(struct grants *g)
{
	memset(g, 0, sizeof(*g));
}

static void unlink_page(struct grants *g, unsigned int number)
{
	uint16_t *at = bucket_of(g, g->pages[number].gref);

	while (*at != number)
		at = &g->pages[*at].next;
	*at = g->pages[number].next;
}

static void drop(struct grants *g, unsigned int number)
{
	struct grants_page *p = &g->pages[number];

	unlink_page(g, number);
	back_unmap(p->page, 1);
	*p = (struct grants_page){0};
	g->nr_mapped--;
}

void grants_close(struct grants *g)
{
	for (unsigned int i = 1; i <= GRANTS_MAX; i++)
		if (g->pages[i].is_mapped)
			drop(g, i);
}

/* A number that is free, after two rounds of the hand at most; 0: none. */
static unsigned int find_place(struct grants *g)
{
	for (unsigned int i = 0; i < 2 * GRANTS_MAX; i++) {
		struct grants_page *p;

		g->hand = g->hand % GRANTS_MAX + 1;
		p = &g->pages[g->hand];
		if (!p->is_mapped)
			return g->hand;
		if (p->nr_users)
			continue;
		if (p->is_recent) {
			p->is_recent = false;
			continue;
		}
		drop(g, g->hand);
		return g->hand;
	}
	return 0;
}

static unsigned int add(struct grants *g, uint32_t gref)
{
	unsigned int number = find_place(g);
	struct grants_page *p = &g->pages[number];
	uint16_t *bucket = bucket_of(g, gref);

	if (!number || back_map(&gref, 1, 1, &p->page))
		return 0;
	p->gref = gref;
	p->is_mapped = true;
	p->next = *bucket;
	*bucket = (uint16_t)number;
	g->nr_mapped++;
	return number;
}

unsigned int grants_get(struct grants *g, uint32_t gref)
{
	unsigned int number = *bucket_of(g, gref);

	while (number && g->pages[number].gref != gref)
		number = g->pages[number].next;
	if (!number)
		number = add(g, gref);
	if (!number)
		return 0;
	g->pages[number].nr_users++;
	g->pages[number].is_recent = true;
	return number;
}

void grants_put(struct grants *g, unsigned int number)
{
	g->pages[number].nr_users--;
}
