/* SPDX-License-Identifier: GPL-2.0-only */
/* The runner of unit tests: all of them, or those named as arguments. */
#include <stdio.h>
#include <string.h>

#include "unit_test.h"

static struct unit_test *first, **last = &first;
static jmp_buf failed;

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
	longjmp(failed, 1);
}

static int is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(name, argv[i]))
			return 1;
	return argc < 2;
}

int main(int argc, char **argv)
{
	unsigned int nr_passed = 0, nr_failed = 0;

	for (struct unit_test *t = first; t; t = t->next) {
		if (!is_wanted(t->name, argc, argv))
			continue;
		if (setjmp(failed) == 0) {
			t->fn();
			nr_passed++;
		} else {
			fprintf(stderr, "FAIL %s\n", t->name);
			nr_failed++;
		}
	}
	printf("%u passed, %u failed\n", nr_passed, nr_failed);
	return nr_failed != 0;
}
