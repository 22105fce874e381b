/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One request of the tools: its memory, and, when it fails, why.
 *
 * Whoever notices a failure says what was attempted, on which domain, and
 * which limit was met; callers on the way up may add context or advice. The
 * command prints the whole once.
 */
#ifndef REQ_H
#define REQ_H

#include "arena.h"

struct req {
	struct arena mem;
	int rc;		   /* -errno of the failure, 0: none */
	const char *what;  /* one sentence, no full stop */
	const char *where; /* "file:line", or NULL */
	const char *hint;  /* what to do about it, or NULL */
};

/* Record a failure; returns @rc. A later one replaces an earlier one. */
int req_fail(struct req *r, int rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* As req_fail, with ": " and the words for @rc behind it. */
int req_fail_rc(struct req *r, int rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Put "context: " before the message; returns the failure's code. */
int req_context(struct req *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Say where in the input, or what to do; both return the failure's code. */
int req_where(struct req *r, const char *file, unsigned int line);
int req_hint(struct req *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Forget a failure that has been dealt with. */
void req_clear(struct req *r);
void req_free(struct req *r);

/* What an error number means when it comes from the hypervisor. */
const char *req_rc_text(int rc);

#endif
