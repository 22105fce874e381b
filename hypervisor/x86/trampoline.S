/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where another CPU starts: real mode, at the beginning of a page below 1 MiB
 * that this code was copied to.  It goes straight to long mode on the idle
 * page tables and to the stack that smp.c prepared.
 *
 * SDM vol. 3, "Multiple-Processor (MP) Initialization".
 */
#include <hv/x86/layout.h>

#define OFF(sym) ((sym) - ap_trampoline)

	.section .rodata.trampoline, "a"
	.balign 16
	.globl ap_trampoline, ap_trampoline_end, ap_gdt, ap_gdt_base
	.globl ap_jump32, ap_jump64, ap_code32, ap_code64, ap_cr3
	.code16
ap_trampoline:
	cli
	cld
	movw %cs, %ax
	movw %ax, %ds
	movzwl %ax, %ebx
	shll $4, %ebx /* where this page is */
	lgdtl OFF(ap_gdtr)
	movl $0x11, %eax /* ET, PE */
	movl %eax, %cr0
	ljmpl *OFF(ap_jump32)

	.code32
ap_code32:
	movl $16, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	movl $0x6e0, %eax /* PAE, MCE, PGE, OSFXSR, OSXMMEXCPT */
	movl %eax, %cr4
	movl OFF(ap_cr3)(%ebx), %eax
	movl %eax, %cr3
	movl $0xc0000080, %ecx
	rdmsr
	orl $0x901, %eax /* NXE, LME, SCE */
	wrmsr
	movl $0x80010033, %eax /* PG, WP, NE, ET, MP, PE */
	movl %eax, %cr0
	ljmpl *OFF(ap_jump64)(%ebx)

	.code64
ap_code64:
	movabs $ap_high, %rax
	jmp *%rax

	.balign 8
ap_gdt:
	.quad 0
	.quad 0x00af9b000000ffff /* 64-bit code */
	.quad 0x00cf93000000ffff /* data */
	.quad 0x00cf9b000000ffff /* 32-bit code */
ap_gdtr:
	.short ap_gdtr - ap_gdt - 1
ap_gdt_base:
	.long 0
	.balign 4
ap_jump32:
	.long 0
	.short 24
	.balign 4
ap_jump64:
	.long 0
	.short 8
	.balign 4
ap_cr3:
	.long 0
ap_trampoline_end:

	.text
ap_high:
	xorl %eax, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %fs
	movl %eax, %gs
	movq ap_stack(%rip), %rsp
	movl ap_cpu(%rip), %edi
	xorl %ebp, %ebp
	call ap_start
	ud2
	.section .note.GNU-stack, "", @progbits
