/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page heap: a buddy system with a set of free lists for each width of
 * frame number, so that memory below a limit is found without a search.
 *
 * Free frames are dirty until idle CPUs have cleared them; blocks of dirty
 * frames have lists of their own.  What is allocated before is cleared then.
 */
#include <hv/assert.h>
#include <hv/cpu.h>
#include <hv/mmu.h>
#include <hv/page_alloc.h>
#include <hv/spinlock.h>
#include <hv/string.h>

#define NR_ZONES 53 /* zone z: frames with z significant bits */

static spinlock_t lock = SPINLOCK_INIT(RANK_HEAP);
/* frame number, 0: none; [1]: blocks of dirty frames */
static uint32_t free_list[2][NR_ZONES][MAX_ORDER + 1];
static uint64_t nr_dirty_blocks;
static uint64_t nr_free, nr_total;
static uint64_t nr_claimed; /* of nr_free: promised to domains */

static unsigned int zone_of(uint64_t mfn)
{
	return mfn ? 64 - (unsigned int)__builtin_clzll(mfn) : 0;
}

/* The dirty block that is being cleared, and how far that is. */
static struct {
	uint64_t mfn, next; /* mfn 0: none */
} scrub;

static void push(struct page *pg, unsigned int order, bool dirty)
{
	uint64_t mfn = page_to_mfn(pg).v;
	uint32_t *head = &free_list[dirty][zone_of(mfn)][order];

	nr_dirty_blocks += dirty;
	pg->is_free = true;
	pg->has_dirty = dirty;
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
		free_list[pg->has_dirty][zone_of(mfn)][pg->order] = pg->next;
	if (pg->next)
		frame_table[pg->next].prev = pg->prev;
	nr_dirty_blocks -= pg->has_dirty;
	if (scrub.mfn == mfn)
		scrub.mfn = 0;
	pg->is_free = false;
	pg->next = pg->prev = 0;
}

/* Merge with free buddies of one kind, as long as both lie in one zone. */
static void insert(uint64_t mfn, unsigned int order, bool dirty)
{
	while (order < MAX_ORDER) {
		uint64_t buddy = mfn ^ (1ULL << order);
		struct page *b = &frame_table[buddy];

		if (buddy + (1ULL << order) > max_page || !b->is_free ||
		    b->order != order || b->has_dirty != dirty ||
		    zone_of(buddy) != zone_of(mfn))
			break;
		unlink_block(b);
		mfn &= ~(1ULL << order);
		order++;
	}
	push(&frame_table[mfn], order, dirty);
}

/* Frames from @m on, in aligned blocks of one zone; the lock is held. */
static void insert_range(uint64_t m, uint64_t end)
{
	nr_free += end - m;
	while (m < end) {
		unsigned int order = min((unsigned int)MAX_ORDER,
					 (unsigned int)__builtin_ctzll(m));

		while ((1ULL << order) > end - m ||
		       zone_of(m) != zone_of(m + (1ULL << order) - 1))
			order--;
		insert(m, order, true);
		m += 1ULL << order;
	}
}

static void forget(struct page *pg, uint64_t n)
{
	for (; n--; pg++) {
		ASSERT(pg->state == 0);
		pg->owner = NULL;
		pg->is_clear = false;
	}
}

void heap_free(struct page *pg, unsigned int order)
{
	forget(pg, 1ULL << order);
	spin_lock(&lock);
	nr_free += 1ULL << order;
	insert(page_to_mfn(pg).v, order, true);
	spin_unlock(&lock);
}

void heap_free_frames(struct page *const *pages, unsigned int nr)
{
	spin_lock(&lock);
	for (unsigned int i = 0, run; i < nr; i += run) {
		uint64_t m = page_to_mfn(pages[i]).v;

		for (run = 1; i + run < nr; run++)
			if (pages[i + run] != pages[i] + run)
				break;
		forget(pages[i], run);
		insert_range(m, m + run);
	}
	spin_unlock(&lock);
}

void heap_add(mfn_t start, mfn_t end)
{
	uint64_t m = max(start.v, 1ULL); /* frame 0 stands for "none" */

	end.v = min(end.v, max_page);
	if (m >= end.v)
		return;
	nr_total += end.v - m;
	spin_lock(&lock);
	insert_range(m, end.v);
	spin_unlock(&lock);
}

/* Clear ones first, also out of larger blocks. */
static uint64_t find(unsigned int order, unsigned int zone, unsigned int *o)
{
	for (int dirty = 0; dirty <= 1; dirty++)
		for (*o = order; *o <= MAX_ORDER; (*o)++)
			if (free_list[dirty][zone][*o])
				return free_list[dirty][zone][*o];
	return 0;
}

static struct page *take(unsigned int order, unsigned int max_zone)
{
	for (unsigned int z = max_zone + 1; z-- > 0;) {
		unsigned int o;
		uint64_t mfn = find(order, z, &o);
		bool dirty;

		if (!mfn)
			continue;
		dirty = frame_table[mfn].has_dirty;
		unlink_block(&frame_table[mfn]);
		while (o > order) { /* give the upper halves back */
			o--;
			push(&frame_table[mfn + (1ULL << o)], o, dirty);
		}
		return &frame_table[mfn];
	}
	return NULL;
}

/* CPUs that may still reach the frame by what was mapped before. */
static cpumask_t stale_cpus(const struct page *pg)
{
	return pg->tlb_stamp ? tlb_filter(cpu_online_map, pg->tlb_stamp) : 0;
}

static void flush_stale(struct page *pg, unsigned int order)
{
	unsigned int n = 1U << order;
	cpumask_t mask = 0;
	uint32_t stamps = 0;

#pragma GCC unroll 8
	for (unsigned int i = 0; i < n; i++)
		stamps |= pg[i].tlb_stamp;
	if (!stamps) /* nobody has had them yet */
		return;
	for (unsigned int i = 0; i < n; i++)
		mask |= stale_cpus(&pg[i]);
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

/* Only for ASSERT. */
static __attribute__((unused)) bool is_clear(const struct page *pg)
{
	const uint64_t *word = page_to_virt(pg);

	for (unsigned int i = 0; i < PAGE_SIZE / sizeof(*word); i++)
		if (word[i])
			return false;
	return true;
}

void heap_clear(struct page *pg, unsigned int order)
{
	for (unsigned int i = 0; i < 1U << order; i++)
		if (!pg[i].is_clear)
			memset(page_to_virt(&pg[i]), 0, PAGE_SIZE);
		else
			ASSERT(is_clear(&pg[i]));
}

/* Of the block being cleared, or of the next one; 0: there is none. */
static uint64_t dirty_block(void)
{
	if (!scrub.mfn)
		for (unsigned int z = NR_ZONES; z-- > 0 && !scrub.mfn;)
			for (unsigned int o = 0; o <= MAX_ORDER; o++)
				if (free_list[1][z][o])
					scrub.mfn = scrub.next =
						free_list[1][z][o];
	return scrub.mfn;
}

/* While others wait for the lock, so few at a time. */
#define SCRUB_CLEAR 8
#define SCRUB_LOOK 256

/* The CPUs that must flush before it can go on. */
static cpumask_t scrub_some(void)
{
	uint64_t mfn = dirty_block(), end;
	unsigned int cleared = 0, looked = 0;
	unsigned int order;

	if (!mfn)
		return 0;
	order = frame_table[mfn].order;
	end = mfn + (1ULL << order);
	for (; scrub.next < end; scrub.next++) {
		struct page *pg = &frame_table[scrub.next];
		cpumask_t stale;

		if (looked++ == SCRUB_LOOK || cleared == SCRUB_CLEAR)
			return 0;
		if (pg->is_clear)
			continue;
		stale = stale_cpus(pg);
		if (stale) /* they could write to it later */
			return stale;
		memset(page_to_virt(pg), 0, PAGE_SIZE);
		pg->is_clear = true;
		cleared++;
	}
	unlink_block(&frame_table[mfn]);
	insert(mfn, order, false);
	return 0;
}

bool heap_scrub(void)
{
	cpumask_t stale;

	if (!READ_ONCE(nr_dirty_blocks))
		return false;
	spin_lock(&lock);
	stale = scrub_some();
	spin_unlock(&lock);
	if (stale)
		tlb_flush_mask(stale);
	return true;
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

	if (!pg)
		return NULL;
	heap_clear(pg, order);
	return page_to_virt(pg);
}

void hv_pages_free(void *va, unsigned int order)
{
	heap_free(mfn_to_page(virt_to_mfn(va)), order);
}
