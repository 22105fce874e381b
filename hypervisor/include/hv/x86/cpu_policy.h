/* SPDX-License-Identifier: GPL-2.0-only */
/* What a guest sees of the CPU: CPUID leaves and MSRs, decided in two tables.
 */
#ifndef HV_X86_CPU_POLICY_H
#define HV_X86_CPU_POLICY_H

#include <hv/domain.h>
#include <hv/x86/io.h>

void guest_cpuid(const struct vcpu *v, uint32_t leaf, uint32_t subleaf,
		 struct cpuid_regs *out);

/* 0, or -EFAULT: the guest gets #GP. */
int guest_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val);
int guest_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val);

#endif
