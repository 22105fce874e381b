/* SPDX-License-Identifier: GPL-2.0-only */
/* Cross-CPU calls, the part interrupt code needs; the rest is in hv/cpu.h. */
#ifndef HV_X86_SMP_H
#define HV_X86_SMP_H

/* Run what other CPUs asked this one to run. */
void smp_serve_calls(void);

#endif
