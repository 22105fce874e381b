/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes to page tables by hypercall: mmu_update (by machine address) and
 * update_va_mapping (by the address an entry maps).
 */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <hv/hypercalls.h>
#include <hv/mmu.h>
#include <hv/page.h>
#include <hv/x86/pte.h>

#include "foreign.h"
#include "guest_walk.h"
#include "page_table.h"

#include <abi/errno.h>

#define PREEMPTED 0x80000000U /* in count: *done holds what was done before */

/* --- whose frames, whose tables --- */

int foreign_get(uint32_t domid, struct domain **out)
{
	struct domain *self = current->domain;

	if (likely(domid == DOMID_SELF)) {
		*out = self;
		return 0;
	}
	*out = NULL;
	if (domid == self->domid)
		*out = self;
	else if (domid == DOMID_IO)
		*out = dom_io;
	else if (!self->is_privileged)
		return -EPERM;
	else if (domid == DOMID_XEN)
		*out = dom_xen;
	else
		*out = domain_get((domid_t)domid);
	if (!*out)
		return -ESRCH;
	if (*out == dom_io || *out == dom_xen)
		domain_get_again(*out);
	return 0;
}

void foreign_put(struct domain *d)
{
	if (unlikely(d != current->domain))
		domain_put(d);
}

/* --- mmu_update --- */

/* The frame is no table: what is stored there is the guest's business. */
static int plain_store(struct page *pg, struct domain *d, uint64_t maddr,
		       uint64_t val)
{
	uint64_t *slot =
		(uint64_t *)((char *)page_to_virt(pg) + (maddr & ~PAGE_MASK));

	if (page_get_and_type(pg, d, PT_WRITABLE, false))
		return -EINVAL;
	WRITE_ONCE(*slot, val);
	page_put_and_type(pg);
	return 0;
}

static int pt_update(struct domain *pt_owner, struct domain *pg_owner,
		     uint64_t maddr, uint64_t val, bool preserve_ad)
{
	mfn_t m = MFN(maddr >> PAGE_SHIFT);
	enum page_type t;
	struct page *pg;
	uint64_t *slot;
	int rc;

	if (!mfn_valid(m) || (maddr & 7))
		return -EINVAL;
	pg = mfn_to_page(m);
	t = page_type(pg);
	if (t < PT_L1 || t > PT_L4 || !page_type_refs(pg))
		return plain_store(pg, pt_owner, maddr, val);
	rc = page_get_and_type(pg, pt_owner, t, true);
	if (rc)
		return rc == -ERESTART ? rc : -EINVAL;
	slot = (uint64_t *)((char *)page_to_virt(pg) + (maddr & ~PAGE_MASK));
	rc = table_write_entry(pg, t, slot, val, pg_owner, preserve_ad, NULL);
	if (page_put_and_type_preemptible(pg, true) == -ERESTART)
		table_put_later(pg);
	return rc;
}

static int machphys_update(struct domain *pg_owner, uint64_t maddr,
			   uint64_t gfn)
{
	mfn_t m = MFN(maddr >> PAGE_SHIFT);
	struct page *pg;

	if (!mfn_valid(m))
		return -EINVAL;
	pg = mfn_to_page(m);
	if (page_get(pg, pg_owner))
		return -EINVAL;
	m2p_set(m, gfn);
	page_put(pg);
	return 0;
}

static int one_update(struct domain *pt_owner, struct domain *pg_owner,
		      const struct mmu_update *req)
{
	uint64_t maddr = req->ptr & ~7ULL;

	switch (req->ptr & 7) {
	case MMU_NORMAL_PT_UPDATE:
	case MMU_PT_UPDATE_NO_TRANSLATE:
		return pt_update(pt_owner, pg_owner, maddr, req->val, false);
	case MMU_PT_UPDATE_PRESERVE_AD:
		return pt_update(pt_owner, pg_owner, maddr, req->val, true);
	case MMU_MACHPHYS_UPDATE:
		return machphys_update(pg_owner, maddr, req->val);
	default:
		return -ENOSYS;
	}
}

/* Owners named by the hypercall's foreigndom; each with a reference. */
static int owners_get(uint32_t foreign, struct domain **pt, struct domain **pg)
{
	int rc = foreign_get(foreign & 0xffff, pg);

	if (rc)
		return rc;
	rc = foreign_get(foreign >> 16 ? (foreign >> 16) - 1 : DOMID_SELF, pt);
	if (rc)
		foreign_put(*pg);
	return rc;
}

/*
 * Where a batch is: how it goes on after a preemption is written into the
 * hypercall's own arguments (array and count move on).
 */
int batch_restart(unsigned int done_now, size_t entry_size, uint32_t count,
		  guest_ptr_t done, uint32_t done_before)
{
	struct hypercall_args *args = hypercall_args();
	uint32_t total = done_before + done_now;

	args->a[0] += done_now * entry_size;
	args->a[1] = (count - done_now) | PREEMPTED;
	/* without a counter of the guest's there is nothing to lose */
	if (!guest_ptr_is_null(done) &&
	    copy_to_guest(done, &total, sizeof(total)))
		return -EFAULT;
	return -ERESTART;
}

int batch_start(uint32_t *count, guest_ptr_t done, uint32_t *done_before)
{
	*done_before = 0;
	if (!(*count & PREEMPTED))
		return 0;
	*count &= ~PREEMPTED;
	if (!guest_ptr_is_null(done) &&
	    copy_from_guest(done_before, done, sizeof(*done_before)))
		return -EFAULT;
	return 0;
}

int batch_end(int rc, unsigned int done_now, guest_ptr_t done,
	      uint32_t done_before)
{
	uint32_t total = done_before + done_now;

	if (!guest_ptr_is_null(done) &&
	    copy_to_guest(done, &total, sizeof(total)))
		return -EFAULT;
	return rc;
}

long hc_mmu_update(guest_ptr_t reqs, uint32_t count, guest_ptr_t done,
		   uint32_t foreign)
{
	struct domain *pt, *pg;
	uint32_t before, i;
	int rc;

	rc = batch_start(&count, done, &before);
	if (!rc)
		rc = owners_get(foreign, &pt, &pg);
	if (rc)
		return rc;
	for (i = 0; i < count; i++) {
		struct mmu_update req;

		if (i && i % 64 == 0 && preempt_check()) {
			rc = -ERESTART;
			break;
		}
		rc = table_put_pending(current);
		if (rc)
			break;
		rc = copy_from_guest(&req, guest_ptr_add(reqs, i * sizeof(req)),
				     sizeof(req));
		if (rc)
			break;
		rc = one_update(pt, pg, &req);
		if (rc)
			break;
	}
	foreign_put(pt);
	foreign_put(pg);
	if (rc == -ERESTART)
		return batch_restart(i, sizeof(struct mmu_update), count, done,
				     before);
	return batch_end(rc, i, done, before);
}

/* --- update_va_mapping --- */

/* pcpus on which vcpus of the guest's bitmap at @map run now. */
static int running_cpus(struct domain *d, guest_ptr_t map, cpumask_t *out)
{
	uint8_t bits[MAX_VCPUS / 8];
	struct vcpu *v;

	*out = 0;
	if (copy_from_guest(bits, map, div_round_up(d->max_vcpus, 8u)))
		return -EFAULT;
	/* one that is not running loads its CR3, and so flushes, later */
	for_each_vcpu (d, v)
		if ((bits[v->id / 8] >> (v->id % 8) & 1) &&
		    READ_ONCE(v->sched.is_running))
			*out |= cpumask_of(READ_ONCE(v->sched.processor));
	return 0;
}

int mmu_flush_vcpus(struct domain *d, guest_ptr_t map, bool one, uint64_t va)
{
	cpumask_t mask;
	int rc = running_cpus(d, map, &mask);

	if (rc)
		return rc;
	if (one)
		tlb_flush_va_mask(mask, va);
	else
		tlb_flush_mask(mask);
	return 0;
}

static int flush_as_asked(struct domain *d, uint64_t va, uint64_t flags)
{
	uint64_t where = flags & ~(uint64_t)UVMF_FLUSHTYPE_MASK;
	bool one = (flags & UVMF_FLUSHTYPE_MASK) == UVMF_INVLPG;
	cpumask_t mask;

	if (!(flags & UVMF_FLUSHTYPE_MASK))
		return 0;
	if ((flags & UVMF_FLUSHTYPE_MASK) == UVMF_FLUSHTYPE_MASK)
		return -EINVAL;
	if (where != UVMF_LOCAL && where != UVMF_ALL)
		return mmu_flush_vcpus(d, guest_ptr(where), one, va);
	mask = where == UVMF_ALL ? READ_ONCE(d->dirty_cpus)
				 : cpumask_of(smp_processor_id());
	if (one)
		tlb_flush_va_mask(mask, va);
	else
		tlb_flush_mask(mask);
	return 0;
}

static long va_mapping(uint64_t va, uint64_t val, uint64_t flags,
		       struct domain *pg_owner)
{
	struct vcpu *v = current;
	struct page *l1;
	uint64_t *slot;
	int rc = table_put_pending(v);

	if (rc)
		return rc;
	slot = guest_l1_slot_get(v, va, &l1);
	if (!slot)
		return -EINVAL;
	rc = table_write_entry(l1, PT_L1, slot, val, pg_owner, false, NULL);
	page_put_and_type(l1);
	return rc ? rc : flush_as_asked(v->domain, va, flags);
}

long hc_update_va_mapping(uint64_t va, uint64_t val, uint64_t flags)
{
	return va_mapping(va, val, flags, current->domain);
}

long hc_update_va_mapping_otherdomain(uint64_t va, uint64_t val, uint64_t flags,
				      uint32_t domid)
{
	struct domain *pg_owner;
	long rc = foreign_get(domid, &pg_owner);

	if (rc)
		return rc;
	rc = va_mapping(va, val, flags, pg_owner);
	foreign_put(pg_owner);
	return rc;
}
