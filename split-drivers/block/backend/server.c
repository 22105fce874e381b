// SPDX-License-Identifier: GPL-2.0-only
/*
 * The server is given a socket that listens already, as systemd would do it, so
 * nobody has to wait until it does. See server.h.
 */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../keeper/owner.h"

enum { SERVER_LISTENS = 3, SERVER_LOCK, SERVER_LIFE };

/* Time for it to end; it loses a signal that comes while it starts. */
#define AGAIN_MS 100

/* Both ends: one that listens, and one that is connected to it. */
static int make_sockets(const char *path, int ends[2])
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int rc;

	if (strlen(path) >= sizeof(at.sun_path))
		return -ENAMETOOLONG;
	strcpy(at.sun_path, path);
	ends[0] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ends[1] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unlink(path);
	rc = ends[0] < 0 || ends[1] < 0 ||
			     bind(ends[0], (void *)&at, sizeof(at)) ||
			     listen(ends[0], 1) ||
			     connect(ends[1], (void *)&at, sizeof(at))
		     ? -errno
		     : 0;
	unlink(path); /* nobody else may come in */
	if (rc) {
		close(ends[0]);
		close(ends[1]);
	}
	return rc;
}

/* --- the processes; what they say goes to a file --- */

/* Never returns. */
static void become_server(const struct image *i)
{
	char format[32], pid[16];
	const char *argv[8] = {"qemu-nbd", format};
	unsigned int n = 2;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	snprintf(format, sizeof(format), "--format=%s", i->format);
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	if (i->is_readonly)
		argv[n++] = "--read-only";
	argv[n++] = i->is_direct ? "--cache=none" : "--cache=writeback";
	argv[n++] = i->no_discard ? "--discard=ignore" : "--discard=unmap";
	argv[n++] = "--";
	argv[n] = i->path;
	close(SERVER_LIFE);
	execvp(argv[0], (char **)(void *)argv);
	fprintf(stderr, "qemu-nbd, which serves %s: %s\n", i->format,
		strerror(errno));
	_exit(127);
}

/*
 * Whom to end before the lock is free, should its guard be killed while it
 * starts, when it loses signals: in a file that no worker can write.
 */
static const char *record_of(const char *socket)
{
	static char path[160];

	snprintf(path, sizeof(path), "%s.pid", socket);
	return path;
}

static void record(const char *socket, pid_t pid)
{
	struct owner o = owner_of(pid);
	int fd = open(record_of(socket),
		      O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd >= 0) {
		(void)!write(fd, &o, sizeof(o));
		close(fd);
	}
}

static void end_recorded(const char *socket)
{
	int fd = open(record_of(socket), O_RDONLY | O_CLOEXEC);
	struct owner o, now;

	if (fd < 0)
		return;
	if (read(fd, &o, sizeof(o)) == sizeof(o) && o.pid > 0) {
		now = owner_of((pid_t)o.pid);
		if (now.start_time && now.start_time == o.start_time)
			kill((pid_t)o.pid, SIGTERM);
	}
	close(fd);
}

void server_forget(const char *socket)
{
	end_recorded(socket);
	unlink(record_of(socket));
}

/* Until the server has ended; it is told to when the worker has. */
static void see_to(pid_t pid)
{
	struct pollfd p[2] = {
		{.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN},
		{.fd = SERVER_LIFE, .events = POLLIN},
	};

	if (p[0].fd < 0)
		return;
	while (poll(p, 2, p[1].fd < 0 ? AGAIN_MS : -1) >= 0) {
		if (p[0].revents)
			return;
		p[1].fd = -1;
		kill(pid, SIGTERM);
	}
}

/* Who ends blkbackd by its name is not to end what sees to its servers, too. */
static void take_a_name(void)
{
	prctl(PR_SET_NAME, "vbd-image");
	strncpy(program_invocation_name, "vbd-image",
		strlen(program_invocation_name));
}

/* Never returns. */
static void become_guard(const struct image *i, int listens, int life,
			 int errors)
{
	struct pollfd p = {.fd = SERVER_LIFE, .events = POLLIN};
	sigset_t none;
	pid_t pid;

	/* first out of the way of the numbers they get */
	listens = fcntl(listens, F_DUPFD_CLOEXEC, 64);
	life = fcntl(life, F_DUPFD_CLOEXEC, 64);
	if (dup2(errors, STDOUT_FILENO) < 0 ||
	    dup2(errors, STDERR_FILENO) < 0 || dup2(i->lock, SERVER_LOCK) < 0 ||
	    dup2(listens, SERVER_LISTENS) < 0 || dup2(life, SERVER_LIFE) < 0)
		_exit(127);
	/* what it does not have it cannot keep open while it waits */
	close_range(SERVER_LIFE + 1, ~0u, 0);
	take_a_name();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* not in flock: the worker may end meanwhile, and a signal be lost */
	while (flock(SERVER_LOCK, LOCK_EX | LOCK_NB)) {
		end_recorded(i->socket);
		if (poll(&p, 1, AGAIN_MS))
			_exit(127);
	}
	if (poll(&p, 1, 0))
		_exit(127);
	pid = fork();
	if (pid == 0)
		become_server(i);
	close(SERVER_LISTENS);
	if (pid > 0) {
		record(i->socket, pid);
		see_to(pid);
		unlink(record_of(i->socket));
	}
	_exit(0);
}

int server_start(struct server *s, const struct image *i,
		 struct server_ends *ends, const char **what)
{
	int sockets[2], life[2], rc;

	*what = "a socket";
	rc = make_sockets(i->socket, sockets);
	if (rc)
		return rc;
	*what = "a pipe";
	rc = pipe2(life, O_CLOEXEC) ? -errno : 0;
	if (rc)
		goto close_sockets;
	*what = "memory for its messages";
	s->errors = memfd_create("qemu-nbd", MFD_CLOEXEC);
	rc = s->errors < 0 ? -errno : 0;
	if (rc)
		goto close_pipe;
	*what = "a process";
	s->pid = fork();
	if (s->pid == 0)
		become_guard(i, sockets[0], life[0], s->errors);
	rc = s->pid < 0 ? -errno : 0;
	if (rc)
		goto close_errors;
	close(sockets[0]);
	close(life[0]);
	*ends = (struct server_ends){.socket = sockets[1], .life = life[1]};
	return 0;

close_errors:
	close(s->errors);
	s->pid = 0;
close_pipe:
	close(life[0]);
	close(life[1]);
close_sockets:
	close(sockets[0]);
	close(sockets[1]);
	return rc;
}

void server_said(const struct server *s, char *line, size_t size)
{
	ssize_t n = pread(s->errors, line, size - 1, 0);

	line[n < 0 ? 0 : n] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

void server_end(struct server *s)
{
	if (!s->pid)
		return;
	while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(s->errors);
	s->pid = 0;
}
