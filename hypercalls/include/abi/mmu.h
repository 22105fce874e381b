/* SPDX-License-Identifier: MIT */
/*
 * mmu_update, mmuext_op and update_va_mapping: how a PV guest edits its page
 * tables, which it may only map read-only.
 */
#ifndef ABI_MMU_H
#define ABI_MMU_H

#include <abi/types.h>

/* Low bits of mmu_update.ptr. */
#define MMU_NORMAL_PT_UPDATE 0	     /* store val in the entry at ptr */
#define MMU_MACHPHYS_UPDATE 1	     /* M2P[frame of ptr] = val */
#define MMU_PT_UPDATE_PRESERVE_AD 2  /* as 0, keeping accessed and dirty */
#define MMU_PT_UPDATE_NO_TRANSLATE 3 /* as 0 for PV guests */

/* @ptr: machine address of the entry, command in its low bits. */
struct mmu_update {
	uint64_t ptr;
	uint64_t val;
};
ABI_SIZE(struct mmu_update, 16);

#define MMUEXT_PIN_L1_TABLE 0
#define MMUEXT_PIN_L2_TABLE 1
#define MMUEXT_PIN_L3_TABLE 2
#define MMUEXT_PIN_L4_TABLE 3
#define MMUEXT_UNPIN_TABLE 4
#define MMUEXT_NEW_BASEPTR 5
#define MMUEXT_TLB_FLUSH_LOCAL 6
#define MMUEXT_INVLPG_LOCAL 7
#define MMUEXT_TLB_FLUSH_MULTI 8
#define MMUEXT_INVLPG_MULTI 9
#define MMUEXT_TLB_FLUSH_ALL 10
#define MMUEXT_INVLPG_ALL 11
#define MMUEXT_FLUSH_CACHE 12
#define MMUEXT_SET_LDT 13
#define MMUEXT_NEW_USER_BASEPTR 15
#define MMUEXT_CLEAR_PAGE 16
#define MMUEXT_COPY_PAGE 17
#define MMUEXT_FLUSH_CACHE_GLOBAL 18
#define MMUEXT_MARK_SUPER 19
#define MMUEXT_UNMARK_SUPER 20

struct mmuext_op {
	uint32_t cmd; /* MMUEXT_* */
	uint32_t _pad;
	union {
		xen_pfn_t mfn;	      /* pin, baseptr, clear, copy to */
		uint64_t linear_addr; /* invlpg, LDT base */
	} arg1;
	union {
		uint32_t nr_ents;  /* LDT entries */
		uint64_t vcpumask; /* *_MULTI: bitmap, guest virtual */
		xen_pfn_t src_mfn; /* copy from */
	} arg2;
};
ABI_SIZE(struct mmuext_op, 24);

/*
 * update_va_mapping flags: what to flush, and where.  With UVMF_MULTI the
 * rest of the word is the guest address of a vcpu bitmap.
 */
#define UVMF_NONE ABI_UL(0)
#define UVMF_TLB_FLUSH ABI_UL(1)
#define UVMF_INVLPG ABI_UL(2)
#define UVMF_FLUSHTYPE_MASK ABI_UL(3)
#define UVMF_MULTI ABI_UL(0)
#define UVMF_LOCAL ABI_UL(0)
#define UVMF_ALL ABI_UL(4)

#endif
