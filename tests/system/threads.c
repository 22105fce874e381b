/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads: futexes, thread-local storage, migration between CPUs.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

#include "check.h"

#define THREADS 8

static void run_threads(void *(*fn)(void *), uintptr_t count)
{
	pthread_t threads[THREADS];
	uintptr_t i;
	void *result;

	for (i = 0; i < count; i++)
		EXPECT(pthread_create(&threads[i], NULL, fn, (void *)i) == 0);
	for (i = 0; i < count; i++) {
		EXPECT(pthread_join(threads[i], &result) == 0);
		EXPECT(result == (void *)i);
	}
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint64_t counter;

static void *count_up(void *arg)
{
	int i;

	for (i = 0; i < 20000; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		pthread_mutex_unlock(&mutex);
	}
	return arg;
}

CHECK(mutex_excludes)
{
	run_threads(count_up, THREADS);
	EXPECT(counter == THREADS * 20000);
}

static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static uintptr_t turn;

static void *take_turns(void *arg)
{
	int i;

	pthread_mutex_lock(&mutex);
	for (i = 0; i < 200; i++) {
		while (turn != (uintptr_t)arg)
			pthread_cond_wait(&cond, &mutex);
		turn = (turn + 1) % THREADS;
		pthread_cond_broadcast(&cond);
	}
	pthread_mutex_unlock(&mutex);
	return arg;
}

CHECK(condition_wakes_sleepers)
{
	run_threads(take_turns, THREADS);
	EXPECT(turn == 0);
}

static __thread uintptr_t local = 55;

static void *use_local(void *arg)
{
	int i;

	EXPECT(local == 55);
	local = (uintptr_t)arg;
	for (i = 0; i < 2000; i++) {
		sched_yield();
		EXPECT(local == (uintptr_t)arg);
	}
	return arg;
}

CHECK(thread_local_storage_is_separate)
{
	run_threads(use_local, THREADS);
	EXPECT(local == 55);
}

static void *return_arg(void *arg)
{
	return arg;
}

CHECK(many_threads_come_and_go)
{
	int i;

	for (i = 0; i < 50; i++)
		run_threads(return_arg, THREADS);
}

static void *hop(void *arg)
{
	int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN), i;

	for (i = 0; i < 200; i++) {
		int cpu = (i + (int)(uintptr_t)arg) % cpus;
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		EXPECT(sched_setaffinity(0, sizeof(set), &set) == 0);
		EXPECT(sched_getcpu() == cpu);
	}
	return arg;
}

CHECK(threads_move_between_cpus)
{
	run_threads(hop, 4);
}

static atomic_int ticket;

static void *hand_over(void *arg)
{
	int i;

	for (i = 0; i < 300; i++) {
		while (atomic_load(&ticket) % 2 != (int)(uintptr_t)arg)
			sched_yield();
		atomic_fetch_add(&ticket, 1);
	}
	return arg;
}

CHECK(threads_see_each_others_writes)
{
	run_threads(hand_over, 2);
	EXPECT(atomic_load(&ticket) == 600);
}
