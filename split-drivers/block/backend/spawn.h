/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Starting workers: what they are given, and nothing else.
 */
#ifndef BLOCK_SPAWN_H
#define BLOCK_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "server.h"

struct spawn {
	const char *disk;   /* file or device; NULL: the worker for NBD, and */
	struct image image; /* what it is to be served, if that has a format */
	bool is_readonly;
	const char *journal; /* created if there is none */
};

/*
 * Start a worker, and the server it needs. Its process goes to *pid; returns
 * our end of its socket, or -errno with what could not be opened in *what.
 */
int spawn_worker(const struct spawn *s, pid_t *pid, struct server *server,
		 const char **what);

#endif
