/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest on the network through the portable frontend: its interfaces come
 * and go, it answers ARP and pings, and is the other end of as many streams
 * as tests/domains/netmix.c begins.
 *
 * Words of the command line: host=N, the address 10.0.0.N (and one higher for
 * each further interface), queues=N, split, and plain: no offloads.
 */
#include "../../../split-drivers/net/frontend/netfront.h"
#include "../../domains/guest/netmix.h"
#include "../lib/domu.h"
#include "../lib/front.h"
#include "../lib/guest.h"
#include "packets.h"

#define INTERFACES 2u
#define STREAMS 8u
#define OUR_SALT (1u << 31)

struct interface {
	struct netfront front;
	bool is_there, was_up;
	uint8_t address[4];
	char path[32];
};

struct stream {
	struct interface *of;
	unsigned int queue;
	struct endpoints ends;
	struct netmix m;
};

static struct interface interfaces[INTERFACES];
static struct stream streams[STREAMS];
static unsigned int next_stream;
/* So that what a datagram carries is aligned. */
static uint8_t aligned[8 + PACKETS_BYTES_MAX] __attribute__((aligned(8)));
static uint8_t *const frame = aligned + 8 - UDP_HEADERS % 8;

/* --- to the network --- */

static int transmit(struct interface *n, unsigned int queue, uint32_t bytes,
		    bool is_blank)
{
	const struct netfront_offload o = {.is_csum_blank = is_blank};

	return netfront_send(&n->front, queue, frame, bytes, &o);
}

/* As much as there is room for; true: there was something. */
static bool pump(struct stream *s)
{
	bool is_blank = !s->of->front.wish.is_plain, did = false;
	struct netmix_packet *p = udp_payload(frame);
	uint32_t bytes;

	while (s->of->front.is_connected &&
	       (bytes = netmix_make(&s->m, p, OUR_SALT))) {
		bytes = udp_finish(frame, &s->ends, bytes, is_blank);
		if (transmit(s->of, s->queue, bytes, is_blank)) {
			netmix_unmake(&s->m, p);
			break;
		}
		did = true;
	}
	if (did)
		netfront_push(&s->of->front, s->queue);
	return did;
}

/* --- from the network --- */

static struct stream *stream_of(struct interface *n, unsigned int queue,
				const struct endpoints *ends,
				const struct netmix_packet *p)
{
	struct stream *s;

	for (unsigned int i = 0; i < STREAMS; i++)
		if (streams[i].of && streams[i].m.session == p->session &&
		    endpoints_equal(&streams[i].ends, ends))
			return &streams[i];
	s = &streams[next_stream++ % STREAMS];
	s->of = n;
	s->queue = queue;
	s->ends = *ends;
	netmix_start(&s->m, p->session, p->total, p->bytes_max);
	return s;
}

static void receive(void *ctx, unsigned int queue, const void *data,
		    uint32_t bytes, const struct netfront_offload *offload)
{
	struct interface *n = ctx;
	static struct netmix_packet p;
	struct endpoints ends;
	uint32_t answer, len;
	const void *payload;

	answer = answer_to(frame, data, bytes, n->front.mac, n->address);
	if (answer) {
		/* one that does not fit is lost, as on any network */
		(void)transmit(n, queue, answer, false);
		netfront_push(&n->front, queue);
		return;
	}
	payload = udp_open(data, bytes, n->address, NETMIX_PORT,
			   offload->is_csum_blank || offload->is_validated,
			   &ends, &len);
	if (!payload || len > sizeof(p))
		return;
	memcpy(&p, payload, len);
	if (netmix_is(&p, len))
		(void)netmix_take(&stream_of(n, queue, &ends, &p)->m, &p, len);
}

/* --- interfaces --- */

/* Its folder and the backend's are there, and not about to go. */
static bool is_offered(const struct interface *n)
{
	char path[XENBUS_PATH_MAX], backend[XENBUS_PATH_MAX], state[8];

	return xenbus_join(path, sizeof(path), n->path, "backend") == 0 &&
	       store_read(path, backend, sizeof(backend)) &&
	       xenbus_join(path, sizeof(path), backend, "state") == 0 &&
	       store_read(path, state, sizeof(state)) && state[0] < '5';
}

/* Begin with it, if it is there. */
static bool appear(struct interface *n)
{
	const struct netfront_wish wish = {
		.nr_queues = (unsigned int)cmdline_number("queues=", 1),
		.tx_pages = NETFRONT_PAGES_MAX,
		.rx_pages = NETFRONT_PAGES_MAX,
		.is_split = cmdline_has("split"),
		.is_plain = cmdline_has("plain"),
		.receive = receive,
		.ctx = n,
	};
	char path[XENBUS_PATH_MAX];

	n->was_up = false;
	n->is_there = is_offered(n) && netfront_init(&n->front, &bus_domu, NULL,
						     n->path, &wish) == 0;
	/* one of the same path may be watched since the last time */
	if (n->is_there &&
	    xenbus_join(path, sizeof(path), n->front.bus.peer, "state") == 0)
		(void)store_watch(path, "state");
	return n->is_there;
}

static void say_gone(const struct interface *n)
{
	say("@net %lu gone: grants %lu\n", (uint64_t)(n - interfaces),
	    (uint64_t)front_nr_grants());
}

/* One step of its way up or down; false: nothing has changed. */
static bool step(struct interface *n)
{
	uint64_t number = (uint64_t)(n - interfaces);
	int rc;

	if (!n->is_there)
		return appear(n);
	/* another backend has taken over, or it went and came while we slept */
	if (n->front.bus.state == XenbusStateClosed &&
	    xenbus_peer_state(&n->front.bus) == XenbusStateInitWait) {
		if (xenbus_own_state(&n->front.bus) != XenbusStateClosed)
			say_gone(n);
		return appear(n);
	}
	rc = netfront_store_event(&n->front);
	if (rc == XENBUS_REMOVE) {
		n->is_there = false;
		say_gone(n);
	}
	if (rc < 0)
		say("@net %lu failed %ld\n", number, (int64_t)rc);
	if (n->front.is_connected && !n->was_up)
		say("@net %lu up: queues %lu split %lu sg %lu\n", number,
		    (uint64_t)n->front.nr_queues, (uint64_t)n->front.is_split,
		    (uint64_t)n->front.can_sg);
	n->was_up = n->front.is_connected;
	return rc > 0 && rc != XENBUS_UPDATE && rc != XENBUS_REMOVE;
}

/* What comes from the store is a sign to look at everything. */
static void look_at_store(void)
{
	char event[256], word[16];
	unsigned int nr_dropped;
	bool did;

	do {
		while (store_has_something())
			(void)store_receive(event, sizeof(event));
		nr_dropped = store_nr_dropped;
		did = false;
		for (unsigned int i = 0; i < INTERFACES; i++)
			did |= step(&interfaces[i]);
		if (store_read("control/shutdown", word, sizeof(word)))
			finish();
	} while (did || nr_dropped != store_nr_dropped);
}

/* Take what has come; true: something did. */
static bool serve(struct interface *n)
{
	bool did = false;

	for (unsigned int i = 0;
	     n->front.is_connected && i < n->front.nr_queues; i++) {
		int rc = netfront_sleep(&n->front, i);

		if (rc < 0) {
			say("@net broken ring\n");
			netfront_destroy(&n->front);
		}
		did |= rc > 0;
	}
	return did;
}

static void sleep(void)
{
	uint32_t ports[1 + INTERFACES * NETFRONT_QUEUES_MAX * 2];
	unsigned int nr = 0;

	ports[nr++] = start_info->store_evtchn;
	for (unsigned int n = 0; n < INTERFACES; n++) {
		const struct netfront *f = &interfaces[n].front;

		for (unsigned int i = 0; f->is_connected && i < f->nr_queues;
		     i++) {
			ports[nr++] = f->queues[i].tx_port;
			if (f->is_split)
				ports[nr++] = f->queues[i].rx_port;
		}
	}
	front_wait(ports, nr);
}

void guest_main(void)
{
	uint8_t host = (uint8_t)cmdline_number("host=", 2);

	front_start();
	for (unsigned int i = 0; i < INTERFACES; i++) {
		uint8_t address[4] = {10, 0, 0, (uint8_t)(host + i)};

		memcpy(interfaces[i].address, address, sizeof(address));
		(void)text_number(interfaces[i].path, "device/vif/", i);
	}
	EXPECT_EQ(store_watch("device/vif", "vif"), XS_WATCH);
	EXPECT_EQ(store_watch("control/shutdown", "end"), XS_WATCH);
	look_at_store();
	for (;;) {
		bool did = false;

		if (store_has_something())
			look_at_store();
		for (unsigned int i = 0; i < INTERFACES; i++)
			did |= serve(&interfaces[i]);
		for (unsigned int i = 0; i < STREAMS; i++)
			did |= streams[i].of && pump(&streams[i]);
		if (!did)
			sleep();
	}
}
