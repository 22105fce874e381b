/* SPDX-License-Identifier: GPL-2.0-only */
/* Cross-CPU calls and start-up, for x86/; the rest is in hv/cpu.h. */
#ifndef HV_X86_SMP_H
#define HV_X86_SMP_H

#include <hv/cpu.h>

/* Run what other CPUs asked this one to run. */
void smp_serve_calls(void);
/* Start the CPUs of @mask; who has come is in cpu_online_map. */
void smp_start(cpumask_t mask);

#endif
