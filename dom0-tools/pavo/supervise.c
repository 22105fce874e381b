// SPDX-License-Identifier: GPL-2.0-only
/*
 * The supervisor: looks at a domain when it is introduced, and when its
 * monitor has ended; at all of them only at the start. It sleeps on the
 * monitors' process descriptors and on the xenstore's socket, so what it does
 * for one domain does not depend on how many there are.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "domains.h"
#include "monitor.h"
#include "state.h"
#include "supervise.h"

/* A monitor that ends sooner than this is not started again at once. */
#define MIN_LIFE_S 5
/* Whoever introduces a domain starts its monitor; he has so long. */
#define GRACE_S 2
/* When something is to be tried again. */
#define RETRY_MS 1000
#define RETRY_S (RETRY_MS / 1000)

#define NR_EVENTS 16
#define STORE_EVENT UINT32_MAX /* as against a domid */

/* One of our domains. */
struct watched {
	struct watched *next_waiting;
	domid_t domid;
	bool is_waiting;
	int pidfd;    /* -1: has no monitor */
	time_t due_s; /* no monitor is started before */
};

struct supervisor {
	struct tool *t;
	int epfd;
	struct watched *of[DOMID_FIRST_RESERVED];
	unsigned int connection; /* to the store, which is listened to */
	bool is_cleaning;	 /* others clean up; see that they do */
	struct watched *waiting; /* have no monitor, may get one when due */
	time_t next_look_s;	 /* at those */
};

static time_t now_s(void)
{
	struct timespec ts = {0};

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static int listen_to(struct supervisor *s, int fd, uint32_t who)
{
	struct epoll_event e = {.events = EPOLLIN, .data.u32 = who};

	return epoll_ctl(s->epfd, EPOLL_CTL_ADD, fd, &e);
}

static bool is_ours(struct supervisor *s, domid_t domid)
{
	struct xen_domctl_getdomaininfo info;

	return dom_info(&s->t->hv, domid, &info) == 0 &&
	       !(info.flags & XEN_DOMINF_dying) &&
	       state_exists(&s->t->r, info.handle);
}

static void forget(struct supervisor *s, struct watched *w)
{
	if (w->pidfd >= 0)
		close(w->pidfd);
	s->of[w->domid] = NULL;
	free(w);
}

/* The domain has no monitor, as far as we know. */
static void wait_with(struct supervisor *s, struct watched *w)
{
	if (w->is_waiting)
		return;
	w->is_waiting = true;
	w->next_waiting = s->waiting;
	s->waiting = w;
}

/* Watch the monitor there is; false: there is none. */
static bool adopt(struct supervisor *s, struct watched *w)
{
	pid_t pid = monitor_pid(&s->t->r, w->domid);
	int fd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

	if (fd < 0)
		return false;
	if (listen_to(s, fd, w->domid) < 0) {
		close(fd);
		return false;
	}
	w->pidfd = fd;
	w->due_s = now_s() + MIN_LIFE_S;
	return true;
}

/* @w is on no list. */
static void look_at(struct supervisor *s, struct watched *w)
{
	if (!is_ours(s, w->domid)) {
		forget(s, w);
		return;
	}
	if (w->pidfd >= 0 || adopt(s, w))
		return;
	if (now_s() >= w->due_s) {
		w->due_s = now_s() + MIN_LIFE_S;
		monitor_spawn(&s->t->r, w->domid);
	}
	wait_with(s, w); /* it takes a moment to start */
}

static void is_new(struct supervisor *s, domid_t domid, time_t grace_s)
{
	struct watched *w = s->of[domid];

	if (w == NULL) {
		w = calloc(1, sizeof(*w));
		if (w == NULL)
			return;
		w->domid = domid;
		w->pidfd = -1;
		w->due_s = now_s() + grace_s;
		s->of[domid] = w;
	}
	if (!w->is_waiting)
		look_at(s, w);
}

static void look_through(struct supervisor *s)
{
	struct domains d;
	int rc = domains_load(s->t, &d);

	for (size_t i = 0; rc == 0 && i < d.nr; i++)
		if (d.all[i].info.domain != 0)
			is_new(s, d.all[i].info.domain, 0);
}

static void clean_up(struct supervisor *s, domid_t only)
{
	s->is_cleaning = !monitor_clean_up(s->t, only);
}

static void look_at_waiting(struct supervisor *s)
{
	struct watched *w = s->waiting;

	if (now_s() < s->next_look_s)
		return;
	s->next_look_s = now_s() + RETRY_S;
	if (s->is_cleaning)
		clean_up(s, DOMID_INVALID);
	s->waiting = NULL;
	while (w != NULL) {
		struct watched *next = w->next_waiting;

		w->is_waiting = false;
		look_at(s, w);
		w = next;
	}
}

static void monitor_ended(struct supervisor *s, uint32_t domid)
{
	struct watched *w = s->of[domid];

	close(w->pidfd);
	w->pidfd = -1;
	look_at(s, w);
	clean_up(s, (domid_t)domid);
}

/*
 * A daemon that can say which domain is told to by a depth, which others
 * refuse. The watch fires when it is set, without a number.
 */
static int watch_new(struct xs *xs)
{
	static const char arg[] = "new\0001";

	if (xs_call(xs, XS_WATCH, 0, "@introduceDomain", arg, sizeof(arg),
		    NULL) == 0)
		return 0;
	return xs_watch(xs, "@introduceDomain", "new");
}

/* Each connection has a descriptor of its own. */
static int listen_to_store(struct supervisor *s)
{
	s->connection = s->t->xs.nr_connections;
	return listen_to(s, s->t->xs.fd, STORE_EVENT);
}

/* The daemon may be down; its watch fires when it is set. */
static void connect_store(struct supervisor *s)
{
	const struct timespec pause = {0, 200000000};

	while (tool_both(s->t) < 0 || watch_new(&s->t->xs) < 0 ||
	       listen_to_store(s) < 0) {
		tool_close(s->t);
		nanosleep(&pause, NULL);
	}
}

static void introduced(struct supervisor *s, const char *path)
{
	const char *number = strchr(path, '/');
	unsigned long domid = number ? strtoul(number + 1, NULL, 10) : 0;

	if (domid == 0 || domid >= DOMID_FIRST_RESERVED)
		look_through(s);
	else
		is_new(s, (domid_t)domid, GRACE_S);
}

/* All there is; also what came in while something else was asked. */
static void store_events(struct supervisor *s)
{
	struct xs_event *e;
	int rc;

	while ((e = xs_next_event(&s->t->xs, 0, &rc)) != NULL)
		introduced(s, e->path);
	if (rc == 0 && s->connection != s->t->xs.nr_connections)
		rc = listen_to_store(s);
	if (rc == 0)
		return;
	tool_close(s->t);
	connect_store(s);
}

/* What was said to and by the xenstore goes with the request's memory. */
static void free_memory(struct supervisor *s)
{
	req_free(&s->t->r);
	s->t->xs.events = NULL;
	s->t->xs.events_end = &s->t->xs.events;
}

int supervise_run(struct tool *t)
{
	static struct supervisor s;

	s.t = t;
	s.epfd = epoll_create1(EPOLL_CLOEXEC);
	if (s.epfd < 0)
		return req_fail(&t->r, -errno, "cannot wait for events: %s",
				strerror(errno));
	connect_store(&s);
	clean_up(&s, DOMID_INVALID);
	for (;;) {
		struct epoll_event e[NR_EVENTS];
		int n;

		store_events(&s);
		free_memory(&s);
		n = epoll_wait(s.epfd, e, NR_EVENTS,
			       s.waiting != NULL || s.is_cleaning ? RETRY_MS
								  : -1);
		for (int i = 0; i < n; i++)
			if (e[i].data.u32 != STORE_EVENT)
				monitor_ended(&s, e[i].data.u32);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			; /* monitors we started leave no zombies */
		look_at_waiting(&s);
	}
}
