// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bytes below the xenstore client. See xs_conn.h.
 *
 * The socket's directory is made by the daemon. Where it exists the daemon
 * does, or did a moment ago: wait for it. Where it does not, the store may
 * still be elsewhere, and the kernel's device leads there; but the kernel
 * takes requests for a store that nobody serves, too, so the wait for its
 * answers has a limit.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "xs.h"
#include "xs_conn.h"

#define IN_BYTES 8192
#define SOCKET "/run/xenstored/socket"
#define DEVICE "/dev/xen/xenbus"
#define PAUSE_MS 10

unsigned int xs_patience_ms = 10000;

static int connect_to(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	strncpy(sa.sun_path, path, sizeof(sa.sun_path) - 1);
	if (connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) < 0) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	return fd;
}

static bool has_directory(const char *path)
{
	char dir[sizeof(((struct sockaddr_un *)0)->sun_path)] = "";
	struct stat st;
	char *slash;

	strncpy(dir, path, sizeof(dir) - 1);
	slash = strrchr(dir, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	return stat(dir, &st) == 0;
}

/* No socket yet, or nobody behind it yet. */
static bool may_come(const char *path, int rc)
{
	return rc == -ECONNREFUSED || (rc == -ENOENT && has_directory(path));
}

static int reach(struct xs *xs)
{
	const struct timespec pause = {0, PAUSE_MS * 1000000L};
	const char *path = getenv("XENSTORED_PATH");
	int fd;

	if (path == NULL)
		path = SOCKET;
	fd = connect_to(path);
	for (unsigned int ms = 0; may_come(path, fd) && ms < xs_patience_ms;
	     ms += PAUSE_MS) {
		nanosleep(&pause, NULL);
		fd = connect_to(path);
	}
	if (fd == -ENOENT && !has_directory(path)) {
		fd = open(DEVICE, O_RDWR | O_CLOEXEC);
		xs->is_device = true;
		if (fd < 0)
			return -errno;
	}
	return fd;
}

int xs_conn_open(struct xs *xs)
{
	int fd;

	if (xs->in == NULL)
		xs->in = malloc(IN_BYTES);
	if (xs->in == NULL)
		return -ENOMEM;
	if (xs->fd >= 0)
		close(xs->fd);
	xs->in_pos = xs->in_len = 0;
	fd = reach(xs);
	xs->fd = fd < 0 ? -1 : fd;
	if (fd < 0)
		return fd;
	xs->nr_connections++;
	return 0;
}

void xs_conn_close(struct xs *xs)
{
	if (xs->fd >= 0)
		close(xs->fd);
	free(xs->in);
	xs->fd = -1;
	xs->in = NULL;
}

int xs_conn_send(struct xs *xs, const char *p, size_t len)
{
	if (xs->fd < 0)
		return -ECONNRESET;
	while (len > 0) {
		ssize_t n = xs->is_device ? write(xs->fd, p, len)
					  : send(xs->fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EPIPE;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The device's answers are whole messages, so this is the wait for one. */
static int wait_for_device(struct xs *xs)
{
	struct pollfd p = {.fd = xs->fd, .events = POLLIN};
	int n = xs->is_device ? poll(&p, 1, (int)xs_patience_ms) : 1;

	return n < 0 ? -errno : n == 0 ? -ETIMEDOUT : 0;
}

static int refill(struct xs *xs)
{
	ssize_t n;
	int rc;

	do {
		rc = wait_for_device(xs);
		n = rc == 0 ? read(xs->fd, xs->in, IN_BYTES) : -1;
		if (rc == 0 && n < 0)
			rc = -errno;
	} while (rc == -EINTR);
	if (rc < 0)
		return rc;
	if (n == 0)
		return -ECONNRESET;
	xs->in_pos = 0;
	xs->in_len = (size_t)n;
	return 0;
}

int xs_conn_receive(struct xs *xs, void *dst, size_t len)
{
	char *p = dst;

	while (len > 0) {
		size_t have = xs->in_len - xs->in_pos;
		int rc;

		if (have == 0) {
			rc = refill(xs);
			if (rc < 0)
				return rc;
			continue;
		}
		if (have > len)
			have = len;
		memcpy(p, xs->in + xs->in_pos, have);
		xs->in_pos += have;
		p += have;
		len -= have;
	}
	return 0;
}

bool xs_conn_is_lost(const struct xs *xs, int rc)
{
	return !xs->is_device && (rc == -ECONNRESET || rc == -EPIPE);
}
