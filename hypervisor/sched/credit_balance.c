/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the credit policy spreads vcpus over pcpus.  A waking vcpu goes to an
 * idle pcpu if there is one, and a pcpu that runs out of work takes some from
 * the longest queue, or calls those who prefer it by their soft affinity.
 *
 * When all are busy, the virtual times of queues must stay together as those of
 * the vcpus in one do.  A queue's clock is its virtual time plus a base, which
 * makes it comparable with others'.  Where more load is, the clock goes slower;
 * when it is late by enough, the first that waits goes to where it is later,
 * and runs until it has caught up.  That rotates three vcpus over two pcpus,
 * and leaves alone one whose weight would buy more than a pcpu: its clock is
 * late, but nothing waits there.  What a clock is late for good it forgets:
 * nobody can be blamed for what affinity or weights make impossible.
 */
#include <hv/softirq.h>
#include <hv/time.h>

#include "credit.h"

/* Of pcpu time, missed by all vcpus of a queue together. */
#define LATE_NS (20 * NS_PER_MS) /* worth moving one            */
#define FORGET_NS (400 * NS_PER_MS)
#define BALANCE_NS (20 * NS_PER_MS)

static cpumask_t idle_cpus; /* atomic hint: run nothing, were given nothing */

/* @cpu is idle: those who run elsewhere but had better be here shall look. */
static void call_home(unsigned int cpu)
{
	unsigned int c;

	for_each_cpu (c, READ_ONCE(sched_cpus))
		if (READ_ONCE(credit_queues[c].preferred) & cpumask_of(cpu))
			softirq_raise_on(c, SOFTIRQ_SCHEDULE);
}

void credit_set_idle(unsigned int cpu, bool is_idle)
{
	cpumask_t bit = cpumask_of(cpu);

	if (is_idle) {
		/* Full: set before we look who wants it. */
		__atomic_fetch_or(&idle_cpus, bit, __ATOMIC_SEQ_CST);
		call_home(cpu);
	} else if (READ_ONCE(idle_cpus) & bit) {
		__atomic_fetch_and(&idle_cpus, ~bit, __ATOMIC_SEQ_CST);
	}
}

/* Take one of @mask out of the idle pcpus; NR_CPUS: none there. */
static unsigned int claim_idle(cpumask_t mask)
{
	unsigned int cpu;

	for_each_cpu (cpu, mask & READ_ONCE(idle_cpus)) {
		cpumask_t old = __atomic_fetch_and(&idle_cpus, ~cpumask_of(cpu),
						   __ATOMIC_SEQ_CST);

		if (old & cpumask_of(cpu))
			return cpu;
	}
	return NR_CPUS;
}

static unsigned int least_loaded(cpumask_t mask)
{
	unsigned int cpu, best = NR_CPUS;

	for_each_cpu (cpu, mask)
		if (best == NR_CPUS ||
		    READ_ONCE(credit_queues[cpu].load) <
			    READ_ONCE(credit_queues[best].load))
			best = cpu;
	return best;
}

cpumask_t credit_preferred(unsigned int cpu, const struct vcpu *v)
{
	cpumask_t soft = sched_allowed(v) & v->sched.soft_affinity;

	return soft & cpumask_of(cpu) ? 0 : soft;
}

bool credit_should_leave(unsigned int cpu, const struct vcpu *v)
{
	return credit_preferred(cpu, v) & READ_ONCE(idle_cpus);
}

/* Idle before busy, where it was first. */
unsigned int credit_choose_cpu(struct vcpu *v)
{
	unsigned int cpu, was_on = v->sched.processor;
	cpumask_t hard = sched_allowed(v);
	cpumask_t soft = hard & v->sched.soft_affinity ?: hard;
	cpumask_t here = v->sched.charged_ns ? soft & cpumask_of(was_on) : 0;

	if ((cpu = claim_idle(here)) != NR_CPUS ||
	    (cpu = claim_idle(soft)) != NR_CPUS ||
	    (cpu = claim_idle(hard)) != NR_CPUS)
		return cpu;
	cpu = least_loaded(soft);
	if (cpu == NR_CPUS)
		return was_on;
	/* Its caches are here, if anywhere: worth one more to wait behind. */
	if (here && READ_ONCE(credit_queues[was_on].load) <=
			    READ_ONCE(credit_queues[cpu].load) +
				    v->domain->sched.weight)
		return was_on;
	return cpu;
}

/* @v has been moved on purpose: queue it there if that still holds. */
static void queue_where_moved(struct vcpu *v, uint64_t now, bool preempts)
{
	unsigned int cpu = sched_lock_held(v);

	if (!sched_wants_queue(v)) {
		sched_unlock(cpu);
	} else if (!sched_may_run_on(v, cpu)) {
		sched_queue_and_unlock(v, false);
	} else {
		credit_add(cpu, v, now);
		if (preempts)
			credit_preempt_for(cpu, v, now);
		sched_unlock(cpu);
	}
}

/* The first in turn on @cpu that may run on @others. */
static struct vcpu *first_for(unsigned int cpu, cpumask_t others)
{
	struct vcpu *v;

	list_for_each (v, &credit_queues[cpu].queue, sched.queue)
		if (sched_allowed(v) & others)
			return v;
	return NULL;
}

/* The first of @from's queue that may run on @cpu; NULL: none. */
static struct vcpu *take_from(unsigned int from, unsigned int cpu)
{
	struct vcpu *v;

	spin_lock(&sched_pcpus[from].lock);
	v = first_for(from, cpumask_of(cpu));
	if (v) {
		credit_dequeue(from, v);
		sched_move(v, cpu);
	}
	spin_unlock(&sched_pcpus[from].lock);
	return v;
}

bool credit_steal_for(unsigned int cpu)
{
	cpumask_t candidates = READ_ONCE(sched_cpus);

	if (!(candidates & cpumask_of(cpu)))
		return false; /* it goes down */
	candidates &= ~cpumask_of(cpu);
	while (candidates) {
		unsigned int from = NR_CPUS, c;
		struct vcpu *v;

		for_each_cpu (c, candidates)
			if (READ_ONCE(credit_queues[c].nr_queued) &&
			    (from == NR_CPUS ||
			     READ_ONCE(credit_queues[c].load) >
				     READ_ONCE(credit_queues[from].load)))
				from = c;
		if (from == NR_CPUS)
			return false;
		candidates &= ~cpumask_of(from);
		v = take_from(from, cpu);
		if (v) {
			queue_where_moved(v, now_ns(), false);
			return true;
		}
	}
	return false;
}

/* --- clocks ------------------------------------------------------------- */

static uint64_t clock_of(const struct credit_queue *q)
{
	return READ_ONCE(q->vtime_ns) + READ_ONCE(q->base_ns);
}

/* What @ns of pcpu time are to the clock of a queue with @load. */
static int64_t to_clock(uint64_t ns, uint32_t load)
{
	return (int64_t)(ns * 256 / load);
}

/* The clock as it will be when next charged; @q is locked by another pcpu. */
static uint64_t clock_now(const struct credit_queue *q, uint64_t now)
{
	uint64_t since = READ_ONCE(q->charged_ns);
	uint32_t load = READ_ONCE(q->load);

	if (!load || now <= since)
		return clock_of(q);
	return clock_of(q) + (uint64_t)to_clock(now - since, load);
}

void credit_change_queue(unsigned int cpu, struct vcpu *v, bool is_awake)
{
	struct credit_queue *q = &credit_queues[cpu];
	const struct credit_queue *from = &credit_queues[v->sched.vtime_cpu];
	int64_t lead = (int64_t)(v->sched.vtime_ns - READ_ONCE(from->vtime_ns));
	int64_t most = (int64_t)credit_to_vtime(v, CREDIT_MAX_LAG_NS);

	v->sched.vtime_cpu = cpu;
	/* Who slept has no part in what kept its queue's clock. */
	if (!is_awake && q->load)
		lead -= (int64_t)(clock_of(q) - clock_of(from));
	else if (!q->load)
		WRITE_ONCE(q->base_ns, clock_of(from) - q->vtime_ns);
	lead = max(min(lead, most), -most);
	v->sched.vtime_ns = q->vtime_ns + (uint64_t)lead;
}

/* --- pushing ------------------------------------------------------------ */

/* Nobody's clock stays behind the latest by more than is remembered. */
static void forget(uint64_t latest, uint64_t now)
{
	unsigned int cpu;

	for_each_cpu (cpu, READ_ONCE(sched_cpus)) {
		struct credit_queue *q = &credit_queues[cpu];
		uint64_t base = READ_ONCE(q->base_ns);
		uint32_t load = READ_ONCE(q->load);
		int64_t late = (int64_t)(latest - clock_now(q, now));

		if (!load || late <= to_clock(FORGET_NS, load))
			continue;
		late -= to_clock(FORGET_NS, load);
		/* Another pcpu may be doing the same. */
		__atomic_compare_exchange_n(&q->base_ns, &base,
					    base + (uint64_t)late, false,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	}
}

/* @q, which is @late_ns, does so without help: it was later a while ago. */
static bool catches_up(struct credit_queue *q, int64_t late_ns, uint64_t now)
{
	bool was_later =
		now < q->next_balance_ns + BALANCE_NS && late_ns < q->late_ns;

	q->late_ns = late_ns;
	q->next_balance_ns = now + BALANCE_NS;
	return was_later && late_ns < to_clock(FORGET_NS / 2, q->load);
}

/* Too much waits on @from: who goes, and where to. */
static struct vcpu *choose_push(unsigned int from, uint64_t now,
				unsigned int *to)
{
	struct credit_queue *q = &credit_queues[from];
	uint64_t mine = clock_now(q, now), latest = mine;
	cpumask_t targets = 0;
	struct vcpu *v;
	unsigned int cpu;

	for_each_cpu (cpu, READ_ONCE(sched_cpus) & ~cpumask_of(from)) {
		const struct credit_queue *other = &credit_queues[cpu];
		uint64_t clock = clock_now(other, now);

		if (!READ_ONCE(other->load))
			continue;
		if ((int64_t)(clock - latest) > 0)
			latest = clock;
		if ((int64_t)(clock - mine) > to_clock(LATE_NS, q->load))
			targets |= cpumask_of(cpu);
	}
	forget(latest, now);
	if (catches_up(q, (int64_t)(latest - mine), now))
		return NULL;
	v = first_for(from, targets);
	if (!v) {
		/* Whoever could go may be running: look at its next turn. */
		q->next_balance_ns = now;
		return NULL;
	}
	*to = NR_CPUS;
	for_each_cpu (cpu, sched_allowed(v) & targets)
		if (*to == NR_CPUS ||
		    (int64_t)(clock_now(&credit_queues[cpu], now) -
			      clock_now(&credit_queues[*to], now)) > 0)
			*to = cpu;
	return *to == NR_CPUS ? NULL : v;
}

void credit_balance(unsigned int cpu, uint64_t now)
{
	struct credit_queue *q = &credit_queues[cpu];
	struct vcpu *v = sched_pcpus[cpu].curr;
	unsigned int to;

	/* Not the one that goes on here if curr does not. */
	if (!q->nr_queued || now < q->next_balance_ns || !vcpu_runnable(v) ||
	    cap_is_spent(v->domain))
		return;
	v = choose_push(cpu, now, &to);
	if (!v)
		return;
	credit_dequeue(cpu, v);
	sched_move(v, to);
	spin_unlock(&sched_pcpus[cpu].lock);
	queue_where_moved(v, now, true);
	spin_lock(&sched_pcpus[cpu].lock);
}
