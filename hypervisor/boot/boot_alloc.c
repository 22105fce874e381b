/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory before there is a heap: the RAM ranges that neither the image nor a
 * module occupies.  What boot has not taken goes to the heap in one step.
 */
#include <hv/assert.h>
#include <hv/boot.h>
#include <hv/page_alloc.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <hv/x86/mapping.h>

#define MAX_FREE (MAX_E820 + MAX_MODULES + 4)

static struct {
	uint64_t start, end;
} free_range[MAX_FREE];
static unsigned int nr_free;

extern char _end[];

/* Take [start, end) out of the free ranges. */
static void reserve(uint64_t start, uint64_t end)
{
	for (unsigned int i = 0; i < nr_free; i++) {
		uint64_t s = free_range[i].start, e = free_range[i].end;

		if (end <= s || start >= e)
			continue;
		free_range[i].end = max(s, min(start, e));
		if (end < e) {
			BUG_ON(nr_free == MAX_FREE);
			free_range[nr_free].start = max(end, s);
			free_range[nr_free++].end = e;
		}
	}
}

void boot_alloc_init(void)
{
	for (unsigned int i = 0; i < boot_info.nr_e820; i++) {
		const struct e820_entry *e = &boot_info.e820[i];
		uint64_t start = round_up(e->addr, PAGE_SIZE);
		uint64_t end = round_down(e->addr + e->size, PAGE_SIZE);

		if (e->type != E820_RAM || start >= end)
			continue;
		free_range[nr_free].start = start;
		free_range[nr_free++].end = end;
	}
	reserve(0, 0x100000); /* firmware's, and the APs' first code */
	reserve(image_maddr, image_to_maddr(_end));
	for (unsigned int i = 0; i < boot_info.nr_modules; i++) {
		const struct boot_module *m = &boot_info.module[i];

		reserve(round_down(m->maddr, PAGE_SIZE),
			round_up(m->maddr + m->size, PAGE_SIZE));
	}
}

/* Before the direct map exists only the low 4 GiB can be reached. */
static bool direct_map_ready;

void *boot_alloc(size_t size, size_t align, int fill)
{
	uint64_t best = 0, limit = direct_map_ready ? ~0ULL : 1ULL << 32;
	unsigned int at = 0;

	size = round_up(size, PAGE_SIZE);
	align = max(align, PAGE_SIZE);
	for (unsigned int i = 0; i < nr_free; i++) {
		uint64_t end = min(free_range[i].end, limit), start;

		if (end < size)
			continue;
		start = round_down(end - size, align);
		if (start >= free_range[i].start && start >= best &&
		    free_range[i].end > free_range[i].start) {
			best = start;
			at = i;
		}
	}
	if (!best)
		panic("not enough memory to start: %lu KiB wanted", size >> 10);
	if (best + size < free_range[at].end) {
		BUG_ON(nr_free == MAX_FREE);
		free_range[nr_free].start = best + size;
		free_range[nr_free++].end = free_range[at].end;
	}
	free_range[at].end = best;
	return memset(direct_map_ready ? maddr_to_virt(best) : (void *)best,
		      fill, size);
}

void boot_alloc_direct_map(void)
{
	direct_map_ready = true;
}

void boot_alloc_finish(void)
{
	for (unsigned int i = 0; i < nr_free; i++)
		if (free_range[i].end > free_range[i].start)
			heap_add(MFN(free_range[i].start >> PAGE_SHIFT),
				 MFN(free_range[i].end >> PAGE_SHIFT));
	nr_free = 0;
}

void boot_module_free(struct boot_module *m)
{
	if (m->size)
		heap_add(MFN(m->maddr >> PAGE_SHIFT),
			 MFN(round_up(m->maddr + m->size, PAGE_SIZE) >>
			     PAGE_SHIFT));
	m->size = 0;
}
