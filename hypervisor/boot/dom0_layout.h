/* SPDX-License-Identifier: GPL-2.0-only */
/* Where everything of Dom0 goes, in its own frame numbers (pfns). */
#ifndef BOOT_DOM0_LAYOUT_H
#define BOOT_DOM0_LAYOUT_H

#include <hv/boot.h>
#include <hv/types.h>

#include "kernel_image.h"

struct dom0_layout {
	uint64_t nr_pages;  /* in all: the p2m's entries                 */
	uint64_t nr_mapped; /* pfns 0 up to here are mapped at virt_base */
	uint64_t kernel_pfn, kernel_end_pfn;
	uint64_t start_info_pfn;
	uint64_t tables_pfn, nr_tables; /* the L4 first                     */
	uint64_t stack_pfn;
	uint64_t initrd_pfn, nr_initrd; /* may lie behind nr_mapped         */
	uint64_t p2m_pfn, nr_p2m;	/* pages of the array               */
	uint64_t nr_p2m_tables; /* tables of its own, behind the array      */
	uint64_t p2m_va;
	uint64_t nr_needed; /* pfns that are spoken for                     */
};

/*
 * Plan for @nr_pages of memory and an initrd of @initrd_bytes (0: none).
 * -EINVAL, with the reason in @why: the kernel asks for what can not be.
 * -ENOMEM: nr_pages is less than l->nr_needed.
 */
int dom0_layout_make(const struct kernel_image *k, uint64_t nr_pages,
		     uint64_t initrd_bytes, struct dom0_layout *l,
		     const char **why);

/*
 * The machine's memory map is also that of Dom0's pfns: the first pfn in
 * [first, end) that is not RAM there, or @end.
 */
uint64_t dom0_first_hole(const struct boot_info *info, uint64_t first,
			 uint64_t end);

/*
 * How many pages Dom0 gets of @free_pages, by dom0_mem=.  @note: what became
 * of the request if it could not be met, or NULL.
 */
uint64_t dom0_nr_pages(const struct boot_options *o, uint64_t free_pages,
		       const char **note);
/* The limit to which it may grow. */
uint64_t dom0_max_pages(const struct boot_options *o, uint64_t nr_pages);

#endif
