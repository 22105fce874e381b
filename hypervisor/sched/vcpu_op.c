/* SPDX-License-Identifier: GPL-2.0-only */
/* vcpu_op: up and down, run states, and the records the guest registers. */
#include <abi/errno.h>
#include <hv/evtchn.h>
#include <hv/sched_op.h>
#include <hv/time.h>

#include "sched_internal.h"

int vcpuop_up(struct vcpu *caller, struct vcpu *v)
{
	struct domain *d = v->domain;

	(void)caller;
	spin_lock(&d->lock);
	if (!v->is_initialised) {
		spin_unlock(&d->lock);
		return -EINVAL;
	}
	WRITE_ONCE(v->is_down, false);
	spin_unlock(&d->lock);
	vcpu_wake(v);
	return 0;
}

/* The last one to go down takes the domain with it. */
int vcpuop_down(struct vcpu *caller, struct vcpu *v)
{
	struct domain *d = v->domain;
	bool is_last = true;
	struct vcpu *other;

	(void)caller;
	spin_lock(&d->lock);
	for_each_vcpu (d, other)
		if (other != v && !other->is_down)
			is_last = false;
	if (!is_last)
		WRITE_ONCE(v->is_down, true);
	spin_unlock(&d->lock);
	if (is_last)
		domain_shutdown(d, SHUTDOWN_poweroff);
	else
		vcpu_sleep_nosync(v);
	return 0;
}

int vcpuop_is_up(struct vcpu *caller, struct vcpu *v)
{
	(void)caller;
	return !READ_ONCE(v->is_down);
}

int vcpuop_get_runstate_info(struct vcpu *caller, struct vcpu *v,
			     struct vcpu_runstate_info *op)
{
	(void)caller;
	vcpu_runstate_get(v, op);
	return 0;
}

/* The guest may have unmapped its record; then it has none. */
static void put(guest_ptr_t to, const void *from, size_t n)
{
	int rc = copy_to_guest(to, from, n);

	(void)rc;
}

void runstate_update_guest(struct vcpu *v)
{
	struct vcpu_runstate_info rs = v->runstate;
	guest_ptr_t area = v->runstate_guest, flag_byte;
	uint8_t top;

	if (guest_ptr_is_null(area))
		return;
	if (!(v->domain->vm_assist >> VMASST_TYPE_runstate_update_flag & 1)) {
		put(area, &rs, sizeof(rs));
		return;
	}
	/*
	 * The flag is bit 63 of state_entry_time: set while the rest changes.
	 * x86 keeps the order of stores, the compiler must as well.
	 */
	flag_byte = guest_ptr_add(
		area,
		offsetof(struct vcpu_runstate_info, state_entry_time) + 7);
	rs.state_entry_time |= XEN_RUNSTATE_UPDATE;
	top = (uint8_t)(rs.state_entry_time >> 56);
	put(flag_byte, &top, 1);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	put(area, &rs, sizeof(rs));
	__atomic_thread_fence(__ATOMIC_RELEASE);
	top &= 0x7f;
	put(flag_byte, &top, 1);
}

int vcpuop_register_runstate_memory_area(
	struct vcpu *caller, struct vcpu *v,
	struct vcpu_register_runstate_memory_area *op)
{
	struct vcpu_runstate_info rs;

	vcpu_runstate_get(v, &rs);
	if (copy_to_guest(guest_ptr(op->addr.v), &rs, sizeof(rs)))
		return -EFAULT;
	/* Used by @v itself as it comes and goes; a whole word at once. */
	WRITE_ONCE(v->runstate_guest.va, op->addr.v);
	(void)caller;
	return 0;
}

int vcpuop_register_vcpu_time_memory_area(
	struct vcpu *caller, struct vcpu *v,
	struct vcpu_register_time_memory_area *op)
{
	WRITE_ONCE(v->time_guest.va, op->addr.v);
	if (v == caller)
		time_update_vcpu(v);
	return 0;
}

int vcpuop_send_nmi(struct vcpu *caller, struct vcpu *v)
{
	(void)caller;
	WRITE_ONCE(v->nmi_pending, true);
	vcpu_kick(v);
	return 0;
}

/* Xen ABI: only for a Dom0 each of whose vcpus has a pcpu of its own. */
int vcpuop_get_physid(struct vcpu *caller, struct vcpu *v,
		      struct vcpu_get_physid *op)
{
	(void)caller;
	(void)v;
	(void)op;
	return -EINVAL;
}
