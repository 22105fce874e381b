/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory_op: how much memory a domain has, and changing it.  Each operation
 * walks an array of extents and returns how many it has done; preempted, it
 * goes on at the extent number kept in the command's upper bits.
 */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <hv/hypercalls.h>
#include <hv/mmu.h>
#include <hv/page_alloc.h>

#include "memory_op.h"

#include <abi/errno.h>

int memory_target_get(domid_t domid, struct domain **d)
{
	if (domid != DOMID_SELF && domid != current->domain->domid &&
	    !current->domain->is_privileged)
		return -EPERM;
	*d = domain_get(domid);
	return *d ? 0 : -ESRCH;
}

/* As Xen's defaults.  One extent is made, and cleared, without a break. */
#define MAX_GUEST_ORDER 9
#define MAX_DOM0_ORDER 12

struct walk {
	struct domain *d;
	const struct xen_memory_reservation *op;
	uint64_t i;
};

static guest_ptr_t extent_ptr(const struct walk *w)
{
	return guest_ptr_add(guest_ptr(w->op->extent_start), w->i * 8);
}

static unsigned int address_bits(const struct xen_memory_reservation *op)
{
	unsigned int bits = XENMEMF_get_address_bits(op->mem_flags);

	return bits && bits >= PAGE_SHIFT ? bits : ANY_ADDRESS;
}

/* One extent of new memory; @gfn: what its owner will call it, or ~0. */
static struct page *new_extent(const struct walk *w, uint64_t gfn)
{
	struct page *pg = domain_alloc_pages(w->d, w->op->extent_order,
					     address_bits(w->op));

	if (pg && gfn != ~0ULL)
		m2p_set_range(page_to_mfn(pg), gfn,
			      1ULL << w->op->extent_order);
	return pg;
}

static void give_back(const struct walk *w, struct page *pg)
{
	for (uint64_t k = 0; k < 1ULL << w->op->extent_order; k++)
		(void)domain_release_page(w->d, pg + k);
}

static bool increase_one(const struct walk *w)
{
	struct page *pg = new_extent(w, ~0ULL);
	uint64_t mfn;

	if (!pg)
		return false;
	mfn = page_to_mfn(pg).v;
	if (!guest_ptr_is_null(guest_ptr(w->op->extent_start)) &&
	    copy_to_guest(extent_ptr(w), &mfn, sizeof(mfn))) {
		give_back(w, pg);
		return false;
	}
	return true;
}

static bool populate_one(const struct walk *w)
{
	uint64_t gfn, mfn;
	struct page *pg;

	if (copy_from_guest(&gfn, extent_ptr(w), sizeof(gfn)))
		return false;
	pg = new_extent(w, gfn);
	if (!pg)
		return false;
	mfn = page_to_mfn(pg).v;
	if (copy_to_guest(extent_ptr(w), &mfn, sizeof(mfn))) {
		give_back(w, pg);
		return false;
	}
	return true;
}

static bool release_frame(struct domain *d, uint64_t mfn)
{
	return mfn_valid(MFN(mfn)) &&
	       !domain_release_page(d, mfn_to_page(MFN(mfn)));
}

static bool decrease_one(const struct walk *w)
{
	uint64_t mfn;

	if (copy_from_guest(&mfn, extent_ptr(w), sizeof(mfn)))
		return false;
	for (uint64_t k = 0; k < 1ULL << w->op->extent_order; k++)
		if (!release_frame(w->d, mfn + k))
			return false;
	return true;
}

static long for_extents(struct xen_memory_reservation *op, uint64_t start,
			bool (*fn)(const struct walk *w))
{
	struct walk w = {.op = op, .i = start};
	unsigned int max_order = current->domain->is_privileged
					 ? MAX_DOM0_ORDER
					 : MAX_GUEST_ORDER;
	long rc;

	if (start > op->nr_extents || op->nr_extents > ~0ULL >> 12)
		return -EINVAL;
	if (op->extent_order > max_order)
		return (long)start;
	rc = memory_target_get(op->domid, &w.d);
	if (rc)
		return rc;
	for (; w.i < op->nr_extents; w.i++) {
		if (w.i != start && (w.i << op->extent_order) % 64 == 0 &&
		    preempt_check()) {
			domain_put(w.d);
			return memory_op_restart(w.i);
		}
		if (!fn(&w))
			break;
	}
	domain_put(w.d);
	return (long)w.i;
}

long memop_increase_reservation(struct xen_memory_reservation *op,
				uint64_t start)
{
	return for_extents(op, start, increase_one);
}

long memop_decrease_reservation(struct xen_memory_reservation *op,
				uint64_t start)
{
	return for_extents(op, start, decrease_one);
}

long memop_populate_physmap(struct xen_memory_reservation *op, uint64_t start)
{
	if (op->mem_flags & XENMEMF_populate_on_demand)
		return -EOPNOTSUPP;
	return for_extents(op, start, populate_one);
}

static long ask(domid_t domid, uint64_t (*fn)(const struct domain *d))
{
	struct domain *d;
	long rc = memory_target_get(domid, &d);

	if (rc)
		return rc;
	rc = (long)fn(d);
	domain_put(d);
	return rc;
}

static uint64_t tot_pages(const struct domain *d)
{
	return d->tot_pages;
}

static uint64_t max_pages(const struct domain *d)
{
	return d->max_pages;
}

static uint64_t max_gpfn(const struct domain *d)
{
	/* read once: the guest's to change; 0 until it has started */
	uint64_t max_pfn =
		d->shared_info ? READ_ONCE(d->shared_info->arch.max_pfn) : 0;

	return max_pfn ? max_pfn - 1 : 0;
}

long memop_current_reservation(struct xen_memory_domain *op, uint64_t start)
{
	(void)start;
	return ask(op->domid, tot_pages);
}

long memop_maximum_reservation(struct xen_memory_domain *op, uint64_t start)
{
	(void)start;
	return ask(op->domid, max_pages);
}

long memop_maximum_gpfn(struct xen_memory_domain *op, uint64_t start)
{
	(void)start;
	return ask(op->domid, max_gpfn);
}

long memop_maximum_ram_page(uint64_t start)
{
	(void)start;
	return (long)(max_page - 1);
}

long memop_claim_pages(struct xen_memory_reservation *op, uint64_t start)
{
	struct domain *d;
	long rc;

	(void)start;
	if (op->extent_start || op->extent_order || op->mem_flags)
		return -EINVAL;
	rc = memory_target_get(op->domid, &d);
	if (rc)
		return rc;
	rc = domain_claim_pages(d, op->nr_extents);
	domain_put(d);
	return rc;
}
