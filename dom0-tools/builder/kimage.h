/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PV kernel as the builder wants it: what its ELF notes say, and its
 * memory image as runs of pages.
 *
 * The pages lie in a blob: a header, the runs, and the pages that are not all
 * zero, each at a multiple of the page size. A blob is made once per kernel
 * file and kept (kcache.h), so that a second domain needs neither the
 * decompressor nor the ELF file.
 */
#ifndef KIMAGE_H
#define KIMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct req;

/* Pages @pfn..@pfn + @nr - 1 of the domain; @offset in the blob, 0: zeros. */
struct kimage_run {
	uint32_t pfn;
	uint32_t nr;
	uint64_t offset;
};

/* What the kernel asks for, from its ELF notes. */
struct kimage_notes {
	uint64_t entry;		 /* virtual address of the PV entry */
	uint64_t virt_base;	 /* virtual address of pfn 0 */
	uint64_t init_p2m;	 /* where to map the p2m, if has_init_p2m */
	uint64_t hypercall_page; /* to be filled, if has_hypercall_page */
	uint64_t paddr_offset;
	uint8_t has_init_p2m;
	uint8_t has_hypercall_page;
	uint8_t mod_start_pfn; /* an initrd need not be mapped */
	uint8_t is_xen;	       /* there was any Xen note */
	char guest_os[20];
	char xen_version[20];
};

#define KIMAGE_MAGIC "pavo-kernel 1\n"

struct kimage_head {
	char magic[16];
	uint64_t size;	/* of the blob, bytes */
	uint64_t check; /* over the rest of the header and the runs */
	struct kimage_notes notes;
	uint32_t start_pfn, end_pfn; /* end exclusive */
	uint32_t nr_runs;
	uint32_t pad;
	struct kimage_run runs[];
};

struct kimage {
	const struct kimage_head *head; /* the blob, mapped read-only */
	size_t size;
};

/*
 * Make a blob of the kernel file @data and write it to @fd (empty, a file).
 * The failure names what is wrong with the kernel.
 */
int kimage_make(struct req *r, const uint8_t *data, size_t len, int fd);

/* Map the blob in @fd; -EINVAL if it is not one, or a damaged one. */
int kimage_map(struct req *r, int fd, struct kimage *k);
void kimage_unmap(struct kimage *k);

#endif
