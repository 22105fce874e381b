/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPU features a domain is not to see although guests could have them: what
 * the tools' cpu policy takes away.
 */
#ifndef HV_X86_CPUID_LIMIT_H
#define HV_X86_CPUID_LIMIT_H

#include <hv/domain.h>
#include <hv/x86/io.h>

/* Before its tools set a policy a domain is limited by nothing. */
void cpuid_limit_init(struct domain *d);
/* @regs as its policy has this leaf; leaves without feature bits are fine. */
void cpuid_limit_set(struct domain *d, uint32_t leaf, uint32_t subleaf,
		     const struct cpuid_regs *regs);
/* Take from @regs, what a guest would see, the features @d is not to see. */
void cpuid_limit_apply(const struct domain *d, uint32_t leaf, uint32_t subleaf,
		       struct cpuid_regs *regs);

#endif
