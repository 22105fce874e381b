/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dom0 self-check: does user space work as on bare metal?
 *
 *   selfcheck [NAME...]
 *
 * Runs all checks or those named; prints "N passed, N failed, N skipped" and
 * exits 1 unless all passed.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define STATUS_SKIP 77
#define TIMEOUT_S 120

static struct check *first;
static struct check **last = &first;

void check_register(struct check *c)
{
	*last = c;
	last = &c->next;
}

_Noreturn void check_fail(const char *file, int line, const char *what)
{
	printf("  %s:%d: not so: %s (errno: %s)\n", file, line, what,
	       strerror(errno));
	fflush(stdout);
	_exit(1);
}

_Noreturn void check_skip(const char *why)
{
	printf("  skipped: %s\n", why);
	fflush(stdout);
	_exit(STATUS_SKIP);
}

void expect_child(void (*fn)(void *), void *arg)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	EXPECT(pid >= 0);
	if (pid == 0) {
		fn(arg);
		fflush(stdout);
		_exit(0);
	}
	EXPECT(waitpid(pid, &status, 0) == pid);
	EXPECT(status == 0);
}

bool is_dom0(void)
{
	char text[32] = "";
	FILE *f = fopen("/proc/xen/capabilities", "r");

	if (!f)
		return false;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	return strncmp(text, "control_d", 9) == 0;
}

static bool is_wanted(const char *name, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

/* Exit status of the check, or -1 with the reason printed. */
static int run_one(const struct check *c)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		alarm(TIMEOUT_S);
		errno = 0;
		c->run();
		fflush(stdout);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("  fork or wait");
		return -1;
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	printf("  killed by signal %d (%s)\n", WTERMSIG(status),
	       strsignal(WTERMSIG(status)));
	return -1;
}

int main(int argc, char **argv)
{
	int passed = 0, failed = 0, skipped = 0;
	const struct check *c;

	(void)argc;
	for (c = first; c; c = c->next) {
		if (!is_wanted(c->name, argv + 1))
			continue;
		switch (run_one(c)) {
		case 0:
			printf("ok   %s\n", c->name);
			passed++;
			break;
		case STATUS_SKIP:
			printf("skip %s\n", c->name);
			skipped++;
			break;
		default:
			printf("FAIL %s\n", c->name);
			failed++;
		}
	}
	printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
	return failed || !passed;
}
