/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's weight and cap.  A capped domain has a budget of run time that a
 * timer fills up every period; when it is spent, its vcpus are parked until
 * then.  What was overdrawn is missing from the next fill, so the average
 * holds even though vcpus on several pcpus spend at once; what was left of one
 * period, because others ran, can be spent in the next.
 */
#include <abi/errno.h>
#include <hv/time.h>

#include "credit.h"
#include "sched_internal.h"

#define CAP_PERIOD_NS (10 * NS_PER_MS)
#define CAP_SLICE_MIN_NS (NS_PER_MS / 4)

static int64_t quota_ns(const struct domain *d)
{
	return (int64_t)(READ_ONCE(d->sched.cap) * (CAP_PERIOD_NS / 100));
}

static int64_t budget(const struct domain *d)
{
	return __atomic_load_n(&d->sched.cap_budget_ns, __ATOMIC_RELAXED);
}

bool cap_is_spent(const struct domain *d)
{
	return READ_ONCE(d->sched.cap) && budget(d) <= 0;
}

uint64_t cap_slice_ns(const struct domain *d)
{
	int64_t share;

	if (!READ_ONCE(d->sched.cap))
		return ~0ULL;
	share = budget(d) / (int64_t)d->max_vcpus;
	return (uint64_t)max(share, (int64_t)CAP_SLICE_MIN_NS);
}

void cap_charge(struct domain *d, uint64_t ns)
{
	if (!READ_ONCE(d->sched.cap))
		return;
	__atomic_fetch_sub(&d->sched.cap_budget_ns, (int64_t)ns,
			   __ATOMIC_SEQ_CST);
	if (!timer_is_active(&d->sched.cap_refill))
		timer_set(&d->sched.cap_refill, now_ns() + CAP_PERIOD_NS);
}

static void unpark_all(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu (d, v) {
		unsigned int cpu = sched_lock(v);
		bool was_parked = v->sched.is_parked;

		v->sched.is_parked = false;
		if (was_parked && sched_wants_queue(v))
			sched_queue_and_unlock(v, false);
		else
			sched_unlock(cpu);
	}
}

/* What @d's vcpus run just now is charged as things are. */
static void charge_running(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu (d, v) {
		unsigned int cpu = sched_lock(v);

		if (v == sched_pcpus[cpu].curr)
			credit_charge(cpu, now_ns());
		sched_unlock(cpu);
	}
}

static void refill(void *data)
{
	struct domain *d = data;
	int64_t quota = quota_ns(d), old, filled;

	charge_running(d);
	old = budget(d);
	do {
		filled = min(old + quota, 2 * quota);
	} while (!__atomic_compare_exchange_n(&d->sched.cap_budget_ns, &old,
					      filled, false, __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
	/* Nothing spent for a whole period: the next charge starts us again. */
	if (quota && old < 2 * quota)
		timer_set(&d->sched.cap_refill, now_ns() + CAP_PERIOD_NS);
	if (filled > 0)
		unpark_all(d);
}

int sched_set_params(struct domain *d, uint32_t weight, uint32_t cap)
{
	struct vcpu *v;

	if (weight < 1 || weight > 65535 || cap > 100 * NR_CPUS)
		return -EINVAL;
	charge_running(d);
	WRITE_ONCE(d->sched.weight, weight);
	WRITE_ONCE(d->sched.cap, cap);
	__atomic_store_n(&d->sched.cap_budget_ns, quota_ns(d),
			 __ATOMIC_SEQ_CST);
	for_each_vcpu (d, v)
		credit_reweigh(v);
	unpark_all(d);
	return 0;
}

void sched_add_domain(struct domain *d)
{
	d->sched = (struct sched_domain){.weight = 256};
	timer_init(&d->sched.cap_refill, refill, d, smp_processor_id());
	watchdog_init(d);
}

void sched_remove_domain(struct domain *d)
{
	timer_kill(&d->sched.cap_refill);
	watchdog_kill(d);
}
