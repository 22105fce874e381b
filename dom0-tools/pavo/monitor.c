// SPDX-License-Identifier: GPL-2.0-only
/*
 * The monitor: waits until its domain shuts down or is gone, and does what the
 * configuration says. All it knows lies in the xenstore and under STATE_DIR,
 * so it can be killed and started again at any moment; a lock keeps a second
 * one away.
 *
 * It also keeps the directory of names right when another tool renames or
 * destroys the domain.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <abi/sched.h>

#include "cmd.h"
#include "create.h"
#include "domains.h"
#include "domnodes.h"
#include "dump.h"
#include "monitor.h"
#include "paths.h"
#include "state.h"
#include "supervise.h"
#include "uuid.h"

extern char **environ;

struct monitor {
	struct tool *t;
	domid_t domid;
	uint8_t uuid[16];
	struct domcfg cfg;
	const char *name;
};

int monitor_spawn(struct req *r, domid_t domid)
{
	const char *log =
		arena_printf(&r->mem, "%s/monitor.log", path_of(r, LOG_DIR));
	char number[8];
	char *argv[] = {(char *)(uintptr_t) "pavo",
			(char *)(uintptr_t) "monitor", number, NULL};
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	pid_t pid;
	int rc;

	snprintf(number, sizeof(number), "%u", domid);
	path_make(path_of(r, LOG_DIR), 0755);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&fa, 1, log,
					 O_WRONLY | O_CREAT | O_APPEND, 0644);
	posix_spawn_file_actions_adddup2(&fa, 1, 2);
	/* what our caller has open is none of its business for so long */
	posix_spawn_file_actions_addclosefrom_np(&fa, 3);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID);
	rc = -posix_spawn(&pid, "/proc/self/exe", &fa, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	return rc < 0 ? req_fail(r, rc, "cannot start the monitor: %s",
				 strerror(-rc))
		      : 0;
}

static void say(const struct monitor *m, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void say(const struct monitor *m, const char *fmt, ...)
{
	time_t now = time(NULL);
	char stamp[32] = "";
	struct tm tm;
	va_list ap;

	if (gmtime_r(&now, &tm) != NULL)
		strftime(stamp, sizeof(stamp), "%FT%TZ", &tm);
	printf("%s domain %u (%s): ", stamp, m->domid, m->name);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
}

static const char *lock_path(struct req *r, domid_t domid)
{
	return arena_printf(&r->mem, "%s/monitor-%u.lock", path_of(r, RUN_DIR),
			    domid);
}

/*
 * -EBUSY: the domain has a monitor already. The lock ends with the process,
 * whose number is in the file.
 */
static int monitor_lock(struct req *r, domid_t domid)
{
	char pid[16];
	int fd, len;

	path_make(path_of(r, RUN_DIR), 0755);
	fd = open(lock_path(r, domid), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	len = snprintf(pid, sizeof(pid), "%-10d", getpid());
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 ||
	    pwrite(fd, pid, (size_t)len, 0) != len) {
		close(fd);
		return -EBUSY;
	}
	return 0;
}

pid_t monitor_pid(struct req *r, domid_t domid)
{
	int fd = open(lock_path(r, domid), O_RDWR | O_CLOEXEC);
	char text[16] = "";
	pid_t pid = 0;

	if (fd < 0)
		return 0;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK &&
	    pread(fd, text, sizeof(text) - 1, 0) > 0)
		pid = (pid_t)strtol(text, NULL, 10);
	close(fd);
	return pid;
}

int64_t monitor_action(const struct domcfg *cfg, unsigned int code)
{
	switch (code) {
	case SHUTDOWN_poweroff:
		return cfg->on_poweroff;
	case SHUTDOWN_reboot:
		return cfg->on_reboot;
	case SHUTDOWN_watchdog:
		return cfg->on_watchdog;
	case SHUTDOWN_soft_reset:
		return cfg->on_soft_reset;
	case SHUTDOWN_suspend:
		return ACTION_PRESERVE; /* whoever suspends it resumes it */
	default:
		return cfg->on_crash;
	}
}

/*
 * The domain again, as a new one, with a monitor of its own. The mark goes
 * last: a new domain that was never started does not count.
 */
static int restart(struct monitor *m)
{
	struct tool *t = m->t;
	domid_t domid;
	int rc = domain_create(t, &m->cfg, &domid);

	if (rc == 0)
		rc = monitor_spawn(&t->r, domid);
	if (rc == 0)
		rc = dom_unpause(&t->hv, domid);
	state_clear_restart(&t->r, m->uuid);
	if (rc == 0)
		say(m, "started again as domain %u", domid);
	return rc;
}

static int remove_and_restart(struct monitor *m)
{
	int rc = domain_end(m->t, m->domid);

	return rc < 0 ? rc : restart(m);
}

/* Keep the old domain for a look, under another name and UUID. */
static int set_aside(struct monitor *m)
{
	struct tool *t = m->t;
	const char *name = NULL;
	uint8_t uuid[16];
	struct domains d;
	int rc = domains_load(t, &d);

	if (rc < 0)
		return rc;
	for (int i = 1;
	     name == NULL || domains_by_name(&d, name, DOMID_INVALID); i++)
		name = arena_printf(&t->r.mem, "%s-%d", m->name, i);
	uuid_random(uuid);
	rc = dom_set_handle(&t->hv, m->domid, uuid);
	if (rc == 0)
		rc = domnodes_set_aside(t, m->domid, m->uuid, uuid, m->name,
					name);
	return rc;
}

static void dump_core(struct monitor *m)
{
	const char *path = dump_path(&m->t->r, m->name);
	int rc = dump_core_to(m->t, m->domid, path);

	if (rc < 0)
		say(m, "no core: %s", m->t->r.what);
	else
		say(m, "core in %s", path);
}

static int act(struct monitor *m, unsigned int code)
{
	int64_t action = monitor_action(&m->cfg, code);
	int rc;

	say(m, "ended, code %u: %s", code, action_name(action));
	if (action == ACTION_COREDUMP_DESTROY ||
	    action == ACTION_COREDUMP_RESTART)
		dump_core(m);
	switch (action) {
	case ACTION_PRESERVE:
		return 0;
	case ACTION_RENAME_RESTART:
	case ACTION_RESTART:
	case ACTION_COREDUMP_RESTART:
		rc = state_mark_restart(&m->t->r, m->uuid, m->domid);
		if (rc < 0)
			return rc;
		if (action != ACTION_RENAME_RESTART)
			return remove_and_restart(m);
		rc = set_aside(m);
		return rc < 0 ? rc : restart(m);
	default:
		return domain_remove(m->t, m->domid);
	}
}

/* Another tool may have given the domain a new name. */
static void follow_name(struct monitor *m)
{
	const char *name = domain_name(m->t, m->domid);

	if (name[0] == '\0' || strcmp(name, m->name) == 0)
		return;
	domnodes_rename(m->t, m->domid, m->uuid, m->name, name);
	m->name = arena_strdup(&m->t->r.mem, name);
	m->cfg.name = m->name;
	state_save(&m->t->r, &m->cfg);
}

/* The configuration may have been replaced while the domain ran. */
static void reload(struct monitor *m)
{
	if (state_load(&m->t->r, m->uuid, &m->cfg) < 0) {
		say(m, "%s", m->t->r.what);
		req_clear(&m->t->r);
	}
}

/*
 * Be told of the end of this domain only, where the daemon can do that (it
 * then also takes a depth, which others refuse); else of any domain's.
 */
static int watch_end(struct monitor *m)
{
	static const char arg[] = "end\0000";
	struct xs *xs = &m->t->xs;
	char path[40];

	snprintf(path, sizeof(path), "@releaseDomain/%u", m->domid);
	if (xs_call(xs, XS_WATCH, 0, path, arg, sizeof(arg), NULL) == 0)
		return 0;
	return xs_watch(xs, "@releaseDomain", "end");
}

/*
 * The daemon may be down for a moment; without it there is nothing to do. Its
 * watches fire once when they are set, so nothing that happened is missed.
 */
static void connect_store(struct monitor *m)
{
	const struct timespec pause = {0, 200000000};
	struct tool *t = m->t;
	char path[64];

	if (t->has_xs)
		xs_close(&t->xs);
	t->has_xs = false;
	snprintf(path, sizeof(path), "/local/domain/%u/name", m->domid);
	for (;;) {
		if (tool_xs(t) == 0 && watch_end(m) == 0 &&
		    xs_watch(&t->xs, path, "name") == 0)
			return;
		if (t->has_xs)
			xs_close(&t->xs);
		t->has_xs = false;
		nanosleep(&pause, NULL);
	}
}

/*
 * What events leave in the request's memory is freed by becoming a new
 * process now and then; a monitor has nothing to lose by that.
 */
static void begin_anew(struct monitor *m)
{
	char number[8];
	char *argv[] = {(char *)(uintptr_t) "pavo",
			(char *)(uintptr_t) "monitor", number, NULL};

	snprintf(number, sizeof(number), "%u", m->domid);
	execve("/proc/self/exe", argv, environ);
}

#define EVENTS_PER_LIFE 1000

/* Until there is nothing left to do for this domain. */
static int watch_domain(struct monitor *m)
{
	unsigned int code, kept = SHUTDOWN_MAX + 1;
	struct tool *t = m->t;

	connect_store(m);
	for (int i = 0; i < EVENTS_PER_LIFE; i++) {
		struct xen_domctl_getdomaininfo info;
		struct xs_event *e;
		int rc;

		e = xs_next_event(&t->xs, -1, &rc);
		if (e == NULL) {
			connect_store(m);
			continue;
		}
		rc = dom_info(&t->hv, m->domid, &info);
		if (rc < 0 && rc != -ESRCH)
			return req_fail_rc(&t->r, rc,
					   "cannot ask for the "
					   "domain");
		if (rc == -ESRCH || (info.flags & XEN_DOMINF_dying)) {
			domain_forget(t, m->domid, m->uuid, m->name);
			return 0;
		}
		if (strcmp(e->token, "name") == 0)
			follow_name(m);
		code = domain_shutdown_code(&info);
		if (!(info.flags & XEN_DOMINF_shutdown) || code == kept)
			continue;
		reload(m);
		rc = act(m, code);
		if (rc < 0 || monitor_action(&m->cfg, code) != ACTION_PRESERVE)
			return rc;
		kept = code; /* it may be resumed, or destroyed by another */
	}
	begin_anew(m);
	return -errno;
}

static int monitor_one(struct tool *t, const char *arg)
{
	struct monitor m = {.t = t, .name = "?"};
	struct xen_domctl_getdomaininfo info;
	int rc = domain_find(t, arg, &m.domid, &info);

	if (rc == 0)
		rc = monitor_lock(&t->r, m.domid);
	if (rc == -EBUSY)
		return 0;
	if (rc < 0)
		return rc;
	memcpy(m.uuid, info.handle, 16);
	rc = state_load(&t->r, m.uuid, &m.cfg);
	if (rc == 0) {
		m.name = m.cfg.name;
		rc = watch_domain(&m);
	}
	if (rc < 0)
		say(&m, "error: %s", t->r.what);
	unlink(lock_path(&t->r, m.domid));
	return rc;
}

/* The domain that has @uuid and is not being ended, in *@info. */
static bool find_uuid(struct tool *t, const uint8_t uuid[16],
		      struct xen_domctl_getdomaininfo *info)
{
	struct domains d;

	if (domains_load(t, &d) < 0)
		return false;
	for (size_t i = 0; i < d.nr; i++) {
		*info = d.all[i].info;
		if (memcmp(info->handle, uuid, 16) == 0 &&
		    !(info->flags & XEN_DOMINF_dying))
			return true;
	}
	return false;
}

/*
 * The monitor died after it had marked that it starts domain @old again. What
 * there is now tells how far it came:
 *   a domain that has shut down: the old one, whose next monitor does it all
 *   a running one: the new one, started
 *   a paused one: the new one, maybe not whole; it has never run
 */
static void finish_restart(void *ctx, const uint8_t uuid[16], domid_t old)
{
	struct monitor m = {.t = ctx, .name = "?", .domid = old};
	struct xen_domctl_getdomaininfo info;
	struct tool *t = ctx;
	bool is_there = find_uuid(t, uuid, &info);
	int rc;

	memcpy(m.uuid, uuid, 16);
	if (is_there && (info.flags & XEN_DOMINF_shutdown ||
			 !(info.flags & XEN_DOMINF_paused))) {
		state_clear_restart(&t->r, uuid);
		return;
	}
	rc = state_load(&t->r, uuid, &m.cfg);
	if (rc == 0) {
		m.name = m.cfg.name;
		domnodes_remove(t, old, uuid, m.name);
		rc = is_there ? domain_end(t, info.domain) : 0;
	}
	if (rc == 0)
		rc = restart(&m);
	if (rc < 0)
		say(&m, "error: %s", t->r.what);
	state_clear_restart(&t->r, uuid);
}

/*
 * A name of a domain that is gone, left by a monitor that died while it
 * cleaned up. One that is between two lives is not ours to forget.
 */
static void forget_stale(struct tool *t, const char *entry)
{
	domid_t domid = (domid_t)strtoul(entry, NULL, 10);
	struct monitor m = {.t = t, .domid = domid};
	const char *vm;
	char path[40];
	int rc;

	snprintf(path, sizeof(path), "/local/domain/%u/vm", domid);
	vm = xs_read(&t->xs, 0, path, &rc);
	if (vm == NULL || strncmp(vm, "/vm/", 4) != 0 ||
	    !uuid_parse(vm + 4, m.uuid) || state_restarts(&t->r, m.uuid)) {
		if (rc == -ENOENT)
			xs_rm(&t->xs, 0,
			      arena_printf(&t->r.mem, DOMAINS_PATH "/%s",
					   entry));
		return;
	}
	m.name = domain_name(t, domid);
	domain_forget(t, domid, m.uuid, m.name);
	say(&m, "cleaned up for a monitor that died");
}

/* The locks of monitors that died with, or after, their domains. */
static void forget_locks(struct tool *t, domid_t only)
{
	DIR *d = opendir(path_of(&t->r, RUN_DIR));
	struct xen_domctl_getdomaininfo info;
	struct dirent *e;
	unsigned int domid;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (sscanf(e->d_name, "monitor-%u.lock", &domid) == 1 &&
		    (only == DOMID_INVALID || domid == only) &&
		    dom_info(&t->hv, (domid_t)domid, &info) == -ESRCH &&
		    monitor_pid(&t->r, (domid_t)domid) == 0)
			unlink(lock_path(&t->r, (domid_t)domid));
	if (d != NULL)
		closedir(d);
}

bool monitor_clean_up(struct tool *t, domid_t only)
{
	bool is_all = state_each_restart(&t->r, finish_restart, t);
	const char *entries;
	size_t len;

	if (tool_both(t) < 0)
		return is_all;
	forget_locks(t, only);
	if (xs_directory(&t->xs, 0, DOMAINS_PATH, &entries, &len) < 0)
		return is_all;
	for (size_t at = 0; at < len; at += strlen(entries + at) + 1) {
		unsigned long domid = strtoul(entries + at, NULL, 10);

		if ((only == DOMID_INVALID || domid == only) &&
		    domains_stale(t, entries + at))
			forget_stale(t, entries + at);
	}
	return is_all;
}

/* After monitors were killed: one for each of our domains that has none. */
static int monitor_all(struct tool *t)
{
	struct domains d;
	int rc;

	monitor_clean_up(t, DOMID_INVALID);
	rc = domains_load(t, &d);
	for (size_t i = 0; i < d.nr && rc == 0; i++)
		if (d.all[i].has_entry)
			rc = monitor_spawn(&t->r, d.all[i].info.domain);
	return rc;
}

int monitor_main(struct tool *t, int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--all") == 0)
		return monitor_all(t);
	if (argc == 2 && strcmp(argv[1], "--prepare") == 0)
		return domnodes_prepare(t);
	if (argc == 2 && strcmp(argv[1], "--supervise") == 0)
		return supervise_run(t);
	if (argc == 2)
		return monitor_one(t, argv[1]);
	return req_fail(&t->r, -EINVAL,
			"usage: pavo monitor domain | --all | --prepare | "
			"--supervise");
}
