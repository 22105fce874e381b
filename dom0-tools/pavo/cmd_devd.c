// SPDX-License-Identifier: GPL-2.0-only
/*
 * devd: in a driver domain, what the tools in Dom0 do for Dom0's own backends:
 * runs the hotplug scripts of devices that come and go. All it knows is in the
 * xenstore, so it can be ended and started again at any moment.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <abi/io/xenbus.h>

#include "cmd.h"
#include "hotplug.h"

struct devd {
	struct tool *t;
	domid_t self;
	char base[40]; /* our backends' directory */
};

static const char *node(struct devd *v, const char *dir, const char *name)
{
	int rc;

	return xs_read(&v->t->xs, 0,
		       arena_printf(&v->t->r.mem, "%s/%s", dir, name), &rc);
}

static void write_node(struct devd *v, const char *dir, const char *name,
		       const char *value)
{
	xs_write(&v->t->xs, 0, arena_printf(&v->t->r.mem, "%s/%s", dir, name),
		 value);
}

static void run(struct devd *v, const struct device *d, const char *dir,
		bool is_coming)
{
	struct req *r = &v->t->r;
	const char *script = node(v, dir, "script");
	int rc;

	if (script == NULL)
		return;
	rc = hotplug_run(v->t, d, script,
			 arena_printf(&r->mem, "vif%u.%u", d->domid, d->devid),
			 is_coming);
	printf("%s %s/%u/%u%s%s\n", is_coming ? "add" : "remove",
	       device_kind_name(d->kind), d->domid, d->devid,
	       rc < 0 ? ": " : "", rc < 0 ? r->what : "");
	fflush(stdout);
	if (rc < 0 && is_coming) {
		write_node(v, dir, "hotplug-error", r->what);
		write_node(v, dir, "hotplug-status", "error");
	}
	req_clear(r);
}

/* Do for the device what its nodes say is due. */
static void look_at(struct devd *v, const struct device *d)
{
	const char *dir = device_backend(&v->t->r, d);
	const char *state = node(v, dir, "state");
	const char *online = node(v, dir, "online");
	bool is_plugged = node(v, dir, "hotplug-status") != NULL;
	int s = state != NULL ? atoi(state) : -1;

	if (s < 0 || online == NULL)
		return;
	if (*online == '0' && s == XenbusStateClosed) {
		if (is_plugged)
			run(v, d, dir, false);
		xs_rm(&v->t->xs, 0, dir);
	} else if (*online != '0' && !is_plugged && s >= XenbusStateInitWait &&
		   s < XenbusStateClosing) {
		run(v, d, dir, true);
	}
}

static bool find_kind(const char *name, enum device_kind *kind)
{
	for (int k = 0; k < NR_DEVICE_KINDS; k++) {
		*kind = (enum device_kind)k;
		if (strcmp(device_kind_name(*kind), name) == 0)
			return true;
	}
	return false;
}

/* All devices there are: after the start, and after a lost connection. */
static void look_through(struct devd *v)
{
	struct tool *t = v->t;

	for (int k = 0; k < NR_DEVICE_KINDS; k++) {
		struct device d = {.kind = (enum device_kind)k,
				   .backend_domid = v->self};
		const char *domids, *devids;
		size_t nr_domids, nr_devids;
		char *dir = arena_printf(&t->r.mem, "%s/%s", v->base,
					 device_kind_name(d.kind));

		if (xs_directory(&t->xs, 0, dir, &domids, &nr_domids) < 0)
			continue;
		for (size_t i = 0; i < nr_domids; i += strlen(domids + i) + 1) {
			d.domid = (domid_t)strtoul(domids + i, NULL, 10);
			if (xs_directory(&t->xs, 0,
					 arena_printf(&t->r.mem, "%s/%s", dir,
						      domids + i),
					 &devids, &nr_devids) < 0)
				continue;
			for (size_t j = 0; j < nr_devids;
			     j += strlen(devids + j) + 1) {
				d.devid =
					(uint32_t)strtoul(devids + j, NULL, 10);
				look_at(v, &d);
			}
		}
	}
}

/* "BASE/vbd/5/51712/state" */
static void changed(struct devd *v, const char *path)
{
	struct device d = {.backend_domid = v->self};
	unsigned int domid;
	char kind[16];

	if (strcmp(path, v->base) == 0)
		look_through(v);
	else if (sscanf(path + strlen(v->base), "/%15[a-z]/%u/%u", kind, &domid,
			&d.devid) == 3 &&
		 find_kind(kind, &d.kind)) {
		d.domid = (domid_t)domid;
		look_at(v, &d);
	}
}

static int serve(struct devd *v)
{
	struct tool *t = v->t;
	const char *self;
	int rc;

	self = xs_read(&t->xs, 0, "domid", &rc);
	if (self == NULL)
		return req_fail_rc(&t->r, rc,
				   "cannot ask which domain this is");
	v->self = (domid_t)strtoul(self, NULL, 10);
	if (v->self == 0)
		return req_fail(&t->r, -EINVAL,
				"devd is for driver domains; for Dom0's "
				"devices, the other commands do its work");
	snprintf(v->base, sizeof(v->base), "/local/domain/%u/backend", v->self);
	hotplug_load_driver(DEVICE_VBD);
	hotplug_load_driver(DEVICE_VIF);
	rc = xs_watch(&t->xs, v->base, "backend");
	while (rc == 0) {
		struct xs_event *e = xs_next_event(&t->xs, -1, &rc);

		if (e != NULL)
			changed(v, e->path);
		if (t->xs.events == NULL) { /* with what they were about */
			req_free(&t->r);
			t->xs.events_end = &t->xs.events;
		}
	}
	return req_fail_rc(&t->r, rc, "lost the xenstore");
}

int cmd_devd(struct tool *t, int argc, char **argv)
{
	struct devd v = {.t = t};
	int c, rc;

	while ((c = cmd_getopt(t, argc, argv, "F", NULL)) >= 0)
		if (c != 'F') /* xl: in the foreground, as always here */
			return CMD_USAGE;
	rc = c == CMD_HELPED ? c : cmd_args(t, argc, argv, 0, 0);
	if (rc == 0)
		rc = tool_xs(t);
	return rc < 0 ? rc : serve(&v);
}
