/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of other domains, mapped into this process.
 *
 * Unmapping a page costs far more in a PV Dom0 than mapping it (each PTE is a
 * trapped write); a process about to end leaves its mappings to exit, which
 * takes the tables down unpinned.
 */
#ifndef FMEM_H
#define FMEM_H

#include <stddef.h>

#include "hv.h"

/*
 * Map @nr frames of @domid; @prot as for mmap. NULL with *@rc = -errno when
 * any cannot be mapped. The frames stay mapped until fmem_unmap or exit.
 */
void *fmem_map(struct hv *hv, domid_t domid, const xen_pfn_t *mfns, size_t nr,
	       int prot, int *rc);
/* As fmem_map, but a page that cannot be mapped just has errs[i] set. */
void *fmem_map_some(struct hv *hv, domid_t domid, const xen_pfn_t *mfns,
		    size_t nr, int prot, int *errs, int *rc);
/* Map frames @first.. of a resource (XENMEM_resource_*). */
void *fmem_map_resource(struct hv *hv, domid_t domid, uint32_t type,
			uint32_t id, uint32_t first, size_t nr, int *rc);
void fmem_unmap(void *va, size_t nr);

#endif
