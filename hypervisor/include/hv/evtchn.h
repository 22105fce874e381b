/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels: how domains notify each other, and how interrupts and
 * timers reach them.  Both ABIs: two-level bitmaps, and FIFO queues.
 */
#ifndef HV_EVTCHN_H
#define HV_EVTCHN_H

#include <hv/domain.h>

#include <abi/event_channel.h>

/*
 * The sub-operations of event_channel_op, for the domain @d that asks; @op is
 * our copy of the argument.  0 or -errno; evtchn_reset() also -ERESTART.
 */
#define OP(cmd, name, handler, type, copy, callers, doc)                       \
	int handler(struct domain *d, type *op);
#include "../../../hypercalls/evtchn.def"
#undef OP

/* After max_evtchn_port is set; and for each vcpu before it can be notified. */
int evtchn_init_domain(struct domain *d);
int evtchn_init_vcpu(struct vcpu *v);
/*
 * @d is dying and its vcpus do not run: close all its ports and let go of its
 * frames.  -ERESTART: call again.
 */
int evtchn_destroy_domain(struct domain *d);
void evtchn_free_domain(struct domain *d); /* at the last put, or unused   */
void evtchn_free_vcpu(struct vcpu *v);

/*
 * Raise @virq; a global one goes to where Dom0 (or a handler) bound it.  Any
 * context whose locks rank below RANK_VIRQ (the global form) or RANK_PORT.
 */
void send_vcpu_virq(struct vcpu *v, uint32_t virq);
void send_domain_virq(struct domain *d, uint32_t virq); /* global, of @d     */
void send_global_virq(uint32_t virq);
/*
 * From now on @d receives the global @virq in place of Dom0 (of any earlier
 * handler).  -EINVAL: not a global one, or @d is dying.
 */
int evtchn_set_virq_handler(struct domain *d, uint32_t virq);

/* A hardware interrupt for the port that @d bound to @pirq. true: pending. */
bool send_pirq(struct domain *d, uint32_t pirq);

/*
 * @v->info->evtchn_upcall_pending is set and @v kicked here and only here; the
 * caller has made visible what is pending.
 */
void vcpu_mark_events_pending(struct vcpu *v);

/* A deliverable event waits for @v (pending and not masked). */
static inline bool vcpu_has_events(const struct vcpu *v)
{
	return READ_ONCE(v->info->evtchn_upcall_pending) &&
	       !READ_ONCE(v->info->evtchn_upcall_mask);
}

/*
 * For SCHEDOP_poll: is @port of @d pending?  -EINVAL: no such port.  The
 * poller sets sched.is_polling first, with a full barrier.
 */
int evtchn_port_pending(struct domain *d, uint32_t port);

/* Registration moved @v's vcpu_info: make sure nothing pending is lost. */
void evtchn_info_moved(struct vcpu *v);

void evtchn_dump(struct domain *d); /* debug key e */

/* Hypervisor-side allocation of an unbound port (Dom0 builder, domctl). */
int evtchn_alloc_for(struct domain *d, domid_t remote, uint32_t *port);

#endif
