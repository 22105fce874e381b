/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The runner of unit tests: all of them, or those named as arguments.  Each
 * has a process of its own, so that none sees what another left behind and a
 * crash or a hang is one failure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit_test.h"

#define TIMEOUT_S 600 /* a hang, also on a busy machine */

static struct unit_test *first, **last = &first;

void unit_test_register(struct unit_test *t)
{
	*last = t;
	last = &t->next;
}

void unit_test_fail(const char *file, int line, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fprintf(stderr, "%s:%d: ", file, line);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	_exit(1);
}

static int is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(name, argv[i]))
			return 1;
	return argc < 2;
}

static int passes(const struct unit_test *t)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		alarm(TIMEOUT_S);
		t->fn();
		exit(0); /* the leak checker runs here */
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror(t->name);
		return 0;
	}
	if (status)
		fprintf(stderr, "FAIL %s (%s %d)\n", t->name,
			WIFSIGNALED(status) ? "signal" : "exit",
			WIFSIGNALED(status) ? WTERMSIG(status)
					    : WEXITSTATUS(status));
	return status == 0;
}

int main(int argc, char **argv)
{
	unsigned int nr_passed = 0, nr_failed = 0;

	for (struct unit_test *t = first; t; t = t->next) {
		if (!is_wanted(t->name, argc, argv))
			continue;
		if (passes(t))
			nr_passed++;
		else
			nr_failed++;
	}
	printf("%u passed, %u failed\n", nr_passed, nr_failed);
	return nr_failed != 0;
}
