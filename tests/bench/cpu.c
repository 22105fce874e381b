/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What needs the CPU and at most one entry into the kernel.
 */
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "bench.h"

static void user_loop(unsigned int ops)
{
	volatile uint32_t x = 1;

	while (ops--)
		x = x * 1664525 + 1013904223;
}

static void read_tsc(unsigned int ops)
{
	while (ops--)
		__rdtsc();
}

static void read_clock(unsigned int ops)
{
	struct timespec t;

	while (ops--)
		clock_gettime(CLOCK_MONOTONIC, &t);
}

static void null_syscall(unsigned int ops)
{
	while (ops--)
		syscall(SYS_getppid);
}

static void on_signal(int signo)
{
	(void)signo;
}

static void handle_signal(void)
{
	signal(SIGUSR1, on_signal);
}

static void signal_self(unsigned int ops)
{
	while (ops--)
		raise(SIGUSR1);
}

const struct bench cpu_benches[] = {
	{"user_loop", 1000000, user_loop, NULL, NULL},
	{"rdtsc", 20000, read_tsc, NULL, NULL},
	{"clock_gettime", 5000, read_clock, NULL, NULL},
	{"syscall_getppid", 20000, null_syscall, NULL, NULL},
	{"signal_self", 3000, signal_self, handle_signal, NULL},
	{NULL, 0, NULL, NULL, NULL},
};
