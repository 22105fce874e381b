/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose a journal is: a keeper that dies takes its workers with it, but that
 * takes a moment, in which their event channels are still bound, and the next
 * keeper's worker for the same device must wait for it.
 */
#ifndef SPLIT_OWNER_H
#define SPLIT_OWNER_H

#include <stdint.h>
#include <sys/types.h>

/* As it is in a journal; zeroed: nobody's. */
struct owner {
	int64_t pid;
	uint64_t start_time; /* a pid alone may be another's by now */
};

struct owner owner_of(pid_t pid);
/* Wait until that process has let go of all it had. */
void owner_await(const struct owner *o);

#endif
