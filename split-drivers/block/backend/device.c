// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a device: a worker is started when its nodes appear and again
 * whenever it ends; what the worker found is offered to the frontend; what the
 * frontend chose is passed to the worker. See device.h.
 */
#include "device.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "spawn.h"

/* A worker that dies so often, each time within so many seconds, stays dead. */
#define DEATHS_MAX 10u
#define DEATHS_S 5

static void tell(struct device *d, const struct worker_message *m)
{
	/* if it is gone its end is seen, and it gets all of this again */
	if (d->worker >= DEVICE_STARTING)
		(void)!send(d->d.fd, m, sizeof(*m),
			    MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void close_device(struct device *d, int rc, const char *text)
{
	keeper_say(&d->d, "%s", text);
	xenbus_report(&d->d.bus, rc, text);
	d->is_broken = true;
	(void)xenbus_switch(&d->d.bus, 0, XenbusStateClosed);
}

/* --- the worker --- */

/* The device is gone for good. */
static void forget(struct device *d)
{
	if (d->journal[0])
		unlink(d->journal);
	if (d->socket[0])
		server_forget(d->socket);
}

/* Whom we wait for: the worker, then the server of its image; 0: nobody. */
static pid_t who_ends(const struct device *d)
{
	return d->pid ? d->pid : d->server.pid;
}

static void reap(struct device *d)
{
	if (d->pid) {
		waitpid(d->pid, NULL, 0);
		d->pid = 0;
	} else {
		server_end(&d->server);
	}
}

/* A disk may keep us waiting: d.fd says when the next of them has ended. */
static void await_end(struct device *d)
{
	close(d->d.fd);
	d->d.fd = -1;
	while (who_ends(d)) {
		d->d.fd = (int)syscall(SYS_pidfd_open, who_ends(d), 0);
		if (d->d.fd >= 0)
			return;
		reap(d);
	}
	d->worker = DEVICE_NONE;
}

static void end_worker(struct device *d)
{
	if (d->worker == DEVICE_NONE || d->worker == DEVICE_ENDED)
		return;
	kill(d->pid, SIGKILL);
	d->worker = DEVICE_ENDED;
	await_end(d);
}

/* False: @params is no image that qemu-nbd has to serve. */
static bool find_image(struct device *d, const char *params,
		       const struct worker_message *m, struct spawn *s)
{
	static const struct {
		const char *prefix, *format;
	} formats[] = {{"qcow2:", "qcow2"},
		       {"qcow:", "qcow"},
		       {"vhd:", "vpc"},
		       {"qed:", "qed"}};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		size_t len = strlen(formats[i].prefix);

		if (strncmp(params, formats[i].prefix, len) != 0)
			continue;
		snprintf(d->socket, sizeof(d->socket), "%s/%u-%u.nbd",
			 d->d.k->run_dir, d->d.domid, d->d.devid);
		s->image = (struct image){.path = params + len,
					  .format = formats[i].format,
					  .is_readonly = m->start.is_readonly,
					  .is_direct = m->start.is_direct,
					  .no_discard = m->start.no_discard,
					  .socket = d->socket};
		return true;
	}
	return false;
}

/* Where the disk is: "FORMAT:PLACE" as xl writes it, or just the place. */
static int find_disk(struct device *d, char *params, size_t size,
		     struct spawn *s, struct worker_message *m)
{
	static const char *const raw[] = {"aio:", "raw:", "phy:", "file:"};
	char mode[8] = "w", enable[4] = "1", direct[4] = "0";
	int rc = xenbus_read(&d->d.bus, 0, XENBUS_OWN, "params", params, size);

	if (rc)
		return rc;
	(void)xenbus_read(&d->d.bus, 0, XENBUS_OWN, "mode", mode, sizeof(mode));
	(void)xenbus_read(&d->d.bus, 0, XENBUS_OWN, "discard-enable", enable,
			  sizeof(enable));
	(void)xenbus_read(&d->d.bus, 0, XENBUS_OWN, "direct-io-safe", direct,
			  sizeof(direct));
	s->is_readonly = mode[0] != 'w';
	m->start.is_readonly = s->is_readonly;
	m->start.no_discard = enable[0] == '0';
	m->start.is_direct = direct[0] == '1';
	if (strncmp(params, "nbd", 3) == 0) {
		snprintf(m->start.uri, sizeof(m->start.uri), "%s", params);
		return strlen(params) < sizeof(m->start.uri) ? 0 : -E2BIG;
	}
	if (find_image(d, params, m, s))
		return s->image.path[0] == '/' ? 0 : -EINVAL;
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

	m.start.domid = d->d.domid;
	snprintf(m.start.name, sizeof(m.start.name), "vbd %s", d->d.name);
	m.start.uid = device_options.uid_base
			      ? device_options.uid_base + d->d.domid
			      : 0;
	snprintf(m.start.root, sizeof(m.start.root), "%s/empty",
		 d->d.k->run_dir);
	if (!rc)
		rc = spawn_worker(&s, &d->pid, &d->server, &what);
	if (rc < 0) {
		snprintf(text, sizeof(text), "cannot start: %s: %s", what,
			 strerror(-rc));
		close_device(d, rc, text);
		return;
	}
	d->d.fd = rc;
	d->worker = DEVICE_STARTING;
	d->bytes_per_s = d->requests_per_s = 0;
	tell(d, &m);
}

static void connect_worker(struct device *d)
{
	struct worker_message m = {.what = WORKER_CONNECT};
	const char *what;
	int rc = blkback_read_front(&d->d.bus, &device_options.offer, &d->front,
				    &what);

	if (rc) {
		char text[96];

		snprintf(text, sizeof(text), "the frontend's %s is bad", what);
		close_device(d, rc, text);
		return;
	}
	m.connect.front = d->front;
	m.connect.identity =
		blkback_identity(d->d.domid, d->d.devid, &d->front);
	d->worker = DEVICE_CONNECTING;
	tell(d, &m);
}

static void set_limits(struct device *d)
{
	struct worker_message m = {.what = WORKER_LIMIT};
	int rc = xenbus_read_number(&d->d.bus, 0, XENBUS_OWN, "rate-bytes",
				    1ull << 40, 0, &m.limit.bytes_per_s);

	if (!rc)
		rc = xenbus_read_number(&d->d.bus, 0, XENBUS_OWN,
					"rate-requests", 1u << 30, 0,
					&m.limit.requests_per_s);
	if (rc || (m.limit.bytes_per_s == d->bytes_per_s &&
		   m.limit.requests_per_s == d->requests_per_s))
		return;
	d->bytes_per_s = m.limit.bytes_per_s;
	d->requests_per_s = m.limit.requests_per_s;
	tell(d, &m);
}

static void measure(struct device *d)
{
	struct worker_message m = {.what = WORKER_MEASURE};

	if (d->worker >= DEVICE_READY)
		tell(d, &m);
}

/* --- what the store says --- */

static bool is_online(struct device *d)
{
	uint64_t online;

	return xenbus_read_number(&d->d.bus, 0, XENBUS_OWN, "online", 1, 0,
				  &online) == 0 &&
	       online;
}

/*
 * A frontend that asked for the end is Closed when it has seen us Closing: a
 * Linux that shuts down looks for nothing else, and waits five seconds for it.
 * Who is told that a device has closed for good may have its disk at once.
 */
static void let_go(struct device *d)
{
	enum xenbus_state next =
		xenbus_peer_state(&d->d.bus) == XenbusStateClosing
			? XenbusStateClosing
			: XenbusStateClosed;

	if (next == XenbusStateClosed && !is_online(d)) {
		end_worker(d);
		if (d->worker == DEVICE_ENDED)
			return;
	}
	if (d->d.bus.state != next)
		(void)xenbus_switch(&d->d.bus, 0, next);
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
		let_go(d);
}

static void offer(struct device *d)
{
	int rc = blkback_offer(&d->d.bus, &device_options.offer, &d->disk);

	d->is_broken = false;
	if (rc)
		keeper_say(&d->d, "cannot write to the store: %s",
			   strerror(-rc));
}

static void step(struct device *d)
{
	enum xenbus_state peer = xenbus_peer_state(&d->d.bus);

	/* after a failure only a frontend that begins anew is served */
	if (d->is_broken && peer != XenbusStateInitialising &&
	    peer != XenbusStateUnknown && peer != XenbusStateClosed)
		return;
	switch (xenbus_back_step(d->d.bus.state, peer, is_online(d))) {
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
		if (d->worker == DEVICE_NONE)
			forget(d);
		break;
	default:
		break;
	}
}

/* There is a frontend, and it has not come to its end. */
static bool is_wanted(struct device *d)
{
	enum xenbus_state peer = xenbus_peer_state(&d->d.bus);

	return peer != XenbusStateUnknown &&
	       (is_online(d) || (d->d.bus.state != XenbusStateClosed &&
				 peer != XenbusStateClosed));
}

static void store_event(struct keeper_device *base)
{
	struct device *d = (struct device *)(void *)base;
	char value[8];

	snprintf(d->journal, sizeof(d->journal), "%s/%u-%u.journal",
		 base->k->run_dir, base->domid, base->devid);
	if (d->worker == DEVICE_NONE && !d->is_broken && is_wanted(d))
		start_worker(d);
	set_limits(d);
	if (xenbus_read(&base->bus, 0, XENBUS_OWN, "resize", value,
			sizeof(value)) == 0) {
		(void)xenbus_remove(&base->bus, 0, "resize");
		measure(d);
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
		keeper_say(&d->d, "the disk now has %llu sectors",
			   (unsigned long long)disk->sectors);
		(void)blkback_announce(&d->d.bus, &d->disk);
	}
}

static void connected(struct device *d)
{
	int rc = 0;

	d->worker = DEVICE_SERVING;
	if (d->d.bus.state != XenbusStateConnected)
		rc = blkback_announce(&d->d.bus, &d->disk);
	if (rc)
		keeper_say(&d->d, "cannot write to the store: %s",
			   strerror(-rc));
	keeper_say(&d->d, "serves %u queues of %u pages%s", d->front.nr_queues,
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
	keeper_say(&d->d, "its worker has died; starting another one");
}

/* What a worker could not do, and what its server says to that. */
static void failed(struct device *d, struct worker_message *m)
{
	char said[128] = "", text[WORKER_TEXT + sizeof(said)];

	m->failed.text[WORKER_TEXT - 1] = '\0';
	if (d->server.pid)
		server_said(&d->server, said, sizeof(said));
	snprintf(text, sizeof(text), "%s%s%s", m->failed.text,
		 said[0] ? ": " : "", said);
	if (d->worker > DEVICE_READY)
		d->worker = DEVICE_READY;
	close_device(d, m->failed.rc, text);
}

static void ended(struct device *d)
{
	reap(d);
	await_end(d);
	d->d.is_due = d->worker == DEVICE_NONE;
}

static void worker_event(struct device *d)
{
	struct worker_message m;
	ssize_t n = recv(d->d.fd, &m, sizeof(m), MSG_DONTWAIT);

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
		let_go(d);
		step(d);
		break;
	case WORKER_FAILED:
		failed(d, &m);
		break;
	default:
		break;
	}
}

static void fd_event(struct keeper_device *base)
{
	struct device *d = (struct device *)(void *)base;

	if (d->worker == DEVICE_ENDED)
		ended(d);
	else
		worker_event(d);
}

/* The journal is the lock of a server that may still be writing. */
static bool gone(struct keeper_device *base)
{
	struct device *d = (struct device *)(void *)base;

	end_worker(d);
	if (d->worker == DEVICE_NONE) {
		forget(d);
		return true;
	}
	(void)!truncate(d->journal, 0);
	d->is_broken = false;
	d->nr_deaths = 0;
	return false;
}

struct device_options device_options = {
	.uid_base = 2000000,
	.offer = {.queues_max = 4, .ring_order_max = 4, .is_persistent = true},
};

const struct keeper_ops device_ops = {
	.device_bytes = sizeof(struct device),
	.store_event = store_event,
	.fd_event = fd_event,
	.gone = gone,
};
