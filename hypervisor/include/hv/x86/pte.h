/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page-table entries, 64-bit.  SDM vol. 3, "4-Level Paging".  Bits 9 to 11 and
 * 52 to 62 are software's; bit 52 marks a guest-kernel page (see l1e_adjust).
 */
#ifndef HV_X86_PTE_H
#define HV_X86_PTE_H

#define PTE_P 0x001ULL
#define PTE_RW 0x002ULL
#define PTE_US 0x004ULL
#define PTE_PWT 0x008ULL
#define PTE_PCD 0x010ULL
#define PTE_A 0x020ULL
#define PTE_D 0x040ULL
#define PTE_PS 0x080ULL
#define PTE_PAT 0x080ULL /* in an L1 entry */
#define PTE_G 0x100ULL
#define PTE_AVL 0xe00ULL
#define PTE_GUEST_KERNEL (1ULL << 52)
#define PTE_AVL_HIGH 0x7ff0000000000000ULL
/* maps a grant: its references are elsewhere */
#define PTE_GRANT (1ULL << 62)
#define PTE_NX (1ULL << 63)
#define PTE_ADDR_MASK 0x000ffffffffff000ULL

#ifndef PTES_PER_TABLE /* tests explore machines with tiny tables */
#define PTES_PER_TABLE 512
#endif

#define pte_mfn(e) MFN((PTE_ADDR_MASK & (e)) >> PAGE_SHIFT)
#define pte_flags(e) ((e) & ~PTE_ADDR_MASK)

#define l1_index(va) (((va) >> 12) & 511)
#define l2_index(va) (((va) >> 21) & 511)
#define l3_index(va) (((va) >> 30) & 511)
#define l4_index(va) (((va) >> 39) & 511)

#endif
