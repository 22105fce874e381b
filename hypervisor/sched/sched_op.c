/* SPDX-License-Identifier: GPL-2.0-only */
/* sched_op: a guest gives up its pcpu, waits, or ends. */
#include <abi/errno.h>
#include <hv/evtchn.h>
#include <hv/sched_op.h>
#include <hv/softirq.h>

#include "sched_internal.h"

#define MAX_POLL_PORTS 128

int schedop_yield(struct vcpu *v)
{
	(void)v;
	vcpu_yield();
	return 0;
}

int schedop_block(struct vcpu *v)
{
	WRITE_ONCE(v->info->evtchn_upcall_mask, 0);
	vcpu_block();
	return 0;
}

int schedop_shutdown(struct vcpu *v, struct sched_shutdown *op)
{
	domain_shutdown(v->domain, op->reason);
	return 0;
}

/* 1: a port of @ports is pending.  0: none is.  -EINVAL: no such port. */
static int any_pending(struct domain *d, const uint32_t *ports, uint32_t nr)
{
	int rc;

	for (uint32_t i = 0; i < nr; i++) {
		rc = evtchn_port_pending(d, ports[i]);
		if (rc)
			return rc;
	}
	return 0;
}

int schedop_poll(struct vcpu *v, struct sched_poll *op)
{
	uint32_t ports[MAX_POLL_PORTS];
	int rc;

	if (op->nr_ports > MAX_POLL_PORTS)
		return -EINVAL;
	if (copy_from_guest(ports, guest_ptr(op->ports),
			    op->nr_ports * sizeof(ports[0])))
		return -EFAULT;

	timer_stop(&v->poll_timer);
	/*
	 * In this order: vcpu_unpoll clears is_polling and then is_blocked.
	 * Full: a sender sees that we poll, or we see its port pending;
	 * partner: vcpu_unpoll.
	 */
	__atomic_store_n(&v->sched.is_blocked, true, __ATOMIC_SEQ_CST);
	__atomic_store_n(&v->sched.is_polling, true, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	rc = any_pending(v->domain, ports, op->nr_ports);
	if (rc || vcpu_has_events(v) || READ_ONCE(v->nmi_pending)) {
		__atomic_store_n(&v->sched.is_polling, false, __ATOMIC_SEQ_CST);
		__atomic_store_n(&v->sched.is_blocked, false, __ATOMIC_SEQ_CST);
		return rc < 0 ? rc : 0;
	}
	if (op->timeout)
		timer_set(&v->poll_timer, op->timeout);
	softirq_raise(SOFTIRQ_SCHEDULE);
	return 0;
}

int schedop_remote_shutdown(struct vcpu *v, struct sched_remote_shutdown *op)
{
	struct domain *d;
	int rc;

	(void)v;
	rc = domain_get_remote(op->domain_id, &d);
	if (rc)
		return rc;
	domain_shutdown(d, op->reason);
	domain_put(d);
	return 0;
}

/* The reason for when it goes down by itself (Xen ABI, public/sched.h). */
int schedop_shutdown_code(struct vcpu *v, struct sched_shutdown *op)
{
	struct domain *d = v->domain;

	spin_lock(&d->lock);
	d->shutdown_code = op->reason;
	spin_unlock(&d->lock);
	return 0;
}

/* Firmware calls of a driver must come from one pcpu: Dom0 asks for it. */
int schedop_pin_override(struct vcpu *v, struct sched_pin_override *op)
{
	struct sched_vcpu *s = &v->sched;
	int rc;

	if (op->pcpu < 0) {
		if (!s->is_pinned)
			return -EINVAL;
		s->is_pinned = false;
		return vcpu_set_affinity(v, s->unpinned_affinity,
					 s->soft_affinity);
	}
	if (op->pcpu >= NR_CPUS)
		return -EINVAL;
	if (s->is_pinned)
		return -EBUSY;
	s->unpinned_affinity = s->hard_affinity;
	rc = vcpu_set_affinity(v, cpumask_of(op->pcpu), s->soft_affinity);
	s->is_pinned = rc == 0;
	return rc;
}
