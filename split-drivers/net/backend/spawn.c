// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starting a worker. See spawn.h.
 *
 * It is this program once more, so that it has nothing of the keeper's in its
 * memory.
 */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../keeper/owner.h"

/*
 * Whose it is comes after the pages that the worker has mapped: the keeper
 * waits for whom this names, and a worker that was taken over must not choose.
 */
#define JOURNAL_BYTES                                                          \
	((NETBACK_QUEUES_MAX * (off_t)sizeof(struct netback_journal) + 4095) & \
	 ~(off_t)4095)

/* What the worker will have at its numbers from WORKER_CONTROL on. */
struct fds {
	int at[WORKER_FDS_END];
};

static void close_fds(struct fds *f, int first)
{
	for (int i = first; i < WORKER_TAP; i++)
		if (f->at[i] >= 0)
			close(f->at[i]);
}

static int open_one(struct fds *f, int number, const char *path, int flags)
{
	f->at[number] = open(path, flags | O_CLOEXEC, 0600);
	return f->at[number] < 0 ? -errno : 0;
}

/* Half of what a domain has by default; Linux gives 1,024 to all users. */
#define GRANTS 16384

static void allow_grants(void)
{
	FILE *f = fopen("/sys/module/xen_gntalloc/parameters/limit", "r+");
	int limit;

	if (f && fscanf(f, "%d", &limit) == 1 && limit < GRANTS) {
		rewind(f);
		fprintf(f, "%d", GRANTS);
	}
	if (f)
		fclose(f);
}

static int open_fds(struct fds *f, unsigned int nr_queues, int32_t own,
		    const char *journal_path, const char **what)
{
	int rc;

	*what = "journal";
	rc = open_one(f, WORKER_JOURNAL, journal_path, O_RDWR | O_CREAT);
	if (!rc &&
	    ftruncate(f->at[WORKER_JOURNAL],
		      NETBACK_QUEUES_MAX * sizeof(struct netback_journal)))
		rc = -errno;
	if (rc)
		return rc;
	*what = "/dev/xen/gntdev";
	rc = open_one(f, WORKER_GNTDEV, *what, O_RDWR);
	if (rc)
		return rc;
	if (own >= 0 &&
	    !open_one(f, WORKER_GNTALLOC, "/dev/xen/gntalloc", O_RDWR))
		allow_grants();
	*what = "/dev/xen/evtchn";
	for (unsigned int i = 0; !rc && i < nr_queues; i++)
		rc = open_one(f, WORKER_EVTCHN + (int)i, *what,
			      O_RDWR | O_NONBLOCK);
	return rc;
}

/* In the child: everything to its place, and nothing else. */
static void become_worker(const struct fds *f)
{
	char *const argv[] = {(char *)(uintptr_t) "netbackd",
			      (char *)(uintptr_t) "--worker", NULL};
	char *const envp[] = {NULL};
	int high[WORKER_FDS_END];

	/* first out of the way of each other */
	for (int i = WORKER_CONTROL; i < WORKER_FDS_END; i++) {
		high[i] = -1;
		if (f->at[i] >= 0)
			high[i] = fcntl(f->at[i], F_DUPFD_CLOEXEC,
					WORKER_FDS_END);
	}
	for (int i = WORKER_CONTROL; i < WORKER_FDS_END; i++) {
		close(i);
		if (high[i] >= 0 && dup2(high[i], i) < 0)
			_exit(1);
	}
	(void)close_range(WORKER_FDS_END, ~0u, 0);
	execve("/proc/self/exe", argv, envp);
	_exit(1);
}

void spawn_await_earlier(const char *journal_path)
{
	int fd = open(journal_path, O_RDONLY | O_CLOEXEC);
	struct owner o;

	if (fd < 0)
		return;
	if (pread(fd, &o, sizeof(o), JOURNAL_BYTES) == sizeof(o))
		owner_await(&o);
	close(fd);
}

/* One that has died already is noticed later. */
static void tell_worker(int control, const struct worker_start *start,
			int journal, pid_t pid)
{
	const struct owner o = owner_of(pid);

	(void)!pwrite(journal, &o, sizeof(o), JOURNAL_BYTES);
	(void)!send(control, start, sizeof(*start), MSG_NOSIGNAL);
}

int spawn_worker(const struct worker_start *start, const int *taps,
		 const char *journal_path, pid_t *pid, const char **what)
{
	struct fds f;
	int pair[2], rc;

	for (int i = 0; i < WORKER_FDS_END; i++)
		f.at[i] = -1;
	*what = "socket";
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	f.at[WORKER_CONTROL] = pair[1];
	for (unsigned int i = 0; i < start->front.nr_queues; i++)
		f.at[WORKER_TAP + i] = taps[i];
	rc = open_fds(&f, start->front.nr_queues, start->own, journal_path,
		      what);
	if (rc)
		goto close_all;
	*what = "fork";
	*pid = fork();
	if (*pid == 0)
		become_worker(&f);
	if (*pid < 0)
		rc = -errno;
	else
		tell_worker(pair[0], start, f.at[WORKER_JOURNAL], *pid);

close_all:
	close_fds(&f, WORKER_CONTROL);
	if (rc)
		close(pair[0]);
	return rc ? rc : pair[0];
}
