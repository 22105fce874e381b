/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TLB shootdown: what one CPU unmaps or protects, no other may go on using.
 *
 * A thread on another CPU keeps writing to a page.  After mprotect returns
 * here, its writes must no longer arrive in the frame behind it.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "check.h"

#define PAGE 4096UL

static atomic_ulong *volatile window; /* where the writer writes */
static atomic_ulong elsewhere;	      /* where it goes on after a fault */
static atomic_bool is_stopped;
static atomic_ulong faults;

static void on_segv(int signo, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)signo;
	(void)info;
	atomic_fetch_add(&faults, 1);
	/* the writer's pointer */
	uc->uc_mcontext.gregs[REG_RBX] = (greg_t)(uintptr_t)&elsewhere;
}

static void *keep_writing(void *arg)
{
	while (!atomic_load(&is_stopped)) {
		atomic_ulong *at = window;

		__asm__ volatile("lock incq (%0)" : "+b"(at) : : "memory");
	}
	return arg;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	EXPECT(sched_setaffinity(0, sizeof(set), &set) == 0);
}

CHECK(protection_reaches_other_cpus)
{
	struct sigaction action = {.sa_sigaction = on_segv,
				   .sa_flags = SA_SIGINFO};
	atomic_ulong *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned long before;
	pthread_t thread;
	int round;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		check_skip("one CPU");
	EXPECT(page != MAP_FAILED);
	EXPECT(sigaction(SIGSEGV, &action, NULL) == 0);
	window = page;
	EXPECT(pthread_create(&thread, NULL, keep_writing, NULL) == 0);
	pin(0);
	for (round = 0; round < 200; round++) {
		before = atomic_load(page);
		while (atomic_load(page) == before)
			sched_yield();
		EXPECT(mprotect(page, PAGE, PROT_READ) == 0);
		before = atomic_load(page);
		sched_yield();
		EXPECT(atomic_load(page) == before);
		before = atomic_load(&faults);
		while (atomic_load(&faults) == before)
			sched_yield();
		EXPECT(mprotect(page, PAGE, PROT_READ | PROT_WRITE) == 0);
	}
	atomic_store(&is_stopped, true);
	EXPECT(pthread_join(thread, NULL) == 0);
}
