/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signals: delivery and return, the alternate stack, and what each CPU
 * exception turns into.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/ucontext.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "fault.h"

static volatile sig_atomic_t hits;
static char *volatile handler_stack;

static void on_signal(int signo)
{
	char here;

	(void)signo;
	handler_stack = &here;
	hits = hits + 1;
}

static void handle(int signo, void (*fn)(int), int flags)
{
	struct sigaction action = {.sa_handler = fn, .sa_flags = flags};

	EXPECT(sigaction(signo, &action, NULL) == 0);
}

CHECK(raised_signals_are_handled)
{
	int i;

	handle(SIGUSR1, on_signal, 0);
	for (i = 0; i < 1000; i++)
		raise(SIGUSR1);
	EXPECT(hits == 1000);
}

CHECK(blocked_signal_waits)
{
	sigset_t set, pending;

	handle(SIGUSR1, on_signal, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	EXPECT(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	raise(SIGUSR1);
	EXPECT(hits == 0);
	EXPECT(sigpending(&pending) == 0 && sigismember(&pending, SIGUSR1));
	EXPECT(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
	EXPECT(hits == 1);
}

CHECK(alternate_stack_is_used)
{
	static char stack[65536];
	stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};

	EXPECT(sigaltstack(&alternate, NULL) == 0);
	handle(SIGUSR1, on_signal, SA_ONSTACK);
	raise(SIGUSR1);
	EXPECT(handler_stack >= stack && handler_stack < stack + sizeof(stack));
}

static void overflow_stack(void *arg)
{
	(void)arg;
	__asm__ volatile("1: push %%rax\n\t"
			 "jmp 1b"
			 :
			 :
			 : "memory");
}

CHECK(stack_overflow_is_caught_on_the_alternate_stack)
{
	static char stack[65536];
	stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct fault f;

	EXPECT(sigaltstack(&alternate, NULL) == 0);
	f = fault_of(overflow_stack, NULL);
	EXPECT(f.signo == SIGSEGV && f.vector == VECTOR_PF);
}

CHECK(interval_timer_interrupts_a_busy_loop)
{
	struct itimerval every = {{0, 5000}, {0, 5000}};

	handle(SIGALRM, on_signal, 0);
	EXPECT(setitimer(ITIMER_REAL, &every, NULL) == 0);
	while (hits < 20)
		;
}

CHECK(registers_survive_a_signal)
{
	struct itimerval every = {{0, 1000}, {0, 1000}};
	uint64_t i, a = 1, b = 2, c = 3, d = 4;

	handle(SIGALRM, on_signal, 0);
	EXPECT(setitimer(ITIMER_REAL, &every, NULL) == 0);
	while (hits < 50) {
		for (i = 0; i < 100000; i++) {
			a += 5;
			b += 5;
			c += 5;
			d += 5;
			__asm__ volatile(""
					 : "+r"(a), "+r"(b), "+r"(c), "+r"(d));
		}
		EXPECT(b == a + 1 && c == a + 2 && d == a + 3);
	}
}

static void divide_by_zero(void *arg)
{
	uint32_t low = 1, high = 0, by = 0;

	(void)arg;
	__asm__ volatile("divl %2" : "+a"(low), "+d"(high) : "r"(by));
}

CHECK(integer_division_by_zero)
{
	struct fault f = fault_of(divide_by_zero, NULL);

	EXPECT(f.signo == SIGFPE && f.code == FPE_INTDIV);
	EXPECT(f.vector == VECTOR_DE && f.addr == f.rip);
}

static void divide_floats(void *arg)
{
	const uint16_t control = 0x37f & ~4; /* zero divide unmasked */

	(void)arg;
	__asm__ volatile("fldcw %0\n\t"
			 "fld1\n\t"
			 "fldz\n\t"
			 "fdivrp\n\t"
			 "fwait"
			 :
			 : "m"(control)
			 : "st", "st(1)");
}

/* By x87: QEMU does not raise SSE's exceptions. */
CHECK(unmasked_floating_point_exception)
{
	struct fault f = fault_of(divide_floats, NULL);

	EXPECT(f.signo == SIGFPE && f.code == FPE_FLTDIV);
	EXPECT(f.vector == VECTOR_MF);
}

static void undefined(void *arg)
{
	(void)arg;
	__asm__ volatile("ud2");
}

CHECK(undefined_instruction)
{
	struct fault f = fault_of(undefined, NULL);

	EXPECT(f.signo == SIGILL && f.code == ILL_ILLOPN);
	EXPECT(f.vector == VECTOR_UD && f.addr == f.rip);
}

static void breakpoint(void *arg)
{
	(void)arg;
	__asm__ volatile("int3");
}

CHECK(breakpoint_traps)
{
	struct fault f = fault_of(breakpoint, NULL);

	EXPECT(f.signo == SIGTRAP && f.vector == VECTOR_BP);
}

static void set_trap_flag(void *arg)
{
	(void)arg;
	__asm__ volatile("pushfq\n\t"
			 "orq $0x100, (%%rsp)\n\t"
			 "popfq\n\t"
			 "nop"
			 :
			 :
			 : "memory", "cc");
}

CHECK(trap_flag_single_steps)
{
	struct fault f = fault_of(set_trap_flag, NULL);

	EXPECT(f.signo == SIGTRAP && f.code == TRAP_TRACE);
	EXPECT(f.vector == VECTOR_DB);
}

static void non_canonical(void *arg)
{
	(void)arg;
	*(volatile char *)0x0123456789abcdef = 1;
}

/* Each is privileged, or names a gate that user space may not use. */
static void do_hlt(void *arg)
{
	(void)arg;
	__asm__ volatile("hlt");
}

static void do_cli(void *arg)
{
	(void)arg;
	__asm__ volatile("cli");
}

static void do_in(void *arg)
{
	(void)arg;
	inb(0x80);
}

static void do_int_82(void *arg)
{
	(void)arg;
	__asm__ volatile("int $0x82");
}

static void do_int_page_fault(void *arg)
{
	(void)arg;
	__asm__ volatile("int $14");
}

static void do_rdmsr(void *arg)
{
	uint32_t low, high;

	(void)arg;
	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(0x10));
}

static void do_read_cr3(void *arg)
{
	uint64_t cr3;

	(void)arg;
	__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
}

static void do_lidt(void *arg)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) idt = {0, 0};

	(void)arg;
	__asm__ volatile("lidt %0" : : "m"(idt));
}

static void do_wrmsr(void *arg)
{
	(void)arg;
	__asm__ volatile("wrmsr" : : "c"(0xc0000082), "a"(0), "d"(0));
}

static void do_load_bad_segment(void *arg)
{
	(void)arg;
	__asm__ volatile("mov %w0, %%es" : : "r"(0xfff8));
}

static void expect_protection_faults(void (*const acts[])(void *), size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		struct fault f = fault_of(acts[i], NULL);

		if (f.signo != SIGSEGV || f.vector != VECTOR_GP)
			printf("  act %zu: signal %d vector %ld\n", i, f.signo,
			       f.vector);
		EXPECT(f.signo == SIGSEGV && f.code == SI_KERNEL);
		EXPECT(f.vector == VECTOR_GP);
	}
}

CHECK(privileged_acts_are_protection_faults)
{
	static void (*const acts[])(void *) = {
		non_canonical, do_hlt,	    do_cli,   do_in,
		do_rdmsr,      do_read_cr3, do_wrmsr, do_load_bad_segment,
		do_lidt,
	};

	expect_protection_faults(acts, sizeof(acts) / sizeof(acts[0]));
}

/*
 * QEMU before 8.0 gives these a wrong error code, so that the real Xen takes
 * one for another vector; a hypervisor can know better from the instruction.
 */
CHECK(closed_gates_are_protection_faults)
{
	static void (*const acts[])(void *) = {
		do_int_82,
		do_int_page_fault,
	};

	expect_protection_faults(acts, sizeof(acts) / sizeof(acts[0]));
}

CHECK(allowed_port_works_and_others_do_not)
{
	struct fault f;

	if (ioperm(0x80, 1, 1) != 0)
		check_skip("not allowed to ask for ports");
	outb(0x12, 0x80);
	EXPECT(ioperm(0x80, 1, 0) == 0);
	f = fault_of(do_in, NULL);
	EXPECT(f.signo == SIGSEGV && f.vector == VECTOR_GP);
}

/* Linux emulates iopl by the port bitmap. */
CHECK(iopl_allows_all_ports_until_it_is_dropped)
{
	struct fault f;

	if (iopl(3) != 0)
		check_skip("not allowed to ask for ports");
	outb(0x12, 0x80);
	inb(0x80);
	(void)inb(0x61);
	expect_child(do_in, NULL); /* inherited */
	EXPECT(iopl(0) == 0);
	f = fault_of(do_in, NULL);
	EXPECT(f.signo == SIGSEGV && f.vector == VECTOR_GP);
}

/* Two processes on one CPU, one of which may use the port. */
static void use_port_often(void *arg)
{
	int i;

	(void)arg;
	EXPECT(ioperm(0x80, 1, 1) == 0);
	for (i = 0; i < 300; i++) {
		outb((unsigned char)i, 0x80);
		sched_yield();
	}
}

static void fail_to_use_port_often(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < 300; i++) {
		EXPECT(fault_of(do_in, NULL).vector == VECTOR_GP);
		sched_yield();
	}
}

CHECK(ports_are_allowed_by_process)
{
	cpu_set_t set;
	int status;
	pid_t pid;

	if (ioperm(0x80, 1, 0) != 0)
		check_skip("not allowed to ask for ports");
	CPU_ZERO(&set);
	CPU_SET(0, &set);
	EXPECT(sched_setaffinity(0, sizeof(set), &set) == 0);
	pid = fork();
	EXPECT(pid >= 0);
	if (pid == 0) {
		fail_to_use_port_often(NULL);
		_exit(0);
	}
	expect_child(use_port_often, NULL);
	EXPECT(waitpid(pid, &status, 0) == pid && status == 0);
}
