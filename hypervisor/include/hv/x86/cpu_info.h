/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lies at the top of each pcpu's stack: the interrupted guest's
 * registers, and who runs here.  GS belongs to the guest, so the stack pointer
 * is what finds this CPU's data.
 */
#ifndef HV_X86_CPU_INFO_H
#define HV_X86_CPU_INFO_H

#include <hv/types.h>
#include <hv/x86/layout.h>
#include <hv/x86/vcpu.h>

struct hypercall_args;
struct vcpu;

struct cpu_info {
	struct regs regs; /* must end 16-byte aligned */
	struct vcpu *vcpu;
	uint64_t softirq_pending; /* atomic */
	uint32_t cpu;
	bool in_multicall;
	struct hypercall_args *args; /* of the call in progress */
};

static inline struct cpu_info *cpu_info(void)
{
	uint64_t sp;

	__asm__("mov %%rsp, %0" : "=r"(sp));
	return (struct cpu_info *)((sp | (STACK_SIZE - 1)) + 1) - 1;
}

/* What a pcpu needs to start; NULL: no memory.  On its stack: its cpu_info. */
struct cpu_info *cpu_prepare(unsigned int cpu);
struct cpu_info *cpu_info_of(unsigned int cpu); /* NULL: no such pcpu */

#define guest_regs() (&cpu_info()->regs)

#endif
