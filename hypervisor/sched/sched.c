/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mechanism of scheduling: which vcpus are able to run, which pcpu each of
 * them belongs to, and switching.  Who runs where and when is up to a policy.
 *
 * Life of a vcpu, by (is_queued, is_running):
 *
 *   (no, no)  asleep  --vcpu_wake--> (yes, no) --schedule--> (no, yes)
 *      ^--------------------------sched_switched_from--------------'
 *
 * 1. is_queued: waits for processor, and can run.
 * 2. is_running: it or its registers are on processor, which stays the same.
 * 3. processor changes only while neither holds, under the lock of the pcpu
 *    that is left.  So one lock at a time is enough, even to migrate; whoever
 *    locks the new pcpu first queues it.
 * 4. Nobody is forgotten: whoever makes a vcpu able to run calls vcpu_wake
 *    afterwards, and whoever takes it off a pcpu looks again afterwards.
 */
#include <abi/errno.h>
#include <abi/vcpu.h>
#include <hv/assert.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <hv/string.h>
#include <hv/time.h>

#include "policy.h"
#include "sched_internal.h"

struct sched_pcpu sched_pcpus[NR_CPUS];
cpumask_t sched_cpus;

static const struct sched_policy *const policies[] = {
	&credit_policy,
	&null_policy,
};
const struct sched_policy *sched_policy = &credit_policy;

bool sched_choose_policy(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++)
		if (!strcmp(name, policies[i]->name)) {
			sched_policy = policies[i];
			return true;
		}
	return false;
}

uint32_t sched_policy_id(void)
{
	return sched_policy->id;
}

/* --- whose lock --------------------------------------------------------- */

unsigned int sched_lock(const struct vcpu *v)
{
	for (;;) {
		unsigned int cpu = READ_ONCE(v->sched.processor);

		spin_lock(&sched_pcpus[cpu].lock);
		if (v->sched.processor == cpu)
			return cpu;
		spin_unlock(&sched_pcpus[cpu].lock);
	}
}

void sched_unlock(unsigned int cpu)
{
	spin_unlock(&sched_pcpus[cpu].lock);
}

void sched_hold(struct vcpu *v)
{
	__atomic_fetch_add(&v->sched.nr_holders, 1, __ATOMIC_RELAXED);
}

unsigned int sched_lock_held(struct vcpu *v)
{
	unsigned int cpu = sched_lock(v);

	__atomic_fetch_sub(&v->sched.nr_holders, 1, __ATOMIC_RELEASE);
	return cpu;
}

void sched_move(struct vcpu *v, unsigned int cpu)
{
	ASSERT(spin_is_held(&sched_pcpus[v->sched.processor].lock));
	ASSERT(!v->sched.is_queued && !v->sched.is_running);
	sched_hold(v);
	/* Release: the new owner of @v's fields sees them as we left them. */
	__atomic_store_n(&v->sched.processor, cpu, __ATOMIC_RELEASE);
}

bool sched_wants_queue(const struct vcpu *v)
{
	return !v->sched.is_queued && !v->sched.is_running &&
	       !v->sched.is_parked && vcpu_runnable(v);
}

void sched_queue_and_unlock(struct vcpu *v, bool is_awake)
{
	uint64_t now = now_ns();
	unsigned int cpu;

	runstate_change(v, RUNSTATE_runnable, now);
	while ((cpu = sched_policy->choose_cpu(v)) != v->sched.processor) {
		unsigned int from = v->sched.processor;

		if (cpu == NR_CPUS) {
			sched_unlock(from);
			return;
		}
		sched_move(v, cpu);
		sched_unlock(from);
		from = sched_lock_held(v);
		if (sched_wants_queue(v) && sched_policy->fits(v, from))
			break;
		/* It may believe that it was given something. */
		softirq_raise_on(cpu, SOFTIRQ_SCHEDULE);
		/* Somebody was faster, or it stopped being able to run. */
		if (!sched_wants_queue(v)) {
			sched_unlock(from);
			return;
		}
		/* The pcpu has gone, or affinity has changed: once more. */
	}
	cpu = v->sched.processor;
	sched_policy->enqueue(cpu, v, now, is_awake);
	sched_unlock(cpu);
}

/* --- switching ---------------------------------------------------------- */

void schedule(void)
{
	unsigned int cpu = smp_processor_id();
	struct sched_pcpu *p = &sched_pcpus[cpu];
	struct vcpu *prev = current, *next;
	uint64_t now;

	spin_lock(&p->lock);
	ASSERT(prev == p->curr);
	now = now_ns();
	next = sched_policy->next(cpu, now);
	prev->sched.is_yielding = false;
	if (next == prev) {
		spin_unlock(&p->lock);
		return;
	}
	runstate_change(prev,
			prev == p->idle ? RUNSTATE_runnable
					: runstate_at_rest(prev),
			now);
	runstate_change(next, RUNSTATE_running, now);
	next->sched.is_running = true;
	p->curr = next;
	p->switched_ns = now;
	spin_unlock(&p->lock);

	/*
	 * Full: is_running is seen before @next looks for events on its way
	 * out; partner: vcpu_kick.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (prev != p->idle)
		runstate_update_guest(prev);
	context_switch(prev, next);
}

void sched_switched_from(struct vcpu *prev)
{
	struct sched_pcpu *p = &sched_pcpus[smp_processor_id()];

	if (prev == p->idle) {
		prev->sched.is_running = false;
		return;
	}
	timer_stop(&prev->periodic);
	spin_lock(&p->lock);
	/* Release, for those who wait without the lock: registers are saved. */
	__atomic_store_n(&prev->sched.is_running, false, __ATOMIC_RELEASE);
	if (sched_wants_queue(prev)) {
		sched_queue_and_unlock(prev, false);
		return;
	}
	runstate_change(prev, runstate_at_rest(prev), now_ns());
	sched_policy->rest(prev);
	spin_unlock(&p->lock);
}

void sched_switched_to(struct vcpu *next)
{
	if (is_idle_vcpu(next))
		return;
	time_update_vcpu(next);
	runstate_update_guest(next);
	vcpu_periodic_tick(next);
}

/* --- what changes ------------------------------------------------------- */

void vcpu_wake(struct vcpu *v)
{
	unsigned int cpu = sched_lock(v);

	if (sched_wants_queue(v)) {
		sched_queue_and_unlock(v, true);
		return;
	}
	if (!v->sched.is_queued && !v->sched.is_running)
		runstate_change(v, runstate_at_rest(v), now_ns());
	sched_unlock(cpu);
}

void vcpu_sleep_nosync(struct vcpu *v)
{
	unsigned int cpu = sched_lock(v);

	if (vcpu_runnable(v)) {
		sched_unlock(cpu);
		return;
	}
	if (v->sched.is_running) {
		softirq_raise_on(cpu, SOFTIRQ_SCHEDULE);
	} else {
		if (v->sched.is_queued)
			sched_policy->dequeue(cpu, v);
		runstate_change(v, runstate_at_rest(v), now_ns());
		sched_policy->rest(v);
	}
	sched_unlock(cpu);
}

int vcpu_set_affinity(struct vcpu *v, cpumask_t hard, cpumask_t soft)
{
	unsigned int cpu = sched_lock(v);

	/* Under the lock; partner: break_affinities. */
	if (!(hard & READ_ONCE(sched_cpus))) {
		sched_unlock(cpu);
		return -EINVAL;
	}
	v->sched.hard_affinity = hard;
	v->sched.soft_affinity = soft;
	if (v->sched.is_running) {
		softirq_raise_on(cpu, SOFTIRQ_SCHEDULE);
	} else {
		if (v->sched.is_queued && !sched_policy->fits(v, cpu))
			sched_policy->dequeue(cpu, v);
		if (sched_wants_queue(v)) {
			sched_queue_and_unlock(v, false);
			return 0;
		}
		if (!v->sched.is_queued)
			sched_policy->rest(v);
	}
	sched_unlock(cpu);
	return 0;
}

/* --- coming and going --------------------------------------------------- */

void sched_add_vcpu(struct vcpu *v)
{
	struct sched_vcpu *s = &v->sched;

	*s = (struct sched_vcpu){.home = NR_CPUS};
	list_init(&s->queue);
	s->soft_affinity = CPUMASK_ALL;
	if (is_idle_vcpu(v)) {
		s->processor = v->id;
		s->hard_affinity = cpumask_of(v->id);
		v->runstate.state = RUNSTATE_running;
	} else {
		s->hard_affinity = CPUMASK_ALL;
		v->runstate.state = RUNSTATE_offline;
	}
	v->runstate.state_entry_time = now_ns();
	vcpu_timers_init(v);
}

void sched_remove_vcpu(struct vcpu *v)
{
	BUG_ON(v->sched.is_running || v->sched.is_queued);
	sched_policy->remove(v);
	/* Acquire, and the lock: who still moved it has let go. */
	while (__atomic_load_n(&v->sched.nr_holders, __ATOMIC_ACQUIRE))
		cpu_poll();
	sched_unlock(sched_lock(v));
	vcpu_timers_kill(v);
}

void sched_init(void)
{
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++) {
		spin_lock_init(&sched_pcpus[cpu].lock, RANK_RUNQUEUE);
		sched_policy->init_cpu(cpu);
	}
	softirq_register(SOFTIRQ_SCHEDULE, schedule);
}

void sched_dump(void)
{
	unsigned int cpu;

	log_info("scheduler %s\n", sched_policy->name);
	for_each_cpu (cpu, sched_cpus) {
		struct sched_pcpu *p = &sched_pcpus[cpu];

		spin_lock(&p->lock);
		log_info("pcpu%u: d%uv%u\n", cpu, p->curr->domain->domid,
			 p->curr->id);
		sched_policy->dump(cpu);
		spin_unlock(&p->lock);
	}
}
