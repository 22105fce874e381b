/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page heap: a buddy system with a set of free lists for each width of
 * frame number, so that memory below a limit is found without a search.
 *
 * In sections of 2 MiB a bitmap says which frames are free, and a section is
 * listed by the largest block that makes; larger blocks are of whole sections
 * and listed by the first.  So frames need no links.
 *
 * A section has no part in the frame table and M2P (tables) until something of
 * it is allocated: then the pages for that come from a section of which part is
 * in use, or from itself if there is none.  It keeps them, but they count as
 * unused while nothing but tables is in use in it.
 *
 * Free frames are dirty until idle CPUs have cleared them; sections with dirty
 * frames have lists of their own.  What is allocated before is cleared then.
 */
#include <hv/assert.h>
#include <hv/cpu.h>
#include <hv/mmu.h>
#include <hv/page_alloc.h>
#include <hv/spinlock.h>
#include <hv/string.h>

#define NR_ZONES 53 /* zone z: frames with z significant bits */
#define WORDS ARRAY_SIZE(((struct section *)0)->free)

static spinlock_t lock = SPINLOCK_INIT(RANK_HEAP);
/* section number + 1, 0: none; [1]: with dirty frames */
static uint32_t free_list[2][NR_ZONES][MAX_ORDER + 1];
static uint64_t nr_dirty_blocks;
static uint64_t nr_free, nr_total;
static uint64_t nr_claimed; /* of what is free: promised to domains */
/* Sections: free, without tables; with them; with more than tables in use. */
static uint64_t nr_bare, nr_with_tables, nr_busy;

/* The dirty block that is being cleared, and how far that is. */
static struct {
	const struct section *s; /* NULL: none */
	uint64_t next;
} scrub;

static struct section *section_of(uint64_t mfn)
{
	return &section_table[mfn / SECTION_FRAMES];
}

static uint64_t first_mfn(const struct section *s)
{
	return (uint64_t)(s - section_table) * SECTION_FRAMES;
}

/* That of the last frame: all have the same but in the first section. */
static unsigned int zone_of(const struct section *s)
{
	return 64 -
	       (unsigned int)__builtin_clzll(first_mfn(s) + SECTION_FRAMES - 1);
}

static unsigned int top_zone(void)
{
	return zone_of(section_of(max_page - 1));
}

/* What can be allocated: a bare section needs some of what it has. */
static uint64_t usable(void)
{
	return nr_free - SECTION_TABLES * nr_bare;
}

static bool is_busy(const struct section *s)
{
	return s->has_tables && s->nr_free + s->nr_tables < SECTION_FRAMES;
}

/* --- blocks in a bitmap --- */

/* Bits of @m are blocks of 2^@order: where two make an aligned larger one. */
static uint64_t pairs(uint64_t m, unsigned int order)
{
	static const uint64_t begins[] = {
		0x5555555555555555, 0x1111111111111111, 0x0101010101010101,
		0x0001000100010001, 0x0000000100000001, 0x0000000000000001};

	return m & m >> (1U << order) & begins[order];
}

#define WORD_ORDER 6

/* The order of the largest block in @m, which is not 0. */
static unsigned int largest_in_word(uint64_t m)
{
	unsigned int order = 0;

	while (order < WORD_ORDER && (m = pairs(m, order)))
		order++;
	return order;
}

/* Which words have all bits set. */
static uint64_t full_words(const struct section *s)
{
	uint64_t full = 0;

	for (unsigned int i = 0; i < WORDS; i++)
		full |= (uint64_t)(s->free[i] == ~0ULL) << i;
	return full;
}

/* The order of @s's largest free block; -1: it has none. */
static int largest_block(const struct section *s)
{
	uint64_t full = full_words(s);
	int order = -1;

	if (full)
		return WORD_ORDER + (int)largest_in_word(full);
	for (unsigned int i = 0; i < WORDS; i++)
		if (s->free[i])
			order = max(order, (int)largest_in_word(s->free[i]));
	return order;
}

/*
 * Where a block of 2^@order is in @m, best in the smallest free one, whose
 * order *@size becomes if it is smaller; -1: there is none.
 */
static int smallest_in_word(uint64_t m, unsigned int order, unsigned int *size)
{
	for (unsigned int k = 0; k < order && m; k++)
		m = pairs(m, k);
	for (; m && order < *size; order++) {
		uint64_t larger = order < WORD_ORDER ? pairs(m, order) : 0;
		uint64_t alone = m & ~larger;

		if (larger)
			alone &= ~(larger << (1U << order));
		if (alone) {
			*size = order;
			return __builtin_ctzll(alone);
		}
		m = larger;
	}
	return -1;
}

/* A free block of 2^@order in @s, which has one: its first frame there. */
static unsigned int find_block(const struct section *s, unsigned int order)
{
	unsigned int size = SECTION_ORDER + 1, found = 0;
	int at;

	if (order >= WORD_ORDER) {
		at = smallest_in_word(full_words(s), order - WORD_ORDER, &size);
		return (unsigned int)at * 64;
	}
	for (unsigned int i = 0; i < WORDS && size > order; i++) {
		if (s->free[i] == ~0ULL && size <= WORD_ORDER)
			continue;
		at = smallest_in_word(s->free[i], order, &size);
		if (at >= 0)
			found = i * 64 + (unsigned int)at;
	}
	return found;
}

/* Frames @from to @from + @n of @s become free, or cease to be. */
static void set_free(struct section *s, unsigned int from, unsigned int n,
		     bool is_free)
{
	nr_busy -= is_busy(s);
	s->nr_free = (uint16_t)(is_free ? s->nr_free + n : s->nr_free - n);
	nr_busy += is_busy(s);
	for (unsigned int to = from + n, part; from < to; from += part) {
		uint64_t bits;

		part = min(to - from, 64 - from % 64);
		bits = ~0ULL >> (64 - part) << from % 64;
		ASSERT((s->free[from / 64] & bits) == (is_free ? 0 : bits));
		s->free[from / 64] ^= bits;
	}
}

static bool frame_is_free(uint64_t mfn)
{
	return section_of(mfn)->free[mfn / 64 % WORDS] >> mfn % 64 & 1;
}

/* --- lists --- */

static void push(struct section *s, unsigned int order, bool dirty)
{
	uint32_t nr = (uint32_t)(s - section_table) + 1;
	uint32_t *head = &free_list[dirty][zone_of(s)][order];

	nr_dirty_blocks += dirty;
	s->is_listed = true;
	s->has_dirty = dirty;
	s->order = (uint8_t)order;
	s->prev = 0;
	s->next = *head;
	if (*head)
		section_table[*head - 1].prev = nr;
	*head = nr;
}

static void unlist(struct section *s)
{
	if (s->prev)
		section_table[s->prev - 1].next = s->next;
	else
		free_list[s->has_dirty][zone_of(s)][s->order] = s->next;
	if (s->next)
		section_table[s->next - 1].prev = s->prev;
	nr_dirty_blocks -= s->has_dirty;
	if (scrub.s == s)
		scrub.s = NULL;
	s->is_listed = false;
}

/* Merge with free buddies of one kind, as long as both lie in one zone. */
static void insert(struct section *s, unsigned int order, bool dirty)
{
	while (order >= SECTION_ORDER && order < MAX_ORDER) {
		uint64_t mfn = first_mfn(s), buddy = mfn ^ (1ULL << order);
		struct section *b = section_of(buddy);

		if (buddy + (1ULL << order) > max_page || !b->is_listed ||
		    b->order != order || b->has_dirty != dirty ||
		    zone_of(b) != zone_of(s))
			break;
		unlist(b);
		s = section_of(mfn & buddy);
		order++;
	}
	push(s, order, dirty);
}

/* List a section by what of it is free. */
static void list_section(struct section *s, bool dirty)
{
	int order = largest_block(s);

	if (order >= 0)
		insert(s, (unsigned int)order, dirty);
}

/* Frames from @m on become free; the lock is held. */
static void insert_range(uint64_t m, uint64_t end)
{
	nr_free += end - m;
	while (m < end) {
		struct section *s = section_of(m);
		unsigned int from = m % SECTION_FRAMES;
		uint64_t n = min(end - m, (uint64_t)SECTION_FRAMES - from);

		if (s->is_listed)
			unlist(s);
		set_free(s, from, (unsigned int)n, true);
		list_section(s, true);
		m += n;
	}
}

static void forget(struct page *pg, uint64_t n)
{
	for (; n--; pg++) {
		ASSERT(pg->state == 0);
		pg->owner = OWNER_NONE;
		pg->is_clear = false;
	}
}

void heap_free(struct page *pg, unsigned int order)
{
	uint64_t m = page_to_mfn(pg).v;

	forget(pg, 1ULL << order);
	spin_lock(&lock);
	insert_range(m, m + (1ULL << order));
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

/* Split @s, not listed, down to a block of 2^@order; the rest is listed. */
static void split(struct section *s, unsigned int order)
{
	while (s->order > order && s->order > SECTION_ORDER) {
		s->order--;
		push(s + (1U << (s->order - SECTION_ORDER)), s->order,
		     s->has_dirty);
	}
}

/* Clear ones first. */
static struct section *find(unsigned int from, unsigned int to,
			    unsigned int zone)
{
	for (int dirty = 0; dirty <= 1; dirty++)
		for (unsigned int o = from; o <= to; o++)
			if (free_list[dirty][zone][o])
				return &section_table
					[free_list[dirty][zone][o] - 1];
	return NULL;
}

/* A section of which part is in use: such have tables. */
static struct section *find_part(unsigned int order, unsigned int zone)
{
	return order < SECTION_ORDER ? find(order, SECTION_ORDER - 1, zone)
				     : NULL;
}

static struct section *find_whole(unsigned int order, unsigned int zone)
{
	return find(order < SECTION_ORDER ? SECTION_ORDER : order, MAX_ORDER,
		    zone);
}

static struct section *in_any_zone(struct section *(*fn)(unsigned int order,
							 unsigned int zone))
{
	struct section *s = NULL;

	for (unsigned int z = top_zone() + 1; z-- > 0 && !s;)
		s = fn(0, z);
	return s;
}

/* --- tables --- */

static bool give_tables(struct section *s, uint64_t n, struct section *self);

/*
 * A section with tables from which frames can be taken, and not in a list:
 * partly used, or @self, or, without that, a new one.  NULL: there is none.
 */
static struct section *host(struct section *self)
{
	struct section *s = in_any_zone(find_part);

	if (s) {
		unlist(s);
		return s;
	}
	if (self)
		return self->nr_free ? self : NULL;
	s = in_any_zone(find_whole);
	if (!s)
		return NULL;
	unlist(s);
	split(s, SECTION_ORDER);
	(void)give_tables(s, 1, s); /* of its own frames it has enough */
	return s;
}

static void count_table(struct section *s, int n)
{
	nr_busy -= is_busy(s);
	s->nr_tables = (uint16_t)(s->nr_tables + n);
	nr_busy += is_busy(s);
	nr_free -= (uint64_t)(int64_t)n;
}

static void take_tables_back(const uint64_t *mfn, unsigned int n,
			     const struct section *self)
{
	while (n--) {
		struct section *s = section_of(mfn[n]);

		if (s->is_listed)
			unlist(s);
		count_table(s, -1);
		set_free(s, mfn[n] % SECTION_FRAMES, 1, true);
		if (s != self)
			list_section(s, true);
	}
}

/* Up to @n frames of one section become tables: how many; 0: there are none. */
static unsigned int take_tables(uint64_t *mfn, unsigned int n,
				struct section *self)
{
	struct section *s = host(self);
	unsigned int i;

	if (!s)
		return 0;
	for (i = 0; i < n && s->nr_free; i++) {
		unsigned int at = find_block(s, 0);

		set_free(s, at, 1, false);
		count_table(s, 1);
		mfn[i] = first_mfn(s) + at;
	}
	if (s != self)
		list_section(s, s->has_dirty);
	return i;
}

static bool find_tables(uint64_t *mfn, struct section *self)
{
	cpumask_t stale = 0;
	unsigned int i, n;

	for (i = 0; i < SECTION_TABLES; i += n) {
		n = take_tables(&mfn[i], SECTION_TABLES - i, self);
		if (!n) {
			take_tables_back(mfn, i, self);
			return false;
		}
	}
	for (i = 0; i < SECTION_TABLES; i++)
		stale |= stale_cpus(&frame_table[mfn[i]]);
	if (stale)
		tlb_flush_mask(stale);
	return true;
}

static void set_tables(struct section *s, const uint64_t *mfn)
{
	section_set_tables((uint64_t)(s - section_table), mfn);
	nr_with_tables++;
	s->has_tables = true;
	nr_busy += is_busy(s);
	for (unsigned int i = 0; i < SECTION_FRAMES && s->is_clear; i++)
		frame_table[first_mfn(s) + i].is_clear = true;
}

/*
 * See that @n sections from @s on have tables; none of them is in a list, and
 * those of @s may be in @self, which is @s or NULL.  false: not enough memory;
 * some may have got theirs.
 */
static bool give_tables(struct section *s, uint64_t n, struct section *self)
{
	uint64_t mfn[SECTION_TABLES];
	bool flush = false, ok = true;

	for (; n-- && ok; s++) {
		bool is_bare = s->nr_free;

		if (s->has_tables)
			continue;
		ok = find_tables(mfn, self);
		if (!ok)
			continue;
		nr_bare -= is_bare;
		set_tables(s, mfn);
		flush = true;
	}
	if (flush)
		section_tables_flush();
	return ok;
}

bool heap_give_tables(uint64_t section)
{
	struct section *s = &section_table[section];
	const struct section *part;
	bool ok;

	spin_lock(&lock);
	/* with so much of a part no block is split, of which @s may be part */
	part = in_any_zone(find_part);
	ok = s->has_tables || (part && part->nr_free >= SECTION_TABLES &&
			       give_tables(s, 1, NULL));
	spin_unlock(&lock);
	return ok;
}

/* --- what there is --- */

/* Frames @m to @end, of one section, are handed over. */
static void add_part(uint64_t m, uint64_t end)
{
	struct section *s = section_of(m);
	unsigned int from = m % SECTION_FRAMES, n = (unsigned int)(end - m);
	bool was_bare = !s->has_tables && s->nr_free;

	if (s->is_listed)
		unlist(s);
	set_free(s, from, n, true);
	nr_free += n;
	nr_total += n;
	nr_bare += !s->has_tables && !was_bare;
	/* where it can not have tables it is not worth having */
	if (s->nr_free < SECTION_FRAMES && !give_tables(s, 1, s)) {
		set_free(s, from, n, false);
		nr_free -= n;
		nr_total -= n;
		nr_bare--;
	}
	list_section(s, true);
}

void heap_add(mfn_t start, mfn_t end)
{
	uint64_t m =
		max(start.v, 1ULL); /* 0 is "none" in more than one place */

	end.v = min(end.v, max_page);
	spin_lock(&lock);
	for (uint64_t next; m < end.v; m = next) {
		next = min(end.v, (m / SECTION_FRAMES + 1) * SECTION_FRAMES);
		add_part(m, next);
	}
	spin_unlock(&lock);
}

/* The block, or section, is no longer listed; what is not taken is again. */
static struct page *take_from(struct section *s, unsigned int order)
{
	bool dirty = s->has_dirty, is_part = order < SECTION_ORDER;
	uint64_t n = is_part ? 1 : 1ULL << (order - SECTION_ORDER);
	unsigned int from = 0;

	split(s, order);
	if (!give_tables(s, n, is_part ? s : NULL)) {
		insert(s, s->order, dirty);
		return NULL;
	}
	if (is_part) {
		from = find_block(s, order);
		set_free(s, from, 1U << order, false);
		list_section(s, dirty);
	} else {
		for (uint64_t i = 0; i < n; i++)
			set_free(s + i, 0, SECTION_FRAMES, false);
	}
	nr_free -= 1ULL << order;
	return &frame_table[first_mfn(s) + from];
}

static struct page *take(unsigned int order, unsigned int max_zone)
{
	for (unsigned int z = min(max_zone, top_zone()) + 1; z-- > 0;) {
		struct section *s = find_part(order, z);

		if (!s)
			s = find_whole(order, z);
		if (!s)
			continue;
		unlist(s);
		return take_from(s, order);
	}
	return NULL;
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
	if (claimed || usable() >= nr_claimed + (1ULL << order))
		pg = take(order, max_zone);
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
	if (pages > 0 && nr_claimed + (uint64_t)pages > usable())
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

/* What is being cleared, or the next one; NULL: there is none. */
static const struct section *dirty_block(void)
{
	for (unsigned int z = NR_ZONES; z-- > 0 && !scrub.s;)
		for (unsigned int o = 0; o <= MAX_ORDER; o++)
			if (free_list[1][z][o]) {
				scrub.s =
					&section_table[free_list[1][z][o] - 1];
				scrub.next = first_mfn(scrub.s);
			}
	return scrub.s;
}

/* While others wait for the lock, so few at a time. */
#define SCRUB_CLEAR 8
#define SCRUB_LOOK 256

static void end_of_scrub(struct section *s)
{
	unlist(s);
	insert(s, s->order, false);
}

/* The CPUs that must flush before it can go on. */
static cpumask_t scrub_some(void)
{
	const struct section *block = dirty_block();
	unsigned int cleared = 0, looked = 0;
	uint64_t end;

	if (!block)
		return 0;
	end = first_mfn(block) + max(1ULL << block->order, SECTION_FRAMES);
	for (; scrub.next < end; scrub.next++) {
		struct section *s = section_of(scrub.next);
		struct page *pg = &frame_table[scrub.next];
		cpumask_t stale;

		if (looked++ == SCRUB_LOOK || cleared == SCRUB_CLEAR)
			return 0;
		if (s->has_tables ? pg->is_clear || !frame_is_free(scrub.next)
				  : s->is_clear)
			continue;
		stale = stale_cpus(pg);
		if (stale) /* they could write to it later */
			return stale;
		memset(page_to_virt(pg), 0, PAGE_SIZE);
		if (s->has_tables)
			pg->is_clear = true;
		else
			s->is_clear = scrub.next % SECTION_FRAMES ==
				      SECTION_FRAMES - 1;
		cleared++;
	}
	end_of_scrub(section_of(first_mfn(block)));
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
	uint64_t n;

	spin_lock(&lock);
	n = usable();
	spin_unlock(&lock);
	return n;
}

uint64_t heap_unused_pages(void)
{
	uint64_t n;

	spin_lock(&lock);
	n = nr_free + SECTION_TABLES * (nr_with_tables - nr_busy);
	spin_unlock(&lock);
	return n;
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
