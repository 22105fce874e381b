/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Console log files. One writer per file; a file somebody else truncates or
 * moves away is noticed at the next reopen.
 */
#include "console_log.h"
#include "scrollback.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 2048	 /* input bytes per write(2) */
#define STAMP_BYTES 22	 /* "[2026-01-31 23:59:59] " */
#define LINE_GRACE 16384 /* how long a line may delay a rotation */

void console_log_init(struct console_log *l,
		      const struct console_log_policy *policy,
		      const char *prefix, const char *name)
{
	char *p;

	memset(l, 0, sizeof(*l));
	l->policy = policy;
	l->fd = -1;
	l->at_line_start = true;
	snprintf(l->file, sizeof(l->file), "%s%.150s.log", prefix, name);
	for (p = l->file; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("._+-", *p))
			*p = '_';
}

void console_log_reopen(struct console_log *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

static int log_open(struct console_log *l)
{
	struct stat st;
	int rc;

	if (l->fd >= 0)
		return 0;
	l->fd = openat(l->policy->dirfd, l->file,
		       O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW |
			       O_NOCTTY | O_NONBLOCK,
		       0600);
	if (l->fd < 0)
		return -errno;
	if (fstat(l->fd, &st))
		rc = -errno;
	else
		rc = S_ISREG(st.st_mode) ? 0 : -EINVAL;
	if (rc) {
		console_log_reopen(l);
		return rc;
	}
	l->ino = st.st_ino;
	l->size = (uint64_t)st.st_size;
	return 0;
}

static void rotated_name(char out[256], const struct console_log *l,
			 unsigned int nr)
{
	if (nr)
		snprintf(out, 256, "%s.%u", l->file, nr);
	else
		snprintf(out, 256, "%s", l->file);
}

static void rotate(struct console_log *l)
{
	int dir = l->policy->dirfd;
	char from[256], to[256];
	unsigned int i;

	console_log_reopen(l);
	if (l->policy->keep == 0)
		unlinkat(dir, l->file, 0);
	for (i = l->policy->keep; i > 0; i--) {
		rotated_name(from, l, i - 1);
		rotated_name(to, l, i);
		renameat(dir, from, dir, to);
	}
}

static bool rotation_is_due(const struct console_log *l)
{
	uint64_t max = l->policy->max_bytes;

	if (!max || l->size < max)
		return false;
	return l->at_line_start || l->size - max >= LINE_GRACE;
}

static size_t stamp(char *out)
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	return strftime(out, STAMP_BYTES + 1, "[%Y-%m-%d %H:%M:%S] ", &tm);
}

/* Copy @n <= CHUNK bytes, a stamp before each line; returns the new length. */
static size_t format(const struct console_log *l, bool *at_line_start,
		     char *out, const char *in, size_t n)
{
	char now[STAMP_BYTES + 1];
	size_t stamp_len, len = 0, i;

	if (!l->policy->has_timestamps) {
		memcpy(out, in, n);
		*at_line_start = in[n - 1] == '\n';
		return n;
	}
	stamp_len = stamp(now);
	for (i = 0; i < n; i++) {
		if (*at_line_start) {
			memcpy(out + len, now, stamp_len);
			len += stamp_len;
		}
		out[len++] = in[i];
		*at_line_start = in[i] == '\n';
	}
	return len;
}

static int write_all(struct console_log *l, const char *buf, size_t n)
{
	size_t done = 0;
	ssize_t rc;

	while (done < n) {
		rc = write(l->fd, buf + done, n - done);
		if (rc < 0 && errno == EINTR)
			continue;
		if (rc <= 0) {
			rc = rc ? -errno : -ENOSPC;
			if (ftruncate(l->fd, (off_t)l->size))
				console_log_reopen(l);
			return (int)rc;
		}
		done += (size_t)rc;
	}
	return 0;
}

static int write_chunk(struct console_log *l, const char *buf, size_t n,
		       struct scrollback_intent *intent, uint64_t *logged,
		       uint64_t logged_to)
{
	char out[CHUNK * (STAMP_BYTES + 1)];
	bool at_line_start = l->at_line_start;
	size_t len;
	int rc;

	rc = log_open(l);
	if (!rc && rotation_is_due(l)) {
		rotate(l);
		rc = log_open(l);
	}
	if (rc)
		return rc;
	len = format(l, &at_line_start, out, buf, n);
	intent->pos = l->size;
	intent->len = len;
	intent->logged_to = logged_to;
	__atomic_store_n(&intent->ino, l->ino, __ATOMIC_RELEASE);
	rc = write_all(l, out, len);
	if (!rc) {
		l->size += len;
		l->at_line_start = at_line_start;
		__atomic_store_n(logged, logged_to, __ATOMIC_RELEASE);
	}
	__atomic_store_n(&intent->ino, 0, __ATOMIC_RELEASE);
	return rc;
}

int console_log_write(struct console_log *l, const void *buf, size_t n,
		      struct scrollback_intent *intent, uint64_t *logged,
		      uint64_t logged_to)
{
	const char *p = buf;
	int rc = 0;

	if (l->policy->dirfd < 0 || !l->file[0]) {
		*logged = logged_to;
		return 0;
	}
	while (n > 0 && !rc) {
		size_t part = n < CHUNK ? n : CHUNK;

		rc = write_chunk(l, p, part, intent, logged,
				 logged_to - (n - part));
		p += part;
		n -= part;
	}
	l->last_errno = -rc;
	return rc;
}

void console_log_recover(struct console_log *l,
			 struct scrollback_intent *intent, uint64_t *logged)
{
	if (!intent->ino)
		return;
	if (l->policy->dirfd >= 0 && !log_open(l) && l->ino == intent->ino) {
		if (l->size >= intent->pos + intent->len) {
			*logged = intent->logged_to;
		} else if (l->size > intent->pos &&
			   !ftruncate(l->fd, (off_t)intent->pos)) {
			l->size = intent->pos;
		}
	}
	intent->ino = 0;
}
