/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of the credit policy. */
#ifndef SCHED_CREDIT_H
#define SCHED_CREDIT_H

#include "policy.h"

#define MAX_LAG_NS (100 * NS_PER_MS) /* that survives a migration */

/* Under its pcpu's lock; load and nr_queued are read without, as a hint. */
struct credit_queue {
	struct list queue; /* by vtime_ns */
	uint32_t nr_queued;
	uint32_t load; /* sum of the weights of queue and curr */
	struct timer slice;
	uint64_t vtime_ns; /* never falls; curr and queue are not far off */
	uint64_t next_balance_ns;
} __attribute__((aligned(64)));

extern struct credit_queue credit_queues[NR_CPUS];

/* credit.c */
void credit_add(unsigned int cpu, struct vcpu *v, uint64_t now);
void credit_dequeue(unsigned int cpu, struct vcpu *v);
void credit_preempt_for(unsigned int cpu, struct vcpu *v, uint64_t now);

/* credit_balance.c */
unsigned int credit_choose_cpu(struct vcpu *v);
/* A hint for choose_cpu: @cpu runs nothing. */
void credit_set_idle(unsigned int cpu, bool is_idle);
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
