/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What makes a vcpu unable to run and able again: pauses, which are counted;
 * blocking and polling, which end with an event.
 */
#include <hv/assert.h>
#include <hv/evtchn.h>
#include <hv/softirq.h>

#include "sched_internal.h"

bool vcpu_runnable(const struct vcpu *v)
{
	return READ_ONCE(v->is_initialised) && !READ_ONCE(v->is_down) &&
	       !READ_ONCE(v->sched.is_blocked) &&
	       READ_ONCE(v->sched.pause_count) == 0 &&
	       READ_ONCE(v->domain->pause_count) == 0;
}

void vcpu_sleep_sync(struct vcpu *v)
{
	ASSERT(v != current);
	vcpu_sleep_nosync(v);
	/* Acquire: its registers are as sched_switched_from's caller left. */
	while (__atomic_load_n(&v->sched.is_running, __ATOMIC_ACQUIRE) &&
	       !vcpu_runnable(v))
		cpu_poll();
}

void vcpu_pause_nosync(struct vcpu *v)
{
	__atomic_fetch_add(&v->sched.pause_count, 1, __ATOMIC_SEQ_CST);
	vcpu_sleep_nosync(v);
}

void vcpu_pause(struct vcpu *v)
{
	__atomic_fetch_add(&v->sched.pause_count, 1, __ATOMIC_SEQ_CST);
	vcpu_sleep_sync(v);
}

void vcpu_unpause(struct vcpu *v)
{
	uint32_t old =
		__atomic_fetch_sub(&v->sched.pause_count, 1, __ATOMIC_SEQ_CST);

	BUG_ON(old == 0);
	if (old == 1)
		vcpu_wake(v);
}

void domain_pause_nosync(struct domain *d)
{
	struct vcpu *v;

	__atomic_fetch_add(&d->pause_count, 1, __ATOMIC_SEQ_CST);
	for_each_vcpu (d, v)
		vcpu_sleep_nosync(v);
}

void domain_pause(struct domain *d)
{
	struct vcpu *v;

	domain_pause_nosync(d);
	for_each_vcpu (d, v)
		vcpu_sleep_sync(v);
}

void domain_unpause(struct domain *d)
{
	uint32_t old = __atomic_fetch_sub(&d->pause_count, 1, __ATOMIC_SEQ_CST);
	struct vcpu *v;

	BUG_ON(old == 0);
	if (old == 1)
		for_each_vcpu (d, v)
			vcpu_wake(v);
}

void vcpu_unblock(struct vcpu *v)
{
	if (!__atomic_exchange_n(&v->sched.is_blocked, false, __ATOMIC_SEQ_CST))
		return;
	__atomic_store_n(&v->sched.is_polling, false, __ATOMIC_SEQ_CST);
	vcpu_wake(v);
}

void vcpu_kick(struct vcpu *v)
{
	/*
	 * Full: the caller's pending bit is seen before we look whether anyone
	 * sleeps or runs; partners: vcpu_block and schedule.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (READ_ONCE(v->sched.is_blocked))
		vcpu_unblock(v);
	else if (v != current && READ_ONCE(v->sched.is_running))
		smp_kick(READ_ONCE(v->sched.processor));
}

void vcpu_unpoll(struct vcpu *v)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* partner: schedop_poll */
	if (READ_ONCE(v->sched.is_polling) &&
	    __atomic_exchange_n(&v->sched.is_polling, false, __ATOMIC_SEQ_CST))
		vcpu_unblock(v);
}

void vcpu_block(void)
{
	struct vcpu *v = current;

	/* Full: set before the events are looked at; partner: vcpu_kick. */
	__atomic_store_n(&v->sched.is_blocked, true, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (vcpu_has_events(v) || READ_ONCE(v->nmi_pending))
		__atomic_store_n(&v->sched.is_blocked, false, __ATOMIC_SEQ_CST);
	else
		softirq_raise(SOFTIRQ_SCHEDULE);
}

void vcpu_yield(void)
{
	current->sched.is_yielding = true;
	softirq_raise(SOFTIRQ_SCHEDULE);
}
