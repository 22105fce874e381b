/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Clocks and interrupts: time goes forward, at its rate, on every CPU, by the
 * vdso and by system call; timers end sleeps; interrupts are counted.
 */
#define _GNU_SOURCE
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "check.h"

#define MS 1000000LL

static int membarrier(int command)
{
	return (int)syscall(SYS_membarrier, command, 0, 0);
}

static int64_t now_ns(clockid_t clock)
{
	struct timespec t;

	EXPECT(clock_gettime(clock, &t) == 0);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int64_t syscall_ns(clockid_t clock)
{
	struct timespec t;

	EXPECT(syscall(SYS_clock_gettime, clock, &t) == 0);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void sleep_ns(int64_t ns)
{
	struct timespec t = {ns / 1000000000, ns % 1000000000};

	EXPECT(nanosleep(&t, NULL) == 0);
}

CHECK(clocks_never_go_back)
{
	static const clockid_t clocks[] = {CLOCK_MONOTONIC, CLOCK_BOOTTIME,
					   CLOCK_MONOTONIC_RAW};
	size_t c;
	int i;

	for (c = 0; c < sizeof(clocks) / sizeof(clocks[0]); c++) {
		int64_t last = now_ns(clocks[c]), now;

		for (i = 0; i < 50000; i++, last = now) {
			now = now_ns(clocks[c]);
			EXPECT(now >= last);
		}
	}
}

CHECK(vdso_and_system_call_agree)
{
	int i;

	if (!getauxval(AT_SYSINFO_EHDR))
		check_skip("no vdso");
	for (i = 0; i < 5000; i++) {
		int64_t before = syscall_ns(CLOCK_MONOTONIC);
		int64_t middle = now_ns(CLOCK_MONOTONIC);
		int64_t after = syscall_ns(CLOCK_MONOTONIC);

		EXPECT(before <= middle && middle <= after);
	}
}

/* Two threads on different CPUs pass the time back and forth. */
static _Atomic int64_t latest;
static atomic_int whose;

static void *pass_time(void *arg)
{
	int me = (int)(uintptr_t)arg, i;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(me, &set);
	EXPECT(sched_setaffinity(0, sizeof(set), &set) == 0);
	for (i = 0; i < 2000; i++) {
		while (atomic_load(&whose) != me)
			sched_yield();
		EXPECT(now_ns(CLOCK_MONOTONIC) >= atomic_load(&latest));
		atomic_store(&latest, now_ns(CLOCK_MONOTONIC));
		atomic_store(&whose, 1 - me);
	}
	return NULL;
}

CHECK(cpus_agree_on_the_time)
{
	pthread_t other;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		check_skip("one CPU");
	EXPECT(pthread_create(&other, NULL, pass_time, (void *)1) == 0);
	pass_time((void *)0);
	EXPECT(pthread_join(other, NULL) == 0);
}

CHECK(sleep_takes_its_time)
{
	int i;

	for (i = 1; i <= 10; i++) {
		int64_t start = now_ns(CLOCK_MONOTONIC), took;

		sleep_ns(i * 10 * MS);
		took = now_ns(CLOCK_MONOTONIC) - start;
		EXPECT(took >= i * 10 * MS);
		EXPECT(took < i * 10 * MS + 5000 * MS);
	}
}

CHECK(clocks_run_at_one_rate)
{
	int64_t mono = now_ns(CLOCK_MONOTONIC), real = now_ns(CLOCK_REALTIME);
	uint64_t tsc = __rdtsc();

	sleep_ns(1000 * MS);
	mono = now_ns(CLOCK_MONOTONIC) - mono;
	real = now_ns(CLOCK_REALTIME) - real;
	tsc = __rdtsc() - tsc;
	EXPECT(llabs(mono - real) < 20 * MS);
	/* any CPU from 100 MHz to 20 GHz */
	EXPECT(tsc > (uint64_t)mono / 10 && tsc < (uint64_t)mono * 20);
}

CHECK(wall_clock_agrees_with_the_rtc)
{
	FILE *f = fopen("/sys/class/rtc/rtc0/since_epoch", "r");
	long long rtc;

	EXPECT(time(NULL) > 1600000000);
	if (!f)
		check_skip("no RTC");
	EXPECT(fscanf(f, "%lld", &rtc) == 1);
	EXPECT(llabs(rtc - time(NULL)) <= 5);
}

static void *burn(void *arg)
{
	int64_t end = now_ns(CLOCK_THREAD_CPUTIME_ID) + 100 * MS;

	while (now_ns(CLOCK_THREAD_CPUTIME_ID) < end)
		;
	return arg;
}

CHECK(cpu_time_is_accounted)
{
	int64_t before = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	pthread_t other;

	EXPECT(pthread_create(&other, NULL, burn, NULL) == 0);
	burn(NULL);
	EXPECT(pthread_join(other, NULL) == 0);
	EXPECT(now_ns(CLOCK_PROCESS_CPUTIME_ID) - before >= 200 * MS);
}

/* Sum over all CPUs of the /proc/interrupts rows whose name has @word. */
static uint64_t interrupts(const char *word)
{
	FILE *f = fopen("/proc/interrupts", "r");
	uint64_t sum = 0;
	char line[4096];

	EXPECT(f != NULL);
	while (fgets(line, sizeof(line), f)) {
		char *p = strchr(line, ':'), *end;

		if (!p || !strstr(p, word))
			continue;
		for (p++;; p = end) {
			uint64_t n = strtoull(p, &end, 10);

			if (end == p || (*end != ' ' && *end != '\n'))
				break;
			sum += n;
		}
	}
	fclose(f);
	return sum;
}

CHECK(timer_interrupts_are_counted)
{
	uint64_t before = interrupts("timer");
	int i;

	for (i = 0; i < 20; i++)
		sleep_ns(5 * MS);
	EXPECT(interrupts("timer") >= before + 20);
}

CHECK(device_interrupts_do_not_storm)
{
	if (!is_dom0())
		check_skip("not Dom0");
	EXPECT(interrupts("acpi") < 10000);
	EXPECT(interrupts("hvc_console") < 100000);
}

/* Linux makes every running thread of ours execute a barrier, by IPI. */
static atomic_bool is_done;

static void *stay_running(void *arg)
{
	while (!atomic_load(&is_done))
		;
	return arg;
}

CHECK(cpus_interrupt_each_other)
{
	pthread_t other;
	uint64_t before;
	int i;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		check_skip("one CPU");
	if (!is_dom0())
		check_skip("not Dom0");
	before = interrupts("resched") + interrupts("callfunc");
	EXPECT(pthread_create(&other, NULL, stay_running, NULL) == 0);
	EXPECT(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0);
	for (i = 0; i < 200; i++) {
		EXPECT(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0);
		sleep_ns(MS);
	}
	atomic_store(&is_done, true);
	EXPECT(pthread_join(other, NULL) == 0);
	EXPECT(interrupts("resched") + interrupts("callfunc") > before);
}
