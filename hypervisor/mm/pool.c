/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small objects: power-of-two sizes cut from pages.  A page remembers the size
 * of its objects, so freeing needs the address alone, and how many are in use:
 * when none is, it goes back to the heap.  Larger objects are whole pages.
 */
#include <hv/assert.h>
#include <hv/page_alloc.h>
#include <hv/spinlock.h>
#include <hv/string.h>
#include <hv/xalloc.h>

#define MIN_SHIFT 5
#define MAX_SHIFT 11 /* two to a page */

/*
 * What the pool knows of a page lies in its struct page, where frames of guests
 * have the TLB stamp: nobody but us maps it, so that it has none.
 */
#define IS_POOL 0x80000000U /* else it is the order of a block of pages */
#define NONE_FREE 0xff

static unsigned int shift_of(const struct page *pg)
{
	return pg->pool >> 16 & 0xf;
}

static unsigned int nr_used(const struct page *pg)
{
	return pg->pool & 0xff;
}

/* While it is free; the first of a page also keeps the page's place in a list.
 */
struct free_object {
	struct free_object *next; /* in the same page */
	uint32_t next_page, prev_page;
};

static spinlock_t lock = SPINLOCK_INIT(RANK_POOL);
/* Frames with free objects, for each size. */
static uint32_t partial[MAX_SHIFT + 1];

static unsigned int shift_for(size_t size)
{
	unsigned int s = MIN_SHIFT;

	while ((1UL << s) < size)
		s++;
	return s;
}

static struct free_object *first_free(const struct page *pg)
{
	unsigned int i = pg->pool >> 8 & 0xff;
	char *va = page_to_virt(pg);

	return i == NONE_FREE ? NULL : (void *)(va + (i << shift_of(pg)));
}

static void set_usage(struct page *pg, unsigned int shift, unsigned int used,
		      const struct free_object *first)
{
	unsigned int i = NONE_FREE;

	if (first)
		i = ((unsigned long)first & (PAGE_SIZE - 1)) >> shift;
	pg->pool = IS_POOL | shift << 16 | i << 8 | used;
}

static struct free_object *first_of(uint32_t mfn)
{
	return first_free(&frame_table[mfn]);
}

static void link_partial(const struct page *pg, struct free_object *first)
{
	uint32_t *head = &partial[shift_of(pg)];
	uint32_t mfn = (uint32_t)page_to_mfn(pg).v;

	first->prev_page = 0;
	first->next_page = *head;
	if (*head)
		first_of(*head)->prev_page = mfn;
	*head = mfn;
}

static void unlink_partial(const struct page *pg,
			   const struct free_object *first)
{
	if (first->next_page)
		first_of(first->next_page)->prev_page = first->prev_page;
	if (first->prev_page)
		first_of(first->prev_page)->next_page = first->next_page;
	else
		partial[shift_of(pg)] = first->next_page;
}

/* A page of free objects, in no list yet; the heap has cleared it. */
static struct page *new_page(unsigned int shift)
{
	struct free_object *first = NULL;
	char *va = hv_pages_alloc(0);
	struct page *pg;

	if (!va)
		return NULL;
	pg = mfn_to_page(virt_to_mfn(va));
	for (size_t at = PAGE_SIZE; at != 0; at -= 1UL << shift) {
		struct free_object *o = (void *)(va + at - (1UL << shift));

		o->next = first;
		first = o;
	}
	set_usage(pg, shift, 0, first);
	return pg;
}

static void *alloc_small(unsigned int shift)
{
	struct free_object *o;
	struct page *pg = NULL;

	spin_lock(&lock);
	if (!partial[shift]) {
		spin_unlock(&lock); /* the heap's lock comes first */
		pg = new_page(shift);
		if (!pg)
			return NULL;
		spin_lock(&lock);
		link_partial(pg, first_free(pg));
	}
	pg = &frame_table[partial[shift]];
	o = first_free(pg);
	if (o->next) {
		o->next->next_page = o->next_page;
		o->next->prev_page = o->prev_page;
	} else {
		unlink_partial(pg, o);
	}
	set_usage(pg, shift, nr_used(pg) + 1, o->next);
	spin_unlock(&lock);
	return o;
}

/* True when it was the last of its page, which is now in no list. */
static bool free_small(struct page *pg, struct free_object *o)
{
	struct free_object *first;
	bool is_last;

	spin_lock(&lock);
	ASSERT(nr_used(pg));
	is_last = nr_used(pg) == 1;
	first = o->next = first_free(pg);
	if (is_last && first) {
		unlink_partial(pg, first);
	} else if (first) {
		o->next_page = first->next_page;
		o->prev_page = first->prev_page;
	}
	set_usage(pg, shift_of(pg), nr_used(pg) - 1, o);
	if (!first && !is_last)
		link_partial(pg, o);
	spin_unlock(&lock);
	return is_last;
}

static void free_pages(struct page *pg, unsigned int order)
{
	pg->tlb_stamp = 0;
	hv_pages_free(page_to_virt(pg), order);
}

void *xzalloc_bytes(size_t size)
{
	unsigned int shift = shift_for(size ? size : 1);
	void *p;

	if (shift <= MAX_SHIFT) {
		p = alloc_small(shift);
		return p ? memset(p, 0, 1UL << shift) : NULL;
	}
	shift = shift < PAGE_SHIFT ? PAGE_SHIFT : shift;
	if (shift - PAGE_SHIFT > MAX_ORDER)
		return NULL;
	p = hv_pages_alloc(shift - PAGE_SHIFT);
	if (p)
		mfn_to_page(virt_to_mfn(p))->pool = shift - PAGE_SHIFT;
	return p;
}

void xfree(const void *p)
{
	struct free_object *o = (struct free_object *)(uintptr_t)p;
	struct page *pg;

	if (!p)
		return;
	pg = mfn_to_page(virt_to_mfn(p));
	if (!(pg->pool & IS_POOL))
		free_pages(pg, pg->pool);
	else if (free_small(pg, o))
		free_pages(pg, 0);
}
