/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log file of one console: append, time stamps, rotation by size.
 *
 * NAME.log is the newest; NAME.log.1 is the one before it, and so on up to
 * the number of old files kept. A write is begun, done and ended, so that a
 * daemon killed in between neither repeats nor loses a byte of it.
 */
#ifndef CONSOLE_LOG_H
#define CONSOLE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scrollback_intent;

struct console_log_policy {
	int dirfd;	     /* -1: no logs */
	uint64_t max_bytes;  /* rotate beyond this; 0: never */
	unsigned int keep;   /* old files kept beside the newest */
	bool has_timestamps; /* "[YYYY-MM-DD hh:mm:ss] " before each line */
};

struct console_log {
	const struct console_log_policy *policy;
	char file[192]; /* in the policy's directory; "": no log */
	int fd;		/* -1: closed, opened by the next write */
	uint64_t ino, size;
	bool at_line_start;
	int last_errno; /* of the last failed write, 0: none */
};

/* Log for @name ("guest-NAME", bytes unfit for a file name replaced). */
void console_log_init(struct console_log *l,
		      const struct console_log_policy *policy,
		      const char *prefix, const char *name);

/* Close the file; the next write opens it by name again (after logrotate). */
void console_log_reopen(struct console_log *l);

/*
 * Append the @n bytes that end at position @logged_to. *@logged follows what
 * has reached the file; *@intent covers the moments in between. -errno: from
 * *@logged on nothing was written.
 */
int console_log_write(struct console_log *l, const void *buf, size_t n,
		      struct scrollback_intent *intent, uint64_t *logged,
		      uint64_t logged_to);

/* Finish or take back the write a killed daemon had begun. */
void console_log_recover(struct console_log *l,
			 struct scrollback_intent *intent, uint64_t *logged);

#endif
