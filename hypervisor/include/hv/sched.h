/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which vcpu runs where and when.  There are two policies: weighted fair
 * sharing of CPU time with optional caps (credit2), and a pcpu for each vcpu
 * (null).
 */
#ifndef HV_SCHED_H
#define HV_SCHED_H

#include <hv/domain.h>

/* Before sched_init: "credit2", which it is otherwise, or "null". */
bool sched_choose_policy(const char *name); /* false: no such policy */
uint32_t sched_policy_id(void);		    /* XEN_SCHEDULER_*       */
void sched_init(void); /* boot, before any vcpu               */
/*
 * On @cpu itself, which runs its idle vcpu, dom_idle->vcpu[cpu]: from now on
 * it may be given others.
 */
void sched_cpu_up(unsigned int cpu);
/*
 * Give @cpu no vcpu any more; returns once it is idle for good.  One caller at
 * a time.  -EADDRINUSE: a vcpu is pinned there by SCHEDOP_pin_override.
 * -ERESTART: this is that CPU; call again on the one that current will be on.
 */
int sched_cpu_down(unsigned int cpu);

void sched_add_domain(struct domain *d);    /* before its first vcpu        */
void sched_remove_domain(struct domain *d); /* after its last one           */
/*
 * @v runs only once it is initialised and not is_down; an idle vcpu belongs to
 * the pcpu of its number.  Sets up its timers, too.
 */
void sched_add_vcpu(struct vcpu *v);
/* It is paused and off its pcpu, or never ran; its timers are dead after. */
void sched_remove_vcpu(struct vcpu *v);

/*
 * Look again whether @v can run (unpaused, up, not blocked) and queue it if
 * so; any CPU, callers hold locks below RANK_RUNQUEUE at most.
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
/*
 * context_switch() calls these two: once @prev's registers are saved, which
 * lets another pcpu run it; and once @next is current and its page tables are
 * loaded, for its clock, run-state record and periodic timer.
 */
void sched_switched_from(struct vcpu *prev);
void sched_switched_to(struct vcpu *next);

void vcpu_block(void); /* current, unless an event is already deliverable   */
void vcpu_yield(void);

/* @hard: where it may run; @soft: where it had better.  -EINVAL: nowhere. */
int vcpu_set_affinity(struct vcpu *v, cpumask_t hard, cpumask_t soft);

/*
 * Of the credit2 policy: 1..65535, and percent of one pcpu (0: no cap).
 * -EINVAL: out of range.
 */
int sched_set_params(struct domain *d, uint32_t weight, uint32_t cap);
/* A running vcpu is not preempted before this long. */
extern uint32_t sched_ratelimit_us;

/* ns this vcpu has run, up to now. */
uint64_t vcpu_cpu_time(struct vcpu *v);
void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *out);
/* ns @cpu has been idle since it came up. */
uint64_t sched_idle_ns(unsigned int cpu);
/* Write current's run-state record into its registered area, if any. */
void runstate_update_guest(struct vcpu *v);

void sched_dump(void); /* debug key: the run queues */

/* x86/context_switch.c: the rest of a switch; does not return. */
__attribute__((noreturn)) void context_switch(struct vcpu *prev,
					      struct vcpu *next);

#endif
