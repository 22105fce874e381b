/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Map tracking: what a domain has mapped of others' grants, by the handles it
 * was given.  Pages of entries are made as needed and kept until the domain is
 * freed, so a handle's entry can be found without a lock; whoever works on one
 * claims it by its BUSY bit.  Free handles are on several lists, chosen by
 * vcpu, so that vcpus which map at the same time do not meet.
 */
#include <hv/page_alloc.h>
#include <hv/xalloc.h>

#include <abi/errno.h>

#include "table.h"

#define ENTRIES_PER_PAGE 128
#define PAGES_PER_GROUP 1024
/* max_maptrack_frames counts frames of 16-byte entries, as in Xen 4.17. */
#define PAGES_PER_FRAME 2

_Static_assert(sizeof(struct maptrack) * ENTRIES_PER_PAGE == PAGE_SIZE,
	       "a page is full of entries");

static struct maptrack *entry_at(const struct grant_table *gt,
				 grant_handle_t handle)
{
	uint32_t page = handle / ENTRIES_PER_PAGE;

	return &gt->map_page[page / PAGES_PER_GROUP][page % PAGES_PER_GROUP]
			    [handle % ENTRIES_PER_PAGE];
}

uint32_t maptrack_nr_handles(const struct grant_table *gt)
{
	/* pairs with the release in install_page() */
	return __atomic_load_n(&gt->nr_map_pages, __ATOMIC_ACQUIRE) *
	       ENTRIES_PER_PAGE;
}

int maptrack_init(struct grant_table *gt)
{
	spin_lock_init(&gt->map_lock, RANK_MAPTRACK);
	for (unsigned int i = 0; i < MAPTRACK_SHARDS; i++) {
		spin_lock_init(&gt->shard[i].lock, RANK_MAPTRACK);
		gt->shard[i].free = NO_HANDLE;
	}
	return 0;
}

void maptrack_free_all(struct grant_table *gt)
{
	for (uint32_t i = 0; i < gt->nr_map_pages; i++)
		hv_pages_free(entry_at(gt, i * ENTRIES_PER_PAGE), 0);
	for (unsigned int i = 0; i < MAPTRACK_GROUPS; i++)
		xfree(gt->map_page[i]);
}

static unsigned int own_shard(void)
{
	return current->id % MAPTRACK_SHARDS;
}

static struct maptrack *pop(struct grant_table *gt, unsigned int shard,
			    grant_handle_t *handle)
{
	struct maptrack *mt = NULL;

	spin_lock(&gt->shard[shard].lock);
	if (gt->shard[shard].free != NO_HANDLE) {
		*handle = gt->shard[shard].free;
		mt = entry_at(gt, *handle);
		gt->shard[shard].free = mt->next_free;
	}
	spin_unlock(&gt->shard[shard].lock);
	return mt;
}

/* Give @page the next handle numbers; the first of them, or NO_HANDLE. */
static uint32_t install_page(struct domain *d, struct maptrack *page)
{
	struct grant_table *gt = d->grant;
	uint32_t nr = gt->nr_map_pages;
	struct maptrack ***group = &gt->map_page[nr / PAGES_PER_GROUP];

	ASSERT(spin_is_held(&gt->map_lock));
	if (nr >= d->max_maptrack_frames * PAGES_PER_FRAME)
		return NO_HANDLE;
	if (!*group)
		*group = xzalloc_array(struct maptrack *, PAGES_PER_GROUP);
	if (!*group)
		return NO_HANDLE;
	(*group)[nr % PAGES_PER_GROUP] = page;
	for (uint32_t i = 0; i < ENTRIES_PER_PAGE; i++)
		page[i].next_free = nr * ENTRIES_PER_PAGE + i + 1;
	/* pairs with the acquire in maptrack_nr_handles() */
	__atomic_store_n(&gt->nr_map_pages, nr + 1, __ATOMIC_RELEASE);
	return nr * ENTRIES_PER_PAGE;
}

/* A new page: its first entry for the caller, the rest for @shard. */
static struct maptrack *grow(struct domain *d, unsigned int shard,
			     grant_handle_t *handle)
{
	struct grant_table *gt = d->grant;
	struct maptrack *page;
	uint32_t first;

	if (READ_ONCE(gt->nr_map_pages) >=
	    d->max_maptrack_frames * PAGES_PER_FRAME)
		return NULL;
	page = hv_pages_alloc(0);
	if (!page)
		return NULL;
	spin_lock(&gt->map_lock);
	first = install_page(d, page);
	spin_unlock(&gt->map_lock);
	if (first == NO_HANDLE) {
		hv_pages_free(page, 0);
		return NULL;
	}
	spin_lock(&gt->shard[shard].lock);
	page[ENTRIES_PER_PAGE - 1].next_free = gt->shard[shard].free;
	gt->shard[shard].free = first + 1;
	spin_unlock(&gt->shard[shard].lock);
	*handle = first;
	return page;
}

struct maptrack *maptrack_alloc(struct domain *d, grant_handle_t *handle)
{
	struct grant_table *gt = d->grant;
	unsigned int shard = own_shard();
	struct maptrack *mt = pop(gt, shard, handle);

	if (!mt)
		mt = grow(d, shard, handle);
	for (unsigned int i = 0; !mt && i < MAPTRACK_SHARDS; i++)
		mt = pop(gt, i, handle);
	if (mt)
		WRITE_ONCE(mt->flags, MAPTRACK_BUSY);
	return mt;
}

struct maptrack *maptrack_claim(struct domain *d, grant_handle_t handle)
{
	struct grant_table *gt = d->grant;
	uint32_t nr = maptrack_nr_handles(gt);
	struct maptrack *mt;
	uint16_t flags;

	if (handle >= nr)
		return NULL;
	mt = entry_at(gt, (grant_handle_t)index_nospec(handle, nr));
	flags = READ_ONCE(mt->flags);
	do {
		if (!flags || (flags & MAPTRACK_BUSY))
			return NULL;
	} while (!__atomic_compare_exchange_n(
		&mt->flags, &flags, (uint16_t)(flags | MAPTRACK_BUSY), false,
		__ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
	return mt;
}

void maptrack_unclaim(struct maptrack *mt, uint32_t flags)
{
	/* What the claimer wrote is seen by the next one. */
	__atomic_store_n(&mt->flags, (uint16_t)(flags & ~MAPTRACK_BUSY),
			 __ATOMIC_RELEASE);
}

void maptrack_free(struct domain *d, struct maptrack *mt, grant_handle_t handle)
{
	struct grant_table *gt = d->grant;
	unsigned int shard = own_shard();

	mt->owner = NULL;
	spin_lock(&gt->shard[shard].lock);
	maptrack_unclaim(mt, 0);
	mt->next_free = gt->shard[shard].free;
	gt->shard[shard].free = handle;
	spin_unlock(&gt->shard[shard].lock);
}
