/* SPDX-License-Identifier: MIT */
/*
 * xenpmu_op: performance counters for guests.  Pavo refuses it; the numbers
 * serve the trace decoder.
 */
#ifndef ABI_XENPMU_H
#define ABI_XENPMU_H

#include <abi/types.h>

#define XENPMU_VER_MAJ 0
#define XENPMU_VER_MIN 1

#define XENPMU_mode_get 0
#define XENPMU_mode_set 1
#define XENPMU_feature_get 2
#define XENPMU_feature_set 3
#define XENPMU_init 4
#define XENPMU_finish 5
#define XENPMU_lvtpc_set 6
#define XENPMU_flush 7

struct xen_pmu_params {
	struct {
		uint32_t maj;
		uint32_t min;
	} version;
	uint64_t val;
	uint32_t vcpu;
	uint32_t pad;
};
ABI_SIZE(struct xen_pmu_params, 24);

#endif
