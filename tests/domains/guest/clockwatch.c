// SPDX-License-Identifier: GPL-2.0-only
/*
 * In a guest or in Dom0: do all CPUs see one time, which never steps back?
 *
 *   clockwatch [SECONDS]     (or seconds= in the environment; 0: for ever)
 *
 * A thread on each CPU reads the clocks in turn with the others and compares
 * with the latest that any of them has read before. Prints "@clock good after
 * N s" every two seconds, or "@clock bad ..." and exits 1.
 */
#include <err.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define REPORT_S 2
#define TURN 64 /* readings before others get their turn */

static const struct {
	clockid_t id;
	const char *name;
} clocks[] = {
	{CLOCK_MONOTONIC, "monotonic"},
	{CLOCK_MONOTONIC_RAW, "monotonic raw"},
	{CLOCK_REALTIME, "realtime"},
};
#define NR_CLOCKS (sizeof(clocks) / sizeof(clocks[0]))

static _Atomic int64_t latest[NR_CLOCKS]; /* ns */
static atomic_ullong readings;

static int64_t read_ns(clockid_t id)
{
	struct timespec t;

	if (clock_gettime(id, &t) != 0)
		err(1, "clock_gettime");
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void look(size_t c, int cpu)
{
	int64_t before = atomic_load(&latest[c]);
	int64_t now = read_ns(clocks[c].id);

	if (now < before) {
		printf("@clock bad: %s on CPU %d is %lld ns back\n",
		       clocks[c].name, cpu, (long long)(before - now));
		exit(1);
	}
	while (before < now &&
	       !atomic_compare_exchange_weak(&latest[c], &before, now))
		;
}

static void *watch(void *arg)
{
	int cpu = (int)(intptr_t)arg;
	const struct timespec rest = {0, 2000000};
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		err(1, "CPU %d", cpu);
	for (;;) {
		for (int i = 0; i < TURN; i++)
			for (size_t c = 0; c < NR_CLOCKS; c++)
				look(c, cpu);
		atomic_fetch_add(&readings, TURN * NR_CLOCKS);
		nanosleep(&rest, NULL); /* waking up, it may be elsewhere */
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const char *text = argc > 1 ? argv[1] : getenv("seconds");
	long seconds = text ? atol(text) : 0, n = 0;
	long nr_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t thread;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (intptr_t cpu = 0; cpu < nr_cpus; cpu++)
		if (pthread_create(&thread, NULL, watch, (void *)cpu) != 0)
			errx(1, "no thread");
	while (seconds == 0 || n < seconds) {
		sleep(REPORT_S);
		n += REPORT_S;
		printf("@clock good after %ld s: %llu readings on %ld CPUs\n",
		       n, (unsigned long long)atomic_load(&readings), nr_cpus);
	}
	return 0;
}
