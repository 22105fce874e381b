/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mapping granted frames, and taking the mappings away.
 *
 * A handle stands for a mapping in a page table (host), for the right to do
 * DMA (device), or for both.  It has one pin of the entry and, for each part, a
 * reference to the frame (a writable one if the part is).  The page-table entry
 * itself has none: the MMU knows it by PTE_GRANT and leaves it alone.
 */
#include <hv/gnttab.h>
#include <hv/hypercalls.h>
#include <hv/mmu.h>
#include <hv/page.h>
#include <hv/x86/pte.h>

#include <abi/mmu.h>

#include "op_array.h"
#include "table.h"

#define PARTS (GNTMAP_host_map | GNTMAP_device_map)

static int gntst_of(int rc)
{
	switch (rc) {
	case 0:
		return GNTST_okay;
	case -EINVAL:
		return GNTST_bad_virt_addr;
	case -EPERM:
		return GNTST_permission_denied;
	default:
		return GNTST_general_error;
	}
}

/* -------- map -------- */

static uint64_t grant_l1e(mfn_t frame, uint32_t flags)
{
	uint64_t l1e = frame.v << PAGE_SHIFT;

	l1e |= PTE_P | PTE_US | PTE_A | PTE_D | PTE_NX;
	if (!(flags & GNTMAP_readonly))
		l1e |= PTE_RW;
	if (!(flags & GNTMAP_application_map))
		l1e |= PTE_GUEST_KERNEL;
	/* The guest's software bits: avail0 to 2 are bits 9 to 11. */
	l1e |= (uint64_t)(flags >> _GNTMAP_guest_avail0) << 9 & PTE_AVL;
	return l1e;
}

static int map_host(uint64_t host_addr, uint32_t flags, mfn_t frame)
{
	uint64_t l1e = grant_l1e(frame, flags);

	if (flags & GNTMAP_contains_pte)
		return gntst_of(mmu_grant_map_pte(current, host_addr, l1e));
	return gntst_of(mmu_grant_map_va(current, host_addr, l1e));
}

/* Take the references of the parts in @flags. */
static int hold_frame(mfn_t frame, struct domain *owner, uint32_t flags)
{
	bool write = !(flags & GNTMAP_readonly);
	struct page *pg;

	if (page_get_for_access(frame, owner, write, &pg))
		return GNTST_bad_page;
	if ((flags & PARTS) == PARTS &&
	    page_get_for_access(frame, owner, write, &pg)) {
		page_put_for_access(pg, write);
		return GNTST_bad_page;
	}
	return GNTST_okay;
}

static void drop_frame(mfn_t frame, uint32_t parts, bool write)
{
	struct page *pg = mfn_to_page(frame);

	if (parts & GNTMAP_host_map)
		page_put_for_access(pg, write);
	if (parts & GNTMAP_device_map)
		page_put_for_access(pg, write);
}

/* The entry is pinned: hold its frame and map it. */
static int map_pinned(struct domain *owner, mfn_t frame,
		      const struct gnttab_map_grant_ref *op)
{
	int status = hold_frame(frame, owner, op->flags);

	if (status || !(op->flags & GNTMAP_host_map))
		return status;
	status = map_host(op->host_addr, op->flags, frame);
	if (status)
		drop_frame(frame, op->flags & PARTS,
			   !(op->flags & GNTMAP_readonly));
	return status;
}

static int map_from(struct domain *d, struct domain *owner,
		    struct gnttab_map_grant_ref *op)
{
	bool write = !(op->flags & GNTMAP_readonly);
	grant_handle_t handle;
	struct maptrack *mt = maptrack_alloc(d, &handle);
	struct active what;
	int status;

	if (!mt)
		return GNTST_no_space;
	status = grant_pin(owner, op->ref, d->domid, write, false, &what);
	if (status)
		goto free_handle;
	status = map_pinned(owner, what.frame, op);
	if (status)
		goto unpin;
	/* Kept by the handle: an unmap finds the owner without a look-up. */
	domain_get_again(owner);
	mt->owner = owner;
	mt->frame = what.frame;
	mt->ref = op->ref;
	maptrack_unclaim(mt, op->flags & (PARTS | GNTMAP_readonly |
					  GNTMAP_contains_pte));
	op->handle = handle;
	op->dev_bus_addr = what.frame.v << PAGE_SHIFT;
	return GNTST_okay;

unpin:
	grant_unpin(owner, op->ref, write);
free_handle:
	maptrack_free(d, mt, handle);
	return status;
}

static void map_one(struct domain *d, void *arg)
{
	struct gnttab_map_grant_ref *op = arg;
	struct domain *owner;

	if (!(op->flags & PARTS)) {
		op->status = GNTST_bad_gntref;
		return;
	}
	owner = op->dom < DOMID_FIRST_RESERVED ? domain_get(op->dom) : NULL;
	if (!owner) {
		op->status = GNTST_bad_domain;
		return;
	}
	op->status = (int16_t)map_from(d, owner, op);
	domain_put(owner);
}

long gnttab_map_grant_ref(struct domain *d, guest_ptr_t ops, uint32_t count)
{
	struct gnttab_map_grant_ref op;

	return op_array_run(d, ops, count, sizeof(op), &op, map_one);
}

/* -------- unmap -------- */

/* Unmaps that share one TLB flush. */
#define UNMAP_BATCH 32

struct unmap {
	struct maptrack *mt; /* claimed, or NULL: nothing to finish */
	grant_handle_t handle;
	uint32_t flags; /* of the handle before this */
	uint32_t done;	/* parts taken away */
};

static int unmap_host(const struct maptrack *mt, uint32_t flags,
		      uint64_t host_addr)
{
	int rc;

	if (flags & GNTMAP_contains_pte)
		rc = mmu_grant_unmap_pte(current, host_addr, mt->frame, 0);
	else
		rc = mmu_grant_unmap_va(current, host_addr, mt->frame, 0);
	return rc ? GNTST_general_error : GNTST_okay;
}

/* Take away the parts that are named; their references stay for now. */
static int unmap_begin(struct domain *d, struct unmap *u,
		       const struct gnttab_unmap_grant_ref *op)
{
	struct maptrack *mt = maptrack_claim(d, op->handle);
	int status = GNTST_okay;

	u->mt = mt;
	u->done = 0;
	u->handle = op->handle;
	if (!mt)
		return GNTST_bad_handle;
	u->flags = mt->flags & ~MAPTRACK_BUSY;
	if (op->dev_bus_addr && (u->flags & GNTMAP_device_map)) {
		if (op->dev_bus_addr != mt->frame.v << PAGE_SHIFT)
			return GNTST_bad_dev_addr;
		u->done |= GNTMAP_device_map;
	}
	if (op->host_addr && (u->flags & GNTMAP_host_map)) {
		status = unmap_host(mt, u->flags, op->host_addr);
		if (status)
			u->done = 0;
		else
			u->done |= GNTMAP_host_map;
	}
	return status;
}

/* The TLBs are clean: let go of what @u took away. */
static void unmap_end(struct domain *d, const struct unmap *u)
{
	bool write = !(u->flags & GNTMAP_readonly);
	uint32_t left = u->flags & ~u->done;
	struct domain *owner;
	grant_ref_t ref;

	if (!u->mt)
		return;
	drop_frame(u->mt->frame, u->done, write);
	if (left & PARTS) {
		maptrack_unclaim(u->mt, left);
		return;
	}
	owner = u->mt->owner;
	ref = u->mt->ref;
	maptrack_free(d, u->mt, u->handle);
	grant_unpin(owner, ref, write);
	domain_put(owner);
}

static void finish_batch(struct domain *d, const struct unmap *u,
			 unsigned int nr)
{
	uint32_t done = 0;

	for (unsigned int i = 0; i < nr; i++)
		done |= u[i].done;
	if (done & GNTMAP_host_map)
		tlb_flush_mask(
			__atomic_load_n(&d->dirty_cpus, __ATOMIC_SEQ_CST));
	for (unsigned int i = 0; i < nr; i++)
		unmap_end(d, &u[i]);
}

/* Up to UNMAP_BATCH operations; how many were begun is in *@nr. */
static int unmap_batch(struct domain *d, guest_ptr_t ops, uint32_t count,
		       uint32_t *nr)
{
	struct unmap u[UNMAP_BATCH];
	struct gnttab_unmap_grant_ref op;
	int rc = 0;

	for (*nr = 0; *nr < count && *nr < UNMAP_BATCH && !rc; ++*nr) {
		u[*nr] = (struct unmap){0};
		rc = copy_from_guest(&op, ops, sizeof(op));
		if (rc)
			continue;
		op.status = (int16_t)unmap_begin(d, &u[*nr], &op);
		rc = copy_to_guest(ops, &op, sizeof(op));
		ops = guest_ptr_add(ops, sizeof(op));
	}
	finish_batch(d, u, *nr);
	return rc;
}

long gnttab_unmap_grant_ref(struct domain *d, guest_ptr_t ops, uint32_t count)
{
	uint32_t nr;
	int rc;

	while (count) {
		rc = unmap_batch(d, ops, count, &nr);
		if (rc)
			return rc;
		count -= nr;
		ops = guest_ptr_add(ops,
				    nr * sizeof(struct gnttab_unmap_grant_ref));
		if (count && preempt_check())
			return count;
	}
	return 0;
}

/* -------- unmap and replace -------- */

/* The grant is gone from host_addr: move the mapping of new_addr there. */
static int move_mapping(const struct gnttab_unmap_and_replace *op, uint64_t l1e)
{
	/* Both the way of any mapping: checked, with references of its own. */
	if (hc_update_va_mapping(op->host_addr, l1e, 0) ||
	    hc_update_va_mapping(op->new_addr, 0, UVMF_INVLPG | UVMF_ALL))
		return GNTST_general_error;
	return GNTST_okay;
}

static void unmap_and_replace_one(struct domain *d, void *arg)
{
	struct gnttab_unmap_and_replace *op = arg;
	uint64_t l1e = mmu_guest_l1e(current, op->new_addr);
	struct gnttab_unmap_grant_ref unmap = {.host_addr = op->host_addr,
					       .handle = op->handle};
	struct unmap u = {0};

	if (!(l1e & PTE_P) || (l1e & PTE_GRANT)) {
		op->status = GNTST_bad_virt_addr;
		return;
	}
	op->status = (int16_t)unmap_begin(d, &u, &unmap);
	finish_batch(d, &u, 1);
	if (op->status)
		return;
	op->status = GNTST_general_error;
	if ((u.done & GNTMAP_host_map) && !(u.flags & GNTMAP_contains_pte))
		op->status = (int16_t)move_mapping(op, l1e);
}

long gnttab_unmap_and_replace(struct domain *d, guest_ptr_t ops, uint32_t count)
{
	struct gnttab_unmap_and_replace op;

	return op_array_run(d, ops, count, sizeof(op), &op,
			    unmap_and_replace_one);
}

/* -------- the mapper dies -------- */

/*
 * Its page tables may still have the entries, and TLBs too: no vcpu will run on
 * them again.
 */
static void release_handle(struct domain *d, grant_handle_t handle)
{
	struct unmap u = {.handle = handle};

	u.mt = maptrack_claim(d, handle);
	if (!u.mt)
		return;
	u.flags = u.mt->flags & ~MAPTRACK_BUSY;
	u.done = u.flags & PARTS;
	unmap_end(d, &u);
}

int gnttab_release_mappings(struct domain *d)
{
	struct grant_table *gt = d->grant;

	if (!gt)
		return 0;
	ASSERT(d->is_dying);
	while (gt->release_next < maptrack_nr_handles(gt)) {
		release_handle(d, gt->release_next++);
		if (gt->release_next % 64 == 0 && preempt_check())
			return -ERESTART;
	}
	return 0;
}
