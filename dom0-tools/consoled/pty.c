/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pty keeps no slave open of its own: then the master's hang-up state
 * says whether somebody reads. Hang-up ending is not an event for epoll, so
 * inotify on the slave's node tells us when to look, and the master is in the
 * epoll set only while there is a reader.
 */
#include "pty.h"
#include "console.h"
#include "consoled.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <termios.h>
#include <unistd.h>

#define PUMP_MAX 65536 /* bytes per turn of the loop */

/* The line discipline must pass bytes as they are, both ways. */
static int make_slave_raw(const char *name)
{
	int fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios t;
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (tcgetattr(fd, &t)) {
		rc = -errno;
	} else {
		cfmakeraw(&t);
		if (tcsetattr(fd, TCSANOW, &t))
			rc = -errno;
	}
	close(fd);
	return rc;
}

static void read_input(struct pty *p)
{
	char buf[CONSOLE_INPUT_BUF];
	size_t space = console_input_space(p->console);
	ssize_t n;

	p->may_have_input = false;
	if (!space) {
		p->may_have_input = true;
		return;
	}
	n = read(p->src.fd, buf, space);
	if (n > 0) {
		console_input(p->console, buf, (size_t)n);
		p->may_have_input = (size_t)n == space;
	}
}

/*
 * The reader has gone. What it left unread in the kernel has been seen by
 * nobody: count it by reading it, so that the next one starts there.
 */
static void reader_left(struct pty *p)
{
	int fd = open(p->name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	uint64_t *pos = &p->console->sb.hdr->pty_pos, nr_unread = 0;
	char buf[4096];
	ssize_t n;

	p->has_reader = false;
	if (fd < 0)
		return;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		nr_unread += (uint64_t)n;
	close(fd);
	*pos -= nr_unread < *pos ? nr_unread : *pos;
}

static void master_ready(struct loop_source *s, uint32_t events)
{
	struct pty *p = (struct pty *)(void *)s; /* src is first */

	if (events & (EPOLLIN | EPOLLHUP))
		read_input(p);
	if (events & EPOLLHUP)
		reader_left(p);
	pty_pump(p);
}

int pty_open(struct pty *p, struct console *c)
{
	int fd, rc;

	p->console = c;
	p->wd = -1;
	p->has_reader = p->may_have_input = false;
	p->src = (struct loop_source){.fd = -1, .ready = master_ready};
	fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (grantpt(fd) || unlockpt(fd) ||
	    ptsname_r(fd, p->name, sizeof(p->name))) {
		rc = -errno;
		goto close_fd;
	}
	rc = make_slave_raw(p->name);
	if (rc)
		goto close_fd;
	p->wd = inotify_add_watch(c->cd->inotify.fd, p->name,
				  IN_OPEN | IN_CLOSE);
	if (p->wd < 0) {
		rc = -errno;
		goto close_fd;
	}
	p->src.fd = fd;
	return 0;

close_fd:
	close(fd);
	return rc;
}

void pty_close(struct pty *p)
{
	if (p->src.fd < 0)
		return;
	loop_set(&p->console->cd->loop, &p->src, 0);
	inotify_rm_watch(p->console->cd->inotify.fd, p->wd);
	close(p->src.fd);
	p->src.fd = -1;
	p->has_reader = false;
}

static void start_replay(struct pty *p)
{
	struct scrollback *sb = &p->console->sb;
	uint64_t total = scrollback_total(sb);
	uint64_t want = p->console->cd->opt.pty_replay;

	if (total - sb->hdr->pty_pos < want)
		sb->hdr->pty_pos = total > want ? total - want : 0;
}

void pty_look(struct pty *p)
{
	struct pollfd pfd = {.fd = p->src.fd, .events = POLLIN};

	if (p->src.fd < 0 || poll(&pfd, 1, 0) < 0)
		return;
	if (pfd.revents & POLLIN)
		read_input(p);
	if (pfd.revents & POLLHUP && p->has_reader)
		reader_left(p);
	if (!(pfd.revents & POLLHUP) && !p->has_reader) {
		p->has_reader = true;
		start_replay(p);
	}
	pty_pump(p);
}

void pty_pump(struct pty *p)
{
	struct console *c = p->console;
	uint32_t interest = 0;
	size_t budget = PUMP_MAX, n;
	const char *from;
	ssize_t done;

	if (p->src.fd < 0)
		return;
	if (p->may_have_input)
		read_input(p);
	if (!p->has_reader) {
		loop_set(&c->cd->loop, &p->src, 0);
		return;
	}
	while ((n = scrollback_span(&c->sb, &c->sb.hdr->pty_pos, budget,
				    &from)) > 0) {
		done = write(p->src.fd, from, n);
		if (done <= 0)
			break;
		c->sb.hdr->pty_pos += (uint64_t)done;
		budget -= (size_t)done;
	}
	if (c->sb.hdr->pty_pos < scrollback_total(&c->sb))
		interest |= EPOLLOUT;
	if (console_input_space(c) > 0)
		interest |= EPOLLIN;
	/* 0 would drop it from the set, and with it the hang-up event. */
	loop_set(&c->cd->loop, &p->src, interest ? interest : EPOLLHUP);
}
