/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of the scheduler, whatever its policy. */
#ifndef SCHED_INTERNAL_H
#define SCHED_INTERNAL_H

#include <hv/sched.h>

/* sleep.c: what SCHEDOP_block or poll waited for has come. */
void vcpu_unblock(struct vcpu *v);

/* runstate.c: under the lock of its pcpu. */
void runstate_change(struct vcpu *v, int32_t state, uint64_t now);
/* The state of a @v that neither runs nor waits for a pcpu. */
int32_t runstate_at_rest(const struct vcpu *v);

/* vcpu_timer.c */
void vcpu_timers_init(struct vcpu *v);
void vcpu_timers_kill(struct vcpu *v);
void vcpu_periodic_tick(struct vcpu *v);

/* watchdog.c */
void watchdog_init(struct domain *d);
void watchdog_kill(struct domain *d);

#endif
