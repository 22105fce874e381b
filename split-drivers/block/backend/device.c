// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a device: a worker is started when its nodes appear and again
 * whenever it ends; what the worker found is offered to the frontend; what the
 * frontend chose is passed to the worker. See device.h.
 */
#include "device.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../../dom0-tools/lib/xs.h"
#include "../../seam/bus_xs.h"
#include "spawn.h"

/* A worker that dies so often, each time within so many seconds, stays dead. */
#define DEATHS_MAX 10u
#define DEATHS_S 5

static void __attribute__((format(printf, 2, 3)))
say(const struct device *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "blkbackd: %s: ", d->name);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

static void tell(struct device *d, const struct worker_message *m)
{
	/* if it is gone its end is seen, and it gets all of this again */
	if (d->control >= 0)
		(void)!send(d->control, m, sizeof(*m),
			    MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void close_device(struct device *d, int rc, const char *text)
{
	say(d, "%s", text);
	xenbus_report(&d->bus, rc, text);
	d->is_broken = true;
	(void)xenbus_switch(&d->bus, 0, XenbusStateClosed);
}

/* --- the worker --- */

static void end_worker(struct device *d)
{
	if (d->worker == DEVICE_NONE)
		return;
	close(d->control);
	d->control = -1;
	kill(d->pid, SIGKILL);
	waitpid(d->pid, NULL, 0);
	d->worker = DEVICE_NONE;
}

/* Where the disk is: "FORMAT:PLACE" as xl writes it, or just the place. */
static int find_disk(struct device *d, char *params, size_t size,
		     struct spawn *s, struct worker_message *m)
{
	static const char *const raw[] = {"aio:", "raw:", "phy:", "file:"};
	char mode[8] = "w", enable[4] = "1";
	int rc = xenbus_read(&d->bus, 0, XENBUS_OWN, "params", params, size);

	if (rc)
		return rc;
	(void)xenbus_read(&d->bus, 0, XENBUS_OWN, "mode", mode, sizeof(mode));
	(void)xenbus_read(&d->bus, 0, XENBUS_OWN, "discard-enable", enable,
			  sizeof(enable));
	s->is_readonly = mode[0] != 'w';
	m->start.is_readonly = s->is_readonly;
	m->start.no_discard = enable[0] == '0';
	if (strncmp(params, "nbd", 3) == 0) {
		snprintf(m->start.uri, sizeof(m->start.uri), "%s", params);
		return strlen(params) < sizeof(m->start.uri) ? 0 : -E2BIG;
	}
	s->disk = params;
	for (size_t i = 0; i < sizeof(raw) / sizeof(raw[0]); i++)
		if (strncmp(params, raw[i], strlen(raw[i])) == 0)
			s->disk = params + strlen(raw[i]);
	return s->disk[0] == '/' ? 0 : -EINVAL;
}

static void start_worker(struct device *d)
{
	struct worker_message m = {.what = WORKER_START};
	struct spawn s = {.journal = d->journal};
	const char *what = "params";
	char params[XENBUS_VALUE_MAX], text[WORKER_TEXT + 64];
	int rc = find_disk(d, params, sizeof(params), &s, &m);

	m.start.domid = d->domid;
	snprintf(m.start.name, sizeof(m.start.name), "vbd %s", d->name);
	m.start.uid = d->k->uid_base ? d->k->uid_base + d->domid : 0;
	snprintf(m.start.root, sizeof(m.start.root), "%s/empty", d->k->run_dir);
	if (!rc)
		rc = spawn_worker(&s, &d->pid, &what);
	if (rc < 0) {
		snprintf(text, sizeof(text), "cannot start: %s: %s", what,
			 strerror(-rc));
		close_device(d, rc, text);
		return;
	}
	d->control = rc;
	d->worker = DEVICE_STARTING;
	d->bytes_per_s = d->requests_per_s = 0;
	tell(d, &m);
}

static void connect_worker(struct device *d)
{
	struct worker_message m = {.what = WORKER_CONNECT};
	const char *what;
	int rc = blkback_read_front(&d->bus, &d->k->offer, &d->front, &what);

	if (rc) {
		char text[96];

		snprintf(text, sizeof(text), "the frontend's %s is bad", what);
		close_device(d, rc, text);
		return;
	}
	m.connect.front = d->front;
	m.connect.identity = blkback_identity(d->domid, d->devid, &d->front);
	d->worker = DEVICE_CONNECTING;
	tell(d, &m);
}

static void set_limits(struct device *d)
{
	struct worker_message m = {.what = WORKER_LIMIT};
	int rc = xenbus_read_number(&d->bus, 0, XENBUS_OWN, "rate-bytes",
				    1ull << 40, 0, &m.limit.bytes_per_s);

	if (!rc)
		rc = xenbus_read_number(&d->bus, 0, XENBUS_OWN, "rate-requests",
					1u << 30, 0, &m.limit.requests_per_s);
	if (rc || (m.limit.bytes_per_s == d->bytes_per_s &&
		   m.limit.requests_per_s == d->requests_per_s))
		return;
	d->bytes_per_s = m.limit.bytes_per_s;
	d->requests_per_s = m.limit.requests_per_s;
	tell(d, &m);
}

void device_measure(struct device *d)
{
	struct worker_message m = {.what = WORKER_MEASURE};

	if (d->worker >= DEVICE_READY)
		tell(d, &m);
}

/* --- what the store says --- */

static bool is_online(struct device *d)
{
	uint64_t online;

	return xenbus_read_number(&d->bus, 0, XENBUS_OWN, "online", 1, 0,
				  &online) == 0 &&
	       online;
}

static void disconnect(struct device *d)
{
	struct worker_message m = {.what = WORKER_DISCONNECT};

	if (d->worker == DEVICE_SERVING || d->worker == DEVICE_CONNECTING) {
		d->worker = DEVICE_ENDING;
		tell(d, &m);
		return;
	}
	if (d->worker != DEVICE_ENDING)
		(void)xenbus_switch(&d->bus, 0, XenbusStateClosed);
}

static void offer(struct device *d)
{
	int rc = blkback_offer(&d->bus, &d->k->offer, &d->disk);

	d->is_broken = false;
	if (rc)
		say(d, "cannot write to the store: %s", strerror(-rc));
}

static void step(struct device *d)
{
	enum xenbus_state peer = xenbus_peer_state(&d->bus);

	/* after a failure only a frontend that begins anew is served */
	if (d->is_broken && peer != XenbusStateInitialising &&
	    peer != XenbusStateUnknown && peer != XenbusStateClosed)
		return;
	switch (xenbus_back_step(d->bus.state, peer, is_online(d))) {
	case XENBUS_OFFER:
		if (d->worker == DEVICE_READY)
			offer(d);
		break;
	case XENBUS_CONNECT:
		if (d->worker == DEVICE_READY)
			connect_worker(d);
		break;
	case XENBUS_UPDATE:
		/* a worker that took the place of one that was serving */
		if (d->worker == DEVICE_READY)
			connect_worker(d);
		break;
	case XENBUS_CLOSE:
		disconnect(d);
		break;
	case XENBUS_REMOVE:
		end_worker(d);
		unlink(d->journal);
		break;
	default:
		break;
	}
}

static void watch_front(struct device *d)
{
	char path[XENBUS_PATH_MAX], front[XENBUS_PATH_MAX];

	if (d->is_watching ||
	    xenbus_read(&d->bus, 0, XENBUS_OWN, "frontend", front,
			sizeof(front)) ||
	    xenbus_init(&d->bus, &bus_xs, d->k->xs, d->bus.own, front) ||
	    xenbus_join(path, sizeof(path), front, "state"))
		return;
	(void)xenbus_own_state(&d->bus);
	d->is_watching = xs_watch(d->k->xs, path, d->name) == 0;
}

void device_store_event(struct device *d)
{
	char value[8];

	if (xenbus_read(&d->bus, 0, XENBUS_OWN, "frontend-id", value,
			sizeof(value)) == -ENOENT) {
		unlink(d->journal);
		device_free(d);
		return;
	}
	watch_front(d);
	if (!d->is_watching)
		return;
	(void)xenbus_own_state(&d->bus);
	if (d->worker == DEVICE_NONE && !d->is_broken &&
	    xenbus_peer_state(&d->bus) != XenbusStateUnknown &&
	    (d->bus.state != XenbusStateClosed || is_online(d)))
		start_worker(d);
	set_limits(d);
	if (xenbus_read(&d->bus, 0, XENBUS_OWN, "resize", value,
			sizeof(value)) == 0) {
		(void)xenbus_remove(&d->bus, 0, "resize");
		device_measure(d);
	}
	step(d);
}

/* --- what the worker says --- */

static void disk_is(struct device *d, const struct blkback_disk *disk)
{
	bool is_changed = d->disk.sectors != disk->sectors;

	d->disk = *disk;
	if (d->worker == DEVICE_STARTING) {
		d->worker = DEVICE_READY;
		set_limits(d);
		step(d);
	} else if (is_changed && d->worker == DEVICE_SERVING) {
		say(d, "the disk now has %llu sectors",
		    (unsigned long long)disk->sectors);
		(void)blkback_announce(&d->bus, &d->disk);
	}
}

static void connected(struct device *d)
{
	int rc = 0;

	d->worker = DEVICE_SERVING;
	if (d->bus.state != XenbusStateConnected)
		rc = blkback_announce(&d->bus, &d->disk);
	if (rc)
		say(d, "cannot write to the store: %s", strerror(-rc));
	say(d, "serves %u queues of %u pages%s", d->front.nr_queues,
	    d->front.ring_pages,
	    d->front.is_persistent ? ", grants stay mapped" : "");
	step(d);
}

static void died(struct device *d)
{
	struct timespec now;

	end_worker(d);
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec - d->last_death_s > DEATHS_S)
		d->nr_deaths = 0;
	d->last_death_s = now.tv_sec;
	if (d->is_broken)
		return;
	if (++d->nr_deaths > DEATHS_MAX) {
		close_device(d, -EIO, "its worker keeps dying");
		return;
	}
	say(d, "its worker has died; starting another one");
	if (d->bus.state != XenbusStateClosed)
		start_worker(d);
}

void device_worker_event(struct device *d)
{
	struct worker_message m;
	ssize_t n = recv(d->control, &m, sizeof(m), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != sizeof(m)) {
		died(d);
		return;
	}
	switch (m.what) {
	case WORKER_DISK_IS:
		disk_is(d, &m.disk);
		break;
	case WORKER_CONNECTED:
		if (d->worker == DEVICE_CONNECTING)
			connected(d);
		break;
	case WORKER_DISCONNECTED:
		d->worker = DEVICE_READY;
		(void)xenbus_switch(&d->bus, 0, XenbusStateClosed);
		step(d);
		break;
	case WORKER_FAILED:
		m.failed.text[WORKER_TEXT - 1] = '\0';
		if (d->worker > DEVICE_READY)
			d->worker = DEVICE_READY;
		close_device(d, m.failed.rc, m.failed.text);
		break;
	default:
		break;
	}
}

/* --- beginning and end --- */

struct device *device_get(struct keeper *k, uint16_t domid, uint32_t devid)
{
	char own[XENBUS_PATH_MAX];
	struct device *d;

	for (d = k->devices; d; d = d->next)
		if (d->domid == domid && d->devid == devid)
			return d;
	d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	d->k = k;
	d->domid = domid;
	d->devid = devid;
	d->control = -1;
	snprintf(d->name, sizeof(d->name), "%u/%u", domid, devid);
	snprintf(d->journal, sizeof(d->journal), "%s/%u-%u.journal", k->run_dir,
		 domid, devid);
	snprintf(own, sizeof(own), "backend/%s/%s", k->type, d->name);
	if (xenbus_init(&d->bus, &bus_xs, k->xs, own, "")) {
		free(d);
		return NULL;
	}
	d->next = k->devices;
	k->devices = d;
	return d;
}

void device_free(struct device *d)
{
	struct device **at = &d->k->devices;
	char path[XENBUS_PATH_MAX];

	end_worker(d);
	if (d->is_watching &&
	    xenbus_join(path, sizeof(path), d->bus.peer, "state") == 0)
		(void)xs_unwatch(d->k->xs, path, d->name);
	while (*at != d)
		at = &(*at)->next;
	*at = d->next;
	free(d);
}
