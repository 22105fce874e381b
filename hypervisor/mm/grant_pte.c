/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries that map grants: marked PTE_GRANT, so that whatever happens to them
 * the references stay with the grant table that took them.
 */
#include <hv/domain.h>
#include <hv/mmu.h>
#include <hv/page.h>
#include <hv/x86/pte.h>

#include "guest_walk.h"
#include "page_table.h"

#include <abi/errno.h>

/* The L1 entry at machine address @maddr, as guest_l1_slot_get does it. */
static uint64_t *slot_at(struct vcpu *v, uint64_t maddr, struct page **l1)
{
	mfn_t m = MFN(maddr >> PAGE_SHIFT);

	if ((maddr & 7) || !mfn_valid(m))
		return NULL;
	*l1 = mfn_to_page(m);
	if (page_type(*l1) != PT_L1 ||
	    page_get_and_type(*l1, v->domain, PT_L1, false))
		return NULL;
	return (uint64_t *)((char *)mfn_to_virt(m) + (maddr & ~PAGE_MASK));
}

/* Whatever was there goes the normal way; then the grant's entry is put in. */
static int install(struct page *l1, uint64_t *slot, uint64_t l1e)
{
	int rc;

	do {
		uint64_t empty = 0;

		rc = table_write_entry(l1, PT_L1, slot, 0, NULL, false, NULL);
		if (rc)
			break;
		if (__atomic_compare_exchange_n(slot, &empty, l1e | PTE_GRANT,
						false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			break;
	} while (1);
	page_put_and_type(l1);
	return rc;
}

static int uninstall(struct page *l1, uint64_t *slot, mfn_t frame,
		     uint64_t new_l1e)
{
	uint64_t old;
	int rc = 0;

	old = READ_ONCE(*slot);
	do {
		if (!(old & PTE_P) || !(old & PTE_GRANT) ||
		    !mfn_eq(pte_mfn(old), frame))
			rc = -EINVAL;
	} while (!rc && !__atomic_compare_exchange_n(
				slot, &old, new_l1e ? new_l1e | PTE_GRANT : 0,
				false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	page_put_and_type(l1);
	return rc;
}

int mmu_grant_map_pte(struct vcpu *v, uint64_t pte_maddr, uint64_t l1e)
{
	struct page *l1;
	uint64_t *slot = slot_at(v, pte_maddr, &l1);

	return slot ? install(l1, slot, l1e) : -EINVAL;
}

int mmu_grant_map_va(struct vcpu *v, uint64_t va, uint64_t l1e)
{
	struct page *l1;
	uint64_t *slot = guest_l1_slot_get(v, va, &l1);

	return slot ? install(l1, slot, l1e) : -EINVAL;
}

int mmu_grant_unmap_pte(struct vcpu *v, uint64_t pte_maddr, mfn_t frame,
			uint64_t new_l1e)
{
	struct page *l1;
	uint64_t *slot = slot_at(v, pte_maddr, &l1);

	return slot ? uninstall(l1, slot, frame, new_l1e) : -EINVAL;
}

int mmu_grant_unmap_va(struct vcpu *v, uint64_t va, mfn_t frame,
		       uint64_t new_l1e)
{
	struct page *l1;
	uint64_t *slot = guest_l1_slot_get(v, va, &l1);

	return slot ? uninstall(l1, slot, frame, new_l1e) : -EINVAL;
}
