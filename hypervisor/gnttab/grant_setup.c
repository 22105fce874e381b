/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations on a table as a whole: its size and frames; and those on entries
 * that are not in use.
 */
#include <hv/gnttab.h>
#include <hv/printk.h>

#include "op_array.h"
#include "table.h"

/* @domid's table, for itself or Dom0; GNTST_*, with a reference to *@out. */
static int get_table_of(domid_t domid, struct domain **out)
{
	switch (domain_get_remote(domid, out)) {
	case 0:
		break;
	case -EPERM:
		return GNTST_permission_denied;
	default:
		return GNTST_bad_domain;
	}
	if ((*out)->grant)
		return GNTST_okay;
	domain_put(*out);
	return GNTST_bad_domain;
}

/* Copy the numbers of the first @nr frames of @page to @list. */
static int put_frame_list(guest_ptr_t list, void *const *page, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++) {
		uint64_t mfn = virt_to_mfn(page[i]).v;

		if (copy_to_guest(guest_ptr_add(list, i * sizeof(mfn)), &mfn,
				  sizeof(mfn)))
			return GNTST_bad_virt_addr;
	}
	return GNTST_okay;
}

static int setup_table(struct domain *owner, uint32_t nr, guest_ptr_t list)
{
	struct grant_table *gt = owner->grant;
	int rc;

	spin_lock(&gt->lock);
	rc = grant_table_grow(owner, nr);
	spin_unlock(&gt->lock);
	if (rc == -ENOMEM)
		return GNTST_no_space;
	if (rc)
		return GNTST_general_error;
	/* Frames stay while the domain lives. */
	return put_frame_list(list, gt->shared, nr);
}

long gnttab_setup_table(struct domain *d, guest_ptr_t ops, uint32_t count)
{
	struct gnttab_setup_table op;
	struct domain *owner;

	(void)d;
	if (count != 1)
		return -EINVAL;
	if (copy_from_guest(&op, ops, sizeof(op)))
		return -EFAULT;
	op.status = (int16_t)get_table_of(op.dom, &owner);
	if (!op.status) {
		op.status = (int16_t)setup_table(owner, op.nr_frames,
						 guest_ptr(op.frame_list));
		domain_put(owner);
	}
	return copy_to_guest(ops, &op, sizeof(op));
}

static int get_status_frames(struct domain *owner, uint32_t nr,
			     guest_ptr_t list)
{
	struct grant_table *gt = owner->grant;
	uint64_t mfn;
	int status;

	for (uint32_t i = 0; i < nr; i++) {
		spin_lock(&gt->lock);
		status = i < gt->nr_status ? GNTST_okay : GNTST_general_error;
		if (!status)
			mfn = virt_to_mfn(gt->status[i]).v;
		spin_unlock(&gt->lock);
		if (status)
			return status;
		if (copy_to_guest(list, &mfn, sizeof(mfn)))
			return GNTST_bad_virt_addr;
		list = guest_ptr_add(list, sizeof(mfn));
	}
	return GNTST_okay;
}

long gnttab_get_status_frames(struct domain *d, guest_ptr_t ops, uint32_t count)
{
	struct gnttab_get_status_frames op;
	struct domain *owner;

	(void)d;
	if (count != 1)
		return -EINVAL;
	if (copy_from_guest(&op, ops, sizeof(op)))
		return -EFAULT;
	op.status = (int16_t)get_table_of(op.dom, &owner);
	if (!op.status) {
		op.status = GNTST_general_error;
		if (READ_ONCE(owner->grant->version) == 2)
			op.status = (int16_t)get_status_frames(
				owner, op.nr_frames, guest_ptr(op.frame_list));
		domain_put(owner);
	}
	return copy_to_guest(ops, &op, sizeof(op));
}

long gnttab_query_size(struct domain *d, guest_ptr_t ops, uint32_t count)
{
	struct gnttab_query_size op;
	struct domain *owner;

	(void)d;
	if (count != 1)
		return -EINVAL;
	if (copy_from_guest(&op, ops, sizeof(op)))
		return -EFAULT;
	op.status = (int16_t)get_table_of(op.dom, &owner);
	if (!op.status) {
		op.nr_frames = READ_ONCE(owner->grant->nr_frames);
		op.max_nr_frames = owner->grant->max_frames;
		domain_put(owner);
	}
	return copy_to_guest(ops, &op, sizeof(op));
}

/* Frames change owner in no other way than through the allocator. */
static void transfer_one(struct domain *d, void *arg)
{
	struct gnttab_transfer *op = arg;

	(void)d;
	op->status = GNTST_general_error;
}

long gnttab_transfer(struct domain *d, guest_ptr_t ops, uint32_t count)
{
	struct gnttab_transfer op;

	return op_array_run(d, ops, count, sizeof(op), &op, transfer_one);
}

static int swap_locked(const struct grant_table *gt, grant_ref_t a,
		       grant_ref_t b)
{
	const struct active *act_a, *act_b;

	if (a >= nr_entries(gt) || b >= nr_entries(gt))
		return GNTST_bad_gntref;
	if (a == b)
		return GNTST_okay;
	a = (grant_ref_t)index_nospec(a, nr_entries(gt));
	b = (grant_ref_t)index_nospec(b, nr_entries(gt));
	act_a = active_at(gt, a);
	act_b = active_at(gt, b);
	if ((act_a && is_pinned(act_a)) || (act_b && is_pinned(act_b)))
		return GNTST_eagain;
	if (gt->version == 1) {
		struct grant_entry_v1 *ea = entry_v1(gt, a), old = *ea;

		*ea = *entry_v1(gt, b);
		*entry_v1(gt, b) = old;
	} else {
		union grant_entry_v2 *ea = entry_v2(gt, a), old = *ea;
		grant_status_t *sa = entry_status(gt, a), status = *sa;

		*ea = *entry_v2(gt, b);
		*entry_v2(gt, b) = old;
		*sa = *entry_status(gt, b);
		*entry_status(gt, b) = status;
	}
	return GNTST_okay;
}

static void swap_one(struct domain *d, void *arg)
{
	struct gnttab_swap_grant_ref *op = arg;
	struct grant_table *gt = d->grant;

	spin_lock(&gt->lock);
	op->status = (int16_t)swap_locked(gt, op->ref_a, op->ref_b);
	spin_unlock(&gt->lock);
}

long gnttab_swap_grant_ref(struct domain *d, guest_ptr_t ops, uint32_t count)
{
	struct gnttab_swap_grant_ref op;

	return op_array_run(d, ops, count, sizeof(op), &op, swap_one);
}

/* x86 keeps caches coherent with devices by itself. */
long gnttab_cache_flush(struct domain *d, guest_ptr_t ops, uint32_t count)
{
	(void)d;
	(void)ops;
	return count ? -EOPNOTSUPP : 0;
}

long gnttab_dump_table(struct domain *d, guest_ptr_t ops, uint32_t count)
{
	struct gnttab_dump_table op;
	struct domain *owner;

	if (!d->is_privileged) /* it fills the log */
		return -EPERM;
	if (count != 1)
		return -EINVAL;
	if (copy_from_guest(&op, ops, sizeof(op)))
		return -EFAULT;
	op.status = (int16_t)get_table_of(op.dom, &owner);
	if (!op.status) {
		gnttab_dump(owner);
		domain_put(owner);
	}
	return copy_to_guest(ops, &op, sizeof(op));
}

void gnttab_dump(struct domain *d)
{
	struct grant_table *gt = d->grant;

	if (!gt)
		return;
	spin_lock(&gt->lock);
	printk(LOG_INFO, "d%u: grant table v%u, %u of %u frames, %u handles\n",
	       d->domid, gt->version, gt->nr_frames, gt->max_frames,
	       maptrack_nr_handles(gt));
	for (grant_ref_t ref = 0; ref < nr_entries(gt); ref++) {
		const struct active *act = active_at(gt, ref);

		if (!act)
			ref |= ACTIVE_PER_PAGE - 1; /* the whole page is new */
		else if (is_pinned(act))
			printk(LOG_INFO,
			       "  %5u for d%u: frame %#lx, %u read, %u write\n",
			       ref, act->grantee, act->frame.v, act->nr_read,
			       act->nr_write);
	}
	spin_unlock(&gt->lock);
}
