/* SPDX-License-Identifier: GPL-2.0-only */
/* The bits of struct page's state word; page_type.c says what they mean. */
#ifndef MM_PAGE_STATE_H
#define MM_PAGE_STATE_H

#include <hv/page.h>

#define ST_REFS_BITS 26
#define ST_TYPE_REFS_BITS 25
#define ST_REF 1ULL
#define ST_TYPE_REF (1ULL << ST_REFS_BITS)
#define ST_REFS_MAX ((1ULL << ST_REFS_BITS) - 1)
#define ST_TYPE_REFS_MAX ((1ULL << ST_TYPE_REFS_BITS) - 1)
#define ST_TYPE_REFS_MASK (ST_TYPE_REFS_MAX << ST_REFS_BITS)
/* The top bit of either count; where it is set, each addition is checked. */
#define ST_NEARLY_FULL                                                         \
	(1ULL << (ST_REFS_BITS - 1) |                                          \
	 1ULL << (ST_REFS_BITS + ST_TYPE_REFS_BITS - 1))
#define ST_TYPE_SHIFT (ST_REFS_BITS + ST_TYPE_REFS_BITS)
#define ST_TYPE_MASK (7ULL << ST_TYPE_SHIFT)

#define ST_VALIDATED (1ULL << 54)
#define ST_BUSY (1ULL << 55)
#define ST_PARTIAL (1ULL << 56)
#define ST_DEVAL (1ULL << 57)
#define ST_PINNED (1ULL << 58)
#define ST_ALLOCATED (1ULL << 59)
#define ST_SHARED (1ULL << 60)
#define ST_IN_TOTAL (1ULL << 61)

/* A domain's frame of which nothing but its allocation holds a reference. */
#define ST_UNUSED (ST_REF | ST_ALLOCATED | ST_IN_TOTAL)

#define ST_REFS(x) (ST_REFS_MAX & (x))
#define ST_TYPE_REFS(x) ((x) >> ST_REFS_BITS & ST_TYPE_REFS_MAX)
#define ST_TYPE(x) ((enum page_type)((x) >> ST_TYPE_SHIFT & 7))
#define ST_MAKE_TYPE(t) ((uint64_t)(t) << ST_TYPE_SHIFT)

static inline bool type_needs_validation(enum page_type t)
{
	return t >= PT_L1 && t <= PT_SEGDESC;
}

/* The invariants, for ASSERT and for the tests that explore the machine. */
bool page_state_valid(uint64_t x);

void page_set_allocated(struct page *pg, struct domain *d);
bool page_clear_allocated(struct page *pg);
/*
 * To a frame that only its allocation and the caller refer to: drop both; to
 * give it back is the caller's.  false: others do, and the caller as before.
 */
bool page_drop_unused(struct page *pg);
/* Whether it is one of those that @d->tot_pages counts. */
bool page_in_total(const struct page *pg, const struct domain *d);
/* The last reference is gone: domain_pages.c gives the frame back. */
void page_free_last(struct page *pg, bool was_in_total);

#endif
