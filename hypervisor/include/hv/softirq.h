/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Work a CPU does on its way back to a guest or from idle: raised from
 * interrupt handlers and from other CPUs, run with no lock held.
 */
#ifndef HV_SOFTIRQ_H
#define HV_SOFTIRQ_H

#include <hv/types.h>

enum softirq {
	SOFTIRQ_TIMER,	  /* timers have expired                        */
	SOFTIRQ_NMI,	  /* the machine raised an NMI                  */
	SOFTIRQ_MCE,	  /* a machine check was recorded               */
	SOFTIRQ_KEY,	  /* a debug key was pressed, or the log grew   */
	SOFTIRQ_CONTINUE, /* domain destruction and other long work     */
	SOFTIRQ_SCHEDULE, /* choose what runs; may not return           */
	NR_SOFTIRQS
};

void softirq_register(enum softirq nr, void (*fn)(void)); /* boot only */
void softirq_raise(enum softirq nr);			  /* this CPU */
void softirq_raise_on(unsigned int cpu, enum softirq nr); /* kicks @cpu */
bool softirq_pending(void);				  /* this CPU */
void softirq_run(void);

#endif
