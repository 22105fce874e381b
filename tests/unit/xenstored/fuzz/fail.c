// SPDX-License-Identifier: GPL-2.0-only
/*
 * A failed expectation, for the fuzzer: a crash it can reduce.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../unit_test.h"

void unit_test_fail(const char *file, int line, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fprintf(stderr, "%s:%d: ", file, line);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	abort();
}
