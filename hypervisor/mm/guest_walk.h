/* SPDX-License-Identifier: GPL-2.0-only */
/* From a guest's virtual address to the entry that maps it. */
#ifndef MM_GUEST_WALK_H
#define MM_GUEST_WALK_H

#include <hv/domain.h>

/*
 * The L1 entry for @va in @v's kernel tables, with general and type reference
 * to its table in *@l1 (page_put_and_type when done); NULL: no table there.
 */
uint64_t *guest_l1_slot_get(struct vcpu *v, uint64_t va, struct page **l1);

#endif
