/* SPDX-License-Identifier: GPL-2.0-only */
/* Performance counters: one increment each, always on; see control/perf.def. */
#ifndef HV_PERF_H
#define HV_PERF_H

#include <hv/cpu.h>

struct perf_counters {
#define COUNTER(member, name, nr) uint32_t member[nr];
#include "../../control/perf.def"
#undef COUNTER
} __attribute__((aligned(64)));

extern struct perf_counters perf_counters[NR_CPUS];

static inline struct perf_counters *perf_this_cpu(void)
{
	return &perf_counters[smp_processor_id()];
}

void perf_dump(void); /* debug key p */
void perf_reset(void);

#endif
