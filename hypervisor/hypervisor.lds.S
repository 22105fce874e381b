/* SPDX-License-Identifier: GPL-2.0-only */
/* One loadable segment: multiboot 1 loads the file as a flat image. */
#include <hv/x86/layout.h>

OUTPUT_FORMAT("elf64-x86-64")
OUTPUT_ARCH(i386:x86-64)
ENTRY(start32)
PHDRS
{
	image PT_LOAD FLAGS(7);
}
SECTIONS
{
	. = IMAGE_VIRT_START;
	_start = .;
	.text : AT(ADDR(.text) - IMAGE_VIRT_START + IMAGE_PHYS_START) {
		KEEP(*(.head))
		*(.text.entry)
		*(.text .text.*)
		. = ALIGN(64);
		*(.stubs)
		_text_end = .;
	} :image
	. = ALIGN(4096);
	.rodata : AT(ADDR(.rodata) - IMAGE_VIRT_START + IMAGE_PHYS_START) {
		*(.rodata .rodata.*)
		. = ALIGN(8);
		_ex_table = .;
		KEEP(*(.ex_table))
		_ex_table_end = .;
		. = ALIGN(8);
		*(.got .got.plt .data.rel.ro .data.rel.ro.*)
		*(.eh_frame .note*)
	} :image
	. = ALIGN(4096);
	_rodata_end = .;
	.data : AT(ADDR(.data) - IMAGE_VIRT_START + IMAGE_PHYS_START) {
		_smap_sites = .;
		KEEP(*(.data.smap_sites))
		_smap_sites_end = .;
		*(.data .data.* .tdata .tdata.*)
		. = ALIGN(8);
		KEEP(*(.symbols))
		. = ALIGN(4096);
		_data_end = .;
	} :image
	.bss : AT(ADDR(.bss) - IMAGE_VIRT_START + IMAGE_PHYS_START) {
		*(.bss .bss.* COMMON .tbss .tbss.*)
		. = ALIGN(4096);
		_end = .;
	} :image
	/* a larger alignment of .bss would move the headers out of reach */
	boot_stack = (boot_stack_area + STACK_SIZE - 1) & ~(STACK_SIZE - 1);
	boot_stack_end = boot_stack + STACK_SIZE;
	/DISCARD/ : { *(.comment) *(.gnu.*) *(.interp) *(.dynamic) *(.dynsym) *(.dynstr) *(.hash) }
}
