/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * epoll and the clocks.
 */
#include "loop.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

int loop_open(struct loop *l)
{
	l->nr_batch = 0;
	l->epfd = epoll_create1(EPOLL_CLOEXEC);
	return l->epfd < 0 ? -errno : 0;
}

void loop_close(struct loop *l)
{
	close(l->epfd);
}

static void forget(struct loop *l, const struct loop_source *s)
{
	for (int i = 0; i < l->nr_batch; i++)
		if (l->batch[i].data.ptr == s)
			l->batch[i].data.ptr = NULL;
}

int loop_set(struct loop *l, struct loop_source *s, uint32_t interest)
{
	struct epoll_event ev = {.events = interest, .data.ptr = s};
	int op = EPOLL_CTL_MOD;

	if (interest == s->interest)
		return 0;
	if (!interest)
		op = EPOLL_CTL_DEL;
	else if (!s->interest)
		op = EPOLL_CTL_ADD;
	if (epoll_ctl(l->epfd, op, s->fd, &ev))
		return -errno;
	s->interest = interest;
	if (!interest)
		forget(l, s);
	return 0;
}

int loop_wait(struct loop *l, int timeout_ms)
{
	int n = epoll_wait(l->epfd, l->batch, 64, timeout_ms);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	l->nr_batch = n;
	for (int i = 0; i < n; i++) {
		struct loop_source *s = l->batch[i].data.ptr;

		if (s)
			s->ready(s, l->batch[i].events);
	}
	l->nr_batch = 0;
	return 0;
}

uint64_t loop_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

uint64_t loop_wall_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}
