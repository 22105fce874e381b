// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaching the terminal to a domain's console: through our console daemon's
 * socket, or, where another daemon serves the domain, through the
 * pseudo-terminal it has named in the xenstore.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "console.h"
#include "console_proto.h"
#include "domains.h"

#define ESCAPE 0x1d /* Ctrl-] */
#define TTY_WAIT_MS 10000

struct console {
	struct tool *t;
	domid_t domid;
	int fd;
	bool is_socket;
	uint64_t offset; /* next byte expected from the socket */
	bool stdin_open;
	struct termios saved;
	bool is_raw;
};

static void terminal_raw(struct console *c)
{
	struct termios raw;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &c->saved) < 0)
		return;
	raw = c->saved;
	cfmakeraw(&raw);
	c->is_raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

static void terminal_restore(struct console *c)
{
	if (c->is_raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &c->saved);
}

static int write_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int socket_attach(struct console *c, uint32_t flags)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	struct console_msg m = {
		.version = CONSOLE_PROTO_VERSION,
		.type = CONSOLE_ATTACH,
		.domid = c->domid,
		.flags = flags,
		.offset = c->offset,
	};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	strcpy(sa.sun_path, CONSOLE_SOCKET);
	if (connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    send(fd, &m, sizeof(m), MSG_NOSIGNAL) != sizeof(m)) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	c->fd = fd;
	c->is_socket = true;
	return 0;
}

/* The daemon may be restarting; it comes back with all it had. */
static int socket_again(struct console *c)
{
	const struct timespec pause = {0, 100000000};
	int rc = -ECONNREFUSED;

	close(c->fd);
	for (int i = 0; i < TTY_WAIT_MS / 100; i++) {
		rc = socket_attach(c, CONSOLE_FROM_OFFSET);
		if (rc == 0)
			return 0;
		nanosleep(&pause, NULL);
	}
	return req_fail(&c->t->r, rc, "lost the console daemon: %s",
			strerror(-rc));
}

/* The daemon writes the path when it has opened the domain's ring. */
static int tty_open(struct console *c)
{
	struct xs *xs = &c->t->xs;
	char path[64];
	const char *tty;
	int rc;

	snprintf(path, sizeof(path), "/local/domain/%u/console/tty", c->domid);
	rc = xs_watch(xs, path, "tty");
	while (rc == 0) {
		tty = xs_read(xs, 0, path, &rc);
		if (tty != NULL && tty[0] != '\0') {
			c->fd = open(tty, O_RDWR | O_NOCTTY | O_CLOEXEC);
			return c->fd >= 0
				       ? 0
				       : req_fail(&c->t->r, -errno,
						  "cannot open the console %s: "
						  "%s",
						  tty, strerror(errno));
		}
		if (rc == 0 && xs_next_event(xs, TTY_WAIT_MS, &rc) == NULL &&
		    rc == 0)
			break;
	}
	req_fail(&c->t->r, rc < 0 ? rc : -ETIMEDOUT, "domain %u has no console",
		 c->domid);
	return req_hint(&c->t->r, "the console daemon (pavo-consoled or "
				  "xenconsoled) must run in Dom0");
}

static void tty_raw(int fd)
{
	struct termios raw;

	if (tcgetattr(fd, &raw) == 0) {
		cfmakeraw(&raw);
		tcsetattr(fd, TCSANOW, &raw);
	}
}

/* 1: go on, 0: the end, -errno. */
static int from_socket(struct console *c)
{
	struct {
		struct console_msg m;
		char body[CONSOLE_OUTPUT_MAX];
	} p;
	ssize_t n = recv(c->fd, &p, sizeof(p), 0);
	size_t len;

	if (n < 0 && errno == EINTR)
		return 1;
	if (n <= 0)
		return socket_again(c) < 0 ? c->t->r.rc : 1;
	if (n < (ssize_t)sizeof(p.m) || p.m.version != CONSOLE_PROTO_VERSION)
		return req_fail(&c->t->r, -EPROTO,
				"the console daemon speaks another protocol");
	len = (size_t)n - sizeof(p.m);
	switch (p.m.type) {
	case CONSOLE_ATTACHED:
		c->offset = p.m.offset;
		return 1;
	case CONSOLE_OUTPUT:
		c->offset = p.m.offset + len;
		return write_all(STDOUT_FILENO, p.body, len) < 0 ? 0 : 1;
	case CONSOLE_END:
		return 0;
	case CONSOLE_ERROR:
		return req_fail(&c->t->r, -(int)p.m.flags, "console: %.*s",
				(int)len, p.body);
	default:
		return 1;
	}
}

static int from_tty(struct console *c)
{
	char buf[4096];
	ssize_t n = read(c->fd, buf, sizeof(buf));

	if (n < 0 && errno == EINTR)
		return 1;
	if (n <= 0) /* the daemon closes its end when the domain is gone */
		return 0;
	return write_all(STDOUT_FILENO, buf, (size_t)n) < 0 ? 0 : 1;
}

static int from_user(struct console *c)
{
	struct {
		struct console_msg m;
		char body[CONSOLE_INPUT_MAX];
	} p;
	ssize_t n = read(STDIN_FILENO, p.body, sizeof(p.body));
	char *escape;
	size_t len;

	if (n <= 0) {
		c->stdin_open = false;
		return 1;
	}
	escape = c->is_raw ? memchr(p.body, ESCAPE, (size_t)n) : NULL;
	len = escape != NULL ? (size_t)(escape - p.body) : (size_t)n;
	if (c->is_socket) {
		p.m = (struct console_msg){.version = CONSOLE_PROTO_VERSION,
					   .type = CONSOLE_INPUT,
					   .domid = c->domid};
		if (len > 0)
			send(c->fd, &p, sizeof(p.m) + len, MSG_NOSIGNAL);
	} else {
		write_all(c->fd, p.body, len);
	}
	return escape != NULL ? 0 : 1;
}

static int console_loop(struct console *c)
{
	int go_on = 1;

	while (go_on > 0) {
		struct pollfd fds[2] = {
			{.fd = c->fd, .events = POLLIN},
			{.fd = c->stdin_open ? STDIN_FILENO : -1,
			 .events = POLLIN},
		};

		if (poll(fds, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (fds[0].revents != 0)
			go_on = c->is_socket ? from_socket(c) : from_tty(c);
		if (go_on > 0 && fds[1].revents != 0)
			go_on = from_user(c);
	}
	return go_on;
}

int console_run(struct tool *t, domid_t domid)
{
	struct console c = {.t = t, .domid = domid, .stdin_open = true};
	int rc = tool_xs(t);

	if (rc == 0 && socket_attach(&c, 0) < 0) {
		rc = tty_open(&c);
		if (rc == 0)
			tty_raw(c.fd);
	}
	if (rc < 0)
		return rc;
	fflush(stdout);
	terminal_raw(&c);
	rc = console_loop(&c);
	terminal_restore(&c);
	close(c.fd);
	return rc;
}

int cmd_console(struct tool *t, int argc, char **argv)
{
	domid_t domid;
	int c, rc;

	while ((c = cmd_getopt(t, argc, argv, "t:n:e:", NULL)) >= 0) {
		if (c == 't' && strcmp(optarg, "pv") != 0)
			return cmd_usage(t, argv[0],
					 "the only kind of console is pv");
		if (c == 'n' && strcmp(optarg, "0") != 0)
			return cmd_usage(t, argv[0],
					 "the only console is number 0");
		if (c == '?')
			return CMD_USAGE;
	}
	if (c == CMD_HELPED)
		return c;
	rc = cmd_args(t, argc, argv, 1, 1);
	if (rc == 0)
		rc = domain_find(t, argv[optind], &domid, NULL);
	return rc == 0 ? console_run(t, domid) : rc;
}
