/* SPDX-License-Identifier: GPL-2.0-only */
/* What each pcpu needs before it can take a trap or run a guest. */
#ifndef HV_X86_CPU_SETUP_H
#define HV_X86_CPU_SETUP_H

#include <hv/types.h>

struct cpu_info;
struct vcpu;

/* What the machine's CPUs have and we use; found once on the boot CPU. */
struct cpu_features {
	bool nx, smep, smap, umip, fsgsbase, xsave, use_pcid, syscall32;
	bool is_intel, is_amd, tsc_deadline, tsc_invariant, rdtscp;
	bool slow_bytes; /* REP STOSB is no match for REP STOSQ */
	uint8_t phys_bits;
	uint64_t xcr0_max;
	uint32_t xsave_size;
};
extern struct cpu_features cpu_features;

void cpu_features_init(void);
/* Set cpu_features.slow_bytes; x86/fast_strings.c. */
void fast_strings_init(void);
/* GDT, IDT, TSS, stacks, system call and control registers of this pcpu. */
void cpu_setup(unsigned int cpu, struct cpu_info *ci);

/* CR4 of the hypervisor; guests add TSD, DE and FSGSBASE while they run. */
extern uint64_t hv_cr4;

#endif
