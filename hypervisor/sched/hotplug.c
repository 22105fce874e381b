/* SPDX-License-Identifier: GPL-2.0-only */
/* Pcpus that come and go, as the scheduler sees it. */
#include <abi/errno.h>
#include <abi/vcpu.h>
#include <hv/assert.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <hv/time.h>

#include "policy.h"
#include "sched_internal.h"

void sched_cpu_up(unsigned int cpu)
{
	struct sched_pcpu *p = &sched_pcpus[cpu];
	struct vcpu *idle = dom_idle->vcpu[cpu];

	ASSERT(idle == current);
	timer_cpu_up();
	idle->sched.is_running = true;
	spin_lock(&p->lock);
	p->idle = p->curr = idle;
	runstate_change(idle, RUNSTATE_running, now_ns());
	spin_unlock(&p->lock);
	__atomic_fetch_or(&sched_cpus, cpumask_of(cpu), __ATOMIC_SEQ_CST);
	/* Somebody may wait for it. */
	softirq_raise(SOFTIRQ_SCHEDULE);
}

/* Does a pin_override hold some vcpu to @cpu alone? */
static bool has_pinned(unsigned int cpu)
{
	bool found = false;
	struct domain *d;
	struct vcpu *v;

	for_each_domain (d)
		for_each_vcpu (d, v)
			if (v->sched.is_pinned &&
			    v->sched.hard_affinity == cpumask_of(cpu))
				found = true;
	return found;
}

/* What may run on no pcpu any more may run anywhere (Xen does that, too). */
static void break_affinities(void)
{
	struct domain *d;
	struct vcpu *v;

	for_each_domain (d) {
		for_each_vcpu (d, v) {
			if (v->sched.hard_affinity & READ_ONCE(sched_cpus))
				continue;
			log_info("d%uv%u: no CPU of its hard affinity is left, "
				 "it may run anywhere now\n",
				 d->domid, v->id);
			(void)vcpu_set_affinity(v, CPUMASK_ALL,
						v->sched.soft_affinity);
		}
	}
}

/* Nothing runs on @cpu or waits; what waited has been sent elsewhere. */
static bool make_vacant(unsigned int cpu)
{
	struct sched_pcpu *p = &sched_pcpus[cpu];
	struct vcpu *v;
	bool is_vacant;

	spin_lock(&p->lock);
	while ((v = sched_policy->first(cpu)) != NULL) {
		sched_policy->dequeue(cpu, v);
		sched_queue_and_unlock(v, false);
		spin_lock(&p->lock);
	}
	is_vacant = p->curr == p->idle;
	if (is_vacant)
		runstate_change(p->idle, RUNSTATE_offline, now_ns());
	spin_unlock(&p->lock);
	return is_vacant;
}

int sched_cpu_down(unsigned int cpu)
{
	struct sched_pcpu *p = &sched_pcpus[cpu];

	if (has_pinned(cpu))
		return -EADDRINUSE;
	/* Under the lock: what is queued later sees it, the rest we see. */
	spin_lock(&p->lock);
	__atomic_fetch_and(&sched_cpus, ~cpumask_of(cpu), __ATOMIC_SEQ_CST);
	spin_unlock(&p->lock);
	break_affinities();
	softirq_raise_on(cpu, SOFTIRQ_SCHEDULE);
	if (cpu == smp_processor_id())
		return -ERESTART;
	while (!make_vacant(cpu))
		cpu_poll();
	return 0;
}
