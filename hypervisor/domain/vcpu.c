/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Vcpus: making and freeing them, their first context, and the record they
 * share with the guest.
 */
#include <hv/assert.h>
#include <hv/evtchn.h>
#include <hv/page_alloc.h>
#include <hv/sched.h>
#include <hv/sched_op.h>
#include <hv/string.h>
#include <hv/x86/fpu.h>
#include <hv/x86/pv_state.h>
#include <hv/xalloc.h>

#include <abi/errno.h>

#include "life.h"

#define DR6_RESET 0xffff0ff0
#define DR7_RESET 0x400

static int init_guest_vcpu(struct vcpu *v)
{
	struct domain *d = v->domain;
	int rc;

	if (v->id < XEN_LEGACY_MAX_VCPUS)
		v->info = &d->shared_info->vcpu_info[v->id];
	v->is_down = true;
	v->arch.in_kernel = true;
	v->arch.fpu_cpu = ~0u;
	v->arch.dr6 = DR6_RESET;
	v->arch.dr7 = DR7_RESET;
	pv_set_cr4(v, 0);
	rc = fpu_init_vcpu(v);
	if (!rc)
		rc = evtchn_init_vcpu(v);
	return rc;
}

struct vcpu *vcpu_create(struct domain *d, uint32_t id)
{
	struct vcpu *v;

	BUG_ON(id >= d->max_vcpus || d->vcpu[id]);
	v = xzalloc(struct vcpu);
	if (!v)
		return NULL;
	v->domain = d;
	v->id = id;
	v->private_info.evtchn_upcall_mask = 1;
	v->info = &v->private_info;
	if (is_idle_vcpu(v)) {
		v->is_initialised = true;
	} else if (init_guest_vcpu(v)) {
		evtchn_free_vcpu(v);
		fpu_free_vcpu(v);
		xfree(v);
		return NULL;
	}
	sched_add_vcpu(v);
	/* Others find it from here on: complete. */
	__atomic_store_n(&d->vcpu[id], v, __ATOMIC_RELEASE);
	return v;
}

void vcpu_free(struct vcpu *v)
{
	sched_remove_vcpu(v);
	v->domain->vcpu[v->id] = NULL;
	evtchn_free_vcpu(v);
	fpu_free_vcpu(v);
	xfree(v);
}

struct vcpu *domain_vcpu(const struct domain *d, uint32_t id)
{
	if (id >= d->max_vcpus)
		return NULL;
	return __atomic_load_n(&d->vcpu[index_nospec(id, MAX_VCPUS)],
			       __ATOMIC_ACQUIRE);
}

/* --- the shared record --- */

bool vcpu_info_is_private(const struct vcpu *v)
{
	return v->info == &v->private_info;
}

/*
 * Copying the old record races with events that are raised just now: those
 * that still land in the old one are made up for by evtchn_info_moved, which
 * has the guest look at everything.
 */
int vcpuop_register_vcpu_info(struct vcpu *caller, struct vcpu *v,
			      struct vcpu_register_vcpu_info *op)
{
	struct vcpu_info *info;
	struct page *pg;

	/* Aligned: atomic accesses of ours must not cross a cache line. */
	if (op->offset > PAGE_SIZE - sizeof(*info) || op->offset % 8 ||
	    !mfn_valid(MFN(op->mfn)))
		return -EINVAL;
	if (v != caller && !READ_ONCE(v->is_down))
		return -EINVAL;
	pg = mfn_to_page(MFN(op->mfn));
	if (page_get_and_type(pg, v->domain, PT_WRITABLE, false))
		return -EINVAL;

	spin_lock(&v->domain->lock);
	if (v->info_page) {
		spin_unlock(&v->domain->lock);
		page_put_and_type(pg);
		return -EINVAL;
	}
	info = (struct vcpu_info *)((char *)page_to_virt(pg) + op->offset);
	*info = *v->info;
	v->info_page = pg;
	/* Seen by senders after its contents. */
	__atomic_store_n(&v->info, info, __ATOMIC_SEQ_CST);
	spin_unlock(&v->domain->lock);
	evtchn_info_moved(v);
	return 0;
}

void vcpu_unregister_info(struct vcpu *v)
{
	struct page *pg = v->info_page;

	if (!pg)
		return;
	v->private_info = *v->info;
	__atomic_store_n(&v->info, &v->private_info, __ATOMIC_SEQ_CST);
	v->info_page = NULL;
	page_put_and_type(pg);
}

/* --- the first context --- */

static int set_context(struct vcpu *v, guest_ptr_t arg)
{
	unsigned int order = 1; /* 5168 bytes are too many for a stack */
	struct vcpu_guest_context *c = hv_pages_alloc(order);
	int rc;

	_Static_assert(sizeof(*c) <= 2 * PAGE_SIZE, "order");
	if (!c)
		return -ENOMEM;
	rc = copy_from_guest(c, arg, sizeof(*c));
	if (!rc)
		rc = pv_set_context(v, c);
	if (!rc && c->flags & VGCF_online)
		WRITE_ONCE(v->is_down, false);
	hv_pages_free(c, order);
	return rc;
}

int vcpuop_initialise(struct vcpu *caller, struct vcpu *v, guest_ptr_t arg)
{
	int rc;

	(void)caller;
	if (vcpu_info_is_private(v))
		return -EINVAL; /* nothing to deliver its events through */
	if (__atomic_exchange_n(&v->is_being_set, true, __ATOMIC_ACQUIRE))
		return -EBUSY;
	rc = v->is_initialised ? -EEXIST : set_context(v, arg);
	__atomic_store_n(&v->is_being_set, false, __ATOMIC_RELEASE);
	if (!rc)
		vcpu_wake(v);
	return rc;
}
