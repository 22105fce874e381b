/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A xenstore for the tools' tests: a thread behind a socket, with a tree and
 * watches, and transactions that do nothing but count.
 */
#ifndef FAKE_STORE_H
#define FAKE_STORE_H

#include <stddef.h>

struct fake_store {
	unsigned int nr_requests;
	unsigned int nr_commits;
	unsigned int nr_introduced;
	/* the request, counted from 1, that fails with EIO; 0: none */
	unsigned int fail_at;
	unsigned int conflicts; /* this many commits are refused first */
	unsigned int list_max;	/* longer lists come in parts; 0: never */
	int hang_up_at;		/* the connection is closed before this one */
	int hang_up_after;	/* this one is done, and not answered */
};

extern struct fake_store fake_store;

/* Start it below the directory @root and point the tools there. */
void fake_store_start(const char *root);
/* As if just started, but for its connections. */
void fake_store_reset(void);
/* Close all connections; it goes on, or not. */
void fake_store_hang_up(void);
void fake_store_stop(void);
/* A node's value, "" if it has none, NULL if it does not exist. */
const char *fake_store_value(const char *path);
const char *fake_store_perms(const char *path);
void fake_store_set(const char *path, const char *value);
/* Nodes there are below @path, itself included. */
size_t fake_store_count(const char *path);

#endif
