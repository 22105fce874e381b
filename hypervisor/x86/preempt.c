/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interrupt window of long operations.  Handlers run in it; what they
 * leave to do is a softirq, and that is what the caller then makes way for.
 */
#include <hv/cpu.h>
#include <hv/softirq.h>

bool preempt_check(void)
{
	/* sti holds interrupts off for one more instruction: the nop */
	__asm__ volatile("sti; nop; nop; cli" : : : "memory");
	return softirq_pending();
}
