/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of a machine frame, as seen by guests: references, and the one type
 * (use) it has.
 *
 * PV guests write page tables that the MMU walks, so what a frame is used for
 * must never be ambiguous: while it is a page table (or holds descriptors) no
 * writable mapping of it exists, and each of its entries has been checked and
 * holds a reference to what it maps.  All of it is one 64-bit word, and every
 * step is one compare-exchange of that word:
 *
 *	refs		general references; 0: the frame is free (or ours)
 *	type_refs	uses as `type`; each of them is also a general one
 *	VALIDATED	contents checked and entries referenced
 *	BUSY		being validated or devalidated by some CPU just now
 *	PARTIAL		validation was preempted; the frame keeps one type and
 *			one general reference of its own until it is resumed
 *	DEVAL		devalidation was preempted; who holds the last type
 *			reference must go on with it
 *	PINNED		one type and one general reference by MMUEXT_PIN
 *	ALLOCATED	one general reference by belonging to its domain
 *	IN_TOTAL	counted as its domain's, until the last reference goes
 *	SHARED		one of each by being a hypervisor frame a guest may map
 *
 *	           first get_type           last put_type
 *	  type 0 ------------------> BUSY ------------------> type 0
 *	  refs 0      validate    /   ^      devalidate  ^    refs 0
 *	             (ERESTART)  v    |                  |
 *	                     PARTIAL--'   VALIDATED -> BUSY <-> DEVAL
 *
 * A frame changes type only through type_refs == 0, and then every CPU that
 * may still hold a translation made under the old type flushes it first
 * (tlb_stamp).  Waiting is for BUSY frames of the wanted type only: tables are
 * validated from the top down, so waits go down the levels and can not cycle.
 */
#include <hv/assert.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/mmu.h>
#include <hv/page.h>
#include <hv/page_alloc.h>

#include "page_state.h"
#include "page_table.h"

#include <abi/errno.h>

#define load(pg) __atomic_load_n(&(pg)->state, __ATOMIC_ACQUIRE)

static bool cas(struct page *pg, uint64_t *old, uint64_t new)
{
	return __atomic_compare_exchange_n(&pg->state, old, new, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE);
}

bool page_state_valid(uint64_t x)
{
	unsigned int t = ST_TYPE(x);

	/* 1. every typed use is also a use */
	if (ST_TYPE_REFS(x) > ST_REFS(x))
		return false;
	/* 2. a flag that stands for references has them */
	if ((x &
	     (ST_PINNED | ST_PARTIAL | ST_DEVAL | ST_BUSY | ST_VALIDATED)) &&
	    !ST_TYPE_REFS(x))
		return false;
	/* 3. tables in use are validated, or on the way there or back */
	if (type_needs_validation(t) && ST_TYPE_REFS(x) &&
	    !(x & (ST_VALIDATED | ST_BUSY | ST_PARTIAL | ST_DEVAL)))
		return false;
	/* 4. on the way there or back there is exactly one typed use */
	if ((x & (ST_BUSY | ST_PARTIAL | ST_DEVAL)) && ST_TYPE_REFS(x) != 1)
		return false;
	/* 5. the ways exclude each other */
	if (!!(x & ST_VALIDATED) + !!(x & ST_BUSY) + !!(x & ST_PARTIAL) +
		    !!(x & ST_DEVAL) >
	    1)
		return false;
	/* 6. the allocation's reference is there */
	return !(x & (ST_ALLOCATED | ST_SHARED)) || ST_REFS(x);
}

static void page_check(const struct page *pg)
{
	ASSERT(page_state_valid(load(pg)));
	(void)pg;
}

/* --- general references --- */

int page_get(struct page *pg, const struct domain *d)
{
	uint64_t x = load(pg);

	do {
		if (!ST_REFS(x))
			return -EPERM;
		if (ST_REFS(x) == ST_REFS_MAX)
			return -EBUSY;
	} while (!cas(pg, &x, x + ST_REF));
	/* stable now that a reference is held */
	if (page_owned_by(pg, d))
		return 0;
	page_put(pg);
	return -EPERM;
}

void page_get_again(struct page *pg)
{
	uint64_t old = __atomic_fetch_add(&pg->state, ST_REF, __ATOMIC_SEQ_CST);

	BUG_ON(!ST_REFS(old) || ST_REFS(old) == ST_REFS_MAX);
}

void page_put(struct page *pg)
{
	uint64_t x = load(pg);

	do {
		BUG_ON(!ST_REFS(x));
		BUG_ON(ST_REFS(x) == 1 && ST_TYPE_REFS(x));
		BUG_ON(ST_REFS(x) == 1 && (x & (ST_ALLOCATED | ST_SHARED)));
	} while (!cas(pg, &x, ST_REFS(x) == 1 ? 0 : x - ST_REF));
	if (ST_REFS(x) == 1)
		page_free_last(pg, x & ST_IN_TOTAL);
}

/* --- type references --- */

/* A new use of another kind: nobody may still act on the old one. */
static void flush_old_uses(const struct page *pg)
{
	cpumask_t mask = READ_ONCE(page_owner(pg)->dirty_cpus);

	mask = tlb_filter(mask, pg->tlb_stamp);
	if (mask)
		tlb_flush_mask(mask);
}

static int validate(struct page *pg, enum page_type t, bool preemptible)
{
	switch (t) {
	case PT_L1 ... PT_L4:
		return table_validate(pg, t, preemptible);
	case PT_SEGDESC:
		return segdesc_validate(pg);
	default:
		return 0;
	}
}

static int devalidate(struct page *pg, enum page_type t, bool preemptible)
{
	return t >= PT_L1 && t <= PT_L4 ? table_devalidate(pg, t, preemptible)
					: 0;
}

/* Only the CPU that set BUSY changes these bits; refs may change meanwhile. */
static void leave_busy(struct page *pg, uint64_t set, bool drop_type_ref)
{
	uint64_t x = load(pg), n;

	do {
		ASSERT(x & ST_BUSY);
		n = (x & ~ST_BUSY) | set;
		if (drop_type_ref)
			n -= ST_TYPE_REF;
	} while (!cas(pg, &x, n));
	page_check(pg);
}

static void end_of_use(struct page *pg)
{
	pg->tlb_stamp = tlb_clock();
	leave_busy(pg, 0, true);
}

/*
 * The caller holds BUSY and a general reference.  @resumed: the frame's own
 * references from a PARTIAL state are taken over (one becomes the caller's
 * type reference, the general one is dropped).
 */
static int run_validation(struct page *pg, enum page_type t, bool preemptible,
			  bool resumed)
{
	int rc = validate(pg, t, preemptible);

	if (!rc) {
		leave_busy(pg, ST_VALIDATED, false);
		if (resumed)
			page_put(pg);
		return 0;
	}
	if (rc == -ERESTART) {
		if (!resumed)
			page_get_again(pg);
		leave_busy(pg, ST_PARTIAL, false);
		return rc;
	}
	/* undo what was done; what is left of it is put off */
	if (devalidate(pg, t, preemptible) == -ERESTART) {
		if (!resumed)
			page_get_again(pg);
		leave_busy(pg, ST_DEVAL, false);
		table_put_later(pg);
		return rc;
	}
	end_of_use(pg);
	if (resumed)
		page_put(pg);
	return rc;
}

int page_get_type(struct page *pg, enum page_type t, bool preemptible)
{
	uint64_t x = load(pg), n;
	bool first, resumed;

	for (;;) {
		ASSERT(ST_REFS(x));
		first = ST_TYPE_REFS(x) == 0;
		resumed = false;
		if (first) {
			if (ST_TYPE(x) != t && ST_TYPE(x) != PT_NONE)
				flush_old_uses(pg);
			n = (x & ~ST_TYPE_MASK) | ST_MAKE_TYPE(t);
			n += ST_TYPE_REF;
			if (type_needs_validation(t))
				n |= ST_BUSY;
		} else if (ST_TYPE(x) != t ||
			   ST_TYPE_REFS(x) == ST_TYPE_REFS_MAX) {
			return -EBUSY;
		} else if (x & ST_BUSY) {
			cpu_poll();
			x = load(pg);
			continue;
		} else if (x & ST_DEVAL) {
			return -ERESTART;
		} else if (x & ST_PARTIAL) {
			n = (x & ~ST_PARTIAL) | ST_BUSY;
			resumed = true;
		} else {
			n = x + ST_TYPE_REF;
		}
		if (cas(pg, &x, n))
			break;
	}
	if (n & ST_BUSY)
		return run_validation(pg, t, preemptible, resumed);
	page_check(pg);
	return 0;
}

int page_put_type(struct page *pg, bool preemptible)
{
	uint64_t x = load(pg), n;
	int rc;

	for (;;) {
		BUG_ON(!ST_TYPE_REFS(x));
		if (ST_TYPE_REFS(x) > 1 || !type_needs_validation(ST_TYPE(x))) {
			n = x - ST_TYPE_REF;
			/* before the word shows it is unused */
			if (ST_TYPE_REFS(x) == 1)
				pg->tlb_stamp = tlb_clock();
		} else {
			n = (x & ~(ST_VALIDATED | ST_DEVAL)) | ST_BUSY;
		}
		if (cas(pg, &x, n))
			break;
	}
	if (!(n & ST_BUSY))
		return 0;
	rc = devalidate(pg, ST_TYPE(x), preemptible);
	if (rc == -ERESTART)
		leave_busy(pg, ST_DEVAL, false);
	else
		end_of_use(pg);
	return rc;
}

/* --- both kinds together, the way page-table entries hold them --- */

static __attribute__((noinline)) int not_the_owner(struct page *pg)
{
	page_put_and_type(pg);
	return -EPERM;
}

/* Out of line, so that the common case saves no registers. */
static __attribute__((noinline)) int get_and_type_slowly(struct page *pg,
							 const struct domain *d,
							 enum page_type t,
							 bool preemptible)
{
	int rc = page_get(pg, d);

	if (rc)
		return rc;
	rc = page_get_type(pg, t, preemptible);
	if (rc)
		page_put(pg);
	return rc;
}

/*
 * Memory that has had no use yet takes one step, too.  Whose it is is looked at
 * before, because the type stays.
 */
static __attribute__((noinline)) int get_new_memory(struct page *pg,
						    const struct domain *d)
{
	uint64_t x = load(pg);

	while (page_owned_by(pg, d) && ST_REFS(x) &&
	       !(x & (ST_TYPE_MASK | ST_TYPE_REFS_MASK | ST_NEARLY_FULL))) {
		uint64_t n = x + ST_REF + ST_TYPE_REF;

		if (!cas(pg, &x, n | ST_MAKE_TYPE(PT_WRITABLE)))
			continue;
		return page_owned_by(pg, d) ? 0 : not_the_owner(pg);
	}
	return get_and_type_slowly(pg, d, PT_WRITABLE, false);
}

int page_get_and_type(struct page *pg, const struct domain *d, enum page_type t,
		      bool preemptible)
{
	uint64_t in_this_use =
		ST_MAKE_TYPE(t) | (t == PT_WRITABLE ? 0 : ST_VALIDATED);
	uint64_t x = load(pg);

	/* the common case in one step: already in this use, and room to count
	 */
	while ((x & (ST_TYPE_MASK | ST_VALIDATED)) == in_this_use &&
	       ST_REFS(x) && !(x & ST_NEARLY_FULL)) {
		if (!cas(pg, &x, x + ST_REF + ST_TYPE_REF))
			continue;
		return likely(page_owned_by(pg, d)) ? 0 : not_the_owner(pg);
	}
	if (t == PT_WRITABLE)
		return get_new_memory(pg, d);
	return get_and_type_slowly(pg, d, t, preemptible);
}

void page_put_and_type(struct page *pg)
{
	int rc = page_put_and_type_preemptible(pg, false);

	BUG_ON(rc);
}

int page_put_and_type_preemptible(struct page *pg, bool preemptible)
{
	uint64_t x = load(pg);
	int rc;

	while (ST_TYPE_REFS(x) > 1 && ST_REFS(x) > 1)
		if (cas(pg, &x, x - ST_REF - ST_TYPE_REF))
			return 0;
	rc = page_put_type(pg, preemptible);
	if (!rc)
		page_put(pg);
	return rc;
}

/* --- pins --- */

/* Not pinned after all; another vcpu may have dropped all other uses. */
static int refuse_pin(struct page *pg, bool preemptible)
{
	if (page_put_and_type_preemptible(pg, preemptible) == -ERESTART)
		table_put_later(pg);
	return -EINVAL;
}

int page_pin(struct page *pg, const struct domain *d, enum page_type t,
	     bool preemptible)
{
	uint64_t x;
	int rc = page_get_and_type(pg, d, t, preemptible);

	if (rc)
		return rc;
	x = load(pg);
	do {
		if (x & ST_PINNED)
			return refuse_pin(pg, preemptible);
	} while (!cas(pg, &x, x | ST_PINNED));
	/*
	 * Its end may have looked at this frame already (page_relinquish):
	 * either it sees the pin, or the pin sees that the domain is dying.
	 */
	if (READ_ONCE(d->is_dying) && page_clear_pin(pg))
		return refuse_pin(pg, preemptible);
	return 0;
}

bool page_clear_pin(struct page *pg)
{
	uint64_t x = load(pg);

	do {
		if (!(x & ST_PINNED))
			return false;
	} while (!cas(pg, &x, x & ~ST_PINNED));
	return true;
}

/* --- sharing the hypervisor's own frames --- */

void page_share(struct page *pg, struct domain *d, bool writable)
{
	pg->owner = d->owner_id;
	pg->tlb_stamp = tlb_clock();
	/* read-only: a use of type none, which no mapping can add to */
	__atomic_store_n(&pg->state,
			 ST_REF | ST_TYPE_REF | ST_SHARED |
				 (writable ? ST_MAKE_TYPE(PT_WRITABLE) : 0),
			 __ATOMIC_RELEASE);
}

int page_unshare(struct page *pg)
{
	uint64_t x = load(pg);

	for (;;) {
		BUG_ON(!(x & ST_SHARED));
		if (ST_REFS(x) == 1) {
			pg->tlb_stamp = tlb_clock();
			if (!cas(pg, &x, 0))
				continue;
			pg->owner = OWNER_NONE;
			return 0;
		}
		if (cas(pg, &x, (x & ~ST_SHARED) - ST_TYPE_REF))
			break;
	}
	pg->tlb_stamp = tlb_clock();
	/* its domain may be gone before the last mapping is */
	pg->owner = OWNER_OF(DOMID_XEN);
	page_put(pg);
	return -EBUSY;
}

/* --- what others may ask --- */

enum page_type page_type(const struct page *pg)
{
	return ST_TYPE(load(pg));
}

unsigned int page_type_refs(const struct page *pg)
{
	return (unsigned int)ST_TYPE_REFS(load(pg));
}

unsigned int page_refs(const struct page *pg)
{
	return (unsigned int)ST_REFS(load(pg));
}

bool page_is_pinned(const struct page *pg)
{
	return load(pg) & ST_PINNED;
}

bool page_is_validated(const struct page *pg)
{
	return load(pg) & ST_VALIDATED;
}

bool page_is_shared(const struct page *pg)
{
	return load(pg) & ST_SHARED;
}

/* --- allocation to a domain --- */

void page_set_allocated(struct page *pg, struct domain *d)
{
	pg->owner = d->owner_id;
	/* pairs with the acquire in page_get: the owner is there first */
	__atomic_store_n(&pg->state, ST_UNUSED, __ATOMIC_RELEASE);
}

bool page_clear_allocated(struct page *pg)
{
	uint64_t x = load(pg);

	do {
		if (!(x & ST_ALLOCATED))
			return false;
	} while (!cas(pg, &x, x & ~ST_ALLOCATED));
	return true;
}

bool page_steal(struct page *pg, const struct domain *d)
{
	uint64_t x = load(pg), n;

	do {
		if ((x & ~ST_TYPE_MASK) != ST_UNUSED || !page_owned_by(pg, d))
			return false;
		n = x & ~ST_ALLOCATED;
	} while (!cas(pg, &x, n));
	if (likely(page_owned_by(pg, d)))
		return true;
	page_unsteal(pg); /* it has gone and come back as another's */
	return false;
}

bool page_drop_unused(struct page *pg)
{
	uint64_t x = load(pg);

	do {
		if ((x & ~ST_TYPE_MASK) != ST_UNUSED + ST_REF)
			return false;
	} while (!cas(pg, &x, 0));
	return true;
}

bool page_in_total(const struct page *pg, const struct domain *d)
{
	return page_owned_by(pg, d) && (load(pg) & ST_IN_TOTAL);
}

void page_unsteal(struct page *pg)
{
	uint64_t x = load(pg);

	while (!cas(pg, &x, x | ST_ALLOCATED))
		;
}

bool page_holds_itself(const struct page *pg)
{
	return load(pg) & (ST_PINNED | ST_PARTIAL);
}

/*
 * A dying domain's frame: give back what it holds of itself (pin, preempted
 * validation).  -ERESTART: again.
 *
 * What is between two calls is kept as a pin.  A frame that is DEVAL without
 * one is somebody else's to finish: its parent's, or a vcpu's that put it off.
 */
int page_relinquish(struct page *pg)
{
	uint64_t x = load(pg);
	int rc;

	/* no vcpu of it runs, so nobody resumes its validation any more */
	while (x & ST_PARTIAL)
		if (cas(pg, &x, (x & ~ST_PARTIAL) | ST_DEVAL | ST_PINNED))
			break;
	if (!page_clear_pin(pg))
		return 0;
	rc = page_put_type(pg, true);
	if (rc)
		__atomic_fetch_or(&pg->state, ST_PINNED, __ATOMIC_SEQ_CST);
	else
		page_put(pg);
	return rc;
}
