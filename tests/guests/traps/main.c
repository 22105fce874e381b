/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exceptions: which vector a guest gets, with which frame, from kernel and
 * user mode; system calls; iret in all its forms, good and bad; the
 * privileged instructions that are emulated; and flags and selectors that the
 * hypervisor must neither lose nor obey.
 */
#include "../lib/guest.h"

#include <abi/callback.h>
#include <abi/cpuid.h>
#include <abi/physdev.h>
#include <abi/sched.h>

extern const char trap_stubs[];

#define ASM_FN(name, code)                                                     \
	static void __attribute__((naked, noinline)) name(void)                \
	{                                                                      \
		__asm__ volatile(code "; ret");                                \
	}

/* --- one instruction, one trap --- */

ASM_FN(div_zero, "xor %edx, %edx; xor %ecx, %ecx; mov $1, %eax; div %ecx")
ASM_FN(breakpoint, "int3")
ASM_FN(undefined, "ud2")
ASM_FN(int80, "int $0x80")
ASM_FN(int_unset, "int $0x55")
ASM_FN(int_privileged, "int $0x0d") /* handler there, DPL 0 */
ASM_FN(read_null, "mov 0, %rax")
ASM_FN(write_hole, "movabs $0x7000000000, %rax; movq $1, (%rax)")
ASM_FN(read_hypervisor, "movabs 0xffff830000100000, %rax")
ASM_FN(jump_null, "xor %eax, %eax; jmp *%rax")
ASM_FN(non_canonical, "movabs $0x8000000000000000, %rax; mov (%rax), %rax")
ASM_FN(halt, "hlt")
ASM_FN(load_gdt, "sub $16, %rsp; lgdt (%rsp); add $16, %rsp")
ASM_FN(load_cr3, "mov %rax, %cr3")
ASM_FN(bad_selector, "mov $0xe040, %eax; mov %eax, %ds") /* our TSS */
ASM_FN(bad_msr, "mov $0x12345, %ecx; rdmsr")
ASM_FN(bad_wrmsr,
       "mov $0xc0000080, %ecx; xor %eax, %eax; xor %edx, %edx; wrmsr")

static void vectors(void)
{
	EXPECT_EQ(probe(div_zero), 0);
	EXPECT_EQ(last_trap.rip - (uint64_t)div_zero, 9);
	EXPECT_EQ(probe(breakpoint), 3);
	EXPECT_EQ(last_trap.rip - (uint64_t)breakpoint, 1);
	EXPECT_EQ(probe(undefined), 6);
	EXPECT_EQ(last_trap.rip, (uint64_t)undefined);
	EXPECT_EQ(probe(int80), 0x80);
	EXPECT_EQ(last_trap.rip - (uint64_t)int80, 2);
	EXPECT_EQ(probe(int_unset), 13);
	/* QEMU 7's is 0x55 * 16 + 2; the real Xen passes that on */
	EXPECT_EQ(last_trap.error, 0x55 * 8 + 2);
	EXPECT_EQ(last_trap.rip, (uint64_t)int_unset);
	EXPECT_EQ(probe(int_privileged), 13);
	EXPECT_EQ(probe(non_canonical), 13);
	EXPECT_EQ(probe(halt), 13);
	EXPECT_EQ(probe(load_gdt), 13);
	EXPECT_EQ(probe(load_cr3), 13);
	EXPECT_EQ(probe(bad_selector), 13);
	EXPECT_EQ(last_trap.error & 0xfffc, 0xe040);
}

static void frames(void)
{
	EXPECT_EQ(probe(undefined), 6);
	EXPECT_EQ(last_trap.cs & 0xffff, 0xe030); /* ring 0, it says */
	EXPECT_EQ(last_trap.cs >> 32 & 0xff, 1);  /* events were masked */
	EXPECT_EQ(last_trap.ss & 0xffff, 0xe02b);
	EXPECT_EQ(last_trap.rflags & 0x3000, 0);
	EXPECT_EQ(last_trap.rflags & 0x200, 0);
	shared->vcpu_info[0].evtchn_upcall_mask = 0;
	EXPECT_EQ(probe(undefined), 6);
	EXPECT_EQ(last_trap.cs >> 32 & 0xff, 0);
	EXPECT_EQ(last_trap.rflags & 0x200, 0x200);
	EXPECT_EQ(shared->vcpu_info[0].evtchn_upcall_mask, 1);
}

static void page_faults(void)
{
	EXPECT_EQ(probe(read_null), 14);
	EXPECT_EQ(last_cr2, 0);
	EXPECT_EQ(last_trap.error, 0);
	EXPECT_EQ(probe(write_hole), 14);
	EXPECT_EQ(last_cr2, 0x7000000000);
	EXPECT_EQ(last_trap.error, 2);
	EXPECT_EQ(probe(jump_null), 14);
	EXPECT_EQ(last_trap.error & ~0x10UL, 0);
	EXPECT_EQ(probe(read_hypervisor), 14);
	EXPECT_EQ(last_trap.error & ~1UL, 0);
	EXPECT_EQ(last_cr2, 0xffff830000100000);
}

/* --- emulated instructions --- */

static uint64_t do_rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (uint64_t)hi << 32 | lo;
}

static void do_wrmsr(uint32_t msr, uint64_t v)
{
	__asm__ volatile("wrmsr"
			 :
			 : "c"(msr), "a"((uint32_t)v),
			   "d"((uint32_t)(v >> 32)));
}

static void pv_cpuid(uint32_t leaf, uint32_t *a, uint32_t *b, uint32_t *c,
		     uint32_t *d)
{
	__asm__ volatile(XEN_CPUID
			 : "=a"(*a), "=b"(*b), "=c"(*c), "=d"(*d)
			 : "a"(leaf), "c"(0));
}

ASM_FN(cli_sti, "cli; sti")
ASM_FN(in_port, "in $0x60, %al")
ASM_FN(flush_caches, "wbinvd")

static void emulated(void)
{
	struct physdev_set_iopl iopl = {.iopl = 1};
	uint32_t a, b, c, d;
	uint64_t cr;

	pv_cpuid(0x40000000, &a, &b, &c, &d);
	EXPECT_EQ(b, XEN_CPUID_SIGNATURE_EBX);
	EXPECT_EQ(c, XEN_CPUID_SIGNATURE_ECX);
	EXPECT_EQ(d, XEN_CPUID_SIGNATURE_EDX);
	pv_cpuid(1, &a, &b, &c, &d);
	EXPECT_EQ(c >> 31 & 1, 1);  /* hypervisor */
	EXPECT_EQ(d >> 9 & 1, 1);   /* APIC */
	EXPECT_EQ(d & (1 << 3), 0); /* PSE */
	EXPECT_EQ(c >> 21 & 1, 0);  /* x2APIC */
	pv_cpuid(7, &a, &b, &c, &d);
	EXPECT_EQ(b & (1 << 7 | 1 << 20), 0); /* SMEP, SMAP */

	do_wrmsr(0xc0000101, (uint64_t)&a);
	EXPECT_EQ(do_rdmsr(0xc0000101), (uint64_t)&a);
	do_wrmsr(0xc0000102, 0x1234000);
	EXPECT_EQ(do_rdmsr(0xc0000102), 0x1234000);
	EXPECT_EQ(HYPERVISOR_set_segment_base(SEGBASE_FS, 0x55000), 0);
	EXPECT_EQ(do_rdmsr(0xc0000100), 0x55000);
	EXPECT_EQ(do_rdmsr(0x277), 0x0000050100070406);
	EXPECT_EQ(do_rdmsr(0xc0000080) & 0x901, 0x901);
	EXPECT_EQ(probe(bad_msr), 13);
	EXPECT_EQ(probe(bad_wrmsr), 13);

	__asm__ volatile("mov %%cr0, %0" : "=r"(cr));
	EXPECT_EQ(cr & 0x80010029, 0x80010021); /* PG WP NE PE, not TS */
	EXPECT_EQ(HYPERVISOR_fpu_taskswitch(1), 0);
	__asm__ volatile("mov %%cr0, %0" : "=r"(cr));
	EXPECT_EQ(cr & 8, 8);
	EXPECT_EQ(HYPERVISOR_fpu_taskswitch(0), 0);
	__asm__ volatile("mov %%cr4, %0" : "=r"(cr));
	EXPECT_EQ(cr & 0x620, 0x620);
	__asm__ volatile("mov %0, %%cr4" : : "r"(cr));

	EXPECT_EQ(probe(cli_sti), 13);
	EXPECT_EQ(probe(in_port), 13);
	EXPECT_EQ(HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0);
	EXPECT_EQ(probe(in_port), -1);
	EXPECT_EQ(probe(flush_caches), -1);
	iopl.iopl = 4;
	EXPECT_EQ(HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, &iopl), -22);
}

/* --- user mode: the same tables serve as the user's --- */

static char user_stack[PAGE_SIZE], kernel_stack[4 * PAGE_SIZE];
static struct trap_frame seen;

static void back_to_kernel(struct trap_frame *f)
{
	seen = *f;
	end_probe(f);
}

ASM_FN(user_syscall, "mov $0x1234, %eax; mov $0x77, %edi; syscall")
ASM_FN(user_fault, "mov 0, %rax")
ASM_FN(user_privileged, "mov $0x277, %ecx; rdmsr")
ASM_FN(user_int80, "int $0x80")

static struct iret_context user_frame(void (*code)(void))
{
	return (struct iret_context){
		.rip = (uint64_t)code,
		.cs = 0xe033,
		.rflags = 0x202,
		.rsp = (uint64_t)user_stack + sizeof(user_stack) - 8,
		.ss = 0xe02b,
	};
}

/* A trap in user mode, seen by the kernel's handler. */
static long user_probe(void (*code)(void))
{
	static struct iret_context c;

	c = user_frame(code);
	return probe_iret(&c);
}

static void user_mode(void)
{
	uint64_t top = (uint64_t)kernel_stack + sizeof(kernel_stack);

	EXPECT_EQ(HYPERVISOR_stack_switch(0xe02b, top), 0);
	EXPECT_EQ(mmuext(MMUEXT_NEW_USER_BASEPTR,
			 mfn_of((void *)start_info->pt_base), 0),
		  0);
	on_syscall = back_to_kernel;
	EXPECT_EQ(user_probe(user_syscall), 0x101);
	EXPECT_EQ(seen.rax, 0x1234);
	EXPECT_EQ(seen.rdi, 0x77);
	EXPECT_EQ(seen.rip, (uint64_t)user_syscall + 12);
	EXPECT_EQ(seen.cs & 3, 3);
	EXPECT_EQ(seen.rsp, user_frame(user_syscall).rsp);
	EXPECT_EQ(seen.rflags & 0x200, 0x200);
	EXPECT_EQ(shared->vcpu_info[0].evtchn_upcall_mask, 1);

	EXPECT_EQ(user_probe(user_fault), 14);
	EXPECT_EQ(last_trap.error, 4);
	EXPECT_EQ(last_trap.cs & 0xffff, 0xe033);
	EXPECT_EQ(user_probe(user_privileged), 13);
	EXPECT_EQ(user_probe(undefined), 6);
	EXPECT_EQ(user_probe(user_int80), 0x80);
	EXPECT_EQ(user_probe(halt), 13);
	/* GS follows the mode: the kernel's base is back */
	EXPECT_EQ(do_rdmsr(0xc0000102), 0x1234000);
}

/* Frames no iret can use must fault the guest, not the hypervisor. */
static void bad_frames(void)
{
	static struct iret_context c;
	int64_t trapped;
	static const struct {
		uint64_t rip, cs, rsp, ss;
	} bad[] = {
		{0x8000000000000000, 0xe033, 0, 0xe02b},
		{0x0000800000000000, 0xe033, 0, 0xe02b},
		{(uint64_t)undefined, 0xe043, 0, 0xe02b}, /* our TSS */
		{(uint64_t)undefined, 0xe00b, 0, 0xe02b}, /* our code */
		{(uint64_t)undefined, 0x1233, 0, 0xe02b}, /* nothing */
		{(uint64_t)undefined, 0xe033, 0, 0xe013}, /* our data */
		{(uint64_t)undefined, 0xe033, 0, 0x1233},
		{(uint64_t)undefined, 3, 0, 0xe02b},
	};

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		c = user_frame(undefined);
		c.rip = bad[i].rip;
		c.cs = bad[i].cs;
		c.ss = bad[i].ss;
		trapped = probe_iret(&c);
		if (trapped < 10 || trapped > 14)
			say("frame %ld: vector %ld\n", (int64_t)i, trapped);
		EXPECT(trapped >= 10 && trapped <= 14);
	}
}

/* --- flags that would govern the hypervisor, too: AC, DF, NT --- */

#define RFLAGS_DF 0x400UL
#define RFLAGS_NT 0x4000UL
#define RFLAGS_AC 0x40000UL
#define OURS (RFLAGS_AC | RFLAGS_DF | RFLAGS_NT)

extern uint64_t trap_entry_flags;

ASM_FN(fault_with_flags, "pushfq; orl $0x44400, (%rsp); popfq; ud2")
ASM_FN(sysenter, "sysenter")

/* The flags after a hypercall made with @set, which fails half-way or not. */
static uint64_t flags_after_hypercall(uint64_t set, uint64_t arg, int64_t *rc)
{
	register uint64_t flags __asm__("rbx") = set;

	*rc = 17; /* xen_version: extraversion */
	__asm__ volatile("pushfq; pushfq; or %1, (%%rsp); popfq; syscall;"
			 "pushfq; pop %1; popfq"
			 : "+a"(*rc), "+r"(flags)
			 : "D"(1), "S"(arg)
			 : "rcx", "r11", "memory", "cc");
	return flags & OURS;
}

static bool has_sysenter(void)
{
	uint32_t a, b, c, d;

	/* in 64-bit mode, on Intel only */
	__asm__ volatile("cpuid"
			 : "=a"(a), "=b"(b), "=c"(c), "=d"(d)
			 : "a"(0), "c"(0));
	return b == 0x756e6547;
}

static void flags(void)
{
	struct callback_register cb = {
		.type = CALLBACKTYPE_sysenter,
		.flags = CALLBACKF_mask_events,
		.address = (uint64_t)trap_stubs + 32 * 36,
	};
	static char version[16];
	static struct iret_context c;
	int64_t rc;

	EXPECT_EQ(probe(fault_with_flags), 6);
	EXPECT_EQ(last_trap.rflags & OURS, OURS);
	EXPECT_EQ(trap_entry_flags & (RFLAGS_AC | RFLAGS_NT), 0);
	EXPECT_EQ(flags_after_hypercall(OURS, (uint64_t)version, &rc), OURS);
	EXPECT_EQ(rc, 0);
	EXPECT_EQ(flags_after_hypercall(0, (uint64_t)version, &rc), 0);
	EXPECT_EQ(flags_after_hypercall(RFLAGS_AC, 8, &rc), RFLAGS_AC);
	EXPECT_EQ(rc, -14);
	EXPECT_EQ(flags_after_hypercall(0, 8, &rc), 0);

	c = user_frame(undefined);
	c.rflags |= OURS;
	EXPECT_EQ(probe_iret(&c), 6);
	EXPECT_EQ(last_trap.rflags & OURS, OURS);
	EXPECT_EQ(trap_entry_flags & (RFLAGS_AC | RFLAGS_NT), 0);
	c = user_frame(user_syscall);
	c.rflags |= OURS;
	EXPECT_EQ(probe_iret(&c), 0x101);
	EXPECT_EQ(seen.rflags & OURS, OURS);
	EXPECT_EQ(trap_entry_flags & OURS, 0);

	c = user_frame(sysenter);
	c.rflags |= OURS;
	if (!has_sysenter())
		return;
	EXPECT_EQ(probe_iret(&c), 13); /* no callback yet */
	EXPECT_EQ(HYPERVISOR_callback_op(CALLBACKOP_register, &cb), 0);
	c = user_frame(sysenter);
	c.rflags |= OURS;
	EXPECT_EQ(probe_iret(&c), 0x103);
	EXPECT_EQ(last_trap.cs & 3, 3);
	EXPECT_EQ(last_trap.rflags & (RFLAGS_AC | RFLAGS_NT),
		  RFLAGS_AC | RFLAGS_NT);
	EXPECT_EQ(trap_entry_flags & OURS, 0);
}

/* --- a selector whose descriptor went away while the vcpu waited --- */

#define DATA_SEGMENT 0x00cff3000000ffffUL
#define STALE 0x000b /* entry 1 */

extern uint64_t failsafe_selectors[4]; /* DS ES FS GS */

/* Off this pcpu and back.  (The real Xen would not switch to idle for this.) */
static void wait_a_moment(void)
{
	struct sched_poll p = {.timeout = system_time() + 1000000};

	(void)HYPERVISOR_sched_op(SCHEDOP_poll, &p);
}

static uint64_t live_selectors(void)
{
	uint16_t ds, es, fs, gs;

	__asm__ volatile(
		"mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3"
		: "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
	return ds | (uint64_t)es << 16 | (uint64_t)fs << 32 |
	       (uint64_t)gs << 48;
}

static void stale_selectors(void)
{
	uint64_t *gdt = fresh_page(), frame = mfn_of(gdt), live;

	gdt[1] = gdt[2] = DATA_SEGMENT;
	EXPECT_EQ(map_ro(gdt), 0);
	EXPECT_EQ(HYPERVISOR_set_gdt(&frame, 512), 0);
	__asm__ volatile("mov %0, %%ds; mov %1, %%es; mov %1, %%fs"
			 :
			 : "r"(0x13), "r"(STALE));
	EXPECT_EQ(probe(wait_a_moment), -1);
	EXPECT_EQ(HYPERVISOR_update_descriptor(frame * PAGE_SIZE + 8, 0), 0);
	EXPECT_EQ(probe(wait_a_moment), 0x102);
	EXPECT_EQ(failsafe_selectors[0], 0x13);
	EXPECT_EQ(failsafe_selectors[1], STALE);
	EXPECT_EQ(failsafe_selectors[2], STALE);
	EXPECT_EQ(failsafe_selectors[3], 0);
	EXPECT_EQ(last_trap.cs & 0xffff, 0xe030);
	EXPECT_EQ(shared->vcpu_info[0].evtchn_upcall_mask, 1);
	live = live_selectors();
	EXPECT_EQ(live, 0x13);
	/* told once */
	EXPECT_EQ(probe(wait_a_moment), -1);
	__asm__ volatile("mov %0, %%ds" : : "r"(0));
	EXPECT_EQ(HYPERVISOR_set_gdt(NULL, 0), 0);
}

ASM_FN(single_step, "pushfq; orl $0x100, (%rsp); popfq; nop; nop")

void guest_main(void)
{
	vectors();
	frames();
	page_faults();
	EXPECT_EQ(probe(single_step), 1);
	emulated();
	user_mode();
	bad_frames();
	flags();
	stale_selectors();
}
