/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The main loop. A pass handles the descriptors that are ready, gives every
 * console that was queued at its start one turn, and looks at the clock. So a
 * flood costs the others at most one turn per flooding domain.
 */
#include "consoled.h"
#include "attach.h"
#include "console.h"
#include "discover.h"
#include "report.h"
#include "xen_seam.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define NR_PORTS_PER_PASS 256
#define PRUNE_NS 10000000000ull /* at the latest: clocks may be set */

void consoled_defaults(struct consoled_options *opt)
{
	*opt = (struct consoled_options){
		.log_dir = "/var/log/xen/console",
		.run_dir = "/run/pavo",
		.store_path = "/run/xenstored/socket",
		.has_guest_logs = true,
		.log_max_bytes = 16u << 20,
		.log_keep = 4,
		.scrollback_bytes = 1u << 20,
		.rate_bytes_per_s = 4u << 20,
		.pty_replay = 16384,
		.keep_dead_s = 3600,
		.keep_dead_max = 64,
	};
}

void consoled_queue(struct console *c)
{
	if (c->is_queued)
		return;
	TAILQ_INSERT_TAIL(&c->cd->run, c, run);
	c->is_queued = true;
}

void consoled_unqueue(struct console *c)
{
	if (!c->is_queued)
		return;
	TAILQ_REMOVE(&c->cd->run, c, run);
	c->is_queued = false;
}

struct console *consoled_find(struct consoled *cd, uint16_t domid,
			      const uint8_t handle[16])
{
	struct console *c = cd->by_domid[domid % CONSOLED_DOMIDS];

	while (c && (c->domid != domid ||
		     memcmp(c->handle, handle, sizeof(c->handle))))
		c = c->same_domid;
	return c;
}

struct console *consoled_current(struct consoled *cd, uint16_t domid)
{
	struct console *c = cd->by_domid[domid % CONSOLED_DOMIDS];

	while (c && (c->domid != domid || c->state == CONSOLE_DEAD))
		c = c->same_domid;
	return c;
}

void consoled_forget_state(struct consoled *cd, const char *file)
{
	unlinkat(cd->state_dirfd, file, 0);
}

struct consoled *consoled_of_listener(struct loop_source *s)
{
	return (struct consoled *)(void *)((char *)s -
					   offsetof(struct consoled, listener));
}

void consoled_reopen_logs(struct consoled *cd)
{
	struct console *c;

	TAILQ_FOREACH(c, &cd->consoles, all)
	{
		console_log_reopen(&c->log);
		if (c->sb.hdr)
			console_flush_log(c);
	}
}

static void evtchn_ready(struct loop_source *s, uint32_t events)
{
	struct consoled *cd =
		(struct consoled *)(void *)((char *)s -
					    offsetof(struct consoled, evtchn));
	int port, i;

	(void)events;
	for (i = 0; i < NR_PORTS_PER_PASS; i++) {
		port = xen_evtchn_next();
		if (port < 0)
			return;
		if (port < CONSOLED_PORTS && cd->by_port[port])
			console_event(cd->by_port[port]);
	}
}

static void pty_changed(struct consoled *cd, int wd)
{
	struct console *c;

	TAILQ_FOREACH(c, &cd->consoles, all)
	if (c->pty.src.fd >= 0 && c->pty.wd == wd) {
		pty_look(&c->pty);
		return;
	}
}

static void inotify_ready(struct loop_source *s, uint32_t events)
{
	struct consoled *cd =
		(struct consoled *)(void *)((char *)s -
					    offsetof(struct consoled, inotify));
	char buf[4096] __attribute__((aligned(8)));
	const struct inotify_event *e;
	struct console *c;
	ssize_t n, at;

	(void)events;
	n = read(s->fd, buf, sizeof(buf));
	for (at = 0; at < n; at += (ssize_t)(sizeof(*e) + e->len)) {
		e = (const struct inotify_event *)(const void *)(buf + at);
		if (!(e->mask & IN_Q_OVERFLOW)) {
			pty_changed(cd, e->wd);
			continue;
		}
		TAILQ_FOREACH(c, &cd->consoles, all)
		pty_look(&c->pty);
	}
}

static void signals_ready(struct loop_source *s, uint32_t events)
{
	struct consoled *cd =
		(struct consoled *)(void *)((char *)s -
					    offsetof(struct consoled, signals));
	struct signalfd_siginfo si;

	(void)events;
	if (read(s->fd, &si, sizeof(si)) != sizeof(si))
		return;
	if (si.ssi_signo == SIGHUP)
		consoled_reopen_logs(cd);
	else
		cd->is_stopping = true;
}

static int open_signals(struct consoled *cd)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	cd->signals.ready = signals_ready;
	cd->signals.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (cd->signals.fd < 0)
		return -errno;
	return loop_set(&cd->loop, &cd->signals, EPOLLIN);
}

static int open_dirs(struct consoled *cd)
{
	char state[256];
	int rc;

	mkdir(cd->opt.run_dir, 0755);
	snprintf(state, sizeof(state), "%s/console", cd->opt.run_dir);
	mkdir(state, 0700);
	cd->state_dirfd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cd->state_dirfd < 0) {
		rc = -errno;
		report("cannot use state directory %s: %s", state,
		       strerror(-rc));
		return rc;
	}
	cd->guest_log_policy = (struct console_log_policy){
		.dirfd = -1,
		.max_bytes = cd->opt.log_max_bytes,
		.keep = cd->opt.log_keep,
		.has_timestamps = cd->opt.has_guest_stamps,
	};
	cd->hv_log_policy = cd->guest_log_policy;
	cd->hv_log_policy.has_timestamps = cd->opt.has_hv_stamps;
	if (!cd->opt.has_guest_logs && !cd->opt.has_hv_log)
		return 0;
	mkdir(cd->opt.log_dir, 0755);
	rc = open(cd->opt.log_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (rc < 0) {
		rc = -errno;
		report("cannot use log directory %s: %s", cd->opt.log_dir,
		       strerror(-rc));
		return rc;
	}
	if (cd->opt.has_guest_logs)
		cd->guest_log_policy.dirfd = rc;
	if (cd->opt.has_hv_log)
		cd->hv_log_policy.dirfd = rc;
	return 0;
}

/* What an earlier daemon left; the scan then finds out which still live. */
static void revive_all(struct consoled *cd)
{
	DIR *dir = fdopendir(dup(cd->state_dirfd));
	struct dirent *e;

	if (!dir)
		return;
	rewinddir(dir);
	while ((e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.' && !console_revive(cd, e->d_name))
			consoled_forget_state(cd, e->d_name);
	closedir(dir);
}

static int start_hv_log(struct consoled *cd)
{
	static const uint8_t no_handle[16];
	struct console *c;
	int rc;

	c = consoled_find(cd, CONSOLE_DOMID_HYPERVISOR, no_handle);
	if (!c)
		c = console_new(cd, CONSOLE_DOMID_HYPERVISOR, no_handle);
	if (!c)
		return -ENOMEM;
	console_set_name(c, "hypervisor");
	rc = console_connect_log(c);
	if (rc)
		report("cannot read the hypervisor's log: %s", strerror(-rc));
	return rc;
}

int consoled_start(struct consoled *cd)
{
	char path[256];
	int rc;

	TAILQ_INIT(&cd->consoles);
	TAILQ_INIT(&cd->run);
	TAILQ_INIT(&cd->clients);
	cd->listener.fd = cd->store.src.fd = cd->signals.fd = -1;
	rc = loop_open(&cd->loop);
	if (!rc)
		rc = open_signals(cd);
	if (!rc)
		rc = open_dirs(cd);
	if (rc)
		return rc;
	cd->evtchn.fd = xen_evtchn_fd();
	cd->evtchn.ready = evtchn_ready;
	rc = loop_set(&cd->loop, &cd->evtchn, EPOLLIN);
	cd->inotify.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	cd->inotify.ready = inotify_ready;
	if (!rc)
		rc = loop_set(&cd->loop, &cd->inotify, EPOLLIN);
	if (rc)
		return rc;
	revive_all(cd);
	if (cd->opt.has_hv_log) {
		rc = start_hv_log(cd);
		if (rc)
			return rc;
	}
	snprintf(path, sizeof(path), "%s/console.sock", cd->opt.run_dir);
	rc = attach_listen(cd, path);
	if (rc) {
		report("cannot listen on %s: %s", path, strerror(-rc));
		return rc;
	}
	return discover_start(cd);
}

static uint64_t dies_at_ms(const struct console *c)
{
	return c->sb.hdr->died_ms + c->cd->opt.keep_dead_s * 1000;
}

static void sooner(uint64_t *when, uint64_t t)
{
	if (t && t < *when)
		*when = t;
}

/*
 * Forget dead consoles that are too old, and the oldest if they are too many.
 * Returns when to look again.
 */
static uint64_t prune(struct consoled *cd, uint64_t now)
{
	uint64_t now_ms = loop_wall_ms(), when = now + PRUNE_NS;
	unsigned int nr_dead = 0;
	struct console *c, *next, *oldest = NULL;

	for (c = TAILQ_FIRST(&cd->consoles); c; c = next) {
		next = TAILQ_NEXT(c, all);
		if (c->state != CONSOLE_DEAD)
			continue;
		if (!c->sb.hdr || now_ms >= dies_at_ms(c)) {
			console_free(c, true);
			continue;
		}
		nr_dead++;
		sooner(&when, now + (dies_at_ms(c) - now_ms) * 1000000);
		if (!oldest || c->sb.hdr->died_ms < oldest->sb.hdr->died_ms)
			oldest = c;
	}
	if (nr_dead <= cd->opt.keep_dead_max)
		return when;
	console_free(oldest, true);
	return nr_dead - 1 > cd->opt.keep_dead_max ? now : when;
}

/* Something is due: walk through the consoles, see when the next thing is. */
static void run_timers(struct consoled *cd, uint64_t now)
{
	struct console *c;

	cd->timers_ns = prune(cd, now);
	if (cd->needs_scan)
		discover_scan(cd);
	TAILQ_FOREACH(c, &cd->consoles, all)
	{
		if (c->wake_ns && c->wake_ns <= now) {
			c->wake_ns = 0;
			consoled_queue(c);
		}
		if (c->retry_ns && c->retry_ns <= now)
			discover_retry(cd, c);
		sooner(&cd->timers_ns, c->wake_ns);
		sooner(&cd->timers_ns, c->retry_ns);
	}
}

/* Run what is due; returns when to look again. */
static uint64_t run_due(struct consoled *cd, uint64_t now)
{
	uint64_t when;

	if (cd->reconnect_ns && cd->reconnect_ns <= now)
		discover_reconnect(cd);
	if (cd->timers_ns <= now)
		run_timers(cd, now);
	when = cd->timers_ns;
	sooner(&when, cd->reconnect_ns);
	return when;
}

static void run_turns(struct consoled *cd)
{
	struct console *last = TAILQ_LAST(&cd->run, console_run), *c;
	uint64_t now = loop_now_ns();

	while ((c = TAILQ_FIRST(&cd->run)) != NULL) {
		consoled_unqueue(c);
		if (console_turn(c, now))
			consoled_queue(c);
		if (c == last)
			return;
	}
}

int consoled_pass(struct consoled *cd, bool may_wait)
{
	uint64_t now = loop_now_ns(), when = run_due(cd, now);
	int timeout_ms = (int)((when - now + 999999) / 1000000);
	int rc;

	if (!may_wait || !TAILQ_EMPTY(&cd->run))
		timeout_ms = 0;
	rc = loop_wait(&cd->loop, timeout_ms);
	if (!rc)
		run_turns(cd);
	return rc;
}

void consoled_stop(struct consoled *cd)
{
	struct console *c;

	attach_close(cd);
	store_close(&cd->store);
	while ((c = TAILQ_FIRST(&cd->consoles)) != NULL)
		console_free(c, false);
	close(cd->inotify.fd);
	close(cd->signals.fd);
	close(cd->state_dirfd);
	if (cd->guest_log_policy.dirfd >= 0)
		close(cd->guest_log_policy.dirfd);
	else if (cd->hv_log_policy.dirfd >= 0)
		close(cd->hv_log_policy.dirfd);
	loop_close(&cd->loop);
}
