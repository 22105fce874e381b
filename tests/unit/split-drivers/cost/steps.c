// SPDX-License-Identifier: GPL-2.0-only
/*
 * Single steps. See steps.h.
 */
#include "steps.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#include "unit_test.h"

extern const char __start_measured_text[], __stop_measured_text[];
volatile unsigned long steps_counted;
static unsigned int passed, failed;

void unit_test_fail(const char *file, int line, const char *fmt, ...)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, fmt);
	exit(1);
}

static void on_step(int number, siginfo_t *info, void *context)
{
	const ucontext_t *c = context;
	uintptr_t rip = (uintptr_t)c->uc_mcontext.gregs[REG_RIP];

	(void)number;
	(void)info;
	steps_counted += rip >= (uintptr_t)__start_measured_text &&
			 rip < (uintptr_t)__stop_measured_text;
}

void steps_start(void)
{
	struct sigaction a = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};

	sigaction(SIGTRAP, &a, NULL);
}

void steps_report(const char *name, unsigned long n, unsigned long limit)
{
	printf("%-28s %5lu  at most %lu\n", name, n, limit);
	if (n <= limit)
		passed++;
	else
		failed++;
}

int steps_finish(void)
{
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
