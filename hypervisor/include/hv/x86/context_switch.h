/* SPDX-License-Identifier: GPL-2.0-only */
/* Pieces of the vcpu switch others need. */
#ifndef HV_X86_CONTEXT_SWITCH_H
#define HV_X86_CONTEXT_SWITCH_H

struct vcpu;

/* Load CR4 as @v (current) wants it. */
void switch_cr4(const struct vcpu *v);
/* @cpu goes off line, idle: nothing is in its registers when it is back. */
void context_forget_cpu(unsigned int cpu);
__attribute__((noreturn)) void idle_loop(void);

#endif
