/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A call of a function with EFI's (Microsoft's) calling convention, from which
 * there is a way out if it faults.  UEFI Specification, "x64 Platforms".
 */
	.text
/* uint64_t efi_call(fn, a1, a2, a3, a4, a5): one at a time */
	.globl efi_call
efi_call:
	push %rbp
	push %rbx
	push %r12
	push %r13
	push %r14
	push %r15
	mov %rsp, saved_sp(%rip)
	sub $56, %rsp /* room for four arguments, the fifth, alignment */
	fninit
	ldmxcsr default_mxcsr(%rip)
	mov %rdi, %rax
	mov %r9, 32(%rsp)
	mov %r8, %r9
	mov %rcx, %r8
	mov %rsi, %rcx
	call __x86_indirect_thunk_rax
1:	mov saved_sp(%rip), %rsp
	cld
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbx
	pop %rbp
	ret

	/* where a fault in it goes on */
	.globl efi_call_failed
efi_call_failed:
	movabs $0x8000000000000015, %rax /* EFI_ABORTED */
	jmp 1b

	.section .rodata
	.balign 4
default_mxcsr: .long 0x1f80

	.section .bss
	.balign 8
saved_sp: .skip 8
	.section .note.GNU-stack, "", @progbits
