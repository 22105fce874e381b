/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which frames a domain has: its total, and in which regions of memory they
 * are to be looked for.  A frame is counted from allocation to the last
 * reference, and a domain with frames stays.
 */
#include <hv/assert.h>
#include <hv/bitmap.h>
#include <hv/domain.h>
#include <hv/mmu.h>
#include <hv/page_alloc.h>
#include <hv/xalloc.h>

#include "page_state.h"

#include <abi/errno.h>

/*
 * Regions are of 2 MiB, or more where their bitmap would be more than a page.
 * A bit stays set until the domain's end.
 */
#define MAX_REGIONS (8 * PAGE_SIZE)

static unsigned int region_order(void)
{
	unsigned int order = 9;

	while (max_page >> order >= MAX_REGIONS)
		order++;
	return order;
}

static unsigned int nr_regions(void)
{
	return (unsigned int)(max_page >> region_order()) + 1;
}

int domain_init_pages(struct domain *d)
{
	d->regions = xzalloc_array(uint64_t, BITMAP_LONGS(nr_regions()));
	return d->regions ? 0 : -ENOMEM;
}

/* @n neighbours that nobody knows yet become @d's. */
static void add_pages(struct domain *d, struct page *pg, uint64_t n)
{
	unsigned int order = region_order();
	uint64_t first = page_to_mfn(pg).v;

	for (uint64_t r = first >> order; r <= (first + n - 1) >> order; r++)
		bit_set((unsigned int)r, d->regions);
	for (uint64_t i = 0; i < n; i++)
		page_set_allocated(&pg[i], d);
}

/*
 * The first of @d's frames from @m on, or where the next call is to look on:
 * so many frames at once.  max_page: there is none.
 */
#define LOOK_FRAMES 512

static uint64_t next_frame(const struct domain *d, uint64_t m)
{
	unsigned int order = region_order(), looked = 0;

	while (m < max_page && looked++ < LOOK_FRAMES) {
		uint64_t region = m >> order, next;

		next = bitmap_next_set(d->regions, nr_regions(),
				       (unsigned int)region);
		if (next != region) {
			m = next << order;
			continue;
		}
		if (page_in_total(&frame_table[m], d))
			return m;
		m++;
	}
	return min(m, max_page);
}

static struct page *first_page(const struct domain *d, uint64_t m)
{
	for (; (m = next_frame(d, m)) < max_page; m++)
		if (page_in_total(&frame_table[m], d))
			return &frame_table[m];
	return NULL;
}

struct page *domain_first_page(const struct domain *d)
{
	return first_page(d, 0);
}

struct page *domain_next_page(const struct domain *d, const struct page *pg)
{
	return first_page(d, page_to_mfn(pg).v + 1);
}

/* Reserve @n pages of @d's total, out of its claim as far as that goes. */
static bool account(struct domain *d, uint64_t n, bool over_max,
		    uint64_t *from_claim)
{
	bool ok;

	spin_lock(&d->page_lock);
	ok = !d->is_dying && (over_max || d->tot_pages + n <= d->max_pages);
	if (ok) {
		if (!d->tot_pages)
			domain_get_again(d); /* dropped with the last page */
		d->tot_pages += n;
		*from_claim = min(d->claimed_pages, n);
		d->claimed_pages -= *from_claim;
	}
	spin_unlock(&d->page_lock);
	return ok;
}

static void unaccount(struct domain *d, uint64_t n, uint64_t to_claim)
{
	bool last;

	spin_lock(&d->page_lock);
	d->tot_pages -= n;
	d->claimed_pages += to_claim;
	last = !d->tot_pages;
	spin_unlock(&d->page_lock);
	if (last)
		domain_put(d);
}

enum { OVER_MAX = 1, AS_IS = 2 };

static struct page *alloc(struct domain *d, unsigned int order,
			  unsigned int address_bits, unsigned int how)
{
	uint64_t n = 1ULL << order, from_claim = 0;
	struct page *pg;

	if (!account(d, n, how & OVER_MAX, &from_claim))
		return NULL;
	pg = from_claim == n ? heap_alloc_claimed(order, address_bits)
			     : heap_alloc(order, address_bits);
	if (!pg) {
		unaccount(d, n, from_claim);
		return NULL;
	}
	if (from_claim)
		heap_claim(-(int64_t)from_claim);
	if (!(how & AS_IS))
		heap_clear(pg, order);
	spin_lock(&d->page_lock); /* for the regions */
	add_pages(d, pg, n);
	spin_unlock(&d->page_lock);
	return pg;
}

struct page *domain_alloc_pages(struct domain *d, unsigned int order,
				unsigned int address_bits)
{
	return alloc(d, order, address_bits, 0);
}

struct page *domain_alloc_as_is(struct domain *d, unsigned int order)
{
	return alloc(d, order, ANY_ADDRESS, AS_IS);
}

struct page *domain_alloc_extra(struct domain *d, unsigned int order,
				unsigned int address_bits)
{
	return alloc(d, order, address_bits, OVER_MAX);
}

int domain_release_page(struct domain *d, struct page *pg)
{
	int rc = page_get(pg, d);

	if (rc)
		return -EINVAL;
	rc = page_clear_allocated(pg) ? 0 : -EINVAL;
	if (!rc)
		page_put(pg);
	page_put(pg);
	return rc;
}

void page_free_last(struct page *pg, bool was_in_total)
{
	struct domain *d = was_in_total ? page_owner(pg) : NULL;

	m2p_set(page_to_mfn(pg), INVALID_M2P_ENTRY);
	pg->tlb_stamp = tlb_clock();
	heap_free(pg, 0);
	if (d)
		unaccount(d, 1, 0);
}

#define STEP_FRAMES 64

bool domain_next_holder(struct domain *d, uint64_t *at, struct page **out)
{
	uint64_t m = next_frame(d, *at), end = min(m + STEP_FRAMES, max_page);

	*out = NULL;
	for (; m < end; m++) {
		struct page *pg = &frame_table[m];

		/* page_get fails: it is just being freed elsewhere */
		if (page_holds_itself(pg) && !page_get(pg, d)) {
			*out = pg;
			break;
		}
	}
	*at = m;
	return m < max_page;
}

static void free_dropped(struct domain *d, struct page *const *pages,
			 unsigned int nr)
{
	uint32_t stamp = tlb_clock();

	for (unsigned int i = 0; i < nr; i++) {
		m2p_set(page_to_mfn(pages[i]), INVALID_M2P_ENTRY);
		pages[i]->tlb_stamp = stamp;
	}
	heap_free_frames(pages, nr);
	unaccount(d, nr, 0);
}

bool domain_free_unused(struct domain *d, uint64_t *at, struct page **out)
{
	uint64_t m = next_frame(d, *at), end = min(m + STEP_FRAMES, max_page);
	struct page *dropped[STEP_FRAMES];
	unsigned int n = 0;

	*out = NULL;
	for (; m < end; m++) {
		struct page *pg = &frame_table[m];

		if (!page_in_total(pg, d) || page_get(pg, d))
			continue;
		if (!page_drop_unused(pg)) {
			*out = pg;
			break;
		}
		dropped[n++] = pg;
	}
	*at = m;
	if (n)
		free_dropped(d, dropped, n);
	return m < max_page;
}

int domain_claim_pages(struct domain *d, uint64_t pages)
{
	int64_t change;
	int rc = 0;

	spin_lock(&d->page_lock);
	if (pages && (d->claimed_pages || pages > d->max_pages ||
		      pages <= d->tot_pages)) {
		rc = -EINVAL;
	} else {
		change = pages ? (int64_t)(pages - d->tot_pages)
			       : -(int64_t)d->claimed_pages;
		if (heap_claim(change))
			d->claimed_pages =
				(uint64_t)((int64_t)d->claimed_pages + change);
		else
			rc = -ENOMEM;
	}
	spin_unlock(&d->page_lock);
	return rc;
}
