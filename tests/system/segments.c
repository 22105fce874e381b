/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Segments: local descriptor tables and the FS and GS bases, which in a PV
 * guest are the hypervisor's to load.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <asm/prctl.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define HWCAP2_FSGSBASE 2
#define LDT_SELECTOR(entry) ((uint16_t)((entry) << 3 | 7))

static void set_ldt_entry(unsigned int entry, void *base)
{
	struct user_desc desc = {
		.entry_number = entry,
		.base_addr = (unsigned int)(uintptr_t)base,
		.limit = 0xfff,
		.seg_32bit = 1,
		.useable = 1,
	};

	EXPECT(syscall(SYS_modify_ldt, 0x11, &desc, sizeof(desc)) == 0);
}

/* The first word of the segment that @selector names. */
static uint32_t load_through_gs(uint16_t selector)
{
	uint32_t value;
	uint16_t old;

	__asm__ volatile("mov %%gs, %w1\n\t"
			 "mov %w2, %%gs\n\t"
			 "movl %%gs:0, %0\n\t"
			 "mov %w1, %%gs"
			 : "=&r"(value), "=&r"(old)
			 : "r"(selector)
			 : "memory");
	return value;
}

static uint32_t *low_page(void)
{
	uint32_t *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	EXPECT(p != MAP_FAILED);
	return p;
}

static void use_inherited_ldt(void *arg)
{
	(void)arg;
	EXPECT(load_through_gs(LDT_SELECTOR(3)) == 0x1234);
}

CHECK(local_descriptors_work_and_are_inherited)
{
	uint32_t *p = low_page();
	unsigned int i;

	p[0] = 0x1234;
	for (i = 0; i < 600; i++) /* more than one page of entries */
		set_ldt_entry(i, p);
	EXPECT(load_through_gs(LDT_SELECTOR(3)) == 0x1234);
	EXPECT(load_through_gs(LDT_SELECTOR(599)) == 0x1234);
	expect_child(use_inherited_ldt, NULL);
	p[0] = 0x5678;
	EXPECT(load_through_gs(LDT_SELECTOR(3)) == 0x5678);
}

static void hold_gs(void *arg)
{
	uint64_t mine[4] = {0, (uintptr_t)arg, 0, 0}, value, base;
	int i;

	EXPECT(syscall(SYS_arch_prctl, ARCH_SET_GS, &mine) == 0);
	for (i = 0; i < 500; i++) {
		sched_yield();
		__asm__ volatile("mov %%gs:8, %0" : "=r"(value));
		EXPECT(value == (uintptr_t)arg);
	}
	EXPECT(syscall(SYS_arch_prctl, ARCH_GET_GS, &base) == 0);
	EXPECT(base == (uintptr_t)mine);
}

CHECK(gs_base_survives_switches)
{
	cpu_set_t set;
	uintptr_t i;
	int status;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	EXPECT(sched_setaffinity(0, sizeof(set), &set) == 0);
	for (i = 0; i < 3; i++) {
		pid_t pid = fork();

		EXPECT(pid >= 0);
		if (pid == 0) {
			hold_gs((void *)(i + 100));
			_exit(0);
		}
	}
	for (i = 0; i < 3; i++) {
		EXPECT(wait(&status) > 0);
		EXPECT(status == 0);
	}
}

CHECK(base_instructions_work_if_offered)
{
	uint64_t here[2] = {1, 0x77}, old, value;

	if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE))
		check_skip("no FSGSBASE");
	__asm__ volatile("rdgsbase %0" : "=r"(old));
	__asm__ volatile("wrgsbase %1\n\t"
			 "mov %%gs:8, %0\n\t"
			 "wrgsbase %2"
			 : "=&r"(value)
			 : "r"(here), "r"(old));
	EXPECT(value == 0x77);
}

CHECK(user_code_segments_are_the_usual)
{
	uint16_t cs, ss, ds, es;

	__asm__ volatile("mov %%cs, %0\n\tmov %%ss, %1\n\t"
			 "mov %%ds, %2\n\tmov %%es, %3"
			 : "=r"(cs), "=r"(ss), "=r"(ds), "=r"(es));
	EXPECT((cs & 3) == 3 && (ss & 3) == 3);
	EXPECT(ds == 0 && es == 0);
}
