/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers: call a function on one CPU at an absolute system time.  Each CPU has
 * a heap; its LAPIC is programmed for the earliest.
 */
#ifndef HV_TIMER_H
#define HV_TIMER_H

#include <hv/types.h>

struct timer {
	uint64_t expires_ns;	/* absolute system time               */
	void (*fn)(void *data); /* runs on @cpu, no lock held         */
	void *data;
	uint32_t cpu;
	uint32_t heap_index; /* 1-based place in the heap; 0: inactive */
};

void timer_init(struct timer *t, void (*fn)(void *), void *data,
		unsigned int cpu);
void timer_set(struct timer *t, uint64_t expires_ns); /* also re-arms */
void timer_stop(struct timer *t);		      /* also if running */
void timer_migrate(struct timer *t, unsigned int cpu);
bool timer_is_active(const struct timer *t);

void timer_subsys_init(void); /* once, before any timer_set */

/*
 * Seam to x86/time.c: program this CPU's next timer interrupt for absolute
 * time @deadline_ns (~0: none; in the past: at once).
 */
void timer_program(uint64_t deadline_ns);
#endif
