/* SPDX-License-Identifier: MIT */
/*
 * What a PV kernel finds at RSI on its first instruction.
 */
#ifndef ABI_START_INFO_H
#define ABI_START_INFO_H

#include <abi/types.h>

/* start_info.flags */
#define SIF_PRIVILEGED (1 << 0)
#define SIF_INITDOMAIN (1 << 1)	     /* this is Dom0 */
#define SIF_MULTIBOOT_MOD (1 << 2)   /* mod_start is a module package */
#define SIF_MOD_START_PFN (1 << 3)   /* mod_start is a pfn, not mapped */
#define SIF_VIRT_P2M_4TOOLS (1 << 4) /* tools read the linear p2m */
#define SIF_PM_MASK (0xff << 8)	     /* XEN_PROCESSOR_PM_*, shifted by 8 */

#define MAX_GUEST_CMDLINE 1024

struct start_info {
	char magic[32];	      /* "xen-3.0-x86_64" */
	uint64_t nr_pages;    /* frames the domain has = p2m entries */
	uint64_t shared_info; /* machine address */
	uint32_t flags;	      /* SIF_* */
	uint32_t _pad0;
	xen_pfn_t store_mfn; /* xenstore ring, DomU */
	uint32_t store_evtchn;
	uint32_t _pad1;
	union {
		struct {
			xen_pfn_t mfn; /* console ring */
			uint32_t evtchn;
			uint32_t _pad;
		} domU;
		struct {
			uint32_t info_off;  /* from start_info, 0: none */
			uint32_t info_size; /* of dom0_vga_console_info */
		} dom0;
	} console;
	/* From here on filled in at first boot only, not on resume. */
	uint64_t pt_base;      /* virtual address of the L4 */
	uint64_t nr_pt_frames; /* contiguous from pt_base */
	uint64_t mfn_list;     /* virtual address of the p2m */
	uint64_t mod_start;    /* virtual address, or pfn: see flags */
	uint64_t mod_len;      /* bytes */
	char cmd_line[MAX_GUEST_CMDLINE];
	uint64_t first_p2m_pfn; /* p2m and its page tables, if they lie */
	uint64_t nr_p2m_frames; /* outside the kernel's mapping */
};
ABI_SIZE(struct start_info, 1168);
ABI_OFFSET(struct start_info, console, 72);
ABI_OFFSET(struct start_info, pt_base, 88);
ABI_OFFSET(struct start_info, cmd_line, 128);

/* An array of these, ended by mod_start 0, begins a SIF_MULTIBOOT_MOD. */
struct xen_multiboot_mod_list {
	uint32_t mod_start;
	uint32_t mod_end; /* inclusive */
	uint32_t cmdline;
	uint32_t pad;
};

/* dom0_vga_console_info.video_type */
#define XEN_VGATYPE_TEXT_MODE_3 0x03
#define XEN_VGATYPE_VESA_LFB 0x23
#define XEN_VGATYPE_EFI_LFB 0x70

/* The screen Dom0 inherits. */
struct dom0_vga_console_info {
	uint8_t video_type;
	uint8_t _pad[3];
	union {
		struct {
			uint16_t font_height; /* pixels */
			uint16_t cursor_x, cursor_y;
			uint16_t rows, columns;
		} text_mode_3;
		struct {
			uint16_t width, height; /* pixels */
			uint16_t bytes_per_line;
			uint16_t bits_per_pixel;
			uint32_t lfb_base; /* machine address, low half */
			uint32_t lfb_size; /* units of 64 KiB */
			uint8_t red_pos, red_size;
			uint8_t green_pos, green_size;
			uint8_t blue_pos, blue_size;
			uint8_t rsvd_pos, rsvd_size;
			uint32_t gbl_caps;
			uint16_t mode_attrs;
			uint16_t pad;
			uint32_t ext_lfb_base; /* high half of lfb_base */
		} vesa_lfb;
	} u;
};
ABI_SIZE(struct dom0_vga_console_info, 40);

#endif
