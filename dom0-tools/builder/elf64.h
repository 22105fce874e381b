/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of a 64-bit ELF file that a loader needs.
 */
#ifndef ELF64_H
#define ELF64_H

#include <stddef.h>
#include <stdint.h>

struct kimage_notes;
struct req;

struct elf_segment {
	uint64_t paddr;
	uint64_t mem_size;
	const uint8_t *data;
	uint64_t data_size;
};

struct elf_file {
	struct elf_segment *segments; /* PT_LOAD, sorted by paddr */
	unsigned int nr_segments;
};

/*
 * Read headers and Xen notes; everything is checked against @len. The failure
 * names what is wrong.
 */
int elf_parse(struct req *r, const uint8_t *data, size_t len,
	      struct elf_file *elf, struct kimage_notes *notes);

#endif
