/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Client side of console_proto.h: an interactive session on a terminal, and
 * the list of consoles. Needs nothing else of the daemon's; meant to be
 * linked into the command-line tool.
 */
#ifndef CONSOLE_CLIENT_H
#define CONSOLE_CLIENT_H

#include "console_proto.h"

#define CONSOLE_ESCAPE 0x1d /* Ctrl-] */

/* How a session ended; negative results are -errno, with error[] filled. */
enum console_result {
	CONSOLE_DETACHED = 0, /* escape, end of input, or a signal */
	CONSOLE_ENDED = 1,    /* the domain is gone, or all was dumped */
};

struct console_session {
	/* What to attach to; fill these in. */
	const char *socket; /* NULL: CONSOLE_SOCKET */
	const char *name;   /* NULL: by domid */
	uint16_t domid;
	uint32_t flags; /* CONSOLE_READ_ONLY, _TAIL, _WAIT, _DUMP */
	uint64_t tail;	/* with CONSOLE_TAIL: bytes to replay at most */
	int in_fd;	/* -1: no input */
	int out_fd;
	unsigned char escape;
	/* Called once attached, before any output; may be NULL. */
	void (*attached)(const struct console_info *info, void *arg);
	void *arg;

	/* What came of it. */
	uint64_t offset; /* position in the stream when it ended */
	uint64_t lost;	 /* bytes skipped because we were too slow */
	char error[160];
};

/*
 * Attach and stay until the end. A terminal on in_fd is in raw mode
 * meanwhile. When the daemon is restarted the session goes on where it was.
 */
int console_session_run(struct console_session *s);

/*
 * The same over a pty, for a Dom0 with another console daemon: @tty is what
 * the domain's xenstore node console/tty says. Uses in_fd, out_fd, escape.
 */
int console_session_run_tty(struct console_session *s, const char *tty);

/* Call @each for every console the daemon knows. 0 or -errno. */
int console_list(const char *socket,
		 void (*each)(const struct console_info *info, void *arg),
		 void *arg);

#endif
