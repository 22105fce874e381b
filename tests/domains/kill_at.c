// SPDX-License-Identifier: GPL-2.0-only
/*
 * kill-at: end a process where it can least be expected.
 *
 *   kill-at PID STOPS STEPS
 *
 * Lets the process go on to its STOPSth entry to or exit from a system call,
 * then another STEPS instructions, and sends SIGKILL: the same numbers mean
 * the same place, whatever the machine's speed. Prints where that was. Exits
 * 3 if the process ends before.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>

#define SYSCALL_STOP (SIGTRAP | 0x80)

static pid_t pid;

/* Let it run until it stops again; the signal it stopped for. */
static int run(int how, int signal)
{
	int status;

	if (ptrace(how, pid, NULL, (void *)(long)signal) < 0)
		err(1, "ptrace");
	if (waitpid(pid, &status, __WALL) < 0)
		err(1, "waitpid");
	if (WIFEXITED(status) || WIFSIGNALED(status)) {
		printf("%d ended by itself\n", pid);
		exit(3);
	}
	/* a stop that is about stopping has no signal to deliver */
	return status >> 16 == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);
}

int main(int argc, char **argv)
{
	long stops, steps, step = 0;
	struct user_regs_struct regs;
	int status, signal = 0;

	if (argc != 4)
		errx(2, "usage: kill-at PID STOPS STEPS");
	pid = (pid_t)atol(argv[1]);
	stops = atol(argv[2]);
	steps = atol(argv[3]);
	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)PTRACE_O_TRACESYSGOOD) < 0)
		err(errno == ESRCH ? 3 : 1, "%d", pid);
	if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0 ||
	    waitpid(pid, &status, __WALL) < 0)
		err(1, "%d", pid);
	for (long stop = 0; stop < stops;) {
		signal = run(PTRACE_SYSCALL, signal);
		if (signal != SYSCALL_STOP)
			continue;
		signal = 0;
		stop++;
	}
	for (; step < steps; step++) {
		signal = run(PTRACE_SINGLESTEP, signal);
		if (signal == SIGTRAP)
			signal = 0;
	}
	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
		err(1, "PTRACE_GETREGS");
	kill(pid, SIGKILL);
	waitpid(pid, &status, __WALL);
	printf("%d killed after %ld stops and %ld steps, at %#llx\n", pid,
	       stops, steps, regs.rip);
	return 0;
}
