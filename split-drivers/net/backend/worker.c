// SPDX-License-Identifier: GPL-2.0-only
/*
 * Serving. See worker.h.
 */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "confine.h"

#define NICE (-10)

static struct worker_start start;
static struct netback_queue queues[NETBACK_QUEUES_MAX];
static struct netback_journal *journal;
static int opened[NETBACK_QUEUES_MAX];
static pthread_barrier_t all_opened, all_confined;

static void report(int rc, const char *text)
{
	struct worker_report r = {.rc = rc};

	snprintf(r.text, sizeof(r.text), "%s", text);
	if (send(WORKER_CONTROL, &r, sizeof(r), MSG_NOSIGNAL) < 0)
		_exit(1); /* the keeper has died before we asked to be told */
}

static uint64_t now_ns(const struct netback_queue *q)
{
	struct timespec t;

	if (!q->rate.bytes)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Until there is something for the queue; -ENODEV: the tap is gone. */
static int wait(struct netback_queue *q, const struct netback_wait *w)
{
	struct pollfd p[] = {
		{.fd = back_event_fd(), .events = POLLIN},
		{.fd = q->tap, .events = w->wants_tap ? POLLIN : 0},
	};
	struct timespec t = {.tv_sec = w->ns / 1000000000,
			     .tv_nsec = w->ns % 1000000000};

	if (ppoll(p, 2, w->ns < 0 ? NULL : &t, NULL) < 0)
		return errno == EINTR ? 0 : -errno;
	if (p[1].revents & (POLLERR | POLLHUP | POLLNVAL))
		return -ENODEV;
	netback_wake(q, p[0].revents, p[1].revents);
	return 0;
}

/* Ends with an error only. */
static int serve(struct netback_queue *q)
{
	int rc = 1;

	while (rc >= 0) {
		struct netback_wait w;

		do
			rc = netback_pass(q, now_ns(q));
		while (rc > 0);
		if (rc < 0)
			break;
		w = netback_sleep(q, now_ns(q));
		if (w.is_idle)
			rc = wait(q, &w);
	}
	return rc;
}

static void open_queue(unsigned int i)
{
	void *pages =
		back_pages(WORKER_GNTALLOC, (uint16_t)start.own, NETBACK_PAGES);
	int rc = pages ? 0 : -ENOMEM;

	if (!rc)
		rc = back_xen_start(WORKER_GNTDEV, WORKER_EVTCHN + (int)i,
				    start.domid);
	if (!rc)
		rc = netback_open(&queues[i], &start.front, i,
				  WORKER_TAP + (int)i, pages, &journal[i]);
	queues[i].rate = start.rate;
	opened[i] = rc;
}

static void serve_queue(unsigned int i)
{
	int rc = serve(&queues[i]);

	report(rc, rc == -ENODEV ? "the tap is gone"
				 : "the frontend broke the protocol of a ring");
	_exit(1);
}

static void *thread_main(void *arg)
{
	unsigned int i = (unsigned int)(uintptr_t)arg;

	open_queue(i);
	pthread_barrier_wait(&all_opened);
	pthread_barrier_wait(&all_confined);
	serve_queue(i);
	return NULL;
}

static int start_threads(void)
{
	unsigned int nr = start.front.nr_queues;
	pthread_attr_t attr;
	pthread_t thread;
	int rc = pthread_attr_init(&attr);

	if (!rc)
		rc = pthread_attr_setstacksize(&attr, 256u << 10);
	if (!rc)
		rc = pthread_barrier_init(&all_opened, NULL, nr);
	if (!rc)
		rc = pthread_barrier_init(&all_confined, NULL, nr);
	for (unsigned int i = 1; !rc && i < nr; i++)
		rc = pthread_create(&thread, &attr, thread_main,
				    (void *)(uintptr_t)i);
	return -rc;
}

/*
 * Serve batches. Who wakes us goes on, and makes more work for the same pass;
 * who is woken by us waits for the end of the batch: otherwise each packet is
 * two switches between processes. Linux weighs sessions first, then what is in
 * them. Where it may not be, all works as well.
 */
static void be_patient(void)
{
	int group;

	(void)sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){0});
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	(void)setsid();
	group = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);
	if (group >= 0 && dprintf(group, "%d", NICE) >= 0)
		close(group);
}

static int open_all(const char **what)
{
	int rc;

	be_patient();
	rc = confine_user(start.uid, start.root, what);
	if (rc)
		return rc;
	*what = "journal";
	journal = mmap(NULL, NETBACK_QUEUES_MAX * sizeof(*journal),
		       PROT_READ | PROT_WRITE, MAP_SHARED, WORKER_JOURNAL, 0);
	if (journal == MAP_FAILED)
		return -errno;
	close(WORKER_JOURNAL); /* behind what is mapped is whose it is */
	*what = "threads";
	rc = start_threads();
	if (rc)
		return rc;
	*what = "the frontend's rings";
	open_queue(0);
	pthread_barrier_wait(&all_opened);
	for (unsigned int i = 0; !rc && i < start.front.nr_queues; i++)
		rc = opened[i];
	if (rc)
		return rc;
	close(WORKER_GNTALLOC);
	*what = "seccomp";
	return confine_calls();
}

int worker_main(void)
{
	const char *what = "keeper";
	char text[WORKER_TEXT];
	int rc;

	if (recv(WORKER_CONTROL, &start, sizeof(start), 0) != sizeof(start) ||
	    !start.front.nr_queues ||
	    start.front.nr_queues > NETBACK_QUEUES_MAX)
		return 2;
	rc = open_all(&what);
	if (rc) {
		snprintf(text, sizeof(text), "%s: %s", what, strerror(-rc));
		report(rc, text);
		return 1;
	}
	report(0, "");
	pthread_barrier_wait(&all_confined);
	serve_queue(0);
	return 1;
}
