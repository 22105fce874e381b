/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The null policy (as Xen's): a vcpu has a pcpu to itself for as long as it is
 * up, so there is nothing to decide and no timer.  When all pcpus that it may
 * use are taken, a vcpu waits until one is given up: by a vcpu that goes down
 * or away, or may no longer run there.
 */
#include <abi/domctl.h>
#include <hv/assert.h>
#include <hv/printk.h>
#include <hv/softirq.h>

#include "policy.h"

/*
 * lock protects what is below and each vcpu's home; it nests in a pcpu's.
 *
 * 1. owners[cpu] == v iff v->sched.home == cpu.
 * 2. On waiters: able to run and without a home.
 * 3. A pcpu without an owner looks at the waiters after it became so.
 */
static spinlock_t lock;
static struct vcpu *owners[NR_CPUS];
static struct list waiters; /* the first has waited longest */

static void give_home(struct vcpu *v, unsigned int cpu)
{
	ASSERT(spin_is_held(&lock) && !owners[cpu]);
	list_del(&v->sched.queue);
	v->sched.home = cpu;
	owners[cpu] = v;
}

static void leave_home(struct vcpu *v)
{
	unsigned int cpu = v->sched.home;

	ASSERT(spin_is_held(&lock));
	if (cpu == NR_CPUS)
		return;
	v->sched.home = NR_CPUS;
	owners[cpu] = NULL;
	softirq_raise_on(cpu, SOFTIRQ_SCHEDULE);
}

static unsigned int find_free(cpumask_t mask)
{
	unsigned int cpu;

	for_each_cpu (cpu, mask)
		if (!owners[cpu])
			return cpu;
	return NR_CPUS;
}

/* The one it has; or a free one, where it was or had better be first. */
static unsigned int choose_cpu(struct vcpu *v)
{
	cpumask_t hard = sched_allowed(v), soft = hard & v->sched.soft_affinity;
	unsigned int cpu;

	spin_lock(&lock);
	if (v->sched.home != NR_CPUS && !sched_may_run_on(v, v->sched.home))
		leave_home(v);
	if (v->sched.home == NR_CPUS) {
		cpu = find_free(soft & cpumask_of(v->sched.processor));
		if (cpu == NR_CPUS)
			cpu = find_free(soft);
		if (cpu == NR_CPUS)
			cpu = find_free(hard);
		if (cpu != NR_CPUS)
			give_home(v, cpu);
		else if (list_empty(&v->sched.queue))
			list_add_tail(&v->sched.queue, &waiters);
	}
	cpu = v->sched.home;
	spin_unlock(&lock);
	return cpu;
}

static bool fits(const struct vcpu *v, unsigned int cpu)
{
	return v->sched.home == cpu && sched_may_run_on(v, cpu);
}

static void enqueue(unsigned int cpu, struct vcpu *v, uint64_t now,
		    bool is_awake)
{
	(void)now;
	(void)is_awake;
	v->sched.is_queued = true;
	softirq_raise_on(cpu, SOFTIRQ_SCHEDULE);
}

static void dequeue(unsigned int cpu, struct vcpu *v)
{
	(void)cpu;
	v->sched.is_queued = false;
}

/* Whoever waits for @cpu is its owner, and has got there, so it stays. */
static struct vcpu *first(unsigned int cpu)
{
	struct vcpu *v;

	spin_lock(&lock);
	v = owners[cpu];
	if (v && (v->sched.processor != cpu || !v->sched.is_queued))
		v = NULL;
	spin_unlock(&lock);
	return v;
}

/* Give @cpu to who has waited longest, of those who had better be here first.
 */
static struct vcpu *take_waiter(unsigned int cpu)
{
	struct vcpu *v, *best = NULL;

	spin_lock(&lock);
	if (!owners[cpu]) {
		list_for_each (v, &waiters, sched.queue) {
			if (!sched_may_run_on(v, cpu))
				continue;
			if (!best)
				best = v;
			if (v->sched.soft_affinity & cpumask_of(cpu)) {
				best = v;
				break;
			}
		}
		if (best) {
			give_home(best, cpu);
			sched_hold(best);
		}
	}
	spin_unlock(&lock);
	return best;
}

static void queue_owner(struct vcpu *v)
{
	unsigned int cpu = sched_lock_held(v);

	if (sched_wants_queue(v))
		sched_queue_and_unlock(v, false);
	else
		sched_unlock(cpu);
}

static struct vcpu *next(unsigned int cpu, uint64_t now)
{
	struct sched_pcpu *p = &sched_pcpus[cpu];
	struct vcpu *v;

	(void)now;
	v = take_waiter(cpu);
	if (v) {
		sched_unlock(cpu);
		queue_owner(v);
		spin_lock(&p->lock);
	}
	v = p->curr;
	if (v != p->idle && vcpu_runnable(v) && fits(v, cpu))
		return v;
	v = first(cpu);
	if (!v || !fits(v, cpu))
		return p->idle;
	dequeue(cpu, v);
	return v;
}

static void rest(struct vcpu *v)
{
	spin_lock(&lock);
	list_del(&v->sched.queue);
	if (v->is_down ||
	    (v->sched.home != NR_CPUS && !sched_may_run_on(v, v->sched.home)))
		leave_home(v);
	spin_unlock(&lock);
}

static void remove(struct vcpu *v)
{
	spin_lock(&lock);
	list_del(&v->sched.queue);
	leave_home(v);
	spin_unlock(&lock);
}

static void init_cpu(unsigned int cpu)
{
	if (cpu == 0) {
		spin_lock_init(&lock, RANK_OWNERS);
		list_init(&waiters);
	}
}

static void dump(unsigned int cpu)
{
	const struct vcpu *v;

	spin_lock(&lock);
	v = owners[cpu];
	if (v)
		log_info("  is d%uv%u's\n", v->domain->domid, v->id);
	spin_unlock(&lock);
}

const struct sched_policy null_policy = {
	.name = "null",
	.id = XEN_SCHEDULER_NULL,
	.init_cpu = init_cpu,
	.choose_cpu = choose_cpu,
	.fits = fits,
	.enqueue = enqueue,
	.dequeue = dequeue,
	.first = first,
	.next = next,
	.rest = rest,
	.remove = remove,
	.dump = dump,
};
