/* SPDX-License-Identifier: GPL-2.0-only */
/* mmuext_op: pins, base pointers, flushes, LDT, whole pages. */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <hv/hypercalls.h>
#include <hv/mmu.h>
#include <hv/page.h>
#include <hv/string.h>
#include <hv/x86/pv_state.h>
#include <hv/x86/pte.h>

#include "foreign.h"
#include "page_table.h"

#include <abi/errno.h>

struct ext {
	struct vcpu *v;	      /* who asks */
	struct domain *owner; /* whose frames */
};

static int pin(struct ext *x, struct mmuext_op *op, enum page_type t)
{
	mfn_t m = MFN(op->arg1.mfn);
	int rc;

	if (!mfn_valid(m))
		return -EINVAL;
	rc = page_pin(mfn_to_page(m), x->owner, t, true);
	return rc == -ERESTART ? rc : rc ? -EINVAL : 0;
}

static int mmuext_pin_l1_table(struct ext *x, struct mmuext_op *op)
{
	return pin(x, op, PT_L1);
}

static int mmuext_pin_l2_table(struct ext *x, struct mmuext_op *op)
{
	return pin(x, op, PT_L2);
}

static int mmuext_pin_l3_table(struct ext *x, struct mmuext_op *op)
{
	return pin(x, op, PT_L3);
}

static int mmuext_pin_l4_table(struct ext *x, struct mmuext_op *op)
{
	return pin(x, op, PT_L4);
}

static void put_table(struct page *pg)
{
	if (page_put_and_type_preemptible(pg, true) == -ERESTART)
		table_put_later(pg);
}

static int mmuext_unpin_table(struct ext *x, struct mmuext_op *op)
{
	mfn_t m = MFN(op->arg1.mfn);
	struct page *pg;

	if (!mfn_valid(m))
		return -EINVAL;
	pg = mfn_to_page(m);
	if (page_get(pg, x->owner))
		return -EINVAL;
	if (!page_clear_pin(pg)) {
		page_put(pg);
		return -EINVAL;
	}
	put_table(pg); /* the pin's references */
	page_put(pg);
	return 0;
}

/* A new table root for @v: kernel or user. */
static int new_root(struct vcpu *v, uint64_t mfn, struct page **slot,
		    uint64_t *cr3)
{
	struct page *pg = NULL, *old = *slot;
	int rc;

	if (mfn) {
		if (!mfn_valid(MFN(mfn)))
			return -EINVAL;
		pg = mfn_to_page(MFN(mfn));
		if (pg == old)
			return 0;
		rc = page_get_and_type(pg, v->domain, PT_L4, true);
		if (rc)
			return rc == -ERESTART ? rc : -EINVAL;
	}
	*slot = pg;
	*cr3 = mfn << PAGE_SHIFT;
	tlb_set_roots(v);
	if (cr3 == &v->arch.cr3_kernel)
		tlb_load_cr3(v->arch.load_kernel);
	else
		tlb_flush_user();
	if (old)
		put_table(old);
	return 0;
}

static int mmuext_new_baseptr(struct ext *x, struct mmuext_op *op)
{
	if (!op->arg1.mfn)
		return -EINVAL;
	if (x->owner != x->v->domain)
		return -EPERM;
	if (page_to_mfn(x->v->arch.l4_kernel).v == op->arg1.mfn) {
		tlb_flush_local(); /* as a load of CR3 would */
		return 0;
	}
	return new_root(x->v, op->arg1.mfn, &x->v->arch.l4_kernel,
			&x->v->arch.cr3_kernel);
}

static int mmuext_new_user_baseptr(struct ext *x, struct mmuext_op *op)
{
	if (x->owner != x->v->domain)
		return -EPERM;
	return new_root(x->v, op->arg1.mfn, &x->v->arch.l4_user,
			&x->v->arch.cr3_user);
}

static int mmuext_tlb_flush_local(struct ext *x, struct mmuext_op *op)
{
	(void)op;
	if (x->owner != x->v->domain)
		return -EPERM;
	tlb_flush_local();
	return 0;
}

static int mmuext_invlpg_local(struct ext *x, struct mmuext_op *op)
{
	if (x->owner != x->v->domain)
		return -EPERM;
	if (guest_address_ok(op->arg1.linear_addr))
		tlb_flush_va_mask(cpumask_of(smp_processor_id()),
				  op->arg1.linear_addr);
	return 0;
}

static int mmuext_tlb_flush_multi(struct ext *x, struct mmuext_op *op)
{
	if (x->owner != x->v->domain)
		return -EPERM;
	return mmu_flush_vcpus(x->owner, guest_ptr(op->arg2.vcpumask), false,
			       0);
}

static int mmuext_invlpg_multi(struct ext *x, struct mmuext_op *op)
{
	if (x->owner != x->v->domain)
		return -EPERM;
	if (!guest_address_ok(op->arg1.linear_addr))
		return 0;
	return mmu_flush_vcpus(x->owner, guest_ptr(op->arg2.vcpumask), true,
			       op->arg1.linear_addr);
}

static int mmuext_tlb_flush_all(struct ext *x, struct mmuext_op *op)
{
	(void)op;
	if (x->owner != x->v->domain)
		return -EPERM;
	tlb_flush_mask(READ_ONCE(x->owner->dirty_cpus));
	return 0;
}

static int mmuext_invlpg_all(struct ext *x, struct mmuext_op *op)
{
	if (x->owner != x->v->domain)
		return -EPERM;
	if (guest_address_ok(op->arg1.linear_addr))
		tlb_flush_va_mask(READ_ONCE(x->owner->dirty_cpus),
				  op->arg1.linear_addr);
	return 0;
}

static void wbinvd_fn(void *unused)
{
	(void)unused;
	__asm__ volatile("wbinvd" : : : "memory");
}

static int flush_cache(struct ext *x, cpumask_t mask)
{
	if (x->owner != x->v->domain)
		return -EPERM;
	if (!x->owner->iomem.nr)
		return -EACCES;
	smp_call(mask, wbinvd_fn, NULL);
	return 0;
}

static int mmuext_flush_cache(struct ext *x, struct mmuext_op *op)
{
	(void)op;
	return flush_cache(x, cpumask_of(smp_processor_id()));
}

static int mmuext_flush_cache_global(struct ext *x, struct mmuext_op *op)
{
	(void)op;
	return flush_cache(x, cpu_online_map);
}

static int mmuext_set_ldt(struct ext *x, struct mmuext_op *op)
{
	if (x->owner != x->v->domain)
		return -EPERM;
	return pv_set_ldt(x->v, op->arg1.linear_addr, op->arg2.nr_ents);
}

int page_get_for_access(mfn_t m, struct domain *d, bool write,
			struct page **out)
{
	if (!mfn_valid(m))
		return -EINVAL;
	*out = mfn_to_page(m);
	if (write)
		return page_get_and_type(*out, d, PT_WRITABLE, false);
	return page_get(*out, d);
}

void page_put_for_access(struct page *pg, bool write)
{
	if (write)
		page_put_and_type(pg);
	else
		page_put(pg);
}

static int mmuext_clear_page(struct ext *x, struct mmuext_op *op)
{
	struct page *pg;

	if (page_get_for_access(MFN(op->arg1.mfn), x->owner, true, &pg))
		return -EINVAL;
	memset(page_to_virt(pg), 0, PAGE_SIZE);
	page_put_for_access(pg, true);
	return 0;
}

static int mmuext_copy_page(struct ext *x, struct mmuext_op *op)
{
	struct page *dst, *src;

	if (page_get_for_access(MFN(op->arg2.src_mfn), x->owner, false, &src))
		return -EINVAL;
	if (page_get_for_access(MFN(op->arg1.mfn), x->owner, true, &dst)) {
		page_put_for_access(src, false);
		return -EINVAL;
	}
	memmove(page_to_virt(dst), page_to_virt(src), PAGE_SIZE);
	page_put_for_access(dst, true);
	page_put_for_access(src, false);
	return 0;
}

static int dispatch(struct ext *x, struct mmuext_op *op)
{
	switch (op->cmd) {
#define OP(cmd, name, handler, type, copy, callers, doc)                       \
	case cmd:                                                              \
		return handler(x, op);
#include "mmuext.def"
#undef OP
	default:
		return -ENOSYS;
	}
}

long hc_mmuext_op(guest_ptr_t ops, uint32_t count, guest_ptr_t done,
		  uint32_t foreign)
{
	struct ext x = {.v = current};
	uint32_t before, i;
	int rc = batch_start(&count, done, &before);

	if (!rc)
		rc = foreign_get(foreign, &x.owner);
	if (rc)
		return rc;
	for (i = 0; i < count; i++) {
		struct mmuext_op op;

		if (i && preempt_check()) {
			rc = -ERESTART;
			break;
		}
		rc = table_put_pending(x.v);
		if (rc)
			break;
		rc = copy_from_guest(&op, guest_ptr_add(ops, i * sizeof(op)),
				     sizeof(op));
		if (rc)
			break;
		rc = dispatch(&x, &op);
		if (rc)
			break;
	}
	foreign_put(x.owner);
	if (rc == -ERESTART)
		return batch_restart(i, sizeof(struct mmuext_op), count, done,
				     before);
	return batch_end(rc, i, done, before);
}
