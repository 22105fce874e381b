/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages of the daemon.
 */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

static bool has_stderr;

void report_open(bool to_stderr)
{
	has_stderr = to_stderr;
	openlog("consoled", LOG_PID, LOG_DAEMON);
}

void report(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (has_stderr)
		fprintf(stderr, "consoled: %s\n", line);
	syslog(LOG_NOTICE, "%s", line);
}
