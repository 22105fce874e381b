/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of the credit policy. */
#ifndef SCHED_CREDIT_H
#define SCHED_CREDIT_H

#include "policy.h"

/* Of its own time, a vcpu is not held to be further behind, or ahead. */
#define CREDIT_MAX_LAG_NS (200 * NS_PER_MS)

/* Under its pcpu's lock; load and nr_queued are read without, as a hint. */
struct credit_queue {
	struct list queue; /* those that go first, then by vtime_ns */
	uint32_t nr_queued;
	uint32_t load; /* sum of the weights of queue and curr */
	struct timer slice;
	uint64_t vtime_ns;   /* never falls; curr and queue are not far off */
	uint64_t charged_ns; /* when it was brought up to date              */
	uint64_t next_balance_ns;
	int64_t late_ns;     /* at the last balance */
	cpumask_t preferred; /* where curr had better be; 0: here          */
	uint64_t base_ns;    /* atomic: vtime_ns and this are its clock     */
} __attribute__((aligned(64)));

extern struct credit_queue credit_queues[NR_CPUS];

/* credit.c */
uint64_t credit_to_vtime(const struct vcpu *v, uint64_t ns);
/* Charge curr of @cpu, locked, for its time since the last charge. */
void credit_charge(unsigned int cpu, uint64_t now);
/* Weight or cap of its domain has changed. */
void credit_reweigh(struct vcpu *v);
void credit_add(unsigned int cpu, struct vcpu *v, uint64_t now);
void credit_dequeue(unsigned int cpu, struct vcpu *v);
void credit_preempt_for(unsigned int cpu, struct vcpu *v, uint64_t now);

/* credit_balance.c */
unsigned int credit_choose_cpu(struct vcpu *v);
/* @v has come to @cpu, whose charge is up to date, from another; or awakes. */
void credit_change_queue(unsigned int cpu, struct vcpu *v, bool is_awake);
/* A hint for choose_cpu: @cpu runs nothing. */
void credit_set_idle(unsigned int cpu, bool is_idle);
/* Whether @v, who runs on @cpu, had better run on one that is idle. */
bool credit_should_leave(unsigned int cpu, const struct vcpu *v);
/* Where it had better be, if not on @cpu; 0: here is fine. */
cpumask_t credit_preferred(unsigned int cpu, const struct vcpu *v);
/*
 * Have @cpu, which has nothing to do, take the next in turn from the queue
 * with the most load.  No lock held.  false: there is none.
 */
bool credit_steal_for(unsigned int cpu);
/* With the lock of @cpu held, which is dropped meanwhile. */
void credit_balance(unsigned int cpu, uint64_t now);

/* cap.c; with a pcpu's lock held or not. */
void cap_charge(struct domain *d, uint64_t ns);
bool cap_is_spent(const struct domain *d);
/* The longest turn of one vcpu of @d that keeps near its cap; ~0: no cap. */
uint64_t cap_slice_ns(const struct domain *d);

#endif
