/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a test kernel begins, its trap and callback entries, and the way back
 * (the iret hypercall).  On entry the hypervisor has pushed RCX, R11, perhaps
 * an error code, then RIP CS RFLAGS RSP SS.
 */
#include <abi/elfnote.h>

	.macro NOTE type, value:vararg
	.pushsection .note.Xen, "a", @note
	.balign 4
	.long 2f - 1f, 4f - 3f, \type
1:	.asciz "Xen"
2:	.balign 4
3:	\value
4:	.balign 4
	.popsection
	.endm

	NOTE XEN_ELFNOTE_GUEST_OS, .asciz "pavo-test"
	NOTE XEN_ELFNOTE_GUEST_VERSION, .asciz "1"
	NOTE XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
	NOTE XEN_ELFNOTE_VIRT_BASE, .quad 0xffffffff80000000
	NOTE XEN_ELFNOTE_PADDR_OFFSET, .quad 0
	NOTE XEN_ELFNOTE_ENTRY, .quad guest_entry
	NOTE XEN_ELFNOTE_LOADER, .asciz "generic"
	NOTE XEN_ELFNOTE_FEATURES, .asciz "!writable_page_tables|pae_pgdir_above_4gb"
	NOTE XEN_ELFNOTE_SUPPORTED_FEATURES, .long 0x8801

	.text
	.globl guest_entry
guest_entry:
	cld
	mov %rsp, entry_rsp(%rip)
	pushfq
	pop %rax
	mov %rax, entry_rflags(%rip)
	mov %cs, %eax
	mov %eax, entry_cs(%rip)
	lea boot_stack_end(%rip), %rsp
	mov %rsi, %rdi
	xor %ebp, %ebp
	call guest_start
1:	pause
	jmp 1b

	.macro ENTRY_STUB vector, has_error
	pop %rcx
	pop %r11
	.if \has_error == 0
	push $0
	.endif
	push $\vector
	jmp trap_common
	.endm

	.balign 32
	.globl trap_stubs
trap_stubs: /* 32 bytes each: vectors 0-31, 0x80, then the callbacks */
	.set v, 0
	.rept 32
	.balign 32
	.if v == 8 || (v >= 10 && v <= 14) || v == 17 || v == 21
	ENTRY_STUB v, 1
	.else
	ENTRY_STUB v, 0
	.endif
	.set v, v + 1
	.endr
	.balign 32
	ENTRY_STUB 0x80, 0
	.balign 32
	ENTRY_STUB 0x100, 0 /* event callback */
	.balign 32
	ENTRY_STUB 0x101, 0 /* system call */
	.balign 32
	jmp failsafe_entry
	.balign 32
	ENTRY_STUB 0x103, 0 /* SYSENTER */

failsafe_entry: /* DS ES FS GS between R11 and RIP */
	pop %rcx
	pop %r11
	popq failsafe_selectors(%rip)
	popq failsafe_selectors + 8(%rip)
	popq failsafe_selectors + 16(%rip)
	popq failsafe_selectors + 24(%rip)
	push $0
	push $0x102

trap_common:
	pushfq
	popq trap_entry_flags(%rip)
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
	cld
	mov %rsp, %rdi
	mov %rsp, %rbp
	and $-16, %rsp
	call guest_trap
	mov %rbp, %rsp
	.globl trap_return
trap_return:
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
	add $16, %rsp
	/* the iret hypercall's frame goes below RIP CS RFLAGS RSP SS */
	push $0
	push %rcx
	push %r11
	push %rax
	mov $23, %eax
	syscall

/* long probe_iret(const struct iret_context *c): iret there; as probe */
	.globl probe_iret
probe_iret:
	mov %rdi, %rsi
	lea 1f(%rip), %rdi
	jmp probe
1:	mov %rsi, %rsp
	mov $23, %eax
	syscall

/* long probe(void (*code)(void)): a vector if it trapped, -1 if not */
	.globl probe
probe:
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	movq $-1, trap_vector(%rip)
	lea 1f(%rip), %rax
	mov %rax, trap_resume_rip(%rip)
	mov %rsp, trap_resume_rsp(%rip)
	call *%rdi
1:	mov trap_resume_rsp(%rip), %rsp
	movq $0, trap_resume_rip(%rip)
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	mov trap_vector(%rip), %rax
	ret

	.data
	.balign 8
	.globl entry_rsp, entry_rflags, entry_cs
entry_rsp: .quad 0
entry_rflags: .quad 0
entry_cs: .quad 0
	.globl trap_entry_flags, failsafe_selectors
trap_entry_flags: .quad 0
failsafe_selectors: .fill 4, 8, 0
	.globl trap_vector, trap_resume_rip, trap_resume_rsp
trap_vector: .quad -1
trap_resume_rip: .quad 0
trap_resume_rsp: .quad 0

	.bss
	.balign 4096
	.skip 32768
boot_stack_end:
