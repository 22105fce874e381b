/* SPDX-License-Identifier: GPL-2.0-only */
/* What the scheduler keeps in each vcpu and each domain; only sched/ uses it.
 */
#ifndef HV_SCHED_TYPES_H
#define HV_SCHED_TYPES_H

#include <hv/cpu.h>
#include <hv/list.h>
#include <hv/timer.h>
#include <hv/types.h>

#define NR_WATCHDOGS 2

/*
 * Under the lock of processor's run queue, except the flags set from anywhere:
 * pause_count, is_blocked and is_polling are atomic on their own.
 */
struct sched_vcpu {
	uint32_t processor;   /* pcpu it runs or last ran on; its run queue  */
	uint32_t pause_count; /* atomic                                      */
	bool is_running;      /* on a pcpu, or its registers still are       */
	bool is_blocked;      /* atomic: SCHEDOP_block or poll               */
	bool is_polling;      /* atomic: it also waits for a port            */
	bool is_queued;
	bool is_parked; /* held back: its domain has used up its cap         */
	bool is_yielding;
	bool is_pinned; /* pin_override: unpinned_affinity is valid          */
	cpumask_t hard_affinity, soft_affinity, unpinned_affinity;
	uint32_t nr_holders;   /* atomic: who will look at it again soon      */
	uint64_t last_tick_ns; /* of its periodic timer                      */

	/* Its policy's. */
	struct list queue;
	uint32_t home;	    /* null: the pcpu it owns; NR_CPUS: none         */
	bool is_boosted;    /* credit: woke up, and goes first               */
	uint32_t load;	    /* credit: weight it adds to its queue; 0: none  */
	uint32_t vtime_cpu; /* whose queue's time vtime_ns is in             */
	uint64_t vtime_ns;  /* time run, scaled by 256 / weight              */
	uint64_t
		charged_ns; /* time run is accounted up to here; 0: never ran */
};

struct sched_domain {
	uint32_t weight;	 /* 1..65535, default 256                    */
	uint32_t cap;		 /* percent of one pcpu, 0: none             */
	int64_t cap_budget_ns;	 /* atomic; left until the next refill       */
	struct timer cap_refill; /* active while the budget is not full      */
	struct timer watchdog[NR_WATCHDOGS]; /* under the domain's lock      */
	bool watchdog_used[NR_WATCHDOGS];
};

#endif
