/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vcpu's own timers: one-shot and periodic ones that raise VIRQ_TIMER, and
 * the time limit of SCHEDOP_poll.
 */
#include <abi/errno.h>
#include <hv/evtchn.h>
#include <hv/hypercalls.h>
#include <hv/sched_op.h>
#include <hv/time.h>

#include "sched_internal.h"

/* Xen ABI: until the guest says otherwise, VIRQ_TIMER comes 100 times a s. */
#define DEFAULT_PERIOD_NS (10 * NS_PER_MS)
#define MIN_PERIOD_NS NS_PER_MS
#define MAX_PERIOD_NS ((uint64_t)INT64_MAX / 4)

static void singleshot_expired(void *data)
{
	send_vcpu_virq(data, VIRQ_TIMER);
}

/* When @v does not run, its next turn starts the timer again. */
static void periodic_expired(void *data)
{
	struct vcpu *v = data;

	if (READ_ONCE(v->sched.is_running))
		vcpu_periodic_tick(v);
}

static void poll_expired(void *data)
{
	vcpu_unpoll(data);
}

/*
 * Only ticks that fall due while @v runs are raised; at most one when it is
 * scheduled again.  Called then, and by the timer.
 */
void vcpu_periodic_tick(struct vcpu *v)
{
	uint64_t period = READ_ONCE(v->periodic_ns), now = now_ns();

	if (!period)
		return;
	if (now - v->sched.last_tick_ns >= period) {
		v->sched.last_tick_ns = now;
		send_vcpu_virq(v, VIRQ_TIMER);
	}
	timer_migrate(&v->periodic, smp_processor_id());
	timer_set(&v->periodic, v->sched.last_tick_ns + period);
}

void vcpu_timers_init(struct vcpu *v)
{
	unsigned int cpu = v->sched.processor;

	timer_init(&v->singleshot, singleshot_expired, v, cpu);
	timer_init(&v->periodic, periodic_expired, v, cpu);
	timer_init(&v->poll_timer, poll_expired, v, cpu);
	v->periodic_ns = is_idle_vcpu(v) ? 0 : DEFAULT_PERIOD_NS;
}

void vcpu_timers_kill(struct vcpu *v)
{
	timer_kill(&v->singleshot);
	timer_kill(&v->periodic);
	timer_kill(&v->poll_timer);
}

/*
 * No waiting for @v: two vcpus could do this to each other.  A tick that runs
 * just now may arm the timer after us, and that one will find the new period.
 */
static int set_period(struct vcpu *v, uint64_t period_ns)
{
	uint64_t now = now_ns();

	WRITE_ONCE(v->periodic_ns, period_ns);
	WRITE_ONCE(v->sched.last_tick_ns, now);
	if (period_ns)
		timer_set(&v->periodic, now + period_ns);
	else
		timer_stop(&v->periodic);
	return 0;
}

int vcpuop_set_periodic_timer(struct vcpu *caller, struct vcpu *v,
			      struct vcpu_set_periodic_timer *op)
{
	(void)caller;
	if (op->period_ns < MIN_PERIOD_NS || op->period_ns > MAX_PERIOD_NS)
		return -EINVAL;
	return set_period(v, op->period_ns);
}

int vcpuop_stop_periodic_timer(struct vcpu *caller, struct vcpu *v)
{
	(void)caller;
	return set_period(v, 0);
}

/* The interrupt is best taken where @v, the caller, runs. */
static void set_singleshot(struct vcpu *v, uint64_t timeout_ns)
{
	timer_migrate(&v->singleshot, smp_processor_id());
	timer_set(&v->singleshot, timeout_ns);
}

int vcpuop_set_singleshot_timer(struct vcpu *caller, struct vcpu *v,
				struct vcpu_set_singleshot_timer *op)
{
	if (v != caller)
		return -EINVAL;
	if (op->flags & VCPU_SSHOTTMR_future && op->timeout_abs_ns < now_ns())
		return -ETIME;
	set_singleshot(v, op->timeout_abs_ns);
	return 0;
}

int vcpuop_stop_singleshot_timer(struct vcpu *caller, struct vcpu *v)
{
	if (v != caller)
		return -EINVAL;
	timer_stop(&v->singleshot);
	return 0;
}

long hc_set_timer_op(uint64_t timeout_ns)
{
	struct vcpu *v = current;
	uint64_t now = now_ns();

	if (timeout_ns == 0) {
		timer_stop(&v->singleshot);
		return 0;
	}
	/*
	 * Xen ABI: a negative or far too distant time is taken for an overflow
	 * in the guest, which had better look again soon.
	 */
	if ((int64_t)timeout_ns < 0 ||
	    (timeout_ns > now && (timeout_ns - now) >> 50))
		timeout_ns = now + 100 * NS_PER_MS;
	set_singleshot(v, timeout_ns);
	return 0;
}
