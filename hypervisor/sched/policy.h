/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The line between the scheduler's mechanism (sched.c: who is able to run, who
 * is on which pcpu, switching) and its policies (credit.c, null.c: who runs
 * where and when).  A policy keeps what it knows in struct sched_vcpu and in
 * arrays of its own by pcpu; the lock of a pcpu covers both.
 */
#ifndef SCHED_POLICY_H
#define SCHED_POLICY_H

#include <hv/sched.h>

struct sched_pcpu {
	spinlock_t lock;
	struct vcpu *curr, *idle;
	uint64_t switched_ns; /* when curr started */
} __attribute__((aligned(64)));

extern struct sched_pcpu sched_pcpus[NR_CPUS];
/* Have an idle vcpu and take others; a bit falls under its pcpu's lock. */
extern cpumask_t sched_cpus;

struct sched_policy {
	const char *name;
	uint32_t id; /* XEN_SCHEDULER_* */

	void (*init_cpu)(unsigned int cpu); /* once each, at boot */
	/*
	 * Where @v, which wants to run and is neither queued nor running, is
	 * to wait; under the lock of its present processor.  NR_CPUS: nowhere
	 * yet; the policy calls vcpu_wake when there is a place.
	 */
	unsigned int (*choose_cpu)(struct vcpu *v);
	bool (*fits)(const struct vcpu *v, unsigned int cpu); /* still? */
	/*
	 * @v waits for @cpu from now on, which is made to look soon if it had
	 * better run.  @is_awake: because it woke up, not since it lost its
	 * pcpu.  Sets is_queued; dequeue and next clear it.
	 */
	void (*enqueue)(unsigned int cpu, struct vcpu *v, uint64_t now,
			bool is_awake);
	void (*dequeue)(unsigned int cpu, struct vcpu *v);
	struct vcpu *(*first)(unsigned int cpu); /* queued there, or NULL */
	/*
	 * On @cpu: who runs from now on.  curr, one that was queued, or, and
	 * always if it is not up, the idle vcpu.  May drop the lock meanwhile.
	 */
	struct vcpu *(*next)(unsigned int cpu, uint64_t now);
	/* @v wants no pcpu now, or may not use the one it had. */
	void (*rest)(struct vcpu *v);
	void (*remove)(struct vcpu *v); /* nor ever again; no lock held */
	void (*dump)(unsigned int cpu); /* what waits there, a line each */
};

extern const struct sched_policy credit_policy, null_policy;
extern const struct sched_policy *sched_policy; /* the one of this boot */

/* sched.c, for policies */

/* Lock the pcpu @v belongs to, and name it. */
unsigned int sched_lock(const struct vcpu *v);
void sched_unlock(unsigned int cpu);
/*
 * Keep the struct of @v, which may be asleep, until sched_lock_held(); it is
 * found under a lock that sched_policy.remove() takes.
 */
void sched_hold(struct vcpu *v);
unsigned int sched_lock_held(struct vcpu *v);
/*
 * Locked, in no queue, not running: it is @cpu's from now on.  Held.
 */
void sched_move(struct vcpu *v, unsigned int cpu);
/* Under its pcpu's lock: able to run, and not queued yet. */
bool sched_wants_queue(const struct vcpu *v);
/* Queue @v, locked, which wants it, where its policy says; unlocks. */
void sched_queue_and_unlock(struct vcpu *v, bool is_awake);

/*
 * Where @v may run: what its hard affinity leaves of the pcpus that are up, or
 * all of them if that is none: better there than never.
 */
static inline cpumask_t sched_allowed(const struct vcpu *v)
{
	cpumask_t up = READ_ONCE(sched_cpus);

	return up & v->sched.hard_affinity ?: up;
}

static inline bool sched_may_run_on(const struct vcpu *v, unsigned int cpu)
{
	return sched_allowed(v) & cpumask_of(cpu);
}

#endif
