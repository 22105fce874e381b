// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where everything lies in a new domain's memory: sums, and the fixed point
 * of page tables that map themselves.
 */
#include <errno.h>

#include "layout.h"
#include "req.h"

#define PAGE_SHIFT 12
#define PAGES_PER_MIB 256

#define L1_SHIFT 21 /* an L1 table covers 1 << 21 bytes; so on */
#define L2_SHIFT 30
#define L3_SHIFT 39

/*
 * Linux, arch/x86/xen/mmu_pv.c: the first kernel code after the boot stack
 * may use up to 512 KiB of mapped, unused memory, and the mapping is to end
 * at a multiple of 4 MiB.
 */
#define SLACK_PAGES (512 >> 2)
#define END_ALIGN_PAGES (4 * PAGES_PER_MIB)

uint64_t layout_tables(struct va_range v, unsigned int shift)
{
	return (v.last >> shift) - (v.first >> shift) + 1;
}

static struct va_range va_range(uint64_t va, uint64_t nr)
{
	return (struct va_range){va, va + ((nr - 1) << PAGE_SHIFT)};
}

/* Tables of a level that @v needs and @have does not have already. */
static uint64_t tables_beside(struct va_range v, struct va_range have,
			      unsigned int shift)
{
	uint64_t nr = layout_tables(v, shift);
	uint64_t first = v.first >> shift, last = v.last >> shift;
	uint64_t from = have.first >> shift, to = have.last >> shift;

	if (from < first)
		from = first;
	if (to > last)
		to = last;
	return from <= to ? nr - (to - from + 1) : nr;
}

static struct pfn_range take(uint64_t *next, uint64_t nr)
{
	struct pfn_range range = {*next, nr};

	*next += nr;
	return range;
}

/* The mapping from the tables on, if there are @nr_tables of them. */
static void layout_tail(struct layout *l, uint64_t next, uint64_t nr_tables)
{
	l->tables = take(&next, nr_tables);
	l->stack = take(&next, 1);
	next += SLACK_PAGES;
	l->nr_mapped = (next + END_ALIGN_PAGES - 1) & ~(END_ALIGN_PAGES - 1ull);
	l->main_va = va_range(l->virt_base, l->nr_mapped);
}

static uint64_t main_tables(const struct layout *l)
{
	return 1 + layout_tables(l->main_va, L3_SHIFT) +
	       layout_tables(l->main_va, L2_SHIFT) +
	       layout_tables(l->main_va, L1_SHIFT);
}

static int does_overlap(struct va_range a, struct va_range b)
{
	return a.first <= b.last && b.first <= a.last;
}

static void layout_main(struct layout *l, const struct kimage_head *k,
			uint64_t initrd_pages, uint64_t p2m_pages)
{
	uint64_t next = k->end_pfn, nr;

	l->kernel = (struct pfn_range){k->start_pfn, k->end_pfn - k->start_pfn};
	if (!l->initrd_is_apart)
		l->initrd = take(&next, initrd_pages);
	if (!l->p2m_is_apart) {
		l->p2m = take(&next, p2m_pages);
		l->p2m_va = va_range(layout_va(l, l->p2m.pfn), p2m_pages);
	}
	l->start_info = take(&next, 1);
	l->store = take(&next, 1);
	l->console = take(&next, 1);
	layout_tail(l, next, 4);
	/* more tables may move the end, which may need more tables */
	while ((nr = main_tables(l)) != l->tables.nr)
		layout_tail(l, next, nr);
}

static void layout_apart(struct layout *l, const struct kimage_head *k,
			 uint64_t initrd_pages, uint64_t p2m_pages)
{
	uint64_t next = l->nr_mapped;

	if (l->p2m_is_apart) {
		l->p2m_va = va_range(k->notes.init_p2m, p2m_pages);
		l->p2m = take(&next, p2m_pages);
		l->p2m_tables = take(
			&next,
			tables_beside(l->p2m_va, l->main_va, L3_SHIFT) +
				tables_beside(l->p2m_va, l->main_va, L2_SHIFT) +
				tables_beside(l->p2m_va, l->main_va, L1_SHIFT));
	}
	if (l->initrd_is_apart)
		l->initrd = take(&next, initrd_pages);
	l->nr_used = next;
}

int layout_make(struct req *r, const struct kimage_head *k,
		uint64_t initrd_bytes, uint64_t nr_pages, struct layout *l)
{
	uint64_t initrd_pages = (initrd_bytes + 4095) >> PAGE_SHIFT;
	uint64_t p2m_pages = (nr_pages * 8 + 4095) >> PAGE_SHIFT, mib;

	*l = (struct layout){
		.virt_base = k->notes.virt_base,
		.p2m_is_apart = k->notes.has_init_p2m,
		.initrd_is_apart = k->notes.mod_start_pfn,
	};
	layout_main(l, k, initrd_pages, p2m_pages);
	layout_apart(l, k, initrd_pages, p2m_pages);
	if (l->main_va.last < l->main_va.first ||
	    l->p2m_va.last < l->p2m_va.first ||
	    (l->p2m_is_apart && does_overlap(l->main_va, l->p2m_va)))
		return req_fail(r, -ENOEXEC,
				"the kernel's address space has no room for "
				"what it is to be given at start");
	if (l->nr_used <= nr_pages)
		return 0;
	mib = (l->nr_used + PAGES_PER_MIB - 1) / PAGES_PER_MIB;
	req_fail(r, -ENOMEM,
		 "%lu MiB of memory are too small: the kernel%s takes at "
		 "least %lu MiB to start",
		 (unsigned long)(nr_pages / PAGES_PER_MIB),
		 initrd_bytes > 0 ? " with its initrd" : "",
		 (unsigned long)mib);
	return req_hint(r,
			"set memory to %lu or more, and leave some for "
			"what runs in the domain",
			(unsigned long)mib);
}
