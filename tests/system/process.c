/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes: fork, exec and wait in numbers, pipes, 32-bit programs, ptrace.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

extern char **environ;

CHECK(children_report_their_exit_codes)
{
	pid_t pids[50];
	int i, status;

	for (i = 0; i < 50; i++) {
		pids[i] = fork();
		EXPECT(pids[i] >= 0);
		if (pids[i] == 0)
			_exit(i);
	}
	for (i = 0; i < 50; i++) {
		EXPECT(waitpid(pids[i], &status, 0) == pids[i]);
		EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == i);
	}
}

static void fork_deeper(void *arg)
{
	int depth = *(int *)arg - 1;

	if (depth > 0)
		expect_child(fork_deeper, &depth);
}

CHECK(deep_fork_chain)
{
	int depth = 30;

	expect_child(fork_deeper, &depth);
}

CHECK(pipe_carries_a_megabyte)
{
	static unsigned char buf[65536];
	size_t total = 0, i;
	int fds[2];
	ssize_t n;
	pid_t pid;

	EXPECT(pipe(fds) == 0);
	pid = fork();
	EXPECT(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		for (i = 0; i < sizeof(buf); i++)
			buf[i] = (unsigned char)(i * 7);
		for (i = 0; i < 16; i++)
			EXPECT(write(fds[1], buf, sizeof(buf)) == sizeof(buf));
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], buf, sizeof(buf))) > 0)
		for (i = 0; i < (size_t)n; i++, total++)
			EXPECT(buf[i] == (unsigned char)(total % 65536 * 7));
	EXPECT(n == 0 && total == 1 << 20);
}

/* The path of a program that lies beside ours. */
static void beside(char *path, size_t size, const char *name)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 1);

	EXPECT(n > 0);
	path[n] = '\0';
	*strrchr(path, '/') = '\0';
	EXPECT(strlen(path) + strlen(name) + 2 <= size);
	strcat(strcat(path, "/"), name);
}

static int status_of(const char *path, char *const argv[])
{
	int status;
	pid_t pid;

	fflush(stdout);
	EXPECT(posix_spawn(&pid, path, NULL, NULL, argv, environ) == 0);
	EXPECT(waitpid(pid, &status, 0) == pid);
	return status;
}

CHECK(programs_in_32_bits)
{
	char path[256], *argv[] = {path, NULL};
	int status;

	beside(path, sizeof(path), "selfcheck32");
	if (access(path, X_OK) != 0)
		check_skip("no 32-bit program");
	status = status_of(path, argv);
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		printf("  selfcheck32 failed its step %d\n",
		       WEXITSTATUS(status));
	EXPECT(status == 0);
}

CHECK(exec_repeats_with_large_arguments)
{
	static char big[100000];
	char path[256], *argv[] = {path, big, big, NULL};
	int i;

	beside(path, sizeof(path), "selfcheck32");
	if (access(path, X_OK) != 0)
		check_skip("no 32-bit program");
	memset(big, 'x', sizeof(big) - 1);
	for (i = 0; i < 20; i++)
		EXPECT(status_of(path, argv) == 0);
}

CHECK(failing_exec_returns)
{
	char *argv[] = {NULL};

	EXPECT(execve("/dev/null", argv, environ) == -1 && errno == EACCES);
	EXPECT(execve("/no/such", argv, environ) == -1 && errno == ENOENT);
}

static volatile uint64_t watched;

/* The traced child: stops, counts in rbx, writes @watched. */
static void be_traced(void)
{
	EXPECT(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0);
	raise(SIGSTOP);
	__asm__ volatile("xor %%ebx, %%ebx\n\t"
			 ".rept 50\n\t"
			 "inc %%rbx\n\t"
			 ".endr\n\t"
			 "int3"
			 :
			 :
			 : "rbx", "cc");
	watched = 42;
	_exit(7);
}

static pid_t start_traced(void)
{
	int status;
	pid_t pid = fork();

	EXPECT(pid >= 0);
	if (pid == 0)
		be_traced();
	EXPECT(waitpid(pid, &status, 0) == pid);
	EXPECT(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	return pid;
}

static int resume(pid_t pid, enum __ptrace_request how)
{
	int status;

	EXPECT(ptrace(how, pid, 0, 0) == 0);
	EXPECT(waitpid(pid, &status, 0) == pid);
	return status;
}

CHECK(ptrace_single_steps_and_reads_registers)
{
	struct user_regs_struct regs;
	pid_t pid = start_traced();
	uint64_t last = 0;
	int status, counted = 0;

	do {
		status = resume(pid, PTRACE_SINGLESTEP);
		EXPECT(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
		EXPECT(ptrace(PTRACE_GETREGS, pid, 0, &regs) == 0);
		if (regs.rbx == last + 1)
			counted++;
		last = regs.rbx;
	} while (counted < 50);
	EXPECT(regs.rbx == 50);
	status = resume(pid, PTRACE_CONT); /* into the int3 */
	EXPECT(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
	status = resume(pid, PTRACE_CONT);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

CHECK(ptrace_reads_and_changes_memory)
{
	pid_t pid = start_traced();
	long word;
	int status;

	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, pid, &watched, 0);
	EXPECT(errno == 0 && word == 0);
	EXPECT(ptrace(PTRACE_POKEDATA, pid, &watched, 99) == 0);
	EXPECT(ptrace(PTRACE_PEEKDATA, pid, &watched, 0) == 99);
	EXPECT(watched == 0);
	status = resume(pid, PTRACE_KILL);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

#define DEBUGREG(n)                                                            \
	(offsetof(struct user, u_debugreg) + (n) * sizeof(unsigned long))
#define DR7_WRITE_8_BYTES_0 0x90001UL /* L0, write, length 8 */

CHECK(debug_registers_watch_memory)
{
	struct user_regs_struct regs;
	pid_t pid = start_traced();
	unsigned long dr6;
	int status;

	EXPECT(ptrace(PTRACE_POKEUSER, pid, DEBUGREG(0), &watched) == 0);
	EXPECT(ptrace(PTRACE_POKEUSER, pid, DEBUGREG(7), DR7_WRITE_8_BYTES_0) ==
	       0);
	status = resume(pid, PTRACE_CONT); /* the int3 */
	EXPECT(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
	status = resume(pid, PTRACE_CONT); /* the write to @watched */
	EXPECT(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
	dr6 = (unsigned long)ptrace(PTRACE_PEEKUSER, pid, DEBUGREG(6), 0);
	EXPECT((dr6 & 0xf) == 1);
	EXPECT(ptrace(PTRACE_PEEKDATA, pid, &watched, 0) == 42);
	EXPECT(ptrace(PTRACE_GETREGS, pid, 0, &regs) == 0);
	status = resume(pid, PTRACE_CONT);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

/* A traced child that writes its two words for ever. */
static volatile uint64_t words[2];

static pid_t start_writer(void)
{
	int status;
	pid_t pid = fork();

	EXPECT(pid >= 0);
	if (pid == 0) {
		EXPECT(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0);
		raise(SIGSTOP);
		for (;;) {
			words[0]++;
			sched_yield();
			words[1]++;
			sched_yield();
		}
	}
	EXPECT(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	return pid;
}

static void watch(pid_t pid, volatile uint64_t *word)
{
	EXPECT(ptrace(PTRACE_POKEUSER, pid, DEBUGREG(0), word) == 0);
	EXPECT(ptrace(PTRACE_POKEUSER, pid, DEBUGREG(7), DR7_WRITE_8_BYTES_0) ==
	       0);
}

/* Two on one CPU, with different words watched; each stops at its own. */
CHECK(debug_registers_are_by_process)
{
	pid_t pid[2];
	cpu_set_t set;
	int i, p, status;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	EXPECT(sched_setaffinity(0, sizeof(set), &set) == 0);
	for (p = 0; p < 2; p++) {
		pid[p] = start_writer();
		watch(pid[p], &words[p]);
	}
	for (i = 1; i <= 50; i++) {
		for (p = 0; p < 2; p++)
			EXPECT(ptrace(PTRACE_CONT, pid[p], 0, 0) == 0);
		for (p = 0; p < 2; p++) {
			EXPECT(waitpid(pid[p], &status, 0) == pid[p]);
			EXPECT(WIFSTOPPED(status) &&
			       WSTOPSIG(status) == SIGTRAP);
			/* once in each turn, behind the write */
			EXPECT(ptrace(PTRACE_PEEKDATA, pid[p], &words[p], 0) ==
			       i);
			EXPECT(ptrace(PTRACE_PEEKDATA, pid[p], &words[1 - p],
				      0) == (p ? i : i - 1));
		}
	}
	for (p = 0; p < 2; p++)
		(void)resume(pid[p], PTRACE_KILL);
}

/* An instruction breakpoint: before it, and once, by the resume flag. */
CHECK(debug_registers_stop_at_an_instruction)
{
	struct user_regs_struct regs;
	pid_t pid = start_traced();
	int status;
	uint64_t at;

	/* past the stop, in be_traced, to an increment of rbx */
	do {
		status = resume(pid, PTRACE_SINGLESTEP);
		EXPECT(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
		EXPECT(ptrace(PTRACE_GETREGS, pid, 0, &regs) == 0);
	} while (regs.rbx != 1);
	at = regs.rip + 3 * 10; /* ten increments on, three bytes each */
	EXPECT(ptrace(PTRACE_POKEUSER, pid, DEBUGREG(1), at) == 0);
	EXPECT(ptrace(PTRACE_POKEUSER, pid, DEBUGREG(7), 4UL) == 0); /* L1 */
	status = resume(pid, PTRACE_CONT);
	EXPECT(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
	EXPECT(ptrace(PTRACE_GETREGS, pid, 0, &regs) == 0);
	EXPECT(regs.rip == at && regs.rbx == 11);
	EXPECT((ptrace(PTRACE_PEEKUSER, pid, DEBUGREG(6), 0) & 0xf) == 2);
	status = resume(pid, PTRACE_CONT); /* over it, to the int3 */
	EXPECT(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
	EXPECT(ptrace(PTRACE_GETREGS, pid, 0, &regs) == 0);
	EXPECT(regs.rbx == 50);
	(void)resume(pid, PTRACE_KILL);
}

CHECK(ptrace_sees_system_calls)
{
	struct user_regs_struct regs;
	pid_t pid = start_traced();
	bool saw_exit = false;
	int status;

	for (;;) {
		status = resume(pid, PTRACE_SYSCALL);
		if (!WIFSTOPPED(status))
			break;
		EXPECT(ptrace(PTRACE_GETREGS, pid, 0, &regs) == 0);
		saw_exit |= regs.orig_rax == 231; /* exit_group */
	}
	EXPECT(saw_exit && WIFEXITED(status) && WEXITSTATUS(status) == 7);
}
