/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes and threads: creating them, and switching between them.
 */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define NULL_PROGRAM "/usr/bin/null"
#define LARGEST_RING 64

static void reap(pid_t pid)
{
	int status;

	MUST(waitpid(pid, &status, 0) == pid);
	MUST(status == 0);
}

static void fork_exit(unsigned int ops)
{
	while (ops--) {
		pid_t pid = fork();

		MUST(pid >= 0);
		if (pid == 0)
			_exit(0);
		reap(pid);
	}
}

static void fork_exec(unsigned int ops)
{
	while (ops--) {
		pid_t pid = fork();

		MUST(pid >= 0);
		if (pid == 0) {
			execl(NULL_PROGRAM, NULL_PROGRAM, (char *)NULL);
			_exit(127);
		}
		reap(pid);
	}
}

static void *return_arg(void *arg)
{
	return arg;
}

static void create_threads(unsigned int ops)
{
	pthread_t thread;

	while (ops--) {
		MUST(pthread_create(&thread, NULL, return_arg, NULL) == 0);
		MUST(pthread_join(thread, NULL) == 0);
	}
}

/* Processes in a ring of pipes; we are the first, and send the token. */
static struct {
	int members;
	int pipes[LARGEST_RING][2];
	pid_t pids[LARGEST_RING];
} ring;

/* Keep of all pipes the end that member @i reads and the one it writes. */
static void keep_own_ends(int i)
{
	int before = (i + ring.members - 1) % ring.members, j;

	for (j = 0; j < ring.members; j++) {
		if (j != before)
			close(ring.pipes[j][0]);
		if (j != i)
			close(ring.pipes[j][1]);
	}
}

_Noreturn static void pass_on(int i)
{
	int in = ring.pipes[i - 1][0], out = ring.pipes[i][1];
	char token;

	keep_own_ends(i);
	while (read(in, &token, 1) == 1)
		if (write(out, &token, 1) != 1)
			break;
	_exit(0);
}

static void ring_open(int members)
{
	int i;

	ring.members = members;
	for (i = 0; i < members; i++)
		MUST(pipe(ring.pipes[i]) == 0);
	for (i = 1; i < members; i++) {
		ring.pids[i] = fork();
		MUST(ring.pids[i] >= 0);
		if (ring.pids[i] == 0)
			pass_on(i);
	}
	keep_own_ends(0);
}

static void open_pair(void)
{
	ring_open(2);
}

static void open_ring64(void)
{
	ring_open(64);
}

static void round_trips(unsigned int ops)
{
	int out = ring.pipes[0][1], in = ring.pipes[ring.members - 1][0];
	char token = 0;

	while (ops--) {
		MUST(write(out, &token, 1) == 1);
		MUST(read(in, &token, 1) == 1);
	}
}

/* One round of the ring is 64 switches. */
static void ring64_switches(unsigned int ops)
{
	round_trips(ops / 64);
}

static void ring_close(void)
{
	int i;

	close(ring.pipes[0][1]);
	close(ring.pipes[ring.members - 1][0]);
	for (i = 1; i < ring.members; i++)
		reap(ring.pids[i]);
}

const struct bench process_benches[] = {
	{"fork_exit_wait", 60, fork_exit, NULL, NULL},
	{"fork_exec_wait", 40, fork_exec, NULL, NULL},
	{"thread_create_join", 200, create_threads, NULL, NULL},
	{"pipe_roundtrip_2proc", 1000, round_trips, open_pair, ring_close},
	{"ring64_switch", 64 * 20, ring64_switches, open_ring64, ring_close},
	{NULL, 0, NULL, NULL, NULL},
};
