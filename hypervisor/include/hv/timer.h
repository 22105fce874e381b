/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers: call a function on one CPU at an absolute system time.  Each CPU has
 * a heap made of the timers themselves, so that setting one can not fail; its
 * LAPIC is programmed for the earliest.
 */
#ifndef HV_TIMER_H
#define HV_TIMER_H

#include <hv/types.h>

struct timer {
	uint64_t expires_ns;	/* absolute system time               */
	void (*fn)(void *data); /* runs on @cpu, no lock held         */
	void *data;
	uint32_t cpu; /* whose heap and lock; changes under both locks */
	bool is_active;
	bool is_dead; /* timer_kill was called: never set again        */
	/* Place in the heap: a tree of first child and next sibling. */
	struct timer *child, *sibling;
	struct timer *back; /* parent, or the sibling before; root: NULL */
};

void timer_init(struct timer *t, void (*fn)(void *), void *data,
		unsigned int cpu);
/*
 * From any CPU, with any lock below RANK_TIMER.  A timer may set itself
 * again from its function.
 */
void timer_set(struct timer *t, uint64_t expires_ns); /* also re-arms */
/* It will not start any more; on another CPU it may be running just now. */
void timer_stop(struct timer *t);
/*
 * Stop for good: afterwards it does not run anywhere and timer_set does
 * nothing, so its memory may go.  No lock that its function takes; not from
 * the function itself.
 */
void timer_kill(struct timer *t);
/* Let it expire on @cpu from now on. */
void timer_migrate(struct timer *t, unsigned int cpu);
bool timer_is_active(const struct timer *t);

void timer_subsys_init(void); /* once, before any timer_set */
/*
 * This CPU, which is not 0, goes: CPU 0 has its timers from now on, and gets
 * what would be set here.  It comes back.
 */
void timer_cpu_down(void);
void timer_cpu_up(void);

/*
 * Seam to x86/time.c: program this CPU's next timer interrupt for absolute
 * time @deadline_ns (~0: none; in the past: at once).  Its handler raises
 * SOFTIRQ_TIMER.
 */
void timer_program(uint64_t deadline_ns);
#endif
