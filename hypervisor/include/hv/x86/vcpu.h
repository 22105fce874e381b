/* SPDX-License-Identifier: GPL-2.0-only */
/* What a vcpu is to the CPU: registers, tables, traps, callbacks. */
#ifndef HV_X86_VCPU_H
#define HV_X86_VCPU_H

#include <hv/guest_access.h>
#include <hv/types.h>
#include <abi/arch.h>

struct page;
struct xsave_area;

/*
 * General registers as entry code saves them; the order is the ABI's
 * cpu_user_regs up to ss, so contexts are copied whole.
 */
struct regs {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
	uint64_t rax, rcx, rdx, rsi, rdi;
	uint32_t error_code, entry_vector;
	uint64_t rip;
	uint64_t cs; /* low 16 bits */
	uint64_t rflags, rsp;
	uint64_t ss;
};

struct trap_entry {
	uint64_t address; /* 0: no handler */
	uint16_t cs;
	uint8_t flags; /* bits 0-1 DPL, bit 2 masks events */
};

struct callback {
	uint64_t address; /* 0: none */
	bool masks_events;
};

struct arch_vcpu {
	struct regs regs; /* while not running */

	bool in_kernel;	  /* guest kernel mode (tables, GS)            */
	uint32_t fpu_cpu; /* where its state was last loaded           */
	bool ts;	  /* the guest set CR0.TS                      */
	uint8_t iopl;	  /* virtual                                   */
	uint8_t nmi_masked;
	bool syscall_fast; /* 64-bit callback set, and it masks events */

	uint64_t cr3_kernel, cr3_user;	  /* machine addresses, 0: none   */
	uint64_t load_kernel, load_user;  /* what a toggle puts in CR3   */
	struct page *l4_kernel, *l4_user; /* references and type held  */

	struct callback event, failsafe, syscall, syscall32, sysenter, nmi;
	struct trap_entry trap[256];

	uint64_t kernel_sp; /* 16-byte aligned, outside our range      */
	uint16_t kernel_ss;
	uint16_t ds, es, fs, gs; /* while not running */
	uint64_t fs_base, gs_base_kernel, gs_base_user;

	uint64_t cr4; /* guest's view */
	uint64_t dr[4], dr6, dr7;
	uint64_t xcr0, xcr0_accum;
	struct xsave_area *fpu;

	struct page *gdt_page[14]; /* references and PT_SEGDESC held   */
	struct page *ldt_page[16];
	uint32_t gdt_ents;
	uint32_t ldt_ents;
	uint64_t ldt_base;

	guest_ptr_t iobitmap; /* 0 bits are allowed ports */
	uint32_t iobitmap_ports;
	uint32_t cf8; /* latched PCI config address */

	struct page *put_later;	       /* table whose release was preempted   */
	struct page *put_later_too[2]; /* more of them, rarely         */
};

struct arch_domain;

#endif
