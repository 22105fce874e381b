/* SPDX-License-Identifier: GPL-2.0-only */
/* What the MMU hypercalls share: owners by number, batches, vcpu bitmaps. */
#ifndef MM_FOREIGN_H
#define MM_FOREIGN_H

#include <hv/domain.h>

/*
 * The owner of frames a hypercall names by @domid, until foreign_put: the
 * caller (which needs no reference), DOMID_IO, and for a privileged caller
 * anyone.  -EPERM, -ESRCH.
 */
int foreign_get(uint32_t domid, struct domain **out);
void foreign_put(struct domain *d);

/* Batches that can be preempted: count's top bit says it is a continuation. */
int batch_start(uint32_t *count, guest_ptr_t done, uint32_t *done_before);
int batch_restart(unsigned int done_now, size_t entry_size, uint32_t count,
		  guest_ptr_t done, uint32_t done_before);
int batch_end(int rc, unsigned int done_now, guest_ptr_t done,
	      uint32_t done_before);

/* Flush @va (@one) or everything on the pcpus of the vcpus in bitmap @map. */
int mmu_flush_vcpus(struct domain *d, guest_ptr_t map, bool one, uint64_t va);

#endif
