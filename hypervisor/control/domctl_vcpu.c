/* SPDX-License-Identifier: GPL-2.0-only */
/* Registers of vcpus, for building, saving and restoring domains. */
#include <hv/domctl.h>
#include <hv/page_alloc.h>
#include <hv/sched.h>
#include <hv/string.h>
#include <hv/x86/pv_state.h>

#include <abi/callback.h>
#include <abi/errno.h>

/* 5168 bytes are too many for a stack. */
#define CONTEXT_ORDER 1
_Static_assert(sizeof(struct vcpu_guest_context) <= PAGE_SIZE << CONTEXT_ORDER,
	       "order");

/* @d is paused: back to how it was created. */
static long reset(struct vcpu *v)
{
	long rc = pv_drop_context(v);

	if (rc)
		return rc;
	memset(v->arch.trap, 0, sizeof(v->arch.trap));
	v->arch.event = v->arch.failsafe = v->arch.syscall = v->arch.syscall32 =
		v->arch.sysenter = v->arch.nmi = (struct callback){0};
	v->arch.syscall_fast = false;
	v->arch.in_kernel = true;
	v->nmi_pending = false;
	v->sched.is_polling = false;
	v->sched.is_blocked = false;
	v->is_initialised = false;
	v->is_down = true;
	return 0;
}

static long set_from(struct vcpu *v, guest_ptr_t from)
{
	struct vcpu_guest_context *c = hv_pages_alloc(CONTEXT_ORDER);
	long rc;

	if (!c)
		return -ENOMEM;
	rc = copy_from_guest(c, from, sizeof(*c));
	if (!rc)
		rc = pv_set_context(v, c);
	if (!rc)
		v->is_down = !(c->flags & VGCF_online);
	hv_pages_free(c, CONTEXT_ORDER);
	return rc;
}

long domctl_setvcpucontext(struct domain *d, struct xen_domctl_vcpucontext *op)
{
	struct vcpu *v = domain_vcpu(d, op->vcpu);
	long rc;

	if (!v || d == current->domain || d->is_dying)
		return -EINVAL;
	domain_pause(d);
	rc = op->ctxt ? set_from(v, guest_ptr(op->ctxt)) : reset(v);
	domain_unpause(d);
	return rc;
}

long domctl_getvcpucontext(struct domain *d, struct xen_domctl_vcpucontext *op)
{
	struct vcpu *v = domain_vcpu(d, op->vcpu);
	struct vcpu_guest_context *c;
	long rc;

	if (!v || d == current->domain)
		return -EINVAL;
	if (!v->is_initialised)
		return -ENODATA;
	c = hv_pages_alloc(CONTEXT_ORDER);
	if (!c)
		return -ENOMEM;
	domain_pause(d);
	pv_get_context(v, c);
	domain_unpause(d);
	rc = copy_to_guest(guest_ptr(op->ctxt), c, sizeof(*c));
	hv_pages_free(c, CONTEXT_ORDER);
	return rc;
}

/* --- what the context has no room for --- */

#define EXT_MIN offsetof(struct xen_domctl_ext_vcpucontext, mcg_cap)

long domctl_set_ext_vcpucontext(struct domain *d,
				struct xen_domctl_ext_vcpucontext *op)
{
	struct vcpu *v = domain_vcpu(d, op->vcpu);

	if (!v)
		return -ESRCH;
	if (d == current->domain || op->size < EXT_MIN ||
	    !guest_address_ok(op->syscall32_callback_eip) ||
	    !guest_address_ok(op->sysenter_callback_eip))
		return -EINVAL;
	domain_pause(d);
	(void)pv_set_callback(v, CALLBACKTYPE_syscall32,
			      op->syscall32_disables_events,
			      op->syscall32_callback_eip);
	(void)pv_set_callback(v, CALLBACKTYPE_sysenter,
			      op->sysenter_disables_events,
			      op->sysenter_callback_eip);
	domain_unpause(d);
	return 0;
}

long domctl_get_ext_vcpucontext(struct domain *d,
				struct xen_domctl_ext_vcpucontext *op)
{
	struct vcpu *v = domain_vcpu(d, op->vcpu);
	uint32_t id = op->vcpu;

	if (!v)
		return -ESRCH;
	if (v == current)
		return -EINVAL;
	memset(op, 0, sizeof(*op));
	op->vcpu = id;
	op->size = sizeof(*op);
	op->syscall32_callback_eip = v->arch.syscall32.address;
	op->syscall32_callback_cs = FLAT_KERNEL_CS;
	op->syscall32_disables_events = v->arch.syscall32.masks_events;
	op->sysenter_callback_eip = v->arch.sysenter.address;
	op->sysenter_callback_cs = FLAT_KERNEL_CS;
	op->sysenter_disables_events = v->arch.sysenter.masks_events;
	return 0;
}

/* --- MSRs: none of those a guest may write has a state of its own --- */

#define MAX_MSRS 256

long domctl_get_vcpu_msrs(struct domain *d, struct xen_domctl_vcpu_msrs *op)
{
	if (!domain_vcpu(d, op->vcpu))
		return -ESRCH;
	op->msr_count = 0;
	return 0;
}

long domctl_set_vcpu_msrs(struct domain *d, struct xen_domctl_vcpu_msrs *op)
{
	struct xen_domctl_vcpu_msr msr;

	if (!domain_vcpu(d, op->vcpu))
		return -ESRCH;
	if (op->msr_count > MAX_MSRS)
		return -E2BIG;
	for (uint32_t i = 0; i < op->msr_count; i++) {
		if (copy_from_guest(
			    &msr,
			    guest_ptr_add(guest_ptr(op->msrs), i * sizeof(msr)),
			    sizeof(msr)))
			return -EFAULT;
		if (msr.reserved || msr.value) {
			op->msr_count = i; /* the one that was refused */
			return -EINVAL;
		}
	}
	return 0;
}
