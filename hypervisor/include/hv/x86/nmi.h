/* SPDX-License-Identifier: GPL-2.0-only */
/* What interrupts even the hypervisor: NMIs, the watchdog, machine checks. */
#ifndef HV_X86_NMI_H
#define HV_X86_NMI_H

#include <hv/types.h>
#include <hv/x86/cpu_info.h>

/*
 * The watchdog (option watchdog): NMIs find out that a CPU stands still in the
 * hypervisor.  Boot, at its end: unpacking a kernel takes long.
 */
void nmi_watchdog_init(void);
/* An NMI came: true if it was the watchdog's; panics if it bites. */
bool nmi_watchdog_tick(const struct regs *r);

/* Machine checks: banks on (each CPU), the clock that looks at them (boot). */
void mce_init_cpu(void);
void mce_init(void);
/* The exception: panics, ends the guest it hit, or keeps a record of it. */
void mce_exception(struct regs *r);

/* One bank's report. */
struct mce_record {
	uint64_t status, addr, misc, global_status, tsc;
	uint32_t cpu, bank;
	uint16_t domid;
	uint16_t vcpu;
	bool polled; /* found by looking, not by an exception */
};
/* The oldest record and its number (from 1); false: there is none. */
bool mce_oldest(struct mce_record *rec, uint64_t *id);
void mce_drop(uint64_t id); /* if it is still the oldest */

#endif
