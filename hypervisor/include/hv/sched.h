/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which vcpu runs where and when: weighted fair sharing of CPU time with
 * optional caps (the role Xen's credit2 has), one run queue a pcpu.
 */
#ifndef HV_SCHED_H
#define HV_SCHED_H

#include <hv/domain.h>

struct sched_poll;
struct xen_domctl_scheduler_op;

void sched_init(void);		     /* boot, before any vcpu               */
void sched_cpu_up(unsigned int cpu); /* @cpu may be given vcpus from now on  */

/* A new vcpu: paused once for being down; no context needed yet. */
int sched_add_vcpu(struct vcpu *v);
void sched_remove_vcpu(struct vcpu *v); /* it is not running               */
void sched_add_domain(struct domain *d);

/*
 * Look again whether @v can run (unpaused, up, not blocked) and queue it if
 * so; any CPU, callers hold at most RANK_PORT locks.
 */
void vcpu_wake(struct vcpu *v);
/* Take it off its pcpu after a pause; _sync returns once it is off. */
void vcpu_sleep_nosync(struct vcpu *v);
void vcpu_sleep_sync(struct vcpu *v);
void vcpu_pause(struct vcpu *v); /* counted; waits (not for current)       */
void vcpu_pause_nosync(struct vcpu *v);
void vcpu_unpause(struct vcpu *v);
void domain_pause(struct domain *d); /* all vcpus; waits                   */
void domain_pause_nosync(struct domain *d);
void domain_unpause(struct domain *d);

/*
 * An event is pending for @v: wake it if blocked, or make it leave guest mode
 * if it runs elsewhere, so that it looks.
 */
void vcpu_kick(struct vcpu *v);
/* A port @v may be polling for became pending. */
void vcpu_unpoll(struct vcpu *v);

bool vcpu_runnable(const struct vcpu *v);

/* SOFTIRQ_SCHEDULE: choose and switch; returns only if current goes on. */
void schedule(void);
/* Called by context switch code once @prev's registers are saved. */
void sched_switched_from(struct vcpu *prev);

void vcpu_block(void); /* current, unless an event is already deliverable   */
void vcpu_yield(void);

int vcpu_set_affinity(struct vcpu *v, cpumask_t hard, cpumask_t soft);
/* ns this vcpu has run, up to now. */
uint64_t vcpu_cpu_time(const struct vcpu *v);
void vcpu_runstate_get(const struct vcpu *v, struct vcpu_runstate_info *out);

/* x86/context_switch.c: the rest of a switch; does not return. */
__attribute__((noreturn)) void context_switch(struct vcpu *prev,
					      struct vcpu *next);
/* schedule() found nothing better than current: go on with it. */

#endif
