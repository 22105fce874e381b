/* SPDX-License-Identifier: GPL-2.0-only */
/* What the scheduler keeps in each vcpu and each domain; only sched/ uses it. */
#ifndef HV_SCHED_TYPES_H
#define HV_SCHED_TYPES_H

#include <hv/cpu.h>
#include <hv/list.h>
#include <hv/types.h>

struct sched_vcpu {
	uint32_t processor; /* pcpu it runs or last ran on; its run queue    */
	uint32_t pause_count;
	bool is_running; /* on a pcpu now, or its registers still are        */
	bool is_blocked; /* SCHEDOP_block or poll                            */
	bool is_polling;
	bool is_queued;
	bool is_yielding;
	cpumask_t hard_affinity, soft_affinity;
	struct list queue;
	int64_t credit;
	uint64_t last_start_ns;
};

struct sched_domain {
	uint16_t weight; /* 1..65535, default 256                            */
	uint16_t cap;	 /* percent of one pcpu, 0: none                     */
	int64_t cap_budget_ns;
	uint64_t cap_refill_ns;
};

#endif
