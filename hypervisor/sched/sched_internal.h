/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of the scheduler. */
#ifndef SCHED_INTERNAL_H
#define SCHED_INTERNAL_H

#include <hv/sched.h>

/* cap.c; with a run queue's lock held or not. */
void cap_charge(struct domain *d, uint64_t ns);
bool cap_is_spent(const struct domain *d);
/* The longest turn of one vcpu of @d that keeps near its cap; ~0: no cap. */
uint64_t cap_slice_ns(const struct domain *d);

/* sched.c: its domain may run again; no lock held. */
void sched_unpark(struct vcpu *v);
/* What SCHEDOP_block or poll waited for has come. */
void vcpu_unblock(struct vcpu *v);

/* vcpu_timer.c */
void vcpu_timers_init(struct vcpu *v);
void vcpu_timers_kill(struct vcpu *v);
void vcpu_periodic_tick(struct vcpu *v);

/* watchdog.c */
void watchdog_init(struct domain *d);
void watchdog_kill(struct domain *d);

#endif
