/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The micro benchmarks of a kernel and its hypervisor.
 */
#include <sched.h>

#include "bench.h"

int main(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	MUST(sched_setaffinity(0, sizeof(set), &set) == 0);
	measure_all(cpu_benches, "");
	measure_all(process_benches, "");
	measure_all(memory_benches, "");
	if (xen_is_there()) {
		measure_all(xen_benches, "");
		print_hypervisor_memory();
	}
	return 0;
}
