/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The plan of Dom0's memory.  From pfn 0, all mapped at the kernel's virtual
 * base with 4 KiB pages:
 *
 *	unused | kernel | start_info | page tables | boot stack | slack
 *
 * (an initrd or p2m that the kernel does not take elsewhere follows it), and
 * after that what is not mapped there: the initrd, then the p2m array and the
 * tables that map it, in one piece, because Linux is told of them as one.  The
 * slack is Xen's: 512 KiB behind the stack, up to a multiple of 4 MiB.
 */
#include <abi/errno.h>
#include <hv/x86/layout.h>
#include <hv/x86/pte.h>

#include "dom0_layout.h"

#define SLACK_BYTES (512UL << 10)
#define ROUND_BYTES (4UL << 20)
#define MAX_MAPPED_BYTES (1UL << 30) /* Linux takes over one L2 table */

/* Xen's rule: this part of memory, at most that much, stays out of Dom0. */
#define RESERVE_PART 16
#define RESERVE_MAX_PAGES (128UL << (20 - PAGE_SHIFT))
/* However much is asked for: domains, vcpus and tables come from it. */
#define RESERVE_MIN_PAGES (16UL << (20 - PAGE_SHIFT))

static int bad(const char **why, const char *reason)
{
	*why = reason;
	return -EINVAL;
}

static uint64_t pages(uint64_t bytes)
{
	return (bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/* Tables of one level that cover [va, +bytes), each 2^@shift bytes of it. */
static uint64_t nr_slots(uint64_t va, uint64_t bytes, unsigned int shift)
{
	return ((va + bytes - 1) >> shift) - (va >> shift) + 1;
}

/* L1 to L3. */
static uint64_t nr_tables(uint64_t va, uint64_t bytes)
{
	return nr_slots(va, bytes, 21) + nr_slots(va, bytes, 30) +
	       nr_slots(va, bytes, 39);
}

static bool is_hypervisor_slot(uint64_t va)
{
	return l4_index(va) >= HV_L4_FIRST && l4_index(va) <= HV_L4_LAST;
}

static int check_addresses(const struct kernel_image *k,
			   const struct dom0_layout *l, const char **why)
{
	uint64_t p2m_bytes = l->nr_p2m << PAGE_SHIFT;

	if ((int64_t)(k->virt_base << 16) >> 16 != (int64_t)k->virt_base ||
	    is_hypervisor_slot(k->virt_base))
		return bad(why, "is a kernel with a bad base address");
	if (!k->has_p2m_base)
		return 0;
	if ((int64_t)(k->p2m_base << 16) >> 16 != (int64_t)k->p2m_base ||
	    nr_slots(k->p2m_base, p2m_bytes, 39) != 1 ||
	    is_hypervisor_slot(k->p2m_base) ||
	    l4_index(k->p2m_base) == l4_index(k->virt_base))
		return bad(why, "is a kernel with a bad address for its p2m");
	return 0;
}

/*
 * What comes after @pfn in the kernel's mapping.  The tables map themselves,
 * so their number is found by trying: it grows by one every 2 MiB.
 */
static void place_tables(const struct kernel_image *k, struct dom0_layout *l,
			 uint64_t pfn)
{
	uint64_t bytes;

	l->start_info_pfn = pfn;
	l->tables_pfn = pfn + 1;
	l->nr_tables = 1;
	for (;;) {
		uint64_t n;

		l->stack_pfn = l->tables_pfn + l->nr_tables;
		bytes = (l->stack_pfn + 1) << PAGE_SHIFT;
		bytes = round_up(bytes + SLACK_BYTES, ROUND_BYTES);
		n = 1 + nr_tables(k->virt_base, bytes);
		if (n <= l->nr_tables)
			break;
		l->nr_tables = n;
	}
	l->nr_mapped = bytes >> PAGE_SHIFT;
}

int dom0_layout_make(const struct kernel_image *k, uint64_t nr_pages,
		     uint64_t initrd_bytes, struct dom0_layout *l,
		     const char **why)
{
	uint64_t pfn;
	int rc;

	*l = (struct dom0_layout){
		.nr_pages = nr_pages,
		.kernel_pfn = k->first_paddr >> PAGE_SHIFT,
		.kernel_end_pfn = pages(k->end_paddr),
		.nr_initrd = pages(initrd_bytes),
		.nr_p2m = pages(nr_pages * sizeof(uint64_t)),
	};
	rc = check_addresses(k, l, why);
	if (rc)
		return rc;

	pfn = l->kernel_end_pfn;
	if (!k->initrd_by_pfn) {
		l->initrd_pfn = pfn;
		pfn += l->nr_initrd;
	}
	if (!k->has_p2m_base) {
		l->p2m_pfn = pfn;
		l->p2m_va = k->virt_base + (pfn << PAGE_SHIFT);
		pfn += l->nr_p2m;
	}
	place_tables(k, l, pfn);
	if (l->nr_mapped > pages(MAX_MAPPED_BYTES) ||
	    k->virt_base + (l->nr_mapped << PAGE_SHIFT) - 1 < k->virt_base)
		return bad(why, "is a kernel too large to be mapped in 1 GiB");

	pfn = l->nr_mapped;
	if (k->initrd_by_pfn) {
		l->initrd_pfn = pfn;
		pfn += l->nr_initrd;
	}
	if (k->has_p2m_base) {
		l->p2m_pfn = pfn;
		l->p2m_va = k->p2m_base;
		l->nr_p2m_tables =
			nr_tables(k->p2m_base, l->nr_p2m << PAGE_SHIFT);
		pfn += l->nr_p2m + l->nr_p2m_tables;
	}
	l->nr_needed = pfn;
	return pfn > nr_pages ? -ENOMEM : 0;
}

uint64_t dom0_first_hole(const struct boot_info *info, uint64_t first,
			 uint64_t end)
{
	/* The map is sorted, so each range can only extend what came before. */
	for (unsigned int i = 0; i < info->nr_e820 && first < end; i++) {
		const struct e820_entry *e = &info->e820[i];

		if (e->type == E820_RAM && e->addr >> PAGE_SHIFT <= first &&
		    pages(e->addr) <= first &&
		    (e->addr + e->size) >> PAGE_SHIFT > first)
			first = (e->addr + e->size) >> PAGE_SHIFT;
	}
	return min(first, end);
}

uint64_t dom0_nr_pages(const struct boot_options *o, uint64_t free_pages,
		       const char **note)
{
	uint64_t reserve = min(free_pages / RESERVE_PART, RESERVE_MAX_PAGES);
	uint64_t most = free_pages - min(free_pages, RESERVE_MIN_PAGES);
	uint64_t asked = o->dom0_mem_bytes >> PAGE_SHIFT;
	uint64_t n =
		free_pages - max(reserve, min(free_pages, RESERVE_MIN_PAGES));

	*note = NULL;
	if (asked && o->dom0_mem_negative)
		n = free_pages - min(free_pages, asked);
	else if (asked)
		n = asked;
	if (o->dom0_mem_max_bytes)
		n = min(n, o->dom0_mem_max_bytes >> PAGE_SHIFT);
	n = max(n, o->dom0_mem_min_bytes >> PAGE_SHIFT);
	if (n > most) {
		n = most;
		*note = "dom0_mem= is more than the machine has free";
	}
	return n;
}

uint64_t dom0_max_pages(const struct boot_options *o, uint64_t nr_pages)
{
	/* Xen ABI: without a limit of its own it may grow to anything. */
	if (!o->dom0_mem_max_bytes)
		return UINT32_MAX;
	return max(o->dom0_mem_max_bytes >> PAGE_SHIFT, nr_pages);
}
