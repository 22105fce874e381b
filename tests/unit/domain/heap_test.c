/* SPDX-License-Identifier: GPL-2.0-only */
/* The page heap: what is handed out is clear, and who clears it when. */
#include <stdlib.h>
#include <string.h>

#include <hv/mmu.h>
#include <hv/page_alloc.h>

#include "machine.h"

static bool holds(struct page *pg, unsigned int order, char byte)
{
	const char *p = page_to_virt(pg);

	for (size_t i = 0; i < PAGE_SIZE << order; i++)
		if (p[i] != byte)
			return false;
	return true;
}

static struct page *alloc(unsigned int order)
{
	struct page *pg = heap_alloc(order, ANY_ADDRESS);

	EXPECT(pg);
	return pg;
}

static void free_used(struct page *pg, unsigned int order)
{
	memset(page_to_virt(pg), 'x', PAGE_SIZE << order);
	pg->tlb_stamp = tlb_clock();
	heap_free(pg, order);
}

static void scrub_all(void)
{
	for (unsigned int i = 0; heap_scrub(); i++)
		EXPECT(i < 10 * MACHINE_FRAMES);
}

UNIT_TEST(idle_cpus_clear_what_is_free)
{
	struct page *pg;
	uint64_t free_pages;

	machine_start();
	pg = alloc(4);
	free_pages = heap_free_pages();
	free_used(pg, 4);
	scrub_all();
	EXPECT(holds(pg, 4, 0));
	EXPECT_EQ(heap_free_pages(), free_pages + 16);
	EXPECT(!heap_scrub());
}

UNIT_TEST(what_they_have_not_reached_is_cleared_when_allocated)
{
	struct page *pg;
	char *va;

	machine_start();
	pg = alloc(4);
	free_used(pg, 4);
	EXPECT(heap_scrub()); /* some of it, or of other memory */
	va = hv_pages_alloc(4);
	EXPECT(holds(mfn_to_page(virt_to_mfn(va)), 4, 0));
	/* all there is: dirty or not */
	while ((va = hv_pages_alloc(0)))
		EXPECT(holds(mfn_to_page(virt_to_mfn(va)), 0, 0));
}

UNIT_TEST(clear_memory_is_handed_out_first)
{
	struct page *used, *pg;

	machine_start();
	scrub_all();
	pg = alloc(SECTION_ORDER);
	heap_free(&pg[256], 8); /* two sections are used in part */
	scrub_all();
	used = alloc(0);
	free_used(used, 0);
	pg = alloc(0);
	EXPECT(pg != used);
	EXPECT(holds(pg, 0, 0));
	heap_free(pg, 0);
}

UNIT_TEST(nothing_is_cleared_that_somebody_can_still_write_to)
{
	struct page *pg;

	machine_start();
	scrub_all();
	pg = alloc(0);
	free_used(pg, 0);
	machine_stale_cpus = 1;
	EXPECT(heap_scrub()); /* they flush */
	EXPECT(holds(pg, 0, 'x'));
	EXPECT_EQ(machine_stale_cpus, 0);
	scrub_all();
	EXPECT(holds(pg, 0, 0));
}

UNIT_TEST(cleared_blocks_are_whole_again)
{
	struct page *pg;

	machine_start();
	pg = alloc(9);
	heap_free(&pg[256], 8);
	scrub_all();
	free_used(pg, 8); /* beside a half that is clear */
	scrub_all();
	EXPECT(holds(pg, 9, 0));
	EXPECT_EQ(page_to_mfn(alloc(9)).v, page_to_mfn(pg).v);
}

UNIT_TEST(frames_freed_together_are_found_together)
{
	struct page *pg, *all[64];
	uint64_t free_pages;

	machine_start();
	free_pages = heap_free_pages();
	pg = alloc(6);
	for (unsigned int i = 0; i < 64; i++)
		all[i] = &pg[(i + 32) % 64]; /* two runs */
	memset(page_to_virt(pg), 'x', 64 * PAGE_SIZE);
	heap_free_frames(all, 64);
	EXPECT_EQ(heap_free_pages(), free_pages);
	scrub_all();
	EXPECT(holds(pg, 6, 0));
	EXPECT_EQ(page_to_mfn(alloc(6)).v, page_to_mfn(pg).v);
}

/* Whether any of the @n frames from @m on is somebody's. */
static bool any_taken(const bool *taken, uint64_t m, uint64_t n)
{
	return memchr(taken + m, true, n);
}

/* A block that nobody has, by looking everywhere. */
static bool is_there(const bool *taken, unsigned int order)
{
	for (uint64_t m = 0; m + (1U << order) <= MACHINE_FRAMES;
	     m += 1U << order)
		if (!any_taken(taken, m, 1U << order))
			return true;
	return false;
}

UNIT_TEST(whatever_is_free_is_found_and_nothing_is_given_twice)
{
	static struct {
		struct page *pg;
		unsigned int order;
	} all[64];
	static bool taken[MACHINE_FRAMES];
	uint64_t nr_free;
	struct page *pg;

	machine_start();
	nr_free = heap_free_pages();
	/* what is not the heap's: found by taking all there is */
	memset(taken, true, sizeof(taken));
	for (uint64_t i = nr_free; i--;)
		taken[page_to_mfn(alloc(0)).v] = false;
	EXPECT(!heap_alloc(0, ANY_ADDRESS));
	for (uint64_t m = MACHINE_FRAMES; m--;)
		if (!taken[m])
			heap_free(&frame_table[m], 0);
	EXPECT_EQ(heap_free_pages(), nr_free);
	srand(1);
	for (unsigned int turn = 0; turn < 20000; turn++) {
		unsigned int i = (unsigned int)rand() % 64, order;

		if (!(rand() % 16))
			(void)heap_scrub();
		if (all[i].pg) {
			memset(&taken[page_to_mfn(all[i].pg).v], false,
			       1UL << all[i].order);
			heap_free(all[i].pg, all[i].order);
			all[i].pg = NULL;
			continue;
		}
		order = (unsigned int)rand() % 11;
		if (order > SECTION_ORDER) /* clear and dirty ones merge */
			scrub_all();
		pg = heap_alloc(order, ANY_ADDRESS);
		EXPECT_EQ(!!pg, is_there(taken, order));
		if (!pg)
			continue;
		EXPECT_EQ(page_to_mfn(pg).v % (1U << order), 0);
		EXPECT(!any_taken(taken, page_to_mfn(pg).v, 1U << order));
		memset(&taken[page_to_mfn(pg).v], true, 1UL << order);
		all[i].pg = pg;
		all[i].order = order;
	}
	for (unsigned int i = 0; i < 64; i++)
		if (all[i].pg)
			heap_free(all[i].pg, all[i].order);
	EXPECT_EQ(heap_free_pages(), nr_free);
	scrub_all();
}

/* A section of which nothing has been used. */
static unsigned int bare_section(void)
{
	unsigned int s = MACHINE_FRAMES / SECTION_FRAMES;

	while (s-- && machine_has_tables[s])
		;
	return s;
}

static bool has_tables(const struct page *pg)
{
	return machine_has_tables[page_to_mfn(pg).v / SECTION_FRAMES];
}

UNIT_TEST(tables_come_with_the_first_use_and_count_with_the_last)
{
	uint64_t nr_free, nr_unused;
	unsigned int s;
	struct page *pg;

	machine_start();
	nr_free = heap_free_pages();
	nr_unused = heap_unused_pages();
	s = bare_section();
	pg = alloc(SECTION_ORDER);
	EXPECT_EQ(page_to_mfn(pg).v, s * SECTION_FRAMES);
	EXPECT(has_tables(pg));
	EXPECT_EQ(heap_free_pages(), nr_free - SECTION_FRAMES);
	EXPECT_EQ(heap_unused_pages(),
		  nr_unused - SECTION_FRAMES - SECTION_TABLES);
	heap_free(&pg[1], 0);
	heap_free(&pg[2], 1);
	EXPECT_EQ(heap_unused_pages(),
		  nr_unused - SECTION_FRAMES - SECTION_TABLES + 3);
	for (unsigned int i = 4; i < SECTION_FRAMES; i++)
		heap_free(&pg[i], 0);
	heap_free(pg, 0);
	EXPECT_EQ(heap_free_pages(), nr_free);
	EXPECT_EQ(heap_unused_pages(), nr_unused);
	EXPECT(has_tables(pg));
	scrub_all();
	EXPECT(holds(alloc(SECTION_ORDER), SECTION_ORDER, 0));
}

UNIT_TEST(a_cleared_section_is_clear_when_it_gets_tables)
{
	struct page *pg;
	unsigned int s;

	machine_start();
	s = bare_section();
	for (unsigned int i = 0; i < SECTION_FRAMES; i++)
		memset(mfn_to_virt(MFN(s * SECTION_FRAMES + i)), 'x',
		       PAGE_SIZE);
	scrub_all();
	EXPECT(!machine_has_tables[s]);
	pg = alloc(SECTION_ORDER);
	EXPECT(holds(pg, SECTION_ORDER, 0));
	EXPECT(pg->is_clear);
}

UNIT_TEST(without_room_for_tables_an_allocation_fails_whole)
{
	uint64_t nr_free = SECTION_FRAMES - SECTION_TABLES;
	unsigned int nr_bare = 0;

	machine_start();
	while (heap_alloc(0, PAGE_SHIFT + 10)) /* all but two sections */
		;
	while (heap_free_pages() > nr_free)
		(void)alloc(0);
	for (unsigned int s = 0; s < MACHINE_FRAMES / SECTION_FRAMES; s++)
		nr_bare += !machine_has_tables[s];
	EXPECT_EQ(nr_bare, 1);
	EXPECT(!heap_alloc_claimed(SECTION_ORDER, ANY_ADDRESS));
	EXPECT(!heap_claim((int64_t)nr_free + 1));
	EXPECT_EQ(heap_free_pages(), nr_free);
	while (nr_free--)
		(void)alloc(0);
	EXPECT(!heap_alloc(0, ANY_ADDRESS));
	EXPECT_EQ(heap_unused_pages(), 0);
}

UNIT_TEST(frames_without_a_place_in_the_table_are_nobodys)
{
	unsigned int s;

	machine_start();
	s = bare_section();
	for (unsigned int i = 0; i < SECTION_FRAMES; i++) {
		struct page *pg = mfn_to_page(MFN(s * SECTION_FRAMES + i));

		EXPECT_EQ(page_get(pg, dom0), -EPERM);
		EXPECT_EQ(page_get(pg, dom_io), -EPERM);
		for (enum page_type t = PT_NONE; t < NR_PAGE_TYPES; t++)
			EXPECT_EQ(page_get_and_type(pg, dom0, t, true), -EPERM);
		EXPECT(page_pin(pg, dom0, PT_L4, true));
		EXPECT(!page_steal(pg, dom0));
		EXPECT(domain_release_page(dom0, pg));
		EXPECT(!page_is_pinned(pg) && !page_is_shared(pg));
	}
	EXPECT(!machine_has_tables[s]);
}
