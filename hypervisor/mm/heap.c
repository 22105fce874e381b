/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page heap: a buddy system with a set of free lists for each width of
 * frame number, so that memory below a limit is found without a search.
 */
#include <hv/assert.h>
#include <hv/cpu.h>
#include <hv/mmu.h>
#include <hv/page_alloc.h>
#include <hv/spinlock.h>
#include <hv/string.h>

#define NR_ZONES 53 /* zone z: frames with z significant bits */

static spinlock_t lock = SPINLOCK_INIT(RANK_HEAP);
static uint32_t free_list[NR_ZONES][MAX_ORDER + 1]; /* frame number, 0: none */
static uint64_t nr_free, nr_total;
static uint64_t nr_claimed; /* of nr_free: promised to domains */

static unsigned int zone_of(uint64_t mfn)
{
	return mfn ? 64 - (unsigned int)__builtin_clzll(mfn) : 0;
}

static void push(struct page *pg, unsigned int order)
{
	uint64_t mfn = page_to_mfn(pg).v;
	uint32_t *head = &free_list[zone_of(mfn)][order];

	pg->is_free = true;
	pg->order = (uint8_t)order;
	pg->prev = 0;
	pg->next = *head;
	if (*head)
		frame_table[*head].prev = (uint32_t)mfn;
	*head = (uint32_t)mfn;
}

static void unlink_block(struct page *pg)
{
	uint64_t mfn = page_to_mfn(pg).v;

	if (pg->prev)
		frame_table[pg->prev].next = pg->next;
	else
		free_list[zone_of(mfn)][pg->order] = pg->next;
	if (pg->next)
		frame_table[pg->next].prev = pg->prev;
	pg->is_free = false;
	pg->next = pg->prev = 0;
}

/* Merge with free buddies as long as both lie in one zone. */
static void insert(uint64_t mfn, unsigned int order)
{
	while (order < MAX_ORDER) {
		uint64_t buddy = mfn ^ (1ULL << order);
		struct page *b = &frame_table[buddy];

		if (buddy + (1ULL << order) > max_page || !b->is_free ||
		    b->order != order || zone_of(buddy) != zone_of(mfn))
			break;
		unlink_block(b);
		mfn &= ~(1ULL << order);
		order++;
	}
	push(&frame_table[mfn], order);
}

void heap_free(struct page *pg, unsigned int order)
{
	for (unsigned int i = 0; i < 1U << order; i++) {
		ASSERT(pg[i].state == 0);
		pg[i].owner = NULL;
	}
	spin_lock(&lock);
	insert(page_to_mfn(pg).v, order);
	nr_free += 1ULL << order;
	spin_unlock(&lock);
}

void heap_add(mfn_t start, mfn_t end)
{
	uint64_t m = max(start.v, 1ULL); /* frame 0 stands for "none" */

	end.v = min(end.v, max_page);
	while (m < end.v) {
		unsigned int order = min((unsigned int)MAX_ORDER,
					 (unsigned int)__builtin_ctzll(m));

		while ((1ULL << order) > end.v - m ||
		       zone_of(m) != zone_of(m + (1ULL << order) - 1))
			order--;
		nr_total += 1ULL << order;
		heap_free(&frame_table[m], order);
		m += 1ULL << order;
	}
}

static struct page *take(unsigned int order, unsigned int max_zone)
{
	for (unsigned int z = max_zone + 1; z-- > 0;) {
		for (unsigned int o = order; o <= MAX_ORDER; o++) {
			uint64_t mfn = free_list[z][o];

			if (!mfn)
				continue;
			unlink_block(&frame_table[mfn]);
			while (o > order) { /* give the upper halves back */
				o--;
				push(&frame_table[mfn + (1ULL << o)], o);
			}
			return &frame_table[mfn];
		}
	}
	return NULL;
}

/* Nobody may still reach the frames by what was mapped before. */
static void flush_stale(struct page *pg, unsigned int order)
{
	cpumask_t mask = 0;

	for (unsigned int i = 0; i < 1U << order; i++)
		if (pg[i].tlb_stamp)
			mask |= tlb_filter(cpu_online_map, pg[i].tlb_stamp);
	if (mask)
		tlb_flush_mask(mask);
}

static struct page *alloc(unsigned int order, unsigned int address_bits,
			  bool claimed)
{
	unsigned int max_zone = NR_ZONES - 1;
	struct page *pg = NULL;

	if (order > MAX_ORDER || address_bits < PAGE_SHIFT)
		return NULL;
	if (address_bits - PAGE_SHIFT < max_zone)
		max_zone = address_bits - PAGE_SHIFT;
	spin_lock(&lock);
	if (claimed || nr_free >= nr_claimed + (1ULL << order))
		pg = take(order, max_zone);
	if (pg)
		nr_free -= 1ULL << order;
	spin_unlock(&lock);
	if (pg)
		flush_stale(pg, order);
	return pg;
}

struct page *heap_alloc(unsigned int order, unsigned int address_bits)
{
	return alloc(order, address_bits, false);
}

struct page *heap_alloc_claimed(unsigned int order, unsigned int address_bits)
{
	return alloc(order, address_bits, true);
}

bool heap_claim(int64_t pages)
{
	bool ok = true;

	spin_lock(&lock);
	if (pages > 0 && nr_claimed + (uint64_t)pages > nr_free)
		ok = false;
	else
		nr_claimed += (uint64_t)pages;
	spin_unlock(&lock);
	return ok;
}

uint64_t heap_free_pages(void)
{
	return READ_ONCE(nr_free);
}

uint64_t heap_claimed_pages(void)
{
	return READ_ONCE(nr_claimed);
}

uint64_t heap_total_pages(void)
{
	return nr_total;
}

void *hv_pages_alloc(unsigned int order)
{
	struct page *pg = heap_alloc(order, ANY_ADDRESS);

	return pg ? memset(page_to_virt(pg), 0, PAGE_SIZE << order) : NULL;
}

void hv_pages_free(void *va, unsigned int order)
{
	heap_free(mfn_to_page(virt_to_mfn(va)), order);
}
