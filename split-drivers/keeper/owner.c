// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process by its number and the time of its start. See owner.h.
 */
#include "owner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* When it was started, in the system's ticks; 0: it is not there. */
static uint64_t start_time(pid_t pid)
{
	char path[32], text[1024] = "", *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	p = n > 0 ? strrchr(text, ')') : NULL; /* the end of field 2 */
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	return p ? strtoull(p, NULL, 10) : 0;
}

struct owner owner_of(pid_t pid)
{
	return (struct owner){.pid = pid, .start_time = start_time(pid)};
}

void owner_await(const struct owner *o)
{
	struct pollfd p = {.fd = -1, .events = POLLIN};

	if (o->pid > 0 && o->pid <= INT32_MAX)
		p.fd = (int)syscall(SYS_pidfd_open, (pid_t)o->pid, 0);
	if (p.fd < 0)
		return;
	/* readable when its files are closed, before it is waited for */
	if (start_time((pid_t)o->pid) == o->start_time)
		while (poll(&p, 1, -1) < 0 && errno == EINTR)
			;
	close(p.fd);
}
