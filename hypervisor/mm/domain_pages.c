/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which frames a domain has: its list and totals.  A frame stays on the list
 * from allocation to the last reference, and a domain with frames stays.
 */
#include <hv/assert.h>
#include <hv/domain.h>
#include <hv/mmu.h>
#include <hv/page_alloc.h>

#include "page_state.h"

#include <abi/errno.h>

/* @n neighbours that nobody knows yet become @d's. */
static void add_pages(struct domain *d, struct page *pg, uint64_t n)
{
	uint32_t first = (uint32_t)page_to_mfn(pg).v;
	uint32_t last = first + (uint32_t)n - 1;

	for (uint32_t i = 0; i < n; i++) {
		pg[i].prev = first + i - 1;
		pg[i].next = first + i + 1;
		page_set_allocated(&pg[i], d);
	}
	pg->prev = 0;
	pg[n - 1].next = d->page_list;
	if (d->page_list)
		frame_table[d->page_list].prev = last;
	d->page_list = first;
}

static void list_remove(struct domain *d, struct page *pg)
{
	if (pg->prev)
		frame_table[pg->prev].next = pg->next;
	else
		d->page_list = pg->next;
	if (pg->next)
		frame_table[pg->next].prev = pg->prev;
	pg->next = pg->prev = 0;
}

struct page *domain_first_page(const struct domain *d)
{
	return d->page_list ? &frame_table[d->page_list] : NULL;
}

struct page *domain_next_page(const struct page *pg)
{
	return pg->next ? &frame_table[pg->next] : NULL;
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
	spin_lock(&d->page_lock);
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
	if (READ_ONCE(pg->owner) != d || !page_clear_allocated(pg))
		return -EINVAL;
	page_put(pg);
	return 0;
}

void page_free_last(struct page *pg)
{
	struct domain *d = pg->owner;

	m2p_set(page_to_mfn(pg), INVALID_M2P_ENTRY);
	pg->tlb_stamp = tlb_clock();
	if (pg->prev || (d && d->page_list == page_to_mfn(pg).v)) {
		spin_lock(&d->page_lock);
		list_remove(d, pg);
		spin_unlock(&d->page_lock);
		heap_free(pg, 0);
		unaccount(d, 1, 0);
	} else {
		heap_free(pg, 0); /* it was a shared frame of ours */
	}
}

#define STEP_FRAMES 64

bool domain_next_holder(struct domain *d, struct page **at)
{
	struct page *old = *at, *pg;
	unsigned int n = 0;

	spin_lock(&d->page_lock);
	pg = old ? domain_next_page(old) : domain_first_page(d);
	/* page_get fails: it is just being freed elsewhere */
	while (pg && ((n++ < STEP_FRAMES && !page_holds_itself(pg)) ||
		      page_get(pg, d)))
		pg = domain_next_page(pg);
	spin_unlock(&d->page_lock);
	if (old)
		page_put(old);
	*at = pg;
	return pg;
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

bool domain_free_unused(struct domain *d, struct page **at)
{
	struct page *old = *at, *dropped[STEP_FRAMES], *pg, *next;
	unsigned int n = 0;

	spin_lock(&d->page_lock);
	pg = old ? domain_next_page(old) : domain_first_page(d);
	for (; pg && n < STEP_FRAMES; pg = next) {
		next = domain_next_page(pg);
		if (page_drop_unused(pg)) {
			list_remove(d, pg);
			dropped[n++] = pg;
		} else if (!page_get(pg, d)) {
			break;
		}
	}
	spin_unlock(&d->page_lock);
	if (n)
		free_dropped(d, dropped, n);
	if (pg && n == STEP_FRAMES)
		return true;
	if (old)
		page_put(old);
	*at = pg;
	return pg;
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
