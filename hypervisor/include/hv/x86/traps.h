/* SPDX-License-Identifier: GPL-2.0-only */
/* Traps: what a guest's kernel is made to see, and what we handle ourselves. */
#ifndef HV_X86_TRAPS_H
#define HV_X86_TRAPS_H

#include <hv/domain.h>
#include <hv/x86/vcpu.h>

enum {
	TRAP_DE,
	TRAP_DB,
	TRAP_NMI,
	TRAP_BP,
	TRAP_OF,
	TRAP_BR,
	TRAP_UD,
	TRAP_NM,
	TRAP_DF,
	TRAP_TS = 10,
	TRAP_NP,
	TRAP_SS,
	TRAP_GP,
	TRAP_PF,
	TRAP_MF = 16,
	TRAP_AC,
	TRAP_MC,
	TRAP_XM,
};
#define TRAP_SYSCALL 0x100 /* entry_vector: may go back by SYSRET */

#define PF_PRESENT 1
#define PF_WRITE 2
#define PF_USER 4

#define RFLAGS_TF 0x100
#define RFLAGS_IF 0x200
#define RFLAGS_DF 0x400
#define RFLAGS_IOPL 0x3000
#define RFLAGS_NT 0x4000
#define RFLAGS_RF 0x10000
#define RFLAGS_VM 0x20000
#define RFLAGS_AC 0x40000

void traps_init(void); /* boot */

/*
 * Make the current vcpu, whose registers are @r, take exception @vector in its
 * kernel.  No handler, or no stack: the domain crashes.
 */
void inject_exception(struct regs *r, unsigned int vector, uint32_t error);
void inject_page_fault(struct regs *r, uint64_t cr2, uint32_t error);
/*
 * The same by its failsafe callback, with the selectors it was switched out
 * with in the frame: one of them can not be loaded any more, and is null.
 */
void inject_failsafe(struct regs *r);

/* Between guest kernel and guest user: tables and GS of the current vcpu. */
void toggle_guest_mode(struct vcpu *v);

/* 1: @r was advanced past an emulated instruction; 0: not ours to emulate. */
int emulate_privileged(struct regs *r);
int emulate_forced_cpuid(struct regs *r);
/* 1: a write to a page table was carried out, or a fault injected. */
int emulate_pt_write(struct regs *r, uint64_t cr2);

/* Registers and a symbolised backtrace. */
void show_regs(const struct regs *r);
void show_guest_regs(struct vcpu *v, const struct regs *r);
/* Whose crash this CPU saw, and what all CPUs did last. */
void show_crash_context(void);

#endif
