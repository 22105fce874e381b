/* SPDX-License-Identifier: GPL-2.0-only */
/* One loadable segment: multiboot 1 loads the file as a flat image. */
#include <hv/x86/layout.h>

/* Used until Dom0's kernel is unpacked: pages of their own, freed then. */
#define UNPACKERS *liblzma.a:* *libzstd.a:* *libz.a:* *liblz4.a:*

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
		*(EXCLUDE_FILE(UNPACKERS) .text EXCLUDE_FILE(UNPACKERS) .text.*)
		. = ALIGN(64);
		*(.stubs)
		. = ALIGN(4096);
		_unpack_text = .;
		*(.text .text.*)
		. = ALIGN(4096);
		_unpack_text_end = .;
		_text_end = .;
	} :image
	. = ALIGN(4096);
	.rodata : AT(ADDR(.rodata) - IMAGE_VIRT_START + IMAGE_PHYS_START) {
		*(EXCLUDE_FILE(UNPACKERS) .rodata EXCLUDE_FILE(UNPACKERS) .rodata.*)
		. = ALIGN(8);
		_ex_table = .;
		KEEP(*(.ex_table))
		_ex_table_end = .;
		. = ALIGN(8);
		*(.got .got.plt .data.rel.ro .data.rel.ro.*)
		*(.eh_frame .note*)
		. = ALIGN(4096);
	} :image
	/* By itself, because equal strings in a section become one. */
	.unpack_rodata : AT(ADDR(.unpack_rodata) - IMAGE_VIRT_START + IMAGE_PHYS_START) {
		_unpack_rodata = .;
		*(.rodata .rodata.*)
		. = ALIGN(4096);
		_unpack_rodata_end = .;
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
