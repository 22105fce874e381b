// SPDX-License-Identifier: GPL-2.0-only
/*
 * netbackd: the keeper of all network interfaces that this domain serves from
 * user space. For each it makes a tap, offers it to the frontend, and starts a
 * worker when the frontend has connected, and again whenever that ends.
 *
 * It may be killed at any time: the workers end with it, the taps stay, and
 * the next one finds in the store which interfaces there are.
 */
#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../keeper/keeper.h"
#include "netback_bus.h"
#include "spawn.h"
#include "tap.h"

/* A worker that dies so often, each time within so many seconds, stays dead. */
#define DEATHS_MAX 10u
#define DEATHS_S 5

struct interface {
	struct keeper_device d; /* its descriptor is the worker's control */
	char tap[IFNAMSIZ];
	char journal[128];
	int taps[NETBACK_QUEUES_MAX];
	unsigned int nr_taps; /* open; the first one always is, once made */
	pid_t pid;	      /* of the worker; 0: none */
	bool is_serving;      /* it has connected */
	bool is_broken;	      /* a frontend that must begin anew */
	unsigned int nr_deaths;
	time_t last_death_s;
};

static unsigned int queues_max = 4;
static uint32_t uid_base = 3000000;

static struct interface *of(struct keeper_device *d)
{
	return (struct interface *)(void *)d;
}

/* --- the worker --- */

static void end_worker(struct interface *n)
{
	if (!n->pid)
		return;
	close(n->d.fd);
	n->d.fd = -1;
	kill(n->pid, SIGKILL);
	waitpid(n->pid, NULL, 0);
	n->pid = 0;
	n->is_serving = false;
}

static void close_taps(struct interface *n, unsigned int kept)
{
	while (n->nr_taps > kept)
		close(n->taps[--n->nr_taps]);
}

/* Nobody is at our end of the tap from here on. */
static void disconnect(struct interface *n)
{
	end_worker(n);
	if (n->nr_taps)
		tap_set_carrier(n->taps[0], false);
	close_taps(n, 1);
	unlink(n->journal);
}

static void fail(struct interface *n, int rc, const char *text)
{
	keeper_say(&n->d, "%s", text);
	xenbus_report(&n->d.bus, rc, text);
	disconnect(n);
	n->is_broken = true;
	(void)xenbus_switch(&n->d.bus, 0, XenbusStateClosed);
}

static int open_taps(struct interface *n, unsigned int nr)
{
	while (n->nr_taps < nr) {
		int fd = tap_open(n->tap);

		if (fd < 0)
			return fd;
		n->taps[n->nr_taps++] = fd;
	}
	return 0;
}

static int32_t own_domid(struct keeper *k)
{
	int rc;
	const char *text = xs_read(&k->xs, 0, "domid", &rc);
	uint64_t domid;

	return text && !xenbus_number(text, 0x7fef, &domid) ? (int32_t)domid
							    : -1;
}

static int read_choice(struct interface *n, struct worker_start *s,
		       const char **what)
{
	int rc = netback_read_front(&n->d.bus, queues_max, &s->front, what);

	if (rc)
		return rc;
	*what = "rate";
	rc = netback_read_rate(&n->d.bus, &s->rate);
	if (rc)
		return rc;
	s->rate.bytes =
		(s->rate.bytes + s->front.nr_queues - 1) / s->front.nr_queues;
	*what = "tap";
	rc = open_taps(n, s->front.nr_queues);
	if (!rc)
		rc = tap_set_offload(n->taps[0], &s->front);
	return rc;
}

/* For a new connection, or, with the journal kept, one that goes on. */
static void start_worker(struct interface *n)
{
	struct worker_start s = {
		.domid = n->d.domid,
		.own = own_domid(n->d.k),
		.uid = uid_base ? uid_base + n->d.domid : 0,
	};
	const char *what;
	char text[WORKER_TEXT];
	int rc = read_choice(n, &s, &what);

	snprintf(s.root, sizeof(s.root), "%s/empty", n->d.k->run_dir);
	if (!rc)
		rc = spawn_worker(&s, n->taps, n->journal, &n->pid, &what);
	if (rc < 0) {
		snprintf(text, sizeof(text), "cannot connect: %s: %s", what,
			 strerror(-rc));
		fail(n, rc, text);
		return;
	}
	n->d.fd = rc;
}

static void died(struct interface *n)
{
	struct timespec now;

	end_worker(n);
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec - n->last_death_s > DEATHS_S)
		n->nr_deaths = 0;
	n->last_death_s = now.tv_sec;
	if (++n->nr_deaths > DEATHS_MAX) {
		fail(n, -EIO, "its worker keeps dying");
		return;
	}
	keeper_say(&n->d, "its worker has died; starting another one");
	start_worker(n);
}

static void worker_event(struct keeper_device *d)
{
	struct interface *n = of(d);
	struct worker_report r;

	if (recv(d->fd, &r, sizeof(r), MSG_DONTWAIT) != sizeof(r)) {
		died(n);
		return;
	}
	r.text[WORKER_TEXT - 1] = '\0';
	if (r.rc) {
		fail(n, r.rc, r.text);
		return;
	}
	n->is_serving = true;
	tap_set_carrier(n->taps[0], true);
	if (d->bus.state != XenbusStateConnected)
		(void)xenbus_switch(&d->bus, 0, XenbusStateConnected);
	keeper_say(d, "serves %s", n->tap);
}

/* --- the store --- */

static bool has_key(struct interface *n, const char *key, char *value,
		    size_t size)
{
	return xenbus_read(&n->d.bus, 0, XENBUS_OWN, key, value, size) == 0;
}

/* A script calls it "vifname"; before, and without one, it is vifX.Y. */
static void choose_name(struct interface *n)
{
	char name[IFNAMSIZ], script[XENBUS_VALUE_MAX];
	bool has_script = has_key(n, "script", script, sizeof(script));

	snprintf(n->tap, sizeof(n->tap), "vif%u.%u", n->d.domid, n->d.devid);
	snprintf(n->journal, sizeof(n->journal), "%s/%u-%u.journal",
		 n->d.k->run_dir, n->d.domid, n->d.devid);
	if (has_key(n, "vifname", name, sizeof(name)) && *name &&
	    (!has_script || tap_exists(name)))
		memcpy(n->tap, name, sizeof(n->tap));
}

static void offer(struct interface *n)
{
	char bridge[IFNAMSIZ] = "", script[XENBUS_VALUE_MAX], text[WORKER_TEXT];
	int rc;

	choose_name(n);
	rc = open_taps(n, 1);
	if (!rc && !has_key(n, "script", script, sizeof(script))) {
		(void)has_key(n, "bridge", bridge, sizeof(bridge));
		rc = tap_plug(n->tap, bridge);
	}
	if (!rc)
		rc = netback_offer(&n->d.bus, queues_max);
	n->is_broken = false;
	if (!rc)
		return;
	snprintf(text, sizeof(text), "cannot make %s%s%s: %s", n->tap,
		 *bridge ? " in bridge " : "", bridge, strerror(-rc));
	fail(n, rc, text);
}

/* Has the hotplug script, if there is one, done its part? */
static bool is_plugged(struct interface *n)
{
	char script[XENBUS_VALUE_MAX], status[16];

	return !has_key(n, "script", script, sizeof(script)) ||
	       (has_key(n, "hotplug-status", status, sizeof(status)) &&
		strcmp(status, "connected") == 0);
}

static bool is_online(struct interface *n)
{
	uint64_t online;

	return xenbus_read_number(&n->d.bus, 0, XENBUS_OWN, "online", 1, 0,
				  &online) == 0 &&
	       online;
}

static bool gone(struct keeper_device *d)
{
	struct interface *n = of(d);

	disconnect(n);
	if (n->nr_taps)
		tap_remove(n->taps[0]);
	close_taps(n, 0);
	return true;
}

static void connect_front(struct interface *n)
{
	if (n->pid || !is_plugged(n))
		return;
	choose_name(n);
	unlink(n->journal);
	start_worker(n);
}

static void store_event(struct keeper_device *d)
{
	struct interface *n = of(d);
	enum xenbus_state peer = xenbus_peer_state(&d->bus);

	/* after a failure only a frontend that begins anew is served */
	if (n->is_broken && peer != XenbusStateInitialising &&
	    peer != XenbusStateClosed && peer != XenbusStateUnknown)
		return;
	switch (xenbus_back_step(d->bus.state, peer, is_online(n))) {
	case XENBUS_OFFER:
		offer(n);
		break;
	case XENBUS_CONNECT:
		connect_front(n);
		break;
	case XENBUS_UPDATE:
		if (n->pid)
			break;
		/* the keeper before us had it connected */
		choose_name(n);
		spawn_await_earlier(n->journal);
		start_worker(n);
		break;
	case XENBUS_CLOSE:
		disconnect(n);
		(void)xenbus_switch(&d->bus, 0, XenbusStateClosed);
		break;
	case XENBUS_REMOVE:
		(void)gone(d);
		break;
	default:
		break;
	}
}

/* --- the program --- */

static const struct keeper_ops ops = {
	.device_bytes = sizeof(struct interface),
	.store_event = store_event,
	.fd_event = worker_event,
	.gone = gone,
};

static struct keeper keeper = {
	.name = "netbackd",
	.type = "vif",
	.run_dir = "/run/pavo/netback",
	.ops = &ops,
};

static void usage(FILE *f)
{
	fprintf(f, "usage: netbackd [--type=NAME] [--run-dir=DIR] "
		   "[--uid-base=N] [--queues=N]\n"
		   "Serve the network interfaces under backend/NAME (vif).\n"
		   "  --uid-base=N  workers are user N + domid; 0: root\n"
		   "  --queues=N    offer at most N queues (4; 1 to 8)\n");
}

static bool take_number(const char *text, uint64_t min, uint64_t max,
			uint32_t *n)
{
	uint64_t value;

	if (xenbus_number(text, max, &value) || value < min)
		return false;
	*n = (uint32_t)value;
	return true;
}

/* 0, the exit code for a bad one, or -1: be a worker. */
static int parse_options(int argc, char **argv)
{
	static const struct option options[] = {
		{"type", required_argument, NULL, 't'},
		{"run-dir", required_argument, NULL, 'r'},
		{"uid-base", required_argument, NULL, 'u'},
		{"queues", required_argument, NULL, 'q'},
		{"help", no_argument, NULL, 'h'},
		{"worker", no_argument, NULL, 'w'},
		{0},
	};
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
			if (!take_number(optarg, 0, 1u << 30, &uid_base))
				return 2;
			break;
		case 'q':
			if (!take_number(optarg, 1, NETBACK_QUEUES_MAX,
					 &queues_max))
				return 2;
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

int main(int argc, char **argv)
{
	int rc = parse_options(argc, argv);

	if (rc < 0)
		return worker_main();
	if (rc) {
		usage(stderr);
		return rc;
	}
	if (strcmp(keeper.type, "vif") == 0 &&
	    access("/sys/bus/xen-backend/drivers/vif", F_OK) == 0) {
		fprintf(stderr, "netbackd: xen-netback serves backend/vif; "
				"unload it, or give another --type\n");
		return 1;
	}
	return keeper_run(&keeper);
}
