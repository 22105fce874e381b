/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PV MMU: validated changes to guest page tables, for the hypercalls, for
 * trapped writes, and for the grant table.
 */
#ifndef HV_MMU_H
#define HV_MMU_H

#include <hv/domain.h>
#include <hv/page.h>

/*
 * Grant mappings write leaf entries past the owner check: @frame (with the
 * references the caller holds) appears at L1 entry @pte_maddr, or at virtual
 * address @va of @v's tables.  @l1e is the whole new entry.
 * -EINVAL: no such entry.
 */
int mmu_grant_map_pte(struct vcpu *v, uint64_t pte_maddr, uint64_t l1e);
int mmu_grant_map_va(struct vcpu *v, uint64_t va, uint64_t l1e);
/*
 * The entry still maps @frame: make it @new_l1e (0: clear) and flush; else
 * -EINVAL and nothing changes.
 */
int mmu_grant_unmap_pte(struct vcpu *v, uint64_t pte_maddr, mfn_t frame,
			uint64_t new_l1e);
int mmu_grant_unmap_va(struct vcpu *v, uint64_t va, mfn_t frame,
		       uint64_t new_l1e);

/*
 * The L1 entry that maps @va in @v's kernel tables, for translation of a
 * guest's own address into a frame; 0: not mapped.  While other vcpus change
 * tables it may be anything: whoever uses the frame it names first takes a
 * reference to that as the domain's.
 */
uint64_t mmu_guest_l1e(struct vcpu *v, uint64_t va);

/* M2P: what frame number its owner knows @m by. */
#define INVALID_M2P_ENTRY (~0ULL)
#define SHARED_M2P_ENTRY (~0ULL - 1)
void m2p_set(mfn_t m, uint64_t gfn);
/* @n frames from @m on, all of them valid. */
void m2p_set_range(mfn_t m, uint64_t gfn, uint64_t n);
uint64_t m2p_get(mfn_t m);
/*
 * The tools want it contiguous, which its pages are not: what they are told,
 * and may map as dom_xen's, is a window of frame numbers that are no frames.
 */
void m2p_window_init(void);
mfn_t m2p_window(void);		       /* the first */
struct page *m2p_window_page(mfn_t m); /* what @m stands for, or NULL */

/* Whether @d may map all of the frames that are no RAM (or not its own RAM). */
bool iomem_access_permitted(const struct domain *d, mfn_t first, mfn_t last);
bool iomem_is_readonly(mfn_t m); /* whoever maps it                       */

/* Boot: which entry bits this machine has. */
void mmu_limits_init(unsigned int phys_bits, bool has_nx);

/* TLBs.  @mask: CPUs that may hold stale entries of guest tables. */
void tlb_flush_mask(cpumask_t mask);
void tlb_flush_local(void);
/*
 * Another vcpu's (or new) tables: load @cr3, a load_kernel or load_user, and
 * flush whatever guest translations this pcpu has.
 */
void tlb_load_cr3(uint64_t cr3);
/* Translations of guest user mode: the current vcpu has other tables for it. */
void tlb_flush_user(void);
/* cr3_kernel or cr3_user of @v changed: make load_kernel and load_user. */
void tlb_set_roots(struct vcpu *v);
void tlb_flush_va_mask(cpumask_t mask, uint64_t va);
uint32_t tlb_clock(void);
/* CPUs of @mask that have not flushed since @stamp. */
cpumask_t tlb_filter(cpumask_t mask, uint32_t stamp);

/*
 * Take (drop) a reference for reading or writing @m's contents on behalf of
 * @d: as page_get, plus a writable type reference when @write.
 */
int page_get_for_access(mfn_t m, struct domain *d, bool write,
			struct page **out);
void page_put_for_access(struct page *pg, bool write);

#endif
