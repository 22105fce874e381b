/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Machine frames: owner, references, and the one use (type) a frame has.
 *
 * PV guests edit their own page tables, so a frame that is in use as a table
 * must never be mapped writable.  The rules and their proof are in
 * mm/page_type.c.
 */
#ifndef HV_PAGE_H
#define HV_PAGE_H

#include <hv/types.h>

struct domain;

enum page_type {
	PT_NONE,
	PT_L1, /* page tables, by level ...                           */
	PT_L2,
	PT_L3,
	PT_L4,
	PT_SEGDESC,  /* holds GDT or LDT descriptors                  */
	PT_WRITABLE, /* mapped writable somewhere                     */
	NR_PAGE_TYPES
};

/* One per machine frame, 16 bytes; the array is the frame table. */
struct page {
	uint64_t state; /* references and type: see page_type.c              */
	union {
		uint32_t tlb_stamp; /* TLB clock when its last use ended     */
		uint32_t pool;	    /* the hypervisor's own: see mm/pool.c   */
	};
	uint16_t owner;		    /* stable while references are held      */
	uint16_t nr_validated : 15; /* table entries done, while partial     */
	uint16_t is_clear : 1;	    /* the heap's: all zero; kept while free */
};

/* What owner says: nobody, DOMID_IO (no RAM), or d->owner_id of its domain. */
#define OWNER_NONE 0
#define OWNER_OF(domid) ((uint16_t)((domid) + 1))

extern struct page *frame_table;
extern uint64_t max_page; /* frames below this have a struct page */

static inline bool mfn_valid(mfn_t m)
{
	return m.v < max_page;
}
static inline struct page *mfn_to_page(mfn_t m)
{
	return &frame_table[m.v];
}
static inline mfn_t page_to_mfn(const struct page *pg)
{
	return MFN((uint64_t)(pg - frame_table));
}

/* The hypervisor's own mapping of RAM; host tests have a small fake one. */
void *mfn_to_virt(mfn_t m);
mfn_t virt_to_mfn(const void *va);
static inline void *page_to_virt(const struct page *pg)
{
	return mfn_to_virt(page_to_mfn(pg));
}

/*
 * Take a general reference to @pg as a frame of @d.
 * -EPERM: not @d's frame, or free.  -EBUSY: too many references.
 */
int __must_check page_get(struct page *pg, const struct domain *d);
/* Drop one; the last one frees the frame. */
void page_put(struct page *pg);
/* One more reference where the caller knows there is one already. */
void page_get_again(struct page *pg);

/*
 * Take a type reference (on top of a general one the caller holds): the frame
 * is used as @t from now on, validated if that is the first such use.
 * -EBUSY: in use as another type.  -EINVAL: contents not acceptable.
 * -ERESTART: call again (only when @preemptible).
 */
int __must_check page_get_type(struct page *pg, enum page_type t,
			       bool preemptible);
/* Drop a type reference; -ERESTART: call page_put_type again (as above). */
int page_put_type(struct page *pg, bool preemptible);

/*
 * Both kinds together, as a page-table entry holds them; the non-preemptible
 * put is for frames whose last use is short (not L2 and above).
 */
int __must_check page_get_and_type(struct page *pg, const struct domain *d,
				   enum page_type t, bool preemptible);
void page_put_and_type(struct page *pg);
int __must_check page_put_and_type_preemptible(struct page *pg,
					       bool preemptible);

/* MMUEXT_PIN: keep @pg a table of type @t.  -EINVAL: already pinned. */
int page_pin(struct page *pg, const struct domain *d, enum page_type t,
	     bool preemptible);
/* true: it was pinned, and the pin's references are now the caller's. */
bool page_clear_pin(struct page *pg);
/*
 * Take @pg, of which nothing but its allocation to @d holds a reference, away
 * from @d; that reference is the caller's: page_put frees it.  false: in use.
 */
bool page_steal(struct page *pg, const struct domain *d);
void page_unsteal(struct page *pg);
/* A dying domain's frame: drop what it holds of itself. -ERESTART: again. */
int page_relinquish(struct page *pg);
bool page_holds_itself(const struct page *pg);

enum page_type page_type(const struct page *pg);
unsigned int page_type_refs(const struct page *pg);
unsigned int page_refs(const struct page *pg);
bool page_is_pinned(const struct page *pg);
bool page_is_validated(const struct page *pg);
bool page_is_shared(const struct page *pg);

/*
 * Make a hypervisor-owned frame (from hv_pages_alloc) visible to @d, which may
 * then map it: writable or read-only.  It is no part of @d's allocation.
 */
void page_share(struct page *pg, struct domain *d, bool writable);
/*
 * Undo: nothing new can map it.  0: no mappings are left and the frame is the
 * hypervisor's alone again.  -EBUSY: a guest still maps it; it is freed by
 * the last unmap (the caller forgets it).
 */
int page_unshare(struct page *pg);

#endif
