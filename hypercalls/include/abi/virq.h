/* SPDX-License-Identifier: MIT */
/*
 * Virtual interrupts.  "vcpu": each vcpu binds its own and keeps it; "global":
 * one binding per domain, first on vcpu 0, movable later.  "Dom0": only the
 * control domain (or the domain set_virq_handler names) receives it.
 */
#ifndef ABI_VIRQ_H
#define ABI_VIRQ_H

#define VIRQ_TIMER 0	  /* vcpu: a timer of this vcpu expired */
#define VIRQ_DEBUG 1	  /* vcpu: print your state */
#define VIRQ_CONSOLE 2	  /* global, Dom0: console input waits */
#define VIRQ_DOM_EXC 3	  /* global, Dom0: a domain shut down or died */
#define VIRQ_TBUF 4	  /* global, Dom0: trace records wait */
#define VIRQ_DEBUGGER 6	  /* global, Dom0: a domain stopped for a debugger */
#define VIRQ_XENOPROF 7	  /* vcpu: profiling sample */
#define VIRQ_CON_RING 8	  /* global, Dom0: hypervisor log grew */
#define VIRQ_PCPU_STATE 9 /* global, Dom0: a pcpu came or went */
#define VIRQ_MEM_EVENT 10 /* global, Dom0: memory event */
#define VIRQ_ARGO 11	  /* global: argo message */
#define VIRQ_ENOMEM 12	  /* global, Dom0: free memory is low */
#define VIRQ_XENPMU 13	  /* vcpu: performance counter overflow */
#define VIRQ_ARCH_0 16
#define VIRQ_ARCH_1 17
#define VIRQ_ARCH_2 18
#define VIRQ_ARCH_3 19
#define VIRQ_ARCH_4 20
#define VIRQ_ARCH_5 21
#define VIRQ_ARCH_6 22
#define VIRQ_ARCH_7 23
#define NR_VIRQS 24
#define VIRQ_MCA VIRQ_ARCH_0 /* global, Dom0: machine check logged */

#endif
