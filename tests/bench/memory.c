/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables: mapping, faulting in, changing protection, unmapping.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include "bench.h"

#define PAGE 4096
#define AREA_PAGES 2048

/* One for each batch. */
static volatile char *area[BATCHES + 1];
static unsigned int next_area;

static volatile char *map(unsigned int pages)
{
	void *p = mmap(NULL, (size_t)pages * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	MUST(p != MAP_FAILED);
	/* a PV guest has no huge pages: compare like with like */
	MUST(madvise(p, (size_t)pages * PAGE, MADV_NOHUGEPAGE) == 0);
	return p;
}

static void touch(volatile char *p, unsigned int pages)
{
	unsigned int i;

	for (i = 0; i < pages; i++)
		p[(size_t)i * PAGE] = 1;
}

static void unmap(volatile char *p, unsigned int pages)
{
	MUST(munmap((void *)(uintptr_t)p, (size_t)pages * PAGE) == 0);
}

static void map_touch_unmap(unsigned int ops)
{
	while (ops--) {
		volatile char *p = map(256);

		touch(p, 256);
		unmap(p, 256);
	}
}

static void open_areas(void)
{
	for (next_area = 0; next_area <= BATCHES; next_area++)
		area[next_area] = map(AREA_PAGES);
	next_area = 0;
}

static void open_touched_areas(void)
{
	open_areas();
	for (unsigned int i = 0; i <= BATCHES; i++)
		touch(area[i], AREA_PAGES);
}

static void close_areas(void)
{
	for (unsigned int i = 0; i <= BATCHES; i++)
		unmap(area[i], AREA_PAGES);
}

static void touch_area(unsigned int ops)
{
	touch(area[next_area++], ops);
}

static void protect_and_back(unsigned int ops)
{
	void *p = (void *)(uintptr_t)area[0];

	while (ops--) {
		MUST(mprotect(p, PAGE, PROT_READ) == 0);
		MUST(mprotect(p, PAGE, PROT_READ | PROT_WRITE) == 0);
		area[0][0] = 1;
	}
}

static void unmap_area(unsigned int ops)
{
	while (ops--)
		unmap(area[next_area++], AREA_PAGES);
}

const struct bench memory_benches[] = {
	{"mmap_touch256_munmap", 20, map_touch_unmap, NULL, NULL},
	{"fault_anon_page", AREA_PAGES, touch_area, open_areas, close_areas},
	{"mprotect_1page_pair", 1000, protect_and_back, open_touched_areas,
	 close_areas},
	{"munmap_2048pages", 1, unmap_area, open_touched_areas, NULL},
	{NULL, 0, NULL, NULL, NULL},
};
