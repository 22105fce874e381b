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

#endif
