/* SPDX-License-Identifier: GPL-2.0-only */
/* Structure offsets for assembly: compiled to text, made into a header. */
#include <hv/domain.h>
#include <hv/x86/cpu_info.h>

#define DEFINE(name, value)                                                    \
	__asm__ volatile(".ascii \"->" #name " %c0\""                          \
			 :                                                     \
			 : "i"((uint64_t)(value)))

void asm_offsets(void);
void asm_offsets(void)
{
	DEFINE(REGS_R15, offsetof(struct regs, r15));
	DEFINE(REGS_R11, offsetof(struct regs, r11));
	DEFINE(REGS_RAX, offsetof(struct regs, rax));
	DEFINE(REGS_RCX, offsetof(struct regs, rcx));
	DEFINE(REGS_RDI, offsetof(struct regs, rdi));
	DEFINE(REGS_ERROR_CODE, offsetof(struct regs, error_code));
	DEFINE(REGS_VECTOR, offsetof(struct regs, entry_vector));
	DEFINE(REGS_RIP, offsetof(struct regs, rip));
	DEFINE(REGS_CS, offsetof(struct regs, cs));
	DEFINE(REGS_RFLAGS, offsetof(struct regs, rflags));
	DEFINE(REGS_RSP, offsetof(struct regs, rsp));
	DEFINE(REGS_SS, offsetof(struct regs, ss));
	DEFINE(REGS_SIZE, sizeof(struct regs));
	DEFINE(CI_CURRENT, offsetof(struct cpu_info, vcpu));
	DEFINE(CI_SOFTIRQ, offsetof(struct cpu_info, softirq_pending));
	DEFINE(CI_SIZE, sizeof(struct cpu_info));
	DEFINE(V_INFO, offsetof(struct vcpu, info));
	DEFINE(V_NMI_PENDING, offsetof(struct vcpu, nmi_pending));
	DEFINE(V_IN_KERNEL, offsetof(struct vcpu, arch.in_kernel));
	DEFINE(V_NMI_MASKED, offsetof(struct vcpu, arch.nmi_masked));
	DEFINE(V_LOAD_KERNEL, offsetof(struct vcpu, arch.load_kernel));
	DEFINE(V_LOAD_USER, offsetof(struct vcpu, arch.load_user));
	DEFINE(V_KERNEL_SP, offsetof(struct vcpu, arch.kernel_sp));
	DEFINE(V_SYSCALL, offsetof(struct vcpu, arch.syscall.address));
	DEFINE(V_SYSCALL_FAST, offsetof(struct vcpu, arch.syscall_fast));
	DEFINE(INFO_PENDING, offsetof(struct vcpu_info, evtchn_upcall_pending));
	DEFINE(INFO_MASK, offsetof(struct vcpu_info, evtchn_upcall_mask));
}
