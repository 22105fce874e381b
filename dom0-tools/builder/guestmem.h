/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory of a domain under construction: which machine frames it got, and
 * copying into them.
 *
 * What the hypervisor does is behind struct build_ops, so that the builder
 * runs against a simulated one in its tests.
 */
#ifndef GUESTMEM_H
#define GUESTMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <abi/types.h>

struct req;
struct vcpu_guest_context;

/*
 * All return 0 or -errno (populate: extents given; the maps: NULL and *@rc).
 * @ctx is the builder's, whatever it is.
 *
 * A page costs much to map and more to unmap, so where the hypervisor can,
 * memory is written and cleared without. A -ENOSYS from write or clear is no
 * failure: the pages are then mapped after all.
 */
struct build_ops {
	long (*populate)(void *ctx, const xen_pfn_t *pfns, uint32_t nr,
			 uint32_t order, xen_pfn_t *mfns);
	void *(*map)(void *ctx, const xen_pfn_t *mfns, size_t nr, int *rc);
	void (*unmap)(void *ctx, void *va, size_t nr);
	/* To the domain's virtual address @va, by its first vcpu's tables. */
	int (*write)(void *ctx, uint64_t va, const void *src, size_t bytes);
	/* Frames that were only populated so far. */
	int (*clear)(void *ctx, const xen_pfn_t *mfns, size_t nr);
	int (*pin_l4)(void *ctx, xen_pfn_t mfn);
	int (*hypercall_page)(void *ctx, xen_pfn_t mfn);
	int (*shared_info)(void *ctx, xen_pfn_t *mfn);
	/* The first page of the domain's grant table. */
	void *(*map_grants)(void *ctx, int *rc);
	int (*set_vcpu)(void *ctx, uint32_t vcpu,
			const struct vcpu_guest_context *c);
};

/* Frames @mfn.. back pages @pfn.. */
struct extent {
	uint64_t pfn, mfn, nr;
};

struct guestmem {
	struct req *r;
	const struct build_ops *ops;
	void *ctx;
	struct extent *extents; /* by pfn, without gaps, from 0 */
	size_t nr_extents, max_extents;
	size_t at; /* extent found last */
	uint64_t nr_pages;
	bool no_write, no_clear; /* the hypervisor does not do it */
};

/* Have the domain given @nr_pages; the failure says how many there were. */
int guestmem_populate(struct guestmem *g, uint64_t nr_pages);

xen_pfn_t guestmem_mfn(struct guestmem *g, uint64_t pfn);
/* The frames of @nr pages. */
void guestmem_mfns(struct guestmem *g, uint64_t pfn, size_t nr,
		   xen_pfn_t *mfns);

/* Pages in one mapping: the arrays for it fit the stack. */
#define GUESTMEM_WINDOW 1024
/* Map @nr pages, at most GUESTMEM_WINDOW. */
void *guestmem_map(struct guestmem *g, uint64_t pfn, size_t nr);
void guestmem_unmap(struct guestmem *g, void *va, size_t nr);

/*
 * Write @bytes to the page @pfn and those behind it. @va: where the domain
 * sees them, 0 if it does not. The rest of the last page is left as it was if
 * there is a @va, else cleared.
 */
int guestmem_write(struct guestmem *g, uint64_t pfn, uint64_t va,
		   const void *src, size_t bytes);
/* Pages that nothing was written to yet. */
int guestmem_clear(struct guestmem *g, uint64_t pfn, size_t nr);

#endif
