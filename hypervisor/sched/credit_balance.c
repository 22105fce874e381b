/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the credit policy spreads vcpus over pcpus.  A waking vcpu goes to an
 * idle pcpu if there is one, a pcpu that runs out of work takes some from the
 * longest queue, and one with a queue pushes a vcpu away now and then if the
 * other pcpu has no more load with it than this one has now.  That also rotates
 * three vcpus over two pcpus, because the one that has stayed longest is the
 * one to go.
 */
#include <hv/softirq.h>
#include <hv/time.h>

#include "credit.h"

#define BALANCE_NS (30 * NS_PER_MS)

static cpumask_t idle_cpus; /* atomic hint: run nothing, were given nothing */

void credit_set_idle(unsigned int cpu, bool is_idle)
{
	cpumask_t bit = cpumask_of(cpu);

	if (is_idle)
		__atomic_fetch_or(&idle_cpus, bit, __ATOMIC_SEQ_CST);
	else if (READ_ONCE(idle_cpus) & bit)
		__atomic_fetch_and(&idle_cpus, ~bit, __ATOMIC_SEQ_CST);
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

/* The first of @from's queue that may run on @cpu; NULL: none. */
static struct vcpu *take_from(unsigned int from, unsigned int cpu)
{
	struct vcpu *v;

	spin_lock(&sched_pcpus[from].lock);
	list_for_each (v, &credit_queues[from].queue, sched.queue)
		if (sched_may_run_on(v, cpu)) {
			credit_dequeue(from, v);
			sched_move(v, cpu);
			goto found;
		}
	v = NULL;
found:
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

/*
 * Too much waits here: the vcpu that could go, and where to.  That is the one
 * that has stayed longest; if that one runs, its turn to wait will come.
 */
static struct vcpu *choose_push(unsigned int from, unsigned int *to)
{
	struct credit_queue *q = &credit_queues[from];
	struct vcpu *curr = sched_pcpus[from].curr, *v, *best = NULL;
	cpumask_t others = ~cpumask_of(from);
	unsigned int cpu;

	list_for_each (v, &q->queue, sched.queue)
		if (sched_allowed(v) & others &&
		    (!best || v->sched.moved_ns < best->sched.moved_ns))
			best = v;
	if (!best || (sched_allowed(curr) & others &&
		      curr->sched.moved_ns < best->sched.moved_ns))
		return NULL;
	cpu = least_loaded(sched_allowed(best) & others);
	if (READ_ONCE(credit_queues[cpu].load) + best->sched.load > q->load)
		return NULL;
	*to = cpu;
	return best;
}

void credit_balance(unsigned int cpu, uint64_t now)
{
	struct credit_queue *q = &credit_queues[cpu];
	struct vcpu *v;
	unsigned int to;

	if (!q->nr_queued || now < q->next_balance_ns ||
	    !vcpu_runnable(sched_pcpus[cpu].curr))
		return;
	v = choose_push(cpu, &to);
	if (!v)
		return;
	q->next_balance_ns = now + BALANCE_NS;
	credit_dequeue(cpu, v);
	sched_move(v, to);
	spin_unlock(&sched_pcpus[cpu].lock);
	queue_where_moved(v, now, true);
	spin_lock(&sched_pcpus[cpu].lock);
}
