/* SPDX-License-Identifier: GPL-2.0-only */
/* The page heap: what is handed out is clear, and who clears it when. */
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
	EXPECT(pg->is_free && pg->order == 8);
	scrub_all();
	EXPECT(holds(pg, 9, 0));
	EXPECT(!pg[256].is_free);
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
