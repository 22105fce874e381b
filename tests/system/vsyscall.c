/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vsyscall page at its fixed address beyond the hypervisor's: the kernel
 * emulates calls into it from the fetch that faults.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "fault.h"

#define VSYSCALL 0xffffffffff600000UL
#define VSYSCALL_GETTIMEOFDAY (VSYSCALL + 0x000)
#define VSYSCALL_TIME (VSYSCALL + 0x400)

/* "--xp": calls are emulated, reads fault; "r-xp": read, too; else: none */
static char page_mode(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[256], mode = '\0';

	EXPECT(f != NULL);
	while (fgets(line, sizeof(line), f))
		if (strstr(line, "[vsyscall]"))
			mode = strchr(line, ' ')[1];
	fclose(f);
	return mode;
}

CHECK(vsyscalls_are_emulated)
{
	/* the compiler may not know that the address is a constant */
	volatile uintptr_t at = VSYSCALL_GETTIMEOFDAY;
	int (*get)(struct timeval *, void *) =
		(int (*)(struct timeval *, void *))at;
	time_t (*get_time)(time_t *);
	struct timeval t;
	time_t before = time(NULL);
	int i;

	if (!page_mode())
		check_skip("vsyscall=none");
	at = VSYSCALL_TIME;
	get_time = (time_t(*)(time_t *))at;
	for (i = 0; i < 100; i++) {
		EXPECT(get(&t, NULL) == 0);
		EXPECT(t.tv_sec >= before && t.tv_sec <= before + 60);
		EXPECT(get_time(NULL) >= before);
	}
}

static void read_byte(void *at)
{
	(void)*(volatile char *)at;
}

static void call_nowhere(void *at)
{
	((void (*)(void))(uintptr_t)at)();
}

CHECK(vsyscall_page_has_three_calls_and_no_data)
{
	volatile uintptr_t at = VSYSCALL;
	struct fault f;

	if (page_mode() != '-')
		check_skip("not vsyscall=xonly");
	f = fault_of(read_byte, (void *)at);
	EXPECT(f.signo == SIGSEGV && f.vector == VECTOR_PF && f.addr == at);
	at = VSYSCALL + 0x10;
	f = fault_of(call_nowhere, (void *)at);
	EXPECT(f.signo == SIGSEGV);
}
