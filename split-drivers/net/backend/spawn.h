/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Starting a worker with the descriptors it is to have.
 */
#ifndef NET_SPAWN_H
#define NET_SPAWN_H

#include <sys/types.h>

#include "worker.h"

/*
 * A worker for @start, on @taps, one for each queue; our end of its control
 * socket or -errno. @journal_path is made if it is not there.
 */
int spawn_worker(const struct worker_start *start, const int *taps,
		 const char *journal_path, pid_t *pid, const char **what);

/*
 * Wait for the end of the worker that @journal_path was last given to, if
 * there is still something of it: a keeper that died took its workers with it,
 * but that takes a moment, in which their event channels are still bound.
 */
void spawn_await_earlier(const char *journal_path);

#endif
