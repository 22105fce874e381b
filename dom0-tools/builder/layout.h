/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where everything lies in a new domain's memory.
 *
 * One mapping starts at the kernel's VIRT_BASE with pfn 0: kernel, initrd and
 * p2m if the kernel wants them mapped there, start_info, store and console
 * rings, page tables, boot stack, and slack. Behind its last pfn follow what
 * the kernel finds elsewhere: the p2m with its own tables, and the initrd.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stdint.h>

#include "kimage.h"

struct req;

struct pfn_range {
	uint64_t pfn, nr;
};

/* A range of virtual addresses to be mapped, by first and last page. */
struct va_range {
	uint64_t first, last; /* addresses of the pages, inclusive */
};

struct layout {
	uint64_t virt_base;
	struct pfn_range kernel, initrd, p2m, p2m_tables;
	struct pfn_range start_info, store, console, tables, stack;
	uint64_t nr_mapped; /* pfns in the mapping at virt_base */
	uint64_t nr_used;   /* all pfns laid out */
	struct va_range main_va, p2m_va;
	int p2m_is_apart; /* p2m_va is a mapping of its own */
	int initrd_is_apart;
};

/*
 * Lay out a domain of @nr_pages. -ENOMEM when it does not fit; the message
 * says how much it takes.
 */
int layout_make(struct req *r, const struct kimage_head *k,
		uint64_t initrd_bytes, uint64_t nr_pages, struct layout *l);

static inline uint64_t layout_va(const struct layout *l, uint64_t pfn)
{
	return l->virt_base + (pfn << 12);
}

/* How many tables of a level cover @v; @shift: 21 for L1, 30, 39 for L3. */
uint64_t layout_tables(struct va_range v, unsigned int shift);

#endif
