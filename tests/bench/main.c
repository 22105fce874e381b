/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The micro benchmarks: `bench` of a kernel, `bench xen` of its hypervisor, a
 * process of its own, whose address space is as small as can be.
 */
#include <sched.h>
#include <string.h>

#include "bench.h"

int main(int argc, char **argv)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	MUST(sched_setaffinity(0, sizeof(set), &set) == 0);
	if (argc > 1 && strcmp(argv[1], "xen") == 0) {
		measure_all(xen_benches, "");
		print_hypervisor_memory();
		return 0;
	}
	measure_all(cpu_benches, "");
	measure_all(process_benches, "");
	measure_all(memory_benches, "");
	return 0;
}
