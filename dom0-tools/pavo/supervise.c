// SPDX-License-Identifier: GPL-2.0-only
/*
 * The supervisor: looks through the domains when one is introduced, and when
 * a monitor it knows has ended. It sleeps on the monitors' process
 * descriptors and on the xenstore's socket.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "domains.h"
#include "monitor.h"
#include "supervise.h"

/* A monitor that ends sooner than this is not started again at once. */
#define MIN_LIFE_S 5
/* When something is to be tried again. */
#define RETRY_MS 1000

struct watched {
	domid_t domid;
	int pidfd; /* -1: has no monitor */
	time_t since;
};

struct supervisor {
	struct tool *t;
	struct watched *all;
	size_t nr;
	bool retry;
};

static time_t now_s(void)
{
	struct timespec ts = {0};

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static struct watched *find(struct supervisor *s, domid_t domid)
{
	struct watched *more;

	for (size_t i = 0; i < s->nr; i++)
		if (s->all[i].domid == domid)
			return &s->all[i];
	more = reallocarray(s->all, s->nr + 1, sizeof(*more));
	if (more == NULL)
		return NULL;
	s->all = more;
	more[s->nr] = (struct watched){.domid = domid, .pidfd = -1};
	return &more[s->nr++];
}

/* Watch the monitor there is, or start one. */
static void look_at(struct supervisor *s, domid_t domid)
{
	struct watched *w = find(s, domid);
	pid_t pid;

	if (w == NULL || w->pidfd >= 0)
		return;
	pid = monitor_pid(&s->t->r, domid);
	if (pid > 0) {
		w->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
		w->since = now_s();
	} else if (now_s() - w->since >= MIN_LIFE_S || w->since == 0) {
		w->since = now_s();
		monitor_spawn(&s->t->r, domid);
	}
	s->retry |= w->pidfd < 0; /* it takes a moment to start */
}

static bool is_ours(const struct domains *d, domid_t domid)
{
	for (size_t i = 0; i < d->nr; i++)
		if (d->all[i].info.domain == domid)
			return d->all[i].has_entry &&
			       !(d->all[i].info.flags & XEN_DOMINF_dying);
	return false;
}

static int look_through(struct supervisor *s)
{
	struct domains d;
	size_t kept = 0;
	int rc = domains_load(s->t, &d);

	s->retry = rc < 0;
	for (size_t i = 0; rc == 0 && i < s->nr; i++) {
		if (is_ours(&d, s->all[i].domid))
			s->all[kept++] = s->all[i];
		else if (s->all[i].pidfd >= 0)
			close(s->all[i].pidfd);
	}
	if (rc == 0)
		s->nr = kept;
	for (size_t i = 0; rc == 0 && i < d.nr; i++)
		if (is_ours(&d, d.all[i].info.domain))
			look_at(s, d.all[i].info.domain);
	return rc;
}

/* Until something has happened that calls for another look. */
static void wait_for_change(struct supervisor *s)
{
	struct pollfd *p = calloc(s->nr + 1, sizeof(*p));

	if (p == NULL)
		return;
	p[0] = (struct pollfd){.fd = s->t->xs.fd, .events = POLLIN};
	for (size_t i = 0; i < s->nr; i++)
		p[i + 1] = (struct pollfd){.fd = s->all[i].pidfd,
					   .events = POLLIN};
	poll(p, s->nr + 1, s->retry ? RETRY_MS : -1);
	for (size_t i = 0; i < s->nr; i++) {
		if (p[i + 1].revents != 0) {
			close(s->all[i].pidfd);
			s->all[i].pidfd = -1;
		}
	}
	free(p);
}

/* The daemon may be down; its watch fires when it is set. */
static void connect_store(struct supervisor *s)
{
	const struct timespec pause = {0, 200000000};

	while (tool_both(s->t) < 0 ||
	       xs_watch(&s->t->xs, "@introduceDomain", "new") < 0) {
		tool_close(s->t);
		nanosleep(&pause, NULL);
	}
}

int supervise_run(struct tool *t)
{
	struct supervisor s = {.t = t};

	signal(SIGCHLD, SIG_IGN); /* monitors we started leave no zombies */
	connect_store(&s);
	monitor_finish_restarts(t);
	for (;;) {
		int rc;

		wait_for_change(&s);
		do { /* events only say that something is new */
			rc = 0;
		} while (xs_next_event(&t->xs, 0, &rc) != NULL);
		if (rc < 0) {
			tool_close(t);
			connect_store(&s);
		}
		look_through(&s);
		req_free(&t->r);
		t->xs.events = NULL;
		t->xs.events_end = &t->xs.events;
	}
}
