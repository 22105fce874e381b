/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XENMEM_exchange: a guest gives single frames for contiguous ones (or the
 * other way round), so that a device can reach them.  All or nothing for each
 * output extent: new memory first, then the old frames go.
 */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <hv/mmu.h>
#include <hv/page_alloc.h>
#include <hv/string.h>

#include "memory_op.h"

#include <abi/errno.h>

#define MAX_EXCHANGE_ORDER 9

static int check(const struct xen_memory_exchange *x)
{
	const struct xen_memory_reservation *in = &x->in, *out = &x->out;

	if (in->extent_order > MAX_EXCHANGE_ORDER ||
	    out->extent_order > MAX_EXCHANGE_ORDER)
		return -EPERM;
	if (in->nr_extents > ~0ULL >> 21 || out->nr_extents > ~0ULL >> 21 ||
	    in->nr_extents << in->extent_order !=
		    out->nr_extents << out->extent_order ||
	    x->nr_exchanged || in->domid != out->domid)
		return -EINVAL;
	/* one chunk is the larger of the two extents */
	return 0;
}

/* The frames of one chunk, from the guest's list. */
static int read_frames(const struct xen_memory_reservation *in, uint64_t first,
		       uint64_t count, uint64_t *mfns)
{
	uint64_t per = 1ULL << in->extent_order;

	for (uint64_t k = 0; k < count; k++) {
		uint64_t frame = (first + k) / per;

		if (copy_from_guest(&mfns[k],
				    guest_ptr(in->extent_start + frame * 8), 8))
			return -EFAULT;
		mfns[k] += (first + k) % per;
	}
	return 0;
}

/*
 * Take them from @d: each must be its own, with no reference but the
 * allocation's.  On failure those taken are given back.
 */
static int take_frames(struct domain *d, const uint64_t *mfns, uint64_t count)
{
	uint64_t k;

	for (k = 0; k < count; k++)
		if (!mfn_valid(MFN(mfns[k])) ||
		    !page_steal(mfn_to_page(MFN(mfns[k])), d))
			break;
	if (k == count)
		return 0;
	while (k--)
		page_unsteal(mfn_to_page(MFN(mfns[k])));
	return -EINVAL;
}

static int put_new(struct xen_memory_reservation *out, uint64_t extent,
		   struct page *pg)
{
	uint64_t gfn, mfn = page_to_mfn(pg).v;
	guest_ptr_t p = guest_ptr(out->extent_start + extent * 8);

	if (copy_from_guest(&gfn, p, 8))
		return -EFAULT;
	m2p_set_range(MFN(mfn), gfn, 1ULL << out->extent_order);
	return copy_to_guest(p, &mfn, 8);
}

/* One chunk of 2^order frames beginning at frame @first of both lists. */
static int exchange_chunk(struct domain *d, struct xen_memory_exchange *x,
			  uint64_t first, unsigned int order)
{
	struct xen_memory_reservation *out = &x->out;
	uint64_t count = 1ULL << order, mfns[1U << MAX_EXCHANGE_ORDER];
	uint64_t out_frames = 1ULL << out->extent_order;
	unsigned int bits = XENMEMF_get_address_bits(out->mem_flags);
	struct page *new[16];
	uint64_t nr_new = count / out_frames, k;
	int rc;

	if (nr_new > ARRAY_SIZE(new))
		return -EPERM;
	rc = read_frames(&x->in, first, count, mfns);
	if (!rc)
		rc = take_frames(d, mfns, count);
	if (rc)
		return rc;
	for (k = 0; k < nr_new; k++) {
		new[k] = domain_alloc_extra(d, out->extent_order,
					    bits ? bits : ANY_ADDRESS);
		if (!new[k])
			goto undo;
	}
	for (k = 0; k < count; k++)
		page_put(mfn_to_page(MFN(mfns[k])));
	for (k = 0; k < nr_new; k++)
		if (put_new(out, first / out_frames + k, new[k]))
			return -EFAULT;
	return 0;
undo:
	while (k--)
		for (uint64_t i = 0; i < out_frames; i++)
			(void)domain_release_page(d, new[k] + i);
	for (k = 0; k < count; k++)
		page_unsteal(mfn_to_page(MFN(mfns[k])));
	return -ENOMEM;
}

long memop_exchange(struct xen_memory_exchange *x, uint64_t start)
{
	unsigned int order = max(x->in.extent_order, x->out.extent_order);
	uint64_t total, at;
	struct domain *d;
	long rc = check(x);

	if (!rc)
		rc = memory_target_get(x->in.domid, &d);
	if (rc)
		return rc;
	total = x->in.nr_extents << x->in.extent_order;
	for (at = start << order; at < total && !rc; at += 1ULL << order) {
		if (at != start << order && preempt_check()) {
			domain_put(d);
			return memory_op_restart(at >> order);
		}
		rc = exchange_chunk(d, x, at, order);
	}
	domain_put(d);
	x->nr_exchanged = rc ? 0 : x->in.nr_extents;
	return rc;
}
