/* SPDX-License-Identifier: MIT */
/*
 * ELF notes, owner "Xen": how a kernel says how it wants to be started, and
 * what a dump contains.
 */
#ifndef ABI_ELFNOTE_H
#define ABI_ELFNOTE_H

#define XEN_ELFNOTE_INFO 0
#define XEN_ELFNOTE_ENTRY 1	     /* virtual address of the PV entry */
#define XEN_ELFNOTE_HYPERCALL_PAGE 2 /* virtual address, to be filled */
#define XEN_ELFNOTE_VIRT_BASE 3	     /* virtual address of pfn 0 */
#define XEN_ELFNOTE_PADDR_OFFSET 4   /* subtracted from p_paddr */
#define XEN_ELFNOTE_XEN_VERSION 5    /* "xen-3.0" */
#define XEN_ELFNOTE_GUEST_OS 6
#define XEN_ELFNOTE_GUEST_VERSION 7
#define XEN_ELFNOTE_LOADER 8	/* "generic" */
#define XEN_ELFNOTE_PAE_MODE 9	/* 32-bit only */
#define XEN_ELFNOTE_FEATURES 10 /* text: names, ! before an unwanted one */
#define XEN_ELFNOTE_BSD_SYMTAB 11
#define XEN_ELFNOTE_HV_START_LOW 12
#define XEN_ELFNOTE_L1_MFN_VALID 13	  /* mask and value of a valid PTE */
#define XEN_ELFNOTE_SUSPEND_CANCEL 14	  /* suspend may return 1 */
#define XEN_ELFNOTE_INIT_P2M 15		  /* where the p2m is to be mapped */
#define XEN_ELFNOTE_MOD_START_PFN 16	  /* initrd may stay unmapped */
#define XEN_ELFNOTE_SUPPORTED_FEATURES 17 /* bits, XENFEAT_* */
#define XEN_ELFNOTE_PHYS32_ENTRY 18	  /* PVH */
#define XEN_ELFNOTE_MAX XEN_ELFNOTE_PHYS32_ENTRY

#define XEN_ELFNOTE_CRASH_INFO 0x1000001
#define XEN_ELFNOTE_CRASH_REGS 0x1000002
#define XEN_ELFNOTE_DUMPCORE_NONE 0x2000000
#define XEN_ELFNOTE_DUMPCORE_HEADER 0x2000001
#define XEN_ELFNOTE_DUMPCORE_XEN_VERSION 0x2000002
#define XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION 0x2000003

#endif
