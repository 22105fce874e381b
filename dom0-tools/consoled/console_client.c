/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Console sessions. One poll loop over the keyboard and the daemon; keys the
 * guest does not take are refused with a bell, so that the escape key works
 * however stuck the guest is.
 */
#include "console_client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define RECONNECT_S 30	/* how long a daemon may take to come back */
#define RECONNECT_MS 50 /* between attempts; keys are served meanwhile */

struct packet {
	struct console_msg m;
	char body[CONSOLE_OUTPUT_MAX];
};

struct terminal {
	int fd; /* -1: not a terminal */
	struct termios saved;
	sigset_t saved_mask;
	struct sigaction saved_actions[3];
};

static const int end_signals[3] = {SIGHUP, SIGINT, SIGTERM};
static volatile sig_atomic_t got_signal;

static void on_signal(int nr)
{
	got_signal = nr;
}

/* Signals are let in only inside ppoll, so none is missed before it. */
static void terminal_enter(struct terminal *t, int fd)
{
	struct sigaction sa = {.sa_handler = on_signal};
	struct termios raw;
	sigset_t set;

	got_signal = 0;
	sigemptyset(&set);
	for (int i = 0; i < 3; i++) {
		sigaddset(&set, end_signals[i]);
		sigaction(end_signals[i], &sa, &t->saved_actions[i]);
	}
	sigprocmask(SIG_BLOCK, &set, &t->saved_mask);
	t->fd = -1;
	if (fd < 0 || !isatty(fd) || tcgetattr(fd, &t->saved))
		return;
	raw = t->saved;
	cfmakeraw(&raw);
	if (!tcsetattr(fd, TCSADRAIN, &raw))
		t->fd = fd;
}

static void terminal_leave(const struct terminal *t)
{
	if (t->fd >= 0)
		tcsetattr(t->fd, TCSADRAIN, &t->saved);
	sigprocmask(SIG_SETMASK, &t->saved_mask, NULL);
	for (int i = 0; i < 3; i++)
		sigaction(end_signals[i], &t->saved_actions[i], NULL);
}

static int wait_for(struct pollfd *pfd, nfds_t n, int timeout_ms,
		    const struct terminal *t)
{
	struct timespec ts = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
	int rc;

	rc = ppoll(pfd, n, timeout_ms < 0 ? NULL : &ts, &t->saved_mask);
	return rc < 0 && errno != EINTR ? -errno : 0;
}

static int write_out(int fd, const char *p, size_t n)
{
	struct pollfd pfd = {.fd = fd, .events = POLLOUT};
	ssize_t done;

	while (n > 0) {
		done = write(fd, p, n);
		if (done < 0 && errno == EAGAIN) {
			poll(&pfd, 1, -1);
			continue;
		}
		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
	}
	return 0;
}

static int fail(struct console_session *s, int rc, const char *what)
{
	snprintf(s->error, sizeof(s->error), "%s: %s", what, strerror(-rc));
	return rc;
}

static int connect_daemon(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd, rc;

	path = path ? path : CONSOLE_SOCKET;
	if (strlen(path) >= sizeof(sa.sun_path))
		return -ENAMETOOLONG;
	strcpy(sa.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa))) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

static int send_msg(int fd, struct console_msg *m, const void *body, size_t n)
{
	struct iovec iov[2] = {{m, sizeof(*m)}, {(void *)(uintptr_t)body, n}};
	struct msghdr mh = {.msg_iov = iov, .msg_iovlen = 2};

	m->version = CONSOLE_PROTO_VERSION;
	if (sendmsg(fd, &mh, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

/* The length of the body, or -errno; -EPIPE: the daemon is gone. */
static int receive(int fd, struct packet *p)
{
	ssize_t n = recv(fd, p, sizeof(*p), 0);

	if (n < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	if (n == 0)
		return -EPIPE;
	if (n < (ssize_t)sizeof(p->m) || p->m.version != CONSOLE_PROTO_VERSION)
		return -EPROTO;
	return (int)(n - (ssize_t)sizeof(p->m));
}

/*
 * Read the keyboard and pass it on with @put. 1: the session is to end;
 * 0: go on, with *@is_eof set when there will be no more keys.
 */
static int pass_keys(struct console_session *s, int fd, bool *is_eof,
		     int (*put)(int fd, const char *buf, size_t n))
{
	char buf[CONSOLE_INPUT_MAX], *esc;
	ssize_t n = read(s->in_fd, buf, sizeof(buf));
	int rc = 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		*is_eof = true;
		/* A terminal that is gone ends it; a pipe that ended not. */
		return n < 0;
	}
	esc = memchr(buf, s->escape, (size_t)n);
	if (esc)
		n = esc - buf;
	if (s->flags & CONSOLE_READ_ONLY)
		rc = -EAGAIN;
	else if (n > 0)
		rc = put(fd, buf, (size_t)n);
	if (rc == -EAGAIN)
		write_out(s->out_fd, "\a", 1);
	return esc != NULL;
}

static int put_message(int fd, const char *buf, size_t n)
{
	struct console_msg m = {.type = CONSOLE_INPUT};

	return fd < 0 ? -EAGAIN : send_msg(fd, &m, buf, n);
}

static int put_tty(int fd, const char *buf, size_t n)
{
	ssize_t done = write(fd, buf, n);

	if (done < 0)
		return -errno;
	return (size_t)done < n ? -EAGAIN : 0;
}

static int send_attach(struct console_session *s, int fd, bool is_resumed)
{
	struct console_msg m = {.type = CONSOLE_ATTACH,
				.domid = s->domid,
				.flags = s->flags,
				.offset = s->tail};
	const char *name = "";

	if (is_resumed) {
		/* By now domid is filled in, and the name may be another's. */
		m.flags = (s->flags & CONSOLE_READ_ONLY) | CONSOLE_FROM_OFFSET;
		m.offset = s->offset;
	} else if (s->name) {
		m.domid = CONSOLE_DOMID_BY_NAME;
		name = s->name;
	}
	return send_msg(fd, &m, name, strlen(name));
}

static int take_output(struct console_session *s, const struct packet *p,
		       size_t n)
{
	uint64_t gap = p->m.offset - s->offset;
	char text[64];
	int rc = 0, len;

	if (p->m.offset > s->offset) {
		len = snprintf(text, sizeof(text),
			       "\r\n[%llu bytes skipped]\r\n",
			       (unsigned long long)gap);
		s->lost += gap;
		rc = write_out(s->out_fd, text, (size_t)len);
	}
	s->offset = p->m.offset + n;
	return rc ? rc : write_out(s->out_fd, p->body, n);
}

/* Handle one message. 1: END. -errno otherwise ends the session. */
static int take_message(struct console_session *s, int fd, bool is_resumed)
{
	struct packet p;
	int n = receive(fd, &p), rc;

	if (n < 0)
		return n;
	switch (p.m.type) {
	case CONSOLE_ATTACHED:
		s->domid = p.m.domid;
		if (!is_resumed)
			s->offset = p.m.offset;
		if (!is_resumed && s->attached &&
		    (size_t)n >= sizeof(struct console_info)) {
			struct console_info info;

			memcpy(&info, p.body, sizeof(info));
			s->attached(&info, s->arg);
		}
		return 0;
	case CONSOLE_OUTPUT:
		rc = take_output(s, &p, (size_t)n);
		if (rc)
			fail(s, rc, "cannot write the output");
		return rc;
	case CONSOLE_END:
		return 1;
	case CONSOLE_ERROR:
		rc = p.m.flags ? -(int)(p.m.flags & 0xfff) : -EIO;
		snprintf(s->error, sizeof(s->error), "%.*s", n < 150 ? n : 150,
			 p.body);
		return rc;
	}
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/*
 * The daemon went away in mid-session: try until it is back. Returns the fd,
 * -EINTR when the user wants to leave meanwhile, or why it failed.
 */
static int reconnect(struct console_session *s, const struct terminal *t,
		     bool *is_eof)
{
	struct pollfd pfd = {.fd = *is_eof ? -1 : s->in_fd, .events = POLLIN};
	int64_t until = now_ms() + RECONNECT_S * 1000;
	int fd, rc;

	for (;;) {
		fd = connect_daemon(s->socket);
		if (fd >= 0) {
			rc = send_attach(s, fd, true);
			if (!rc)
				return fd;
			close(fd);
		}
		if (now_ms() > until)
			return fail(s, -EPIPE,
				    "the console daemon did not come back");
		rc = wait_for(&pfd, 1, RECONNECT_MS, t);
		if (rc)
			return rc;
		if (got_signal || (pfd.fd >= 0 && pfd.revents &&
				   pass_keys(s, -1, is_eof, put_message)))
			return -EINTR;
		if (*is_eof)
			pfd.fd = -1;
	}
}

static int relay(struct console_session *s, const struct terminal *t, int *fd)
{
	struct pollfd pfd[2] = {{.fd = s->in_fd, .events = POLLIN},
				{.events = POLLIN}};
	bool is_eof = false, is_resumed = false, is_attached = false;
	int rc;

	for (;;) {
		pfd[0].fd = is_eof ? -1 : s->in_fd;
		pfd[1].fd = *fd;
		pfd[0].revents = pfd[1].revents = 0;
		rc = wait_for(pfd, 2, -1, t);
		if (rc || got_signal)
			return rc;
		if (pfd[0].revents && pass_keys(s, *fd, &is_eof, put_message))
			return CONSOLE_DETACHED;
		if (!pfd[1].revents)
			continue;
		rc = take_message(s, *fd, is_resumed);
		if (rc == 0)
			is_attached = true;
		if (rc > 0)
			return CONSOLE_ENDED;
		if (rc == -EPIPE && is_attached) {
			close(*fd);
			*fd = reconnect(s, t, &is_eof);
			if (*fd == -EINTR)
				return CONSOLE_DETACHED;
			rc = *fd < 0 ? *fd : 0;
			is_resumed = true;
		}
		if (rc < 0)
			return rc;
	}
}

int console_session_run(struct console_session *s)
{
	struct terminal t;
	int fd, rc;

	s->offset = s->lost = 0;
	s->error[0] = '\0';
	fd = connect_daemon(s->socket);
	if (fd < 0)
		return fail(s, fd, "cannot reach the console daemon");
	terminal_enter(&t, s->in_fd);
	rc = send_attach(s, fd, false);
	if (!rc)
		rc = relay(s, &t, &fd);
	terminal_leave(&t);
	if (fd >= 0)
		close(fd);
	if (rc < 0 && !s->error[0])
		fail(s, rc, "console session");
	return rc;
}

static int relay_tty(struct console_session *s, const struct terminal *t,
		     int fd)
{
	struct pollfd pfd[2] = {{.fd = s->in_fd, .events = POLLIN},
				{.fd = fd, .events = POLLIN}};
	char buf[4096];
	bool is_eof = false;
	ssize_t n;
	int rc;

	for (;;) {
		rc = wait_for(pfd, 2, -1, t);
		if (rc || got_signal)
			return rc;
		if (pfd[0].revents && pass_keys(s, fd, &is_eof, put_tty))
			return CONSOLE_DETACHED;
		if (is_eof)
			pfd[0].fd = -1;
		if (!pfd[1].revents)
			continue;
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EAGAIN)
			continue;
		if (n <= 0) /* EIO: the master was closed */
			return CONSOLE_ENDED;
		rc = write_out(s->out_fd, buf, (size_t)n);
		if (rc)
			return fail(s, rc, "cannot write the output");
	}
}

int console_session_run_tty(struct console_session *s, const char *tty)
{
	struct terminal t;
	int fd, rc;

	s->offset = s->lost = 0;
	s->error[0] = '\0';
	fd = open(tty, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return fail(s, -errno, tty);
	terminal_enter(&t, s->in_fd);
	rc = relay_tty(s, &t, fd);
	terminal_leave(&t);
	close(fd);
	return rc;
}

int console_list(const char *socket,
		 void (*each)(const struct console_info *info, void *arg),
		 void *arg)
{
	struct console_msg m = {.type = CONSOLE_LIST};
	struct console_info info;
	struct packet p;
	int fd = connect_daemon(socket), n;

	if (fd < 0)
		return fd;
	n = send_msg(fd, &m, NULL, 0);
	while (!n) {
		n = receive(fd, &p);
		if (n < 0 || p.m.type == CONSOLE_LIST_END)
			break;
		if (p.m.type == CONSOLE_ENTRY && n >= (int)sizeof(info)) {
			memcpy(&info, p.body, sizeof(info));
			each(&info, arg);
		}
		n = 0;
	}
	close(fd);
	return n < 0 ? n : 0;
}
