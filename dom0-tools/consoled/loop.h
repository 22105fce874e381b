/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's epoll set. A source may remove and free itself or any other
 * source from inside a callback.
 */
#ifndef LOOP_H
#define LOOP_H

#include <stdint.h>
#include <sys/epoll.h>

struct loop_source {
	int fd;
	uint32_t interest; /* EPOLL* bits asked for; 0: not in the set */
	void (*ready)(struct loop_source *s, uint32_t events);
};

struct loop {
	int epfd;
	int nr_batch;
	struct epoll_event batch[64];
};

int loop_open(struct loop *l);
void loop_close(struct loop *l);

/* Ask for @interest from now on; 0 takes the source out of the set. */
int loop_set(struct loop *l, struct loop_source *s, uint32_t interest);

/* Wait up to @timeout_ms (-1: for ever) and run what is ready. */
int loop_wait(struct loop *l, int timeout_ms);

/* CLOCK_MONOTONIC and CLOCK_REALTIME, in the units their names say. */
uint64_t loop_now_ns(void);
uint64_t loop_wall_ms(void);

#endif
