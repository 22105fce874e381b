// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a device: its nodes, the backend's answer, the hotplug script,
 * and back. Nothing is remembered but in the xenstore.
 *
 * A backend driver that is told to close (state 5, online 0) says so to the
 * frontend, and closes when that has, or when its directory is gone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <abi/io/xenbus.h>

#include "device_impl.h"
#include "hotplug.h"

#define ROUNDS_MAX 100
/* For a driver that is not there, or a guest that does not want to. */
#define BACKEND_MS 20000
#define CLOSE_MS 10000
#define CONNECT_MS 5000
#define HOTPLUG_MS 60000

static const char *const kind_names[NR_DEVICE_KINDS] = {
	[DEVICE_VBD] = "vbd",
	[DEVICE_VIF] = "vif",
};

const char *device_kind_name(enum device_kind kind)
{
	return kind_names[kind];
}

const char *device_backend(struct req *r, const struct device *d)
{
	return arena_printf(&r->mem, "/local/domain/%u/backend/%s/%u/%u",
			    d->backend_domid,
			    d->folder != NULL ? d->folder : kind_names[d->kind],
			    d->domid, d->devid);
}

const char *device_frontend(struct req *r, const struct device *d)
{
	return arena_printf(&r->mem, "/local/domain/%u/device/%s/%u", d->domid,
			    kind_names[d->kind], d->devid);
}

/* Our own record. */
static const char *device_record(struct req *r, const struct device *d)
{
	return arena_printf(&r->mem, "/libxl/%u/device/%s/%u", d->domid,
			    kind_names[d->kind], d->devid);
}

static const char *below(struct tool *t, const char *dir, const char *name)
{
	return arena_printf(&t->r.mem, "%s/%s", dir, name);
}

static const char *read_below(struct tool *t, uint32_t tx, const char *dir,
			      const char *name)
{
	int rc;

	return xs_read(&t->xs, tx, below(t, dir, name), &rc);
}

static long read_number(struct tool *t, const char *dir, const char *name)
{
	const char *text = read_below(t, 0, dir, name);

	return text != NULL ? strtol(text, NULL, 10) : -1;
}

/* The state of a backend; -1: it is gone. */
static long backend_state(struct tool *t, const struct device *d)
{
	return read_number(t, device_backend(&t->r, d), "state");
}

/* A directory that the domain @owner has and @reader may read. */
static void queue_directory(struct tool *t, uint32_t tx, const char *dir,
			    domid_t owner, domid_t reader)
{
	char n[16], r[16];

	snprintf(n, sizeof(n), "n%u", owner);
	snprintf(r, sizeof(r), "r%u", reader);
	xs_queue_write(&t->xs, tx, dir, "");
	xs_queue_perms(&t->xs, tx, dir, n, r, NULL);
}

static void queue_nodes(struct tool *t, uint32_t tx, const char *dir,
			const struct device_nodes *n)
{
	for (size_t i = 0; i < n->nr; i++)
		xs_queue_write(&t->xs, tx, below(t, dir, n->e[i].name),
			       n->e[i].value);
}

void device_node(struct device_nodes *n, const char *name, const char *value)
{
	if (value != NULL && n->nr < DEVICE_NODES_MAX)
		n->e[n->nr++] = (struct device_node){name, value};
}

static void queue_device(struct tool *t, uint32_t tx,
			 const struct device_plan *p)
{
	const struct device *d = &p->d;
	const char *front = device_frontend(&t->r, d);
	const char *back = device_backend(&t->r, d);
	const char *record = device_record(&t->r, d);

	xs_queue_write(&t->xs, tx, below(t, record, "frontend"), front);
	xs_queue_write(&t->xs, tx, below(t, record, "backend"), back);
	queue_nodes(t, tx, record, &p->back);
	queue_directory(t, tx, front, d->domid, d->backend_domid);
	xs_queue_write(&t->xs, tx, below(t, front, "backend"), back);
	queue_nodes(t, tx, front, &p->front);
	queue_directory(t, tx, back, d->backend_domid, d->domid);
	xs_queue_write(&t->xs, tx, below(t, back, "frontend"), front);
	queue_nodes(t, tx, back, &p->back);
}

/* Inside the transaction, so that of two that make or end one one fails. */
static int check_place(struct tool *t, uint32_t tx, const struct device_plan *p)
{
	const struct device *d = &p->d;
	char home[40];
	int rc;

	snprintf(home, sizeof(home), "/local/domain/%u/domid", d->domid);
	if (xs_read(&t->xs, tx, home, &rc) == NULL)
		return rc == -ENOENT ? req_fail(&t->r, -ESRCH,
						"domain %u is gone", d->domid)
				     : rc;
	if (read_below(t, tx, device_record(&t->r, d), "backend") != NULL)
		return req_fail(&t->r, -EEXIST, "domain %u has %s already",
				d->domid, p->name);
	return 0;
}

static int write_once(struct tool *t, const struct device_plan *p)
{
	uint32_t tx;
	int rc = xs_tx_begin(&t->xs, &tx);

	if (rc < 0)
		return rc;
	rc = check_place(t, tx, p);
	if (rc == 0) {
		queue_device(t, tx, p);
		rc = xs_flush(&t->xs, NULL, 0);
	}
	if (rc < 0) {
		xs_tx_end(&t->xs, tx, false);
		return rc;
	}
	return xs_tx_end(&t->xs, tx, true);
}

int device_write(struct tool *t, const struct device_plan *p)
{
	int rc = -EAGAIN;

	req_clear(&t->r);
	for (int i = 0; i < ROUNDS_MAX && rc == -EAGAIN; i++)
		rc = write_once(t, p);
	if (rc == 0 || t->r.rc == rc)
		return rc;
	return req_fail_rc(&t->r, rc,
			   "cannot write the nodes of %s of domain %u", p->name,
			   p->d.domid);
}

static int ms_left(const struct timespec *end)
{
	struct timespec now;
	long long ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (end->tv_sec - now.tv_sec) * 1000LL +
	     (end->tv_nsec - now.tv_nsec) / 1000000;
	return ms < 0 ? 0 : (int)ms;
}

/*
 * Wait until @is_so of the device's directories, asked after each change; the
 * watches are on a connection of their own, so that no event of the caller's is
 * taken. -ETIMEDOUT.
 */
static int wait_backend(struct tool *t, const struct device *d,
			bool (*is_so)(struct tool *t, const struct device *d),
			int ms)
{
	struct timespec end;
	struct xs xs;
	int rc;

	if (is_so(t, d))
		return 0;
	rc = xs_open(&xs, &t->r);
	if (rc < 0)
		return rc;
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += ms / 1000;
	rc = xs_watch(&xs, device_backend(&t->r, d), "backend");
	if (rc == 0)
		rc = xs_watch(&xs, device_frontend(&t->r, d), "frontend");
	while (rc == 0 && !is_so(t, d)) {
		int left = ms_left(&end);

		if (xs_next_event(&xs, left, &rc) == NULL && rc == 0)
			rc = is_so(t, d) ? 0 : -ETIMEDOUT;
	}
	xs_close(&xs);
	return rc;
}

static bool is_ready(struct tool *t, const struct device *d)
{
	long state = backend_state(t, d);

	return state < 0 || state >= XenbusStateInitWait;
}

/*
 * Neither end is about to connect. Linux's frontends do not expect to lose a
 * backend in that: netfront's probe waits for one for ever, and with it all
 * devices of the guest.
 */
static bool is_settled(struct tool *t, const struct device *d)
{
	long front = read_number(t, device_frontend(&t->r, d), "state");
	long back = backend_state(t, d);

	if (front < XenbusStateInitialising || front > XenbusStateConnected ||
	    back < XenbusStateInitWait || back > XenbusStateConnected)
		return true;
	return front == XenbusStateConnected && back == XenbusStateConnected;
}

static bool is_closed(struct tool *t, const struct device *d)
{
	long state = backend_state(t, d);

	return state < 0 || state == XenbusStateClosed;
}

/*
 * true: it has closed. A driver that was just connecting when it was told to
 * says afterwards that it is connected, over what it was told: once more.
 */
static bool push_to_close(struct tool *t, const struct device *d)
{
	if (backend_state(t, d) == XenbusStateConnected)
		xs_write(&t->xs, 0, below(t, device_backend(&t->r, d), "state"),
			 "5");
	return is_closed(t, d);
}

static bool is_gone(struct tool *t, const struct device *d)
{
	return backend_state(t, d) < 0;
}

static bool is_plugged(struct tool *t, const struct device *d)
{
	const char *back = device_backend(&t->r, d);

	return is_gone(t, d) ||
	       read_below(t, 0, back, "hotplug-status") != NULL ||
	       read_below(t, 0, back, "hotplug-error") != NULL;
}

/* Of the interface in the backend's domain, as its driver names it. */
static const char *driver_vifname(struct req *r, const struct device *d)
{
	return arena_printf(&r->mem, "vif%u.%u", d->domid, d->devid);
}

static int plug_elsewhere(struct tool *t, const struct device_plan *p)
{
	const char *back = device_backend(&t->r, &p->d), *why;
	int rc = wait_backend(t, &p->d, is_plugged, HOTPLUG_MS);

	if (rc < 0) {
		req_fail_rc(&t->r, rc, "domain %u does not set up %s",
			    p->d.backend_domid, p->name);
		return req_hint(&t->r, "`pavo devd` must run in that domain");
	}
	why = read_below(t, 0, back, "hotplug-error");
	if (why != NULL && *why != '\0')
		return req_fail(&t->r, -EIO, "%s: domain %u says: %s", p->name,
				p->d.backend_domid, why);
	return is_gone(t, &p->d)
		       ? req_fail(&t->r, -ENODEV, "%s has been removed again",
				  p->name)
		       : 0;
}

/* A backend that cannot open the device closes it, and says why. */
static int check_opened(struct tool *t, const struct device_plan *p)
{
	const struct device *d = &p->d;
	char *home =
		arena_printf(&t->r.mem, "/local/domain/%u/", d->backend_domid);
	const char *why;

	if (!is_closed(t, d))
		return 0;
	why = read_below(t, 0,
			 arena_printf(&t->r.mem, "%serror/%s", home,
				      device_backend(&t->r, d) + strlen(home)),
			 "error");
	why = why != NULL ? strchr(why, ' ') : NULL; /* behind its number */
	return req_fail(&t->r, -EIO, "%s: the backend says:%s", p->name,
			why != NULL ? why : " nothing, and has closed it");
}

int device_plug(struct tool *t, const struct device_plan *p)
{
	const struct device *d = &p->d;
	int rc = wait_backend(t, d, is_ready, BACKEND_MS);

	if (rc == -ETIMEDOUT) {
		req_fail(&t->r, rc, "no backend driver in domain %u takes %s",
			 d->backend_domid, p->name);
		if (p->script == NULL)
			return req_hint(&t->r, "is blkbackd running there?");
		return req_hint(&t->r, "is the module %s loaded there?",
				d->kind == DEVICE_VBD ? "xen-blkback"
						      : "xen-netback");
	}
	if (rc < 0)
		return req_fail_rc(&t->r, rc, "cannot wait for %s", p->name);
	rc = check_opened(t, p);
	if (rc < 0 || p->script == NULL)
		return rc; /* the backend does all itself */
	if (d->backend_domid != 0)
		return plug_elsewhere(t, p);
	rc = hotplug_run(t, d, p->script, driver_vifname(&t->r, d), true);
	return rc < 0 ? req_context(&t->r, "%s of domain %u", p->name, d->domid)
		      : 0;
}

/* Remove @path and the parents it leaves empty, up to @top, which stays. */
static int rm_tidy(struct tool *t, uint32_t tx, const char *path,
		   const char *top)
{
	char *dir = arena_strdup(&t->r.mem, path), *slash;
	int rc = xs_rm(&t->xs, tx, path);

	if (rc == -ENOENT)
		rc = 0; /* closing has removed it, but not what is above */
	while (rc == 0 && (slash = strrchr(dir, '/')) != NULL) {
		const char *names;
		size_t len;

		*slash = '\0';
		if (strcmp(dir, top) == 0)
			return 0;
		rc = xs_directory(&t->xs, tx, dir, &names, &len);
		if (rc < 0 || len > 0)
			break;
		rc = xs_rm(&t->xs, tx, dir);
	}
	return rc == -ENOENT ? 0 : rc;
}

static int erase_once(struct tool *t, const struct device *d)
{
	struct arena *a = &t->r.mem;
	uint32_t tx;
	int rc = xs_tx_begin(&t->xs, &tx);

	if (rc < 0)
		return rc;
	rc = rm_tidy(
		t, tx, device_backend(&t->r, d),
		arena_printf(a, "/local/domain/%u/backend", d->backend_domid));
	if (rc == 0)
		rc = rm_tidy(
			t, tx, device_frontend(&t->r, d),
			arena_printf(a, "/local/domain/%u/device", d->domid));
	if (rc == 0)
		rc = rm_tidy(t, tx, device_record(&t->r, d),
			     arena_printf(a, "/libxl/%u", d->domid));
	if (rc < 0) {
		xs_tx_end(&t->xs, tx, false);
		return rc;
	}
	return xs_tx_end(&t->xs, tx, true);
}

static int erase(struct tool *t, const struct device *d)
{
	int rc = -EAGAIN;

	for (int i = 0; i < ROUNDS_MAX && rc == -EAGAIN; i++)
		rc = erase_once(t, d);
	return rc;
}

/* In a transaction: what there is to say to the driver. */
static void queue_close(struct tool *t, uint32_t tx, const struct device *d,
			bool force)
{
	const char *back = device_backend(&t->r, d);
	const char *state = read_below(t, tx, back, "state");
	const char *online = read_below(t, tx, back, "online");
	int s = state != NULL ? atoi(state) : -1;

	/* what has never been connected, nobody will let go of */
	if (s != XenbusStateConnected)
		force = true;
	if (force)
		xs_rm(&t->xs, tx, device_frontend(&t->r, d));
	/* who lost its frontend has closed, but not for good until it is told
	 */
	if (s >= 0 && (online == NULL || *online != '0'))
		xs_queue_write(&t->xs, tx, below(t, back, "online"), "0");
	if (s >= 0 && s < XenbusStateClosing)
		xs_queue_write(&t->xs, tx, below(t, back, "state"), "5");
}

/* Tell the driver to close; with @force as if the frontend were gone. */
static int begin_close(struct tool *t, const struct device *d, bool force)
{
	uint32_t tx;
	int rc = -EAGAIN;

	for (int i = 0; i < ROUNDS_MAX && rc == -EAGAIN; i++) {
		rc = xs_tx_begin(&t->xs, &tx);
		if (rc < 0)
			break;
		queue_close(t, tx, d, force);
		rc = xs_flush(&t->xs, NULL, 0);
		if (rc < 0)
			xs_tx_end(&t->xs, tx, false);
		else
			rc = xs_tx_end(&t->xs, tx, true);
	}
	return rc;
}

/* For devd, which waits for it: the driver has not, and never will. */
static void say_closed(struct tool *t, const struct device *d)
{
	const char *back = device_backend(&t->r, d);
	uint32_t tx;
	int rc = -EAGAIN;

	for (int i = 0; i < ROUNDS_MAX && rc == -EAGAIN; i++) {
		if (xs_tx_begin(&t->xs, &tx) < 0)
			return;
		rc = 0;
		if (read_below(t, tx, back, "state") != NULL)
			rc = xs_write(&t->xs, tx, below(t, back, "state"), "6");
		if (rc < 0)
			xs_tx_end(&t->xs, tx, false);
		else
			rc = xs_tx_end(&t->xs, tx, true);
	}
}

/* The driver has closed, or will not: the script's part, and the nodes. */
static int finish_close(struct tool *t, const struct device *d)
{
	const char *record = device_record(&t->r, d);
	const char *script = read_below(t, 0, record, "script");

	if (d->backend_domid != 0 && script != NULL) {
		if (!is_closed(t, d))
			say_closed(t, d);
		wait_backend(t, d, is_gone, CLOSE_MS);
	} else if (script != NULL &&
		   hotplug_run(t, d, script, driver_vifname(&t->r, d), false) <
			   0) {
		req_clear(&t->r); /* what it undoes may be undone */
	}
	return erase(t, d);
}

int device_detach(struct tool *t, const struct device *d, bool force)
{
	const char *record = device_record(&t->r, d);
	uint32_t port;
	int rc;

	if (read_below(t, 0, record, "backend") == NULL)
		return req_fail(&t->r, -ENODEV, "domain %u has no %s %u",
				d->domid, kind_names[d->kind], d->devid);
	if (!force) /* a guest that does not connect loses it all the same */
		wait_backend(t, d, is_settled, CONNECT_MS);
	port = device_port(t, d);
	rc = begin_close(t, d, force);
	if (rc == 0)
		rc = wait_backend(t, d, push_to_close, CLOSE_MS);
	if (rc == -ETIMEDOUT && !force) {
		req_fail(&t->r, -EBUSY,
			 "domain %u does not let go of its %s %u", d->domid,
			 kind_names[d->kind], d->devid);
		return req_hint(&t->r, "--force takes it away");
	}
	if (rc == 0 || rc == -ETIMEDOUT)
		rc = finish_close(t, d);
	if (rc == 0 && !force)
		device_await_release(t, d, port);
	return rc < 0 ? req_fail_rc(&t->r, rc,
				    "cannot remove %s %u of domain "
				    "%u",
				    kind_names[d->kind], d->devid, d->domid)
		      : 0;
}

int devices_load(struct tool *t, domid_t domid, enum device_kind kind,
		 struct device **all, size_t *nr)
{
	char dir[48];
	const char *names;
	size_t len;
	int rc;

	*nr = 0;
	*all = NULL;
	snprintf(dir, sizeof(dir), "/libxl/%u/device/%s", domid,
		 kind_names[kind]);
	rc = xs_directory(&t->xs, 0, dir, &names, &len);
	if (rc < 0)
		return rc == -ENOENT ? 0
				     : req_fail_rc(&t->r, rc,
						   "cannot list the devices "
						   "of domain %u",
						   domid);
	*all = ARENA_ARRAY(&t->r.mem, struct device, len / 2 + 1);
	for (size_t at = 0; at < len; at += strlen(names + at) + 1) {
		struct device *d = &(*all)[*nr];
		const char *back;
		unsigned int backend_domid;
		char folder[16];

		*d = (struct device){.kind = kind, .domid = domid};
		d->devid = (uint32_t)strtoul(names + at, NULL, 10);
		back = read_below(t, 0, device_record(&t->r, d), "backend");
		if (back == NULL ||
		    sscanf(back, "/local/domain/%u/backend/%15[a-z]/",
			   &backend_domid, folder) != 2)
			continue;
		d->folder = arena_strdup(&t->r.mem, folder);
		d->backend_domid = (domid_t)backend_domid;
		(*nr)++;
	}
	return 0;
}

void devices_close(struct tool *t, domid_t domid)
{
	for (int kind = 0; kind < NR_DEVICE_KINDS; kind++) {
		struct device *all;
		size_t nr;

		if (devices_load(t, domid, (enum device_kind)kind, &all, &nr) <
		    0)
			req_clear(&t->r);
		for (size_t i = 0; i < nr; i++)
			begin_close(t, &all[i], true);
	}
}

void devices_remove(struct tool *t, domid_t domid)
{
	devices_close(t, domid);
	for (int kind = 0; kind < NR_DEVICE_KINDS; kind++) {
		struct device *all;
		size_t nr;

		if (devices_load(t, domid, (enum device_kind)kind, &all, &nr) <
		    0)
			req_clear(&t->r);
		for (size_t i = 0; i < nr; i++) {
			wait_backend(t, &all[i], push_to_close, CLOSE_MS);
			finish_close(t, &all[i]);
		}
	}
}
