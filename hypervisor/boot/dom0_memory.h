/* SPDX-License-Identifier: GPL-2.0-only */
/* Dom0's frames while it is built: which machine frame each pfn is. */
#ifndef BOOT_DOM0_MEMORY_H
#define BOOT_DOM0_MEMORY_H

#include <hv/page.h>

#include "dom0_layout.h"
#include "kernel_image.h"

struct extent {
	uint64_t pfn, mfn, nr;
};

struct dom0_memory {
	struct domain *d;
	struct extent *extents; /* by pfn, without gaps                    */
	unsigned int nr_extents;
	uint64_t nr_pages; /* pfns below have a frame                      */
};

/* -ENOMEM */
int dom0_memory_init(struct dom0_memory *m, struct domain *d);
void dom0_memory_done(struct dom0_memory *m);

/*
 * Allocate frames for all pfns up to @end, in blocks as large and aligned as
 * the pfns are: Dom0's devices see machine addresses.  -ENOMEM.
 *
 * They hold what the firmware left there, as they would for a kernel that the
 * boot loader starts: nobody else has had them.
 */
int dom0_memory_grow(struct dom0_memory *m, uint64_t end);

/* @pfn's frame, the first of *@nr that follow each other in both numbers. */
mfn_t dom0_run(const struct dom0_memory *m, uint64_t pfn, uint64_t *nr);
mfn_t dom0_mfn(const struct dom0_memory *m, uint64_t pfn);
void *dom0_virt(const struct dom0_memory *m, uint64_t pfn);
/* @src NULL: zeros */
void dom0_write(const struct dom0_memory *m, uint64_t paddr, const void *src,
		size_t n);

/* Write the p2m array, and set the M2P of every frame. */
void dom0_write_p2m(const struct dom0_memory *m, const struct dom0_layout *l);
/*
 * Write the page tables of the start of day; the first is at l->tables_pfn.
 * Not typed yet.
 */
void dom0_write_tables(const struct dom0_memory *m,
		       const struct kernel_image *k,
		       const struct dom0_layout *l);

#endif
