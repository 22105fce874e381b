/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine for the scheduler: pcpus, domains and vcpus in simulated time.  It
 * is the host side of the seams of hypervisor/sched (clock, timer interrupt,
 * context switch, event delivery).
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <hv/sched.h>
#include <hv/sched_op.h>
#include <hv/time.h>

#define MS NS_PER_MS
#define FOREVER (1ULL << 60)

/* What a vcpu does: run for burst_ns, block for sleep_ns, again. */
struct worker {
	struct vcpu v;
	struct vcpu_info info;
	uint64_t burst_ns, sleep_ns;
	uint64_t left_ns;      /* of this burst                     */
	uint64_t woken_ns;     /* its timer went off then, 0: no    */
	uint64_t max_delay_ns; /* from there until it ran           */
	uint64_t nr_bursts, nr_events;
	cpumask_t seen_on;
};

void machine_start(unsigned int nr_cpus);
struct domain *machine_domain(unsigned int nr_vcpus, uint64_t burst_ns,
			      uint64_t sleep_ns);
struct worker *worker(struct domain *d, unsigned int i);
void machine_run(uint64_t ns);
/* When the first timer of any pcpu goes off; ~0: none will. */
uint64_t machine_next_timer(void);
/* @cpu goes, and is vacant; and comes back. */
void machine_cpu_down(unsigned int cpu);
void machine_cpu_up(unsigned int cpu);
/* Act as @cpu, with its current vcpu current. */
void machine_on(unsigned int cpu);
uint64_t run_ns(struct domain *d);

extern uint64_t machine_now_ns;
/*
 * If not 0, only one pcpu looks at what has happened, in turns of at most this
 * long, as in an emulator with one thread: interrupts are late.
 */
extern uint64_t machine_in_turns;
/* pcpus idle while a vcpu waited that may run there, in all */
extern uint64_t machine_wasted_ns;
extern uint64_t machine_switches; /* from one vcpu to another, in all */
extern bool ports_pending[16];	  /* evtchn_port_pending */
extern int last_shutdown;	  /* reason, -1: none */

#endif
