/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's part of every address space: L4 slots 256 to 271, the same
 * third-level tables in all of them.
 */
#ifndef HV_X86_LAYOUT_H
#define HV_X86_LAYOUT_H

#define HV_L4_FIRST 256
#define HV_L4_LAST 271
#define HV_VIRT_START 0xffff800000000000
#define HV_VIRT_END 0xffff880000000000

#define M2P_VIRT_START 0xffff800000000000 /* slot 256; guests read it  */
#define M2P_VIRT_END 0xffff804000000000
#define IOREMAP_START 0xffff808000000000 /* slot 257                  */
#define IOREMAP_END 0xffff810000000000
#define M2P_RW_START 0xffff810000000000 /* slot 258: our writable view */
#define M2P_RW_END 0xffff814000000000
#define WINDOW_START 0xffff820000000000	     /* slot 260: GDT, LDT per pcpu */
#define WINDOW_SIZE 0x40000		     /* 16 GDT and 16 LDT pages, gap */
#define IMAGE_VIRT_START 0xffff82d040000000  /* slot 261                */
#define FRAME_TABLE_START 0xffff82e000000000 /* slot 261, 128 GiB      */
#define DIRECTMAP_START 0xffff830000000000   /* slots 262 to 271       */
#define DIRECTMAP_END HV_VIRT_END

#define IMAGE_PHYS_START 0x200000 /* as linked; image_maddr is where it is */

/* Selectors; 0xe000 on is the hypervisor's part of every GDT (Xen ABI). */
#define HV_GDT_PAGE 14
#define HV_CS 0xe008
#define HV_DS 0xe010
#define SEL_CS32 0xe023 /* guest 32-bit code, RPL 3  */
#define SEL_DS 0xe02b	/* guest data               */
#define SEL_CS64 0xe033 /* guest 64-bit code         */
#define HV_TSS 0xe040
#define HV_LDT 0xe050

#define STACK_ORDER 3 /* 32 KiB: NMI, #MC, #DF, #DB stacks, then main */
#define STACK_SIZE 0x8000
#define IST_STACK_SIZE 0x1000

#endif
