/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the boot loader to 64-bit C: multiboot 1 and 2 headers, checks of what
 * the CPU must have, first page tables, the jump to our virtual address.
 *
 * Multiboot Specification 0.6.96 and 2.0: 32-bit protected mode, flat
 * segments, paging off, magic in EAX, information structure in EBX.
 */
#include <hv/x86/layout.h>

#define OFF(sym) ((sym) - IMAGE_VIRT_START)
#define PA(sym) (OFF(sym) + IMAGE_PHYS_START) /* unless the loader moved us */

#define MB1_MAGIC 0x1badb002
#define MB1_FLAGS 0x00010003 /* page-align modules, memory map, addresses */
#define MB2_MAGIC 0xe85250d6
#define MB2_LOADER_MAGIC 0x36d76289
#define MB2_TAG_LOAD_BASE 21

	.section .head, "awx"
	.code32
	.balign 8
mb1_header:
	.long MB1_MAGIC, MB1_FLAGS, -(MB1_MAGIC + MB1_FLAGS)
	.long PA(mb1_header), PA(_start), PA(_data_end), PA(_end), PA(start32)

	.balign 8
mb2_header:
	.long MB2_MAGIC, 0, mb2_end - mb2_header
	.long -(MB2_MAGIC + (mb2_end - mb2_header))
	/* information we need: command line, modules, memory map */
	.balign 8
	.short 1, 0
	.long 2f - 1f + 8
1:	.long 1, 3, 6
2:
	.balign 8
	.short 6, 0 /* modules page aligned */
	.long 8
	.balign 8
	.short 4, 1 /* console: EGA text is fine, optional */
	.long 12, 2
	.balign 8
	.short 5, 1 /* framebuffer: any size and depth, optional */
	.long 20, 0, 0, 0
	.balign 8
	.short 10, 1 /* relocatable: 2 MiB aligned below 4 GiB, rather high */
	.long 24, IMAGE_PHYS_START, 0xffffffff, 0x200000, 2
	.balign 8
	.short 0, 0
	.long 8
mb2_end:

	.globl start32
start32:
	cli
	cld
	movl %eax, %esi /* magic */
	/* Where we are: multiboot 2 has a tag for it, else as linked. */
	movl $IMAGE_PHYS_START, %ebp
	cmpl $MB2_LOADER_MAGIC, %eax
	jne 3f
	leal 8(%ebx), %ecx
1:	movl (%ecx), %eax
	testl %eax, %eax
	jz 3f
	cmpl $MB2_TAG_LOAD_BASE, %eax
	jne 2f
	movl 8(%ecx), %ebp
2:	movl 4(%ecx), %eax
	addl $7, %eax
	andl $-8, %eax
	addl %eax, %ecx
	jmp 1b
3:	leal OFF(boot_stack_end)(%ebp), %esp
	pushl $0
	popfl

	/* Long mode and NX, or say so and stop. */
	pushl %ebx /* information structure; CPUID writes EBX */
	movl $0x80000000, %eax
	cpuid
	cmpl $0x80000001, %eax
	jb no_long_mode
	movl $0x80000001, %eax
	cpuid
	popl %ebx
	bt $29, %edx
	jnc no_long_mode
	bt $20, %edx
	jnc no_nx

	/* What is linked as a physical address moved with us. */
	leal -IMAGE_PHYS_START(%ebp), %edi
	addl %edi, OFF(boot_gdtr + 2)(%ebp)
	addl %edi, OFF(boot_l4)(%ebp)
	addl %edi, OFF(boot_l4 + 261 * 8)(%ebp)
	addl %edi, OFF(boot_l3_hv + 321 * 8)(%ebp)
	xorl %ecx, %ecx
1:	addl %edi, OFF(boot_l2_hv)(%ebp, %ecx, 8)
	cmpl $4, %ecx
	jae 2f
	addl %edi, OFF(boot_l3_id)(%ebp, %ecx, 8)
2:	incl %ecx
	cmpl $16, %ecx
	jb 1b

	/* Identity map of the first 4 GiB with 2 MiB pages. */
	leal OFF(boot_l2)(%ebp), %edi
	movl $0x83, %eax
	xorl %edx, %edx
1:	movl %eax, (%edi)
	movl %edx, 4(%edi)
	addl $8, %edi
	addl $0x200000, %eax
	jnc 1b

	leal OFF(boot_l4)(%ebp), %eax
	movl %eax, %cr3
	movl $0x6e0, %eax /* PAE, MCE, PGE, OSFXSR, OSXMMEXCPT */
	movl %eax, %cr4
	movl $0xc0000080, %ecx
	rdmsr
	orl $0x901, %eax /* NXE, LME, SCE */
	wrmsr
	movl $0x80010033, %eax /* PG, WP, NE, ET, MP, PE */
	movl %eax, %cr0
	lgdt OFF(boot_gdtr)(%ebp)
	leal OFF(start64)(%ebp), %eax
	pushl $8
	pushl %eax
	lretl

no_long_mode:
	leal OFF(msg_no_long_mode)(%ebp), %esi
	jmp 1f
no_nx:
	leal OFF(msg_no_nx)(%ebp), %esi
1:	movl $0xb8000, %edi
2:	lodsb
	testb %al, %al
	jz 3f
	movb %al, (%edi)
	movb $0x4f, 1(%edi)
	addl $2, %edi
	movb %al, %bl
	movw $0x3fd, %dx
4:	inb %dx, %al
	testb $0x20, %al
	jz 4b
	movw $0x3f8, %dx
	movb %bl, %al
	outb %al, %dx
	jmp 2b
3:	hlt
	jmp 3b

	.code64
start64:
	movabs $1f, %rax
	jmp *%rax
1:	movl $16, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	xorl %eax, %eax
	movl %eax, %fs
	movl %eax, %gs
	/* The boot CPU's stack has the same layout as any pcpu's. */
	lea boot_stack_end(%rip), %rsp
	sub $256, %rsp
	movl %esi, %edi /* magic */
	movl %ebx, %esi /* information structure */
	movl %ebp, %edx /* where the image is */
	xorl %ebp, %ebp
	call hv_start
	ud2

	.section .rodata
msg_no_long_mode: .asciz "Pavo: this CPU has no 64-bit mode."
msg_no_nx: .asciz "Pavo: this CPU has no NX bit (or firmware hides it)."

	.section .data
	.balign 8
boot_gdt:
	.quad 0
	.quad 0x00af9b000000ffff /* 64-bit code */
	.quad 0x00cf93000000ffff /* data */
boot_gdt_end:
boot_gdtr:
	.short boot_gdt_end - boot_gdt - 1
	.quad PA(boot_gdt)

	.balign 4096
	.globl boot_l4
boot_l4:
	.quad PA(boot_l3_id) + 3
	.fill 260, 8, 0
	.quad PA(boot_l3_hv) + 3 /* slot 261 */
	.fill 250, 8, 0
boot_l3_id:
	.quad PA(boot_l2) + 3, PA(boot_l2) + 0x1003
	.quad PA(boot_l2) + 0x2003, PA(boot_l2) + 0x3003
	.fill 508, 8, 0
	.globl boot_l3_hv
boot_l3_hv: /* 0xffff82d040000000 is entry 321 */
	.fill 321, 8, 0
	.quad PA(boot_l2_hv) + 3
	.fill 190, 8, 0
boot_l2_hv: /* 32 MiB of image, from 2 MiB on */
	.set i, 1
	.rept 16
	.quad i * 0x200000 + 0x83
	.set i, i + 1
	.endr
	.fill 496, 8, 0

	.section .bss
	.balign 4096
boot_l2:
	.skip 4 * 4096
	/* the linker script places boot_stack in it, aligned to STACK_SIZE */
	.globl boot_stack_area
boot_stack_area:
	.skip 2 * STACK_SIZE
