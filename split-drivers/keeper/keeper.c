// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which devices there are, by what the xenstore tells. See keeper.h.
 */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../seam/bus_xs.h"

#define OUR_TOKEN "backend" /* of the watch on our folder */

void keeper_say(const struct keeper_device *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "%s: %s: ", d->k->name, d->name);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

/* --- devices --- */

static struct keeper_device *find(struct keeper *k, uint64_t domid,
				  uint64_t devid)
{
	struct keeper_device *d;

	for (d = k->devices; d; d = d->next)
		if (d->domid == domid && d->devid == devid)
			return d;
	return NULL;
}

static struct keeper_device *add(struct keeper *k, uint64_t domid,
				 uint64_t devid)
{
	struct keeper_device *d = calloc(1, k->ops->device_bytes);
	char own[XENBUS_PATH_MAX];

	if (!d)
		return NULL;
	d->k = k;
	d->domid = (uint16_t)domid;
	d->devid = (uint32_t)devid;
	d->fd = -1;
	snprintf(d->name, sizeof(d->name), "%u/%u", d->domid, d->devid);
	snprintf(own, sizeof(own), "%s/%s", k->folder, d->name);
	if (xenbus_init(&d->bus, &bus_xs, &k->xs, own, "")) {
		free(d);
		return NULL;
	}
	d->next = k->devices;
	k->devices = d;
	return d;
}

static void drop(struct keeper_device *d)
{
	struct keeper_device **at = &d->k->devices;
	char path[XENBUS_PATH_MAX];

	if (d->is_watching &&
	    !xenbus_join(path, sizeof(path), d->bus.peer, "state"))
		(void)xs_unwatch(&d->k->xs, path, d->name);
	d->is_watching = false;
	if (!d->k->ops->gone(d))
		return;
	while (*at != d)
		at = &(*at)->next;
	*at = d->next;
	free(d);
}

static void watch_front(struct keeper_device *d)
{
	char path[XENBUS_PATH_MAX], front[XENBUS_PATH_MAX];

	if (d->is_watching ||
	    xenbus_read(&d->bus, 0, XENBUS_OWN, "frontend", front,
			sizeof(front)) ||
	    xenbus_init(&d->bus, &bus_xs, &d->k->xs, d->bus.own, front) ||
	    xenbus_join(path, sizeof(path), front, "state"))
		return;
	d->is_watching = xs_watch(&d->k->xs, path, d->name) == 0;
}

/* Whatever may have changed; @d may be gone after this. */
static void look_at(struct keeper_device *d)
{
	char value[XENBUS_VALUE_MAX];

	if (xenbus_read(&d->bus, 0, XENBUS_OWN, "frontend-id", value,
			sizeof(value)) == -ENOENT) {
		drop(d);
		return;
	}
	watch_front(d);
	if (!d->is_watching)
		return;
	(void)xenbus_own_state(&d->bus);
	d->k->ops->store_event(d);
}

static void is_there(struct keeper *k, uint64_t domid, uint64_t devid)
{
	struct keeper_device *d = find(k, domid, devid);

	if (!d)
		d = add(k, domid, devid);
	if (d)
		look_at(d);
}

/* --- events --- */

static void scan_domain(struct keeper *k, const char *domain)
{
	char path[XENBUS_PATH_MAX];
	const char *names;
	uint64_t domid, devid;
	size_t len;

	if (xenbus_number(domain, 0x7fef, &domid) ||
	    xenbus_join(path, sizeof(path), k->folder, domain) ||
	    xs_directory(&k->xs, 0, path, &names, &len))
		return;
	for (const char *p = names; p < names + len; p += strlen(p) + 1)
		if (!xenbus_number(p, UINT32_MAX, &devid))
			is_there(k, domid, devid);
}

static void scan(struct keeper *k)
{
	const char *names;
	size_t len;

	if (xs_directory(&k->xs, 0, k->folder, &names, &len))
		return;
	for (const char *p = names; p < names + len; p += strlen(p) + 1)
		scan_domain(k, p);
}

/* Look again at those we have, of one domain or of all. */
static void sweep(struct keeper *k, uint64_t domid)
{
	struct keeper_device *d, *next;

	for (d = k->devices; d; d = next) {
		next = d->next;
		if (domid > UINT16_MAX || d->domid == domid)
			look_at(d);
	}
}

static void look_at_due(struct keeper *k)
{
	struct keeper_device *d, *next;

	for (d = k->devices; d; d = next) {
		next = d->next;
		if (d->is_due) {
			d->is_due = false;
			look_at(d);
		}
	}
}

/* "DOMID/DEVID", and perhaps more. */
static bool parse_device(const char *text, uint64_t *domid, uint64_t *devid)
{
	char copy[48], *second, *end;

	snprintf(copy, sizeof(copy), "%s", text);
	second = strchr(copy, '/');
	if (!second)
		return false;
	*second++ = '\0';
	end = strchr(second, '/');
	if (end)
		*end = '\0';
	return !xenbus_number(copy, 0x7fef, domid) &&
	       !xenbus_number(second, UINT32_MAX, devid);
}

/* A change below our folder: of all, of a domain, or of a device. */
static void folder_event(struct keeper *k, const char *where)
{
	uint64_t domid, devid;

	if (parse_device(where, &domid, &devid)) {
		is_there(k, domid, devid);
	} else if (!xenbus_number(where, 0x7fef, &domid)) {
		sweep(k, domid);
		scan_domain(k, where);
	} else {
		sweep(k, UINT64_MAX);
		scan(k);
	}
}

static void store_event(struct keeper *k, const struct xs_event *e)
{
	size_t len = strlen(k->folder);
	uint64_t domid, devid;

	if (strcmp(e->token, OUR_TOKEN) == 0)
		folder_event(k, strncmp(e->path, k->folder, len) == 0 &&
						e->path[len] == '/'
					? e->path + len + 1
					: "");
	else if (parse_device(e->token, &domid, &devid) &&
		 find(k, domid, devid))
		look_at(find(k, domid, devid));
}

/* 0, or -errno: the store is gone for good. */
static int store_events(struct keeper *k)
{
	struct xs_event *e;
	int rc;

	while ((e = xs_next_event(&k->xs, 0, &rc)) != NULL)
		store_event(k, e);
	arena_free(&k->req.mem);
	return rc;
}

/* --- the loop --- */

/* For the store, for signals, and for each device; NULL: no memory. */
static struct pollfd *collect(struct keeper *k, int signals, nfds_t *nr)
{
	struct pollfd *p;
	nfds_t n = 2;

	for (struct keeper_device *d = k->devices; d; d = d->next)
		n++;
	p = calloc(n, sizeof(*p));
	if (!p)
		return NULL;
	p[0] = (struct pollfd){.fd = k->xs.fd, .events = POLLIN};
	p[1] = (struct pollfd){.fd = signals, .events = POLLIN};
	*nr = 2;
	for (struct keeper_device *d = k->devices; d; d = d->next)
		p[(*nr)++] = (struct pollfd){.fd = d->fd, .events = POLLIN};
	return p;
}

/* In the order they were collected; fd_event takes none away. */
static void fd_events(struct keeper *k, const struct pollfd *p)
{
	for (struct keeper_device *d = k->devices; d; d = d->next)
		if ((p++)->revents)
			k->ops->fd_event(d);
}

static int loop(struct keeper *k, int signals)
{
	for (;;) {
		int rc = store_events(k);
		struct pollfd *p;
		bool is_over;
		nfds_t nr;

		if (rc < 0) {
			fprintf(stderr, "%s: the xenstore is lost: %s\n",
				k->name, strerror(-rc));
			return 1;
		}
		p = collect(k, signals, &nr);
		if (!p || (poll(p, nr, -1) < 0 && errno != EINTR)) {
			fprintf(stderr, "%s: cannot wait: %s\n", k->name,
				strerror(errno));
			free(p);
			return 1;
		}
		is_over = p[1].revents;
		if (!is_over) {
			fd_events(k, p + 2);
			look_at_due(k);
		}
		free(p);
		if (is_over)
			return 0;
	}
}

/* A file that says whom we serve, for those who would load a driver. */
static const char *mark_of(const struct keeper *k, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", k->run_dir, k->type);
	return path;
}

static int make_folders(const struct keeper *k)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/empty", k->run_dir);
	if ((mkdir(k->run_dir, 0700) && errno != EEXIST) ||
	    (mkdir(path, 0755) && errno != EEXIST))
		return -errno;
	fd = open(mark_of(k, path, sizeof(path)),
		  O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int watch_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int keeper_run(struct keeper *k)
{
	char mark[128];
	int rc = make_folders(k);

	if (rc) {
		fprintf(stderr, "%s: cannot make %s: %s\n", k->name, k->run_dir,
			strerror(-rc));
		return 1;
	}
	if (xs_open(&k->xs, &k->req)) {
		fprintf(stderr, "%s: %s\n", k->name, k->req.what);
		return 1;
	}
	snprintf(k->folder, sizeof(k->folder), "backend/%s", k->type);
	rc = xs_watch(&k->xs, k->folder, OUR_TOKEN);
	if (rc) {
		fprintf(stderr, "%s: cannot watch %s: %s\n", k->name, k->folder,
			strerror(-rc));
		return 1;
	}
	rc = loop(k, watch_signals());
	if (!rc)
		unlink(mark_of(k, mark, sizeof(mark)));
	return rc;
}
