// SPDX-License-Identifier: GPL-2.0-only
/*
 * A worker is this program again, or the one for NBD beside it, with --worker
 * and its descriptors at fixed numbers. See spawn.h.
 */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "worker.h"

struct fds {
	int at[WORKER_NR_FDS];
};

static void close_all(struct fds *f)
{
	for (int i = WORKER_CONTROL; i < WORKER_NR_FDS; i++)
		if (f->at[i] >= 0)
			close(f->at[i]);
}

static int open_one(struct fds *f, enum worker_fd which, const char *path,
		    int flags, const char **what)
{
	/* out of the way of the numbers they get */
	int fd = open(path, flags | O_CLOEXEC, 0600);

	*what = path;
	if (fd < 0)
		return -errno;
	f->at[which] = fcntl(fd, F_DUPFD_CLOEXEC, 64);
	close(fd);
	return f->at[which] < 0 ? -errno : 0;
}

/* The server has the journal's lock with the worker, and after it. */
static int open_server(const struct spawn *s, struct fds *f,
		       struct server *server, const char **what)
{
	struct image i = s->image;
	struct server_ends ends;
	int rc;

	i.lock = f->at[WORKER_JOURNAL];
	rc = server_start(server, &i, &ends, what);
	if (rc)
		return rc;
	f->at[WORKER_DISK] = fcntl(ends.socket, F_DUPFD_CLOEXEC, 64);
	f->at[WORKER_SERVER] = fcntl(ends.life, F_DUPFD_CLOEXEC, 64);
	close(ends.socket);
	close(ends.life);
	return f->at[WORKER_DISK] < 0 || f->at[WORKER_SERVER] < 0 ? -errno : 0;
}

static int open_all(const struct spawn *s, struct fds *f, struct server *server,
		    const char **what)
{
	int rc = open_one(f, WORKER_GNTDEV, "/dev/xen/gntdev", O_RDWR, what);

	for (unsigned int i = 0; !rc && i < JOURNAL_QUEUES_MAX; i++)
		rc = open_one(f, WORKER_EVTCHN + i, "/dev/xen/evtchn",
			      O_RDWR | O_NONBLOCK, what);
	if (!rc)
		rc = open_one(f, WORKER_JOURNAL, s->journal, O_RDWR | O_CREAT,
			      what);
	if (!rc && ftruncate(f->at[WORKER_JOURNAL],
			     (off_t)sizeof(struct journal_file)))
		rc = -errno;
	if (!rc && s->disk)
		rc = open_one(f, WORKER_DISK, s->disk,
			      s->is_readonly ? O_RDONLY : O_RDWR, what);
	if (!rc && s->image.format)
		rc = open_server(s, f, server, what);
	return rc;
}

/* In the child; never returns. */
static void become_worker(const struct fds *f, bool is_nbd, pid_t parent)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 5);
	sigset_t none;

	for (int i = WORKER_CONTROL; i < WORKER_NR_FDS; i++)
		if (f->at[i] < 0)
			close(i);
		else if (dup2(f->at[i], i) < 0)
			_exit(127);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (n < 0 || getppid() != parent)
		_exit(127);
	strcpy(path + n, is_nbd ? "-nbd" : "");
	execl(path, path, "--worker", NULL);
	_exit(127);
}

int spawn_worker(const struct spawn *s, pid_t *pid, struct server *server,
		 const char **what)
{
	struct fds f;
	pid_t parent = getpid();
	int pair[2], rc;

	memset(&f, 0xff, sizeof(f));
	server->pid = 0;
	rc = open_all(s, &f, server, what);
	if (rc)
		goto close_fds;
	*what = "a socket";
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		rc = -errno;
		goto close_fds;
	}
	f.at[WORKER_CONTROL] = fcntl(pair[1], F_DUPFD_CLOEXEC, 64);
	close(pair[1]);
	*what = "a process";
	*pid = fork();
	if (*pid == 0)
		become_worker(&f, !s->disk, parent);
	rc = *pid < 0 ? -errno : pair[0];
	if (rc < 0)
		close(pair[0]);
close_fds:
	close_all(&f);
	if (rc < 0)
		server_end(server);
	return rc;
}
