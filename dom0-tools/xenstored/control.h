/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The CONTROL request: `xenstore-control` and the like.
 */
#ifndef XENSTORED_CONTROL_H
#define XENSTORED_CONTROL_H

#include <stddef.h>

struct server;

/*
 * Run a command with its arguments; writes the answer, at most @max bytes.
 * Its length with the NUL, or -errno.
 */
int control_run(struct server *sv, const char *const *vec, int nr, char *out,
		size_t max);

#endif
