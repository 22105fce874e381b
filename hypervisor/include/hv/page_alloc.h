/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The heap of machine frames: power-of-two blocks, for the hypervisor's own
 * use and for domains.  Contents of what a domain gets are zero.
 */
#ifndef HV_PAGE_ALLOC_H
#define HV_PAGE_ALLOC_H

#include <hv/page.h>
#include <hv/types.h>

struct domain;

#define MAX_ORDER 18 /* 1 GiB */
#define ANY_ADDRESS 64

/*
 * What the heap knows of 2 MiB: which frames are free, and where that makes
 * blocks.  Larger blocks are of whole sections, the first of which is listed.
 */
#define SECTION_ORDER 9
#define SECTION_FRAMES (1U << SECTION_ORDER)
struct section {
	uint64_t free[SECTION_FRAMES / 64]; /* bit: the frame is free        */
	uint32_t next, prev; /* in its list: number + 1, 0: none             */
	uint16_t nr_free;
	uint16_t nr_tables; /* frames in it that are tables, of any section  */
	uint8_t order;	    /* of the largest free block                     */
	bool is_listed;
	bool has_dirty; /* some of it is to be cleared                       */
	bool has_tables;
	bool is_clear; /* while it has none: all of it                       */
};
extern struct section *section_table; /* all of RAM, from frame 0 on */

/*
 * The part of the frame table and of the M2P that is a section's.  It gets
 * these pages when the first of its frames is allocated, and keeps them.
 */
#define SECTION_TABLES 3
/* x86/mapping.c: @mfn are section @nr's tables, for this CPU at once. */
void section_set_tables(uint64_t nr, const uint64_t *mfn);
void section_tables_flush(void); /* for all CPUs */

/* Now, for what is not the heap's to allocate.  false: no memory. */
bool heap_give_tables(uint64_t section);

void heap_add(mfn_t start, mfn_t end); /* boot: hand [start, end) over */
/* As many can be allocated. */
uint64_t heap_free_pages(void);
/* These and the tables that would be needed for them, or are there for them. */
uint64_t heap_unused_pages(void);
uint64_t heap_total_pages(void);

/*
 * 2^@order frames, aligned to that, all below 2^@address_bits bytes; NULL when
 * there are none.  Not owned, not cleared.
 */
struct page *heap_alloc(unsigned int order, unsigned int address_bits);
void heap_free(struct page *pg, unsigned int order);
/* Single frames, best neighbours in rising order. */
void heap_free_frames(struct page *const *pages, unsigned int nr);
/* Clear a block just allocated, as far as it was not cleared while free. */
void heap_clear(struct page *pg, unsigned int order);
/* For idle CPUs: clear a few free frames.  false: there is nothing to do. */
bool heap_scrub(void);

/* The same as hypervisor memory, cleared, by address; NULL when out. */
void *hv_pages_alloc(unsigned int order);
void hv_pages_free(void *va, unsigned int order);

/*
 * 2^@order frames for @d, each with its allocation reference, in its total.
 * NULL: no memory, or over d->max_pages.
 */
struct page *domain_alloc_pages(struct domain *d, unsigned int order,
				unsigned int address_bits);
/* The same, not cleared: at boot, when nobody has had memory yet. */
struct page *domain_alloc_as_is(struct domain *d, unsigned int order);
/* The same, past max_pages: the caller gives as many frames back at once. */
struct page *domain_alloc_extra(struct domain *d, unsigned int order,
				unsigned int address_bits);
/*
 * Drop the allocation reference of one of @d's frames: it leaves the total,
 * and is freed when its last reference goes.  -EINVAL: not allocated to @d.
 */
int domain_release_page(struct domain *d, struct page *pg);

/* Once for each domain that may have frames.  -ENOMEM. */
int domain_init_pages(struct domain *d);

/*
 * The end of a dying domain's frames, a few at each call, from frame *@at on,
 * which is moved on.  false: there are no more.
 *
 * The first stops at frames for page_relinquish(); the second frees those that
 * only their allocation refers to, and stops at others, which the caller
 * relinquishes and releases.  Where they have stopped for a frame, *@at is its
 * number and *@pg it, with a reference; else that is NULL.
 */
bool domain_next_holder(struct domain *d, uint64_t *at, struct page **pg);
bool domain_free_unused(struct domain *d, uint64_t *at, struct page **pg);

/*
 * Claims: free pages set aside for one domain under construction.  @pages is
 * its whole future size; 0 gives a claim back.  -ENOMEM: not that many free.
 */
int domain_claim_pages(struct domain *d, uint64_t pages);
uint64_t heap_claimed_pages(void);
/* For mm/domain_pages.c: count @pages more (or less) as promised. */
bool heap_claim(int64_t pages);
struct page *heap_alloc_claimed(unsigned int order, unsigned int address_bits);

#endif
