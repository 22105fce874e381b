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
#define IS_POOL 0x80 /* in struct page's order: shift of the objects */

struct free_object {
	struct free_object *next; /* in the same page */
};

static spinlock_t lock = SPINLOCK_INIT(RANK_POOL);
/* Frames with free objects, for each size, linked by next and prev. */
static uint32_t partial[MAX_SHIFT + 1];

static unsigned int shift_for(size_t size)
{
	unsigned int s = MIN_SHIFT;

	while ((1UL << s) < size)
		s++;
	return s;
}

/*
 * What the pool knows of a page lies in struct page's nr_validated: objects in
 * use, and above them the number of the first free one.  The other fields keep
 * their meaning, tlb_stamp above all.
 */
#define NONE_FREE 0xff

static unsigned int nr_used(const struct page *pg)
{
	return pg->nr_validated & 0xff;
}

static struct free_object *first_free(const struct page *pg)
{
	unsigned int i = pg->nr_validated >> 8;
	char *va = page_to_virt(pg);

	return i == NONE_FREE ? NULL
			      : (void *)(va + (i << (pg->order & ~IS_POOL)));
}

static void set_usage(struct page *pg, unsigned int used,
		      const struct free_object *first)
{
	unsigned int i = NONE_FREE;

	if (first)
		i = ((unsigned long)first & (PAGE_SIZE - 1)) >>
		    (pg->order & ~IS_POOL);
	pg->nr_validated = (uint16_t)(i << 8 | used);
}

static void link_partial(struct page *pg)
{
	uint32_t *head = &partial[pg->order & ~IS_POOL];
	uint32_t mfn = (uint32_t)page_to_mfn(pg).v;

	pg->prev = 0;
	pg->next = *head;
	if (*head)
		frame_table[*head].prev = mfn;
	*head = mfn;
}

static void unlink_partial(struct page *pg)
{
	if (pg->next)
		frame_table[pg->next].prev = pg->prev;
	if (pg->prev)
		frame_table[pg->prev].next = pg->next;
	else
		partial[pg->order & ~IS_POOL] = pg->next;
	pg->next = pg->prev = 0;
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
	pg->order = (uint8_t)(IS_POOL | shift);
	for (size_t at = PAGE_SIZE; at != 0; at -= 1UL << shift) {
		struct free_object *o = (void *)(va + at - (1UL << shift));

		o->next = first;
		first = o;
	}
	set_usage(pg, 0, first);
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
		link_partial(pg);
	}
	pg = &frame_table[partial[shift]];
	o = first_free(pg);
	set_usage(pg, nr_used(pg) + 1, o->next);
	if (!o->next)
		unlink_partial(pg);
	spin_unlock(&lock);
	return o;
}

/* True when it was the last of its page, which is now in no list. */
static bool free_small(struct page *pg, struct free_object *o)
{
	bool was_full;

	spin_lock(&lock);
	o->next = first_free(pg);
	was_full = !o->next;
	ASSERT(nr_used(pg));
	set_usage(pg, nr_used(pg) - 1, o);
	if (was_full)
		link_partial(pg);
	if (!nr_used(pg)) {
		unlink_partial(pg);
		spin_unlock(&lock);
		return true;
	}
	spin_unlock(&lock);
	return false;
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
		mfn_to_page(virt_to_mfn(p))->order =
			(uint8_t)(shift - PAGE_SHIFT);
	return p;
}

void xfree(const void *p)
{
	struct free_object *o = (struct free_object *)(uintptr_t)p;
	struct page *pg;

	if (!p)
		return;
	pg = mfn_to_page(virt_to_mfn(p));
	if (!(pg->order & IS_POOL)) {
		hv_pages_free((void *)(uintptr_t)p, pg->order);
		return;
	}
	if (!free_small(pg, o))
		return;
	pg->nr_validated = 0;
	hv_pages_free(page_to_virt(pg), 0);
}
