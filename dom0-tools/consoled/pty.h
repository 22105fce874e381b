/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pty of one console, for clients that only know the xenstore node tty
 * (Debian's xenconsole). A reader first gets a replay: what no reader has
 * seen yet, and at least the newest few KiB.
 */
#ifndef PTY_H
#define PTY_H

#include "loop.h"

#include <stdbool.h>

struct console;

struct pty {
	struct loop_source src; /* the master; fd -1: no pty */
	struct console *console;
	char name[32]; /* "/dev/pts/7" */
	int wd;	       /* inotify watch on it, -1: none */
	bool has_reader;
	bool may_have_input; /* left unread for lack of space */
};

/* Create the pty; 0 or -errno. */
int pty_open(struct pty *p, struct console *c);
void pty_close(struct pty *p);

/* Somebody opened or closed the slave: find out where we stand. */
void pty_look(struct pty *p);

/* Move output to the reader and set what to wait for. */
void pty_pump(struct pty *p);

#endif
