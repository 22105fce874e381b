/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small objects: power-of-two sizes cut from pages, one free list a size.  A
 * page remembers its size, so freeing needs the address alone.  Larger ones
 * are whole pages.
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
	struct free_object *next;
};

static spinlock_t lock = SPINLOCK_INIT(RANK_POOL);
static struct free_object *free_objects[MAX_SHIFT + 1];

static unsigned int shift_for(size_t size)
{
	unsigned int s = MIN_SHIFT;

	while ((1UL << s) < size)
		s++;
	return s;
}

static void *alloc_small(unsigned int shift)
{
	struct free_object *o;
	char *page;

	spin_lock(&lock);
	o = free_objects[shift];
	if (o)
		free_objects[shift] = o->next;
	spin_unlock(&lock);
	if (o)
		return o;
	page = hv_pages_alloc(0);
	if (!page)
		return NULL;
	mfn_to_page(virt_to_mfn(page))->order = (uint8_t)(IS_POOL | shift);
	spin_lock(&lock);
	for (size_t at = 1UL << shift; at < PAGE_SIZE; at += 1UL << shift) {
		o = (struct free_object *)(void *)(page + at);
		o->next = free_objects[shift];
		free_objects[shift] = o;
	}
	spin_unlock(&lock);
	return page;
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
	spin_lock(&lock);
	o->next = free_objects[pg->order & ~IS_POOL];
	free_objects[pg->order & ~IS_POOL] = o;
	spin_unlock(&lock);
}
