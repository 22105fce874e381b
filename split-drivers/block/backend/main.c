// SPDX-License-Identifier: GPL-2.0-only
/*
 * blkbackd: the keeper of all block devices that this domain serves from user
 * space. It watches the xenstore and starts a worker for each device.
 *
 * It may be killed at any time: the workers end with it, and the next one
 * finds in the store which devices there are and in the journals where their
 * workers were.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../dom0-tools/lib/req.h"
#include "../../../dom0-tools/lib/xs.h"
#include "device.h"

#define FDS_MAX 1024u

static struct req req;
static struct xs xs;
static struct keeper keeper = {
	.xs = &xs,
	.type = "qdisk",
	.run_dir = "/run/pavo/blkback",
	.uid_base = 2000000,
	.offer = {.queues_max = 4, .ring_order_max = 4, .is_persistent = true},
};

static void usage(FILE *f)
{
	fprintf(f, "usage: blkbackd [--type=NAME] [--run-dir=DIR] "
		   "[--uid-base=N] [--copy]\n"
		   "Serve the block devices under backend/NAME (qdisk).\n"
		   "  --uid-base=N  workers are user N + domid; 0: root\n"
		   "  --copy        copy grants, do not keep them mapped\n");
}

/* 0, the exit code for a bad one, or -1: be a worker. */
static int parse_options(int argc, char **argv)
{
	static const struct option options[] = {
		{"type", required_argument, NULL, 't'},
		{"run-dir", required_argument, NULL, 'r'},
		{"uid-base", required_argument, NULL, 'u'},
		{"copy", no_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},
		{"worker", no_argument, NULL, 'w'},
		{0},
	};
	uint64_t uid;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1)
		switch (c) {
		case 't':
			keeper.type = optarg;
			break;
		case 'r':
			keeper.run_dir = optarg;
			break;
		case 'u':
			if (xenbus_number(optarg, 1u << 30, &uid))
				return 2;
			keeper.uid_base = (uint32_t)uid;
			break;
		case 'c':
			keeper.offer.is_persistent = false;
			break;
		case 'w':
			return -1;
		case 'h':
			usage(stdout);
			exit(0);
		default:
			return 2;
		}
	return optind == argc ? 0 : 2;
}

/* --- the store --- */

static void scan_domain(const char *folder, const char *domain)
{
	char path[XENBUS_PATH_MAX];
	const char *names;
	uint64_t domid, devid;
	size_t len;

	if (xenbus_number(domain, 0x7fef, &domid) ||
	    xenbus_join(path, sizeof(path), folder, domain) ||
	    xs_directory(&xs, 0, path, &names, &len))
		return;
	for (const char *p = names; p < names + len; p += strlen(p) + 1) {
		struct device *d;

		if (xenbus_number(p, UINT32_MAX, &devid))
			continue;
		d = device_get(&keeper, (uint16_t)domid, (uint32_t)devid);
		if (d)
			device_store_event(d);
	}
}

static void scan(const char *folder)
{
	const char *names;
	size_t len;

	if (xs_directory(&xs, 0, folder, &names, &len))
		return;
	for (const char *p = names; p < names + len; p += strlen(p) + 1)
		scan_domain(folder, p);
}

/* Devices whose nodes have gone without a word of them. */
static void sweep(uint64_t domid)
{
	struct device *d, *next;

	for (d = keeper.devices; d; d = next) {
		next = d->next;
		if (domid > UINT16_MAX || d->domid == domid)
			device_store_event(d);
	}
}

/* "DOMID/DEVID" of the token of a frontend, or behind our folder. */
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

static void store_event(const struct xs_event *e, const char *folder)
{
	size_t len = strlen(folder);
	uint64_t domid, devid;
	const char *where = e->token;
	struct device *d;

	if (strcmp(e->token, "backend") == 0) {
		where = strncmp(e->path, folder, len) == 0 ? e->path + len : "";
		if (*where == '/')
			where++;
		if (*where == '\0') {
			sweep(UINT64_MAX);
			scan(folder);
			return;
		}
		if (!xenbus_number(where, 0x7fef, &domid)) {
			sweep(domid);
			scan_domain(folder, where);
			return;
		}
	}
	if (!parse_device(where, &domid, &devid))
		return;
	d = device_get(&keeper, (uint16_t)domid, (uint32_t)devid);
	if (d)
		device_store_event(d);
}

/* 0, or -errno: the store is gone for good. */
static int store_events(const char *folder)
{
	struct xs_event *e;
	int rc;

	while ((e = xs_next_event(&xs, 0, &rc)) != NULL)
		store_event(e, folder);
	arena_free(&req.mem);
	return rc;
}

/* --- the loop --- */

static unsigned int collect(struct pollfd *p, int signals)
{
	unsigned int nr = 2;

	p[0] = (struct pollfd){.fd = xs.fd, .events = POLLIN};
	p[1] = (struct pollfd){.fd = signals, .events = POLLIN};
	for (struct device *d = keeper.devices; d && nr < FDS_MAX; d = d->next)
		if (d->control >= 0)
			p[nr++] = (struct pollfd){.fd = d->control,
						  .events = POLLIN};
	return nr;
}

static void worker_events(const struct pollfd *p, unsigned int nr)
{
	for (unsigned int i = 2; i < nr; i++)
		for (struct device *d = keeper.devices; d; d = d->next)
			if (p[i].revents && d->control == p[i].fd) {
				device_worker_event(d);
				break;
			}
}

static bool take_signal(int signals)
{
	struct signalfd_siginfo s;

	if (read(signals, &s, sizeof(s)) != sizeof(s))
		return false;
	if (s.ssi_signo != SIGHUP)
		return true;
	for (struct device *d = keeper.devices; d; d = d->next)
		device_measure(d);
	return false;
}

static int loop(const char *folder, int signals)
{
	struct pollfd p[FDS_MAX];

	for (;;) {
		int rc = store_events(folder);
		unsigned int nr;

		if (rc < 0) {
			fprintf(stderr, "blkbackd: the xenstore is lost: %s\n",
				strerror(-rc));
			return 1;
		}
		nr = collect(p, signals);
		if (poll(p, nr, -1) < 0 && errno != EINTR)
			return 1;
		worker_events(p, nr);
		if (p[1].revents && take_signal(signals))
			return 0;
	}
}

static int make_folders(void)
{
	char empty[128];

	snprintf(empty, sizeof(empty), "%s/empty", keeper.run_dir);
	if ((mkdir(keeper.run_dir, 0700) && errno != EEXIST) ||
	    (mkdir(empty, 0755) && errno != EEXIST))
		return -errno;
	return 0;
}

static int watch_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int main(int argc, char **argv)
{
	char folder[64];
	int rc = parse_options(argc, argv);

	if (rc < 0)
		return worker_main();
	if (rc) {
		usage(stderr);
		return rc;
	}
	rc = make_folders();
	if (rc) {
		fprintf(stderr, "blkbackd: cannot make %s: %s\n",
			keeper.run_dir, strerror(-rc));
		return 1;
	}
	if (xs_open(&xs, &req)) {
		fprintf(stderr, "blkbackd: %s\n", req.what);
		return 1;
	}
	snprintf(folder, sizeof(folder), "backend/%s", keeper.type);
	rc = xs_watch(&xs, folder, "backend");
	if (rc) {
		fprintf(stderr, "blkbackd: cannot watch %s: %s\n", folder,
			strerror(-rc));
		return 1;
	}
	return loop(folder, watch_signals());
}
