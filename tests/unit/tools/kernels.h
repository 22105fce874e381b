/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernels made to order for tests of the builder.
 */
#ifndef KERNELS_H
#define KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unpack.h"

#define KERNEL_VIRT_BASE 0xffffffff80000000ull
#define KERNEL_INIT_P2M 0x8000000000ull
#define KERNEL_ENTRY (KERNEL_VIRT_BASE + 0x100040)

struct kernel_options {
	bool no_notes, no_init_p2m, no_mod_start_pfn;
	bool hypercall_page;
	const char *xen_version; /* NULL: xen-3.0 */
	uint64_t virt_base;	 /* 0: KERNEL_VIRT_BASE */
	uint64_t paddr;		 /* of the first segment; 0: 1 MiB */
	uint32_t bss_bytes;	 /* behind the last segment's data */
};

/*
 * An ELF kernel: 40 pages of text with a page of zeros among them, one page
 * of data that ends in the middle, and bss. Caller frees.
 */
uint8_t *kernel_elf(const struct kernel_options *o, size_t *len);
/* @elf inside a bzImage, packed. Caller frees. */
uint8_t *kernel_bzimage(const uint8_t *elf, size_t elf_len, enum packing p,
			size_t *len);
/* @data packed alone. Caller frees. */
uint8_t *kernel_pack(const uint8_t *data, size_t data_len, enum packing p,
		     size_t *len);
/* What the byte at physical address @paddr of a kernel_elf() is. */
uint8_t kernel_byte(uint64_t paddr);

#define KERNEL_TEXT_PAGES 40
#define KERNEL_ZERO_PAGE 7 /* of the text */
#define KERNEL_DATA_BYTES 0x1234
#define KERNEL_PADDR 0x100000ull

#endif
