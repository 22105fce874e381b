/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walking guest tables in software.  Another vcpu may take tables apart at the
 * same time: what is read is only a hint until a reference proves that the
 * frame is (still) an L1 table of this domain.
 */
#include <hv/mmu.h>
#include <hv/page.h>
#include <hv/x86/layout.h>
#include <hv/x86/pte.h>

#include "guest_walk.h"

static bool next_table(uint64_t e, mfn_t *m)
{
	*m = pte_mfn(e);
	return (e & (PTE_P | PTE_PS)) == PTE_P && mfn_valid(*m);
}

static uint64_t entry_at(mfn_t table, unsigned int index)
{
	return READ_ONCE(((uint64_t *)mfn_to_virt(table))[index]);
}

/* The frame that should be @va's L1 table. */
static bool find_l1(const struct vcpu *v, uint64_t va, mfn_t *m)
{
	*m = MFN(v->arch.cr3_kernel >> PAGE_SHIFT);
	return (va < HV_VIRT_START || va >= HV_VIRT_END) &&
	       next_table(entry_at(*m, l4_index(va)), m) &&
	       next_table(entry_at(*m, l3_index(va)), m) &&
	       next_table(entry_at(*m, l2_index(va)), m);
}

uint64_t *guest_l1_slot_get(struct vcpu *v, uint64_t va, struct page **l1)
{
	mfn_t m;

	if (!find_l1(v, va, &m))
		return NULL;
	*l1 = mfn_to_page(m);
	if (page_get_and_type(*l1, v->domain, PT_L1, false))
		return NULL;
	return (uint64_t *)mfn_to_virt(m) + l1_index(va);
}

uint64_t mmu_guest_l1e(struct vcpu *v, uint64_t va)
{
	mfn_t m;

	return find_l1(v, va, &m) ? entry_at(m, l1_index(va)) : 0;
}
