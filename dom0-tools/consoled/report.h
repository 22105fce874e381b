/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the daemon has to say: to syslog, and to stderr while somebody can
 * read that.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>

void report_open(bool to_stderr);

/* One message about one event, without a newline. */
__attribute__((format(printf, 1, 2))) void report(const char *fmt, ...);

#endif
