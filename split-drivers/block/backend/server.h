/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * qemu-nbd, which has the formats of images: one for a worker, and gone soon
 * after it. A process of ours, its guard, sees to that.
 */
#ifndef BLOCK_SERVER_H
#define BLOCK_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

struct image {
	const char *path;
	const char *format; /* as qemu-nbd calls it */
	bool is_readonly, is_direct, no_discard;
	const char *socket; /* a path that is free; removed again */
	/*
	 * A descriptor to be locked while the server may write: it waits for
	 * the lock, and its end is the lock's.
	 */
	int lock;
};

struct server {
	pid_t pid;  /* of its guard */
	int errors; /* a file: what it has said */
};

/* What the worker is given. */
struct server_ends {
	int socket; /* connected to it */
	int life;   /* the server ends when this is closed */
};

/* Start one. 0, or -errno with what could not be made in *what. */
int server_start(struct server *s, const struct image *i,
		 struct server_ends *ends, const char **what);
/* The first line of what it has said, without its end; "": nothing. */
void server_said(const struct server *s, char *line, size_t size);
/* Wait until it has written everything, and has ended; its life is closed. */
void server_end(struct server *s);
/* The device of this socket has gone: so must what a killed guard has left. */
void server_forget(const char *socket);

#endif
