/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ways in and out of the hypervisor.
 *
 * A guest's kernel and its user programs both run in ring 3, in two address
 * spaces, so each system call comes through here twice: in (syscall, from user
 * mode) and out (the iret hypercall).  Both have a short path that touches no
 * C and saves only what it uses; whatever is unusual goes to the full path.
 *
 * Invariants: interrupts are off; GS and FS belong to the guest; the stack
 * pointer finds this pcpu's data (struct cpu_info).  On all full paths RSP
 * points at a struct regs, for entries from a guest the one in cpu_info.
 *
 * Where Meltdown matters, a switch to hypervisor tables goes at the points
 * marked XPTI; nothing before (after) them touches anything but the stack and
 * the vcpu.
 */
#include "asm_offsets.h"
#include <hv/x86/layout.h>

#define TRAP_SYSCALL 0x100 /* entry_vector: came by SYSCALL, may SYSRET */
#define NR_IRET 23
#define IOPL_VM_MASK ~0x1a3000 /* IOPL, VM, VIF, VIP */

	.macro EX_TABLE from, to
	.pushsection .ex_table, "a"
	.quad \from, \to
	.popsection
	.endm

	.macro SAVE_GPRS
	push %rdi
	push %rsi
	push %rdx
	push %rcx
	push %rax
	push %r8
	push %r9
	push %r10
	push %r11
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	.endm

	.macro RESTORE_GPRS
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rax
	pop %rcx
	pop %rdx
	pop %rsi
	pop %rdi
	.endm

/* STAC/CLAC where there is SMAP; patched in from 3-byte NOPs at boot. */
	.macro USER_ACCESS insn:req
790:	.byte 0x0f, 0x1f, 0x00
	.pushsection .data.smap_sites, "aw"
	.quad 790b
	.byte \insn
	.balign 8
	.popsection
	.endm
#define STAC USER_ACCESS 0xcb
#define CLAC USER_ACCESS 0xca

	.section .text.entry, "ax"

/*
 * SYSCALL.  The per-CPU stub (x86/cpu_setup.c) has saved RAX in its slot, put
 * the guest's RSP in RAX and RSP at the end of struct regs.  XPTI: here.
 */
	.balign 64
	.globl syscall_entry
syscall_entry:
	push $SEL_DS
	push %rax
	push %r11
	push $SEL_CS64
	push %rcx
	sub $REGS_RIP, %rsp /* now at struct regs; below it nothing is kept */
	mov CI_CURRENT(%rsp), %rcx
	cmpb $0, V_IN_KERNEL(%rcx)
	jne .Lhypercall

	/* --- a system call of a guest's process: bounce to its kernel --- */
	cmpb $0, V_SYSCALL_FAST(%rcx)
	je .Lsyscall_full
	mov V_INFO(%rcx), %r11
	cmpb $0, INFO_MASK(%r11)
	jne .Lsyscall_full
	movb $1, INFO_MASK(%r11)
	movb $1, V_IN_KERNEL(%rcx)
	swapgs
	mov V_LOAD_KERNEL(%rcx), %r11
	mov %r11, %cr3
	mov V_KERNEL_SP(%rcx), %r11
	mov V_SYSCALL(%rcx), %rcx
	STAC
1:	movq $SEL_DS, -8(%r11)
2:	mov %rax, -16(%r11)
	mov REGS_RFLAGS(%rsp), %rax
3:	mov %rax, -24(%r11)
4:	mov %rax, -48(%r11)
5:	movq $SEL_CS64, -32(%r11)
	mov REGS_RIP(%rsp), %rax
6:	mov %rax, -40(%r11)
7:	mov %rax, -56(%r11)
	CLAC
	mov REGS_RAX(%rsp), %rax
	lea -56(%r11), %rsp
	mov $0x202, %r11d
	sysretq
	EX_TABLE 1b, bounce_fault
	EX_TABLE 2b, bounce_fault
	EX_TABLE 3b, bounce_fault
	EX_TABLE 4b, bounce_fault
	EX_TABLE 5b, bounce_fault
	EX_TABLE 6b, bounce_fault
	EX_TABLE 7b, bounce_fault

	.balign 16
.Lhypercall:
	cmpl $NR_IRET, REGS_RAX(%rsp)
	je .Liret
.Lhypercall_full:
	/* Complete the frame; RCX and R11 hold what SYSCALL put there. */
	mov REGS_RIP(%rsp), %rcx
	mov REGS_RFLAGS(%rsp), %r11
	mov REGS_RAX(%rsp), %rax
	add $REGS_RIP, %rsp
	pushq $0
	movl $TRAP_SYSCALL, 4(%rsp)
	SAVE_GPRS
	mov %rsp, %rdi
	call do_hypercall
	jmp ret_to_guest

.Lsyscall_full:
	mov REGS_RIP(%rsp), %rcx
	mov REGS_RFLAGS(%rsp), %r11
	mov REGS_RAX(%rsp), %rax
	add $REGS_RIP, %rsp
	pushq $0
	movl $TRAP_SYSCALL, 4(%rsp)
	SAVE_GPRS
	mov %rsp, %rdi
	call do_guest_syscall
	jmp ret_to_guest

/*
 * The iret hypercall to 64-bit user mode.  RAX: guest RSP, which points at
 * rax r11 rcx flags rip cs rflags rsp ss; RCX: vcpu; RSP: struct regs.
 * Everything is read once; nothing changes before all of it is known good.
 */
	.balign 16
.Liret:
	mov %rax, %r11
	sar $43, %r11
	cmp $-16, %r11 /* an address in our range? */
	je .Lhypercall_full
	cmpq $0, V_LOAD_USER(%rcx)
	je .Lhypercall_full
	cmpb $0, V_NMI_MASKED(%rcx)
	jne .Lhypercall_full
	mov V_INFO(%rcx), %r11
	cmpb $0, INFO_PENDING(%r11)
	jne .Lhypercall_full
	STAC
1:	cmpq $0, 24(%rax)
	jne .Liret_full
2:	mov 40(%rax), %r11
	cmp $0x33, %r11
	je 10f
	cmp $SEL_CS64, %r11
	jne .Liret_full
10:	mov %r11, REGS_CS(%rsp)
3:	mov 64(%rax), %r11
	cmp $0x2b, %r11
	je 11f
	cmp $SEL_DS, %r11
	jne .Liret_full
11:	mov %r11, REGS_SS(%rsp)
4:	mov 48(%rax), %r11
	test $0x200, %r11d
	jz .Liret_full
	and $IOPL_VM_MASK, %r11
	mov %r11, REGS_RFLAGS(%rsp)
5:	mov 0(%rax), %r11
	mov %r11, REGS_RAX(%rsp)
6:	mov 16(%rax), %r11
	mov %r11, REGS_RCX(%rsp)
7:	mov 32(%rax), %r11
	mov %r11, REGS_RIP(%rsp)
8:	mov 56(%rax), %r11
	mov %r11, REGS_RSP(%rsp)
9:	mov 8(%rax), %r11
	CLAC
	mov V_INFO(%rcx), %rax
	movb $0, INFO_MASK(%rax)
	movb $0, V_IN_KERNEL(%rcx)
	/* pending set between the check and now: the IPI that came with it
	 * is taken right after the IRETQ below */
	mov V_LOAD_USER(%rcx), %rax
	mov %rax, %cr3
	swapgs
	mov REGS_RAX(%rsp), %rax
	mov REGS_RCX(%rsp), %rcx
	add $REGS_RIP, %rsp
	.globl iretq_fast
iretq_fast:
	iretq
	EX_TABLE 1b, .Liret_full
	EX_TABLE 2b, .Liret_full
	EX_TABLE 3b, .Liret_full
	EX_TABLE 4b, .Liret_full
	EX_TABLE 5b, .Liret_full
	EX_TABLE 6b, .Liret_full
	EX_TABLE 7b, .Liret_full
	EX_TABLE 8b, .Liret_full
	EX_TABLE 9b, .Liret_full
/* Undo what the short path wrote into the frame, then take the long one. */
.Liret_full:
	CLAC
	mov %rax, REGS_RSP(%rsp)
	movq $NR_IRET, REGS_RAX(%rsp)
	movq $SEL_CS64, REGS_CS(%rsp)
	movq $SEL_DS, REGS_SS(%rsp)
	movq $0x202, REGS_RFLAGS(%rsp)
	jmp .Lhypercall_full

/* Could not write the guest kernel's stack: it has lost its way for good. */
bounce_fault:
	CLAC
	mov CI_CURRENT(%rsp), %rdi
	call guest_stack_lost
	jmp ret_to_guest

/* SYSCALL from 32-bit code (AMD): like a trap; R11, RCX as for 64 bits. */
	.balign 16
	.globl syscall32_entry
syscall32_entry:
	push $SEL_DS
	push %rax
	push %r11
	push $SEL_CS32
	push %rcx
	sub $REGS_RIP, %rsp
	mov REGS_RAX(%rsp), %rax
	add $REGS_RIP, %rsp
	pushq $0
	SAVE_GPRS
	mov %rsp, %rdi
	call do_guest_syscall32
	jmp ret_to_guest

/* SYSENTER (Intel, and AMD's 32-bit): RSP is this pcpu's end of struct regs. */
	.balign 16
	.globl sysenter_entry
sysenter_entry:
	push $SEL_DS
	push $0
	pushfq
	push $2 /* SYSENTER leaves AC, NT, DF and TF as the process had them */
	popfq
	push $3
	push $0
	pushq $0
	SAVE_GPRS
	orl $0x200, REGS_RFLAGS(%rsp)
	mov %rsp, %rdi
	call do_guest_sysenter
	jmp ret_to_guest

/*
 * Back to the guest.  RSP: cpu_info.  Softirqs first (they may switch vcpus,
 * which comes back here with another one), then events and NMIs.
 */
	.balign 16
	.globl ret_to_guest
ret_to_guest:
	cmpq $0, CI_SOFTIRQ(%rsp)
	jne .Lsoftirq
	mov CI_CURRENT(%rsp), %rbx
	mov V_INFO(%rbx), %rax
	cmpb $0, INFO_MASK(%rax)
	jne 1f
	cmpb $0, INFO_PENDING(%rax)
	jne .Lguest_work
1:	cmpb $0, V_NMI_PENDING(%rbx)
	jne .Lguest_nmi
.Lrestore:
	testl $TRAP_SYSCALL, REGS_VECTOR(%rsp)
	jz .Lrestore_iret
	/* SYSRET to a non-canonical address faults in ring 0 on Intel. */
	mov REGS_RIP(%rsp), %rcx
	shl $16, %rcx
	sar $16, %rcx
	cmp REGS_RIP(%rsp), %rcx
	jne .Lrestore_iret
	RESTORE_GPRS
	mov 8(%rsp), %rcx  /* rip */
	mov 24(%rsp), %r11 /* rflags */
	mov 32(%rsp), %rsp
	sysretq
.Lrestore_iret:
	RESTORE_GPRS
	add $8, %rsp
	.globl iretq_full
iretq_full:
	iretq

.Lguest_nmi:
	cmpb $0, V_NMI_MASKED(%rbx)
	jne .Lrestore
.Lguest_work:
	mov %rsp, %rdi
	call do_guest_work
	jmp .Lrestore
.Lsoftirq:
	call softirq_run
	jmp ret_to_guest

/* C: leave the stack as it is, go on with @rdi = cpu_info. */
	.globl return_to_guest
return_to_guest:
	mov %rdi, %rsp
	jmp ret_to_guest

	.globl idle_from
idle_from:
	mov %rdi, %rsp
	xor %ebp, %ebp
	call idle_loop
	ud2

/*
 * --- exceptions and interrupts ---
 *
 * A gate leaves AC as it was: a guest's own, or ours between STAC and CLAC.
 */

	.balign 16
trap_common:
	SAVE_GPRS
	cld
	CLAC
	mov %rsp, %rdi
	testb $3, REGS_CS(%rsp)
	jz .Lhv_trap
	call do_guest_trap
	jmp ret_to_guest
.Lhv_trap:
	mov %rsp, %rbp
	and $-16, %rsp
	call do_hv_trap
	mov %rbp, %rsp
	RESTORE_GPRS
	add $8, %rsp
	iretq

	.balign 16
irq_common:
	SAVE_GPRS
	cld
	CLAC
	movzbl REGS_VECTOR(%rsp), %edi
	testb $3, REGS_CS(%rsp)
	jz 1f
	call do_irq
	jmp ret_to_guest
1:	mov %rsp, %rbp
	and $-16, %rsp
	call do_irq
	mov %rbp, %rsp
	RESTORE_GPRS
	add $8, %rsp
	iretq

/*
 * NMI, #DB, #MC, #DF have stacks of their own.  From a guest, go on as any
 * trap on the main stack (do_ist_trap copies the frame there); else stay.
 */
	.balign 16
ist_common:
	SAVE_GPRS
	cld
	CLAC
	mov %rsp, %rdi
	testb $3, REGS_CS(%rsp)
	jz .Lhv_trap
	call ist_frame_to_main_stack
	mov %rax, %rsp
	mov %rsp, %rdi
	call do_guest_trap
	jmp ret_to_guest

#define HAS_ERROR_CODE(v) \
	((v) == 8 || ((v) >= 10 && (v) <= 14) || (v) == 17 || (v) == 21 || \
	 (v) == 29 || (v) == 30)
#define HAS_IST(v) ((v) == 1 || (v) == 2 || (v) == 8 || (v) == 18)

	.balign 16
	.globl vector_stubs
vector_stubs: /* 16 bytes each */
	.set v, 0
	.rept 256
	.balign 16
	.if HAS_ERROR_CODE(v) == 0
	push $0
	.endif
	movl $v, 4(%rsp)
	.if v >= 32 && v != 0x80
	jmp irq_common
	.elseif HAS_IST(v)
	jmp ist_common
	.else
	jmp trap_common
	.endif
	.set v, v + 1
	.endr

/* --- guest memory, with faults turned into -EFAULT --- */

/* size_t guest_copy_asm(void *dst, const void *src, size_t n): bytes left */
	.balign 16
	.globl guest_copy_asm
guest_copy_asm:
	STAC
	mov %rdx, %rcx
	shr $3, %rcx
	and $7, %edx
1:	rep movsq
	mov %edx, %ecx
2:	rep movsb
	CLAC
	xor %eax, %eax
	ret
3:	lea (%rdx, %rcx, 8), %rax
	CLAC
	ret
4:	mov %rcx, %rax
	CLAC
	ret
	EX_TABLE 1b, 3b
	EX_TABLE 2b, 4b

/* size_t guest_clear_asm(void *dst, size_t n): bytes left */
	.globl guest_clear_asm
guest_clear_asm:
	STAC
	mov %rsi, %rcx
	xor %eax, %eax
1:	rep stosb
	CLAC
	ret
2:	mov %rcx, %rax
	CLAC
	ret
	EX_TABLE 1b, 2b

/* int guest_put_word(uint64_t *dst, uint64_t word) */
	.globl guest_put_word
guest_put_word:
	STAC
1:	mov %rsi, (%rdi)
	CLAC
	xor %eax, %eax
	ret
2:	CLAC
	mov $-14, %eax
	ret
	EX_TABLE 1b, 2b

/* int rdmsr_safe(uint32_t msr, uint64_t *v) */
	.globl rdmsr_safe
rdmsr_safe:
	mov %edi, %ecx
1:	rdmsr
	shl $32, %rdx
	or %rdx, %rax
	mov %rax, (%rsi)
	xor %eax, %eax
	ret
2:	mov $-14, %eax
	ret
	EX_TABLE 1b, 2b

/* int wrmsr_safe(uint32_t msr, uint64_t v) */
	.globl wrmsr_safe
wrmsr_safe:
	mov %edi, %ecx
	mov %rsi, %rax
	mov %rsi, %rdx
	shr $32, %rdx
1:	wrmsr
	xor %eax, %eax
	ret
2:	mov $-14, %eax
	ret
	EX_TABLE 1b, 2b

/*
 * Load a segment register with @edi: 0, or -EFAULT and a null selector.
 * int load_{ds,es,fs,gs}(uint16_t sel)
 */
	.macro LOAD_SEG seg
	.globl load_\seg
load_\seg:
1:	mov %edi, %\seg
	xor %eax, %eax
	ret
2:	xor %eax, %eax
	mov %eax, %\seg
	mov $-14, %eax
	ret
	EX_TABLE 1b, 2b
	.endm
	LOAD_SEG ds
	LOAD_SEG es
	LOAD_SEG fs
	LOAD_SEG gs


/* Retpolines: compilers call these for indirect branches. */
	.macro THUNK reg
	.globl __x86_indirect_thunk_\reg
__x86_indirect_thunk_\reg:
	.globl __llvm_retpoline_\reg
__llvm_retpoline_\reg:
	call 2f
1:	pause
	lfence
	jmp 1b
2:	mov %\reg, (%rsp)
	ret
	.endm
	.irp r, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
	THUNK \r
	.endr
