// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each end of a network device against a peer that breaks the rules: what is
 * wrong in a packet loses that packet, what is wrong in the ring loses the
 * device; nothing else, and nothing of ours is read or written for it.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "net_pair.h"
#include "unit_test.h"

static const struct netfront_wish one = {.nr_queues = 1};
static const struct netfront_offload nothing;
static const struct vnet_header plain;
static uint8_t data[NETIF_PACKET_MAX];
static struct pair_packet packet;

/* --- a frontend: raw requests on its ring --- */

static struct ring *tx(void)
{
	return &pair.front.queues[0].tx;
}

static struct netif_tx_request good(void)
{
	return (struct netif_tx_request){
		.gref = pair.front.queues[0].tx_pages[7].gref,
		.id = 7,
		.size = 100,
	};
}

static void put(struct netif_tx_request r)
{
	ring_put(tx(), &r, sizeof(r));
}

static int pass(void)
{
	(void)ring_front_publish(tx());
	return netback_pass(&pair.back[0], 0);
}

/* The status of the next response. */
static int answered(void)
{
	struct netif_tx_response r;

	if (ring_front_available(tx()) < 1)
		return -100;
	ring_take(tx(), &r, sizeof(r));
	return r.status;
}

static bool is_sent(uint32_t bytes)
{
	return pair_wire_receive(0, &packet) && packet.bytes == bytes;
}

static void start(void)
{
	pair_connect(&one);
	pair_run();
}

UNIT_TEST(a_bad_reference_loses_its_packet_alone)
{
	static const uint32_t bad[] = {0, 3, FAKE_GREFS - 1, FAKE_GREFS,
				       UINT32_MAX};

	for (unsigned int i = 0; i < 5; i++) {
		struct netif_tx_request r;

		start();
		r = good();
		put(r);
		r.gref = bad[i];
		put(r);
		put(good());
		EXPECT_EQ(pass(), 1);
		EXPECT_EQ(answered(), NETIF_RSP_OKAY);
		EXPECT_EQ(answered(), NETIF_RSP_ERROR);
		EXPECT_EQ(answered(), NETIF_RSP_OKAY);
		EXPECT(is_sent(100) && is_sent(100));
		EXPECT(!pair_wire_receive(0, &packet));
	}
}

UNIT_TEST(a_bad_reference_in_a_chain_loses_the_chain)
{
	struct netif_tx_request r;

	start();
	r = good();
	r.size = 300;
	r.flags = NETIF_MORE_DATA;
	put(r);
	r.size = 100;
	r.gref = 5;
	put(r);
	r = good();
	put(r);
	put(r);
	EXPECT_EQ(pass(), 1);
	EXPECT_EQ(answered(), NETIF_RSP_ERROR);
	EXPECT_EQ(answered(), NETIF_RSP_ERROR);
	EXPECT_EQ(answered(), NETIF_RSP_ERROR);
	EXPECT_EQ(answered(), NETIF_RSP_OKAY);
	EXPECT(is_sent(100));
}

UNIT_TEST(an_index_that_jumps_loses_the_device)
{
	static const uint32_t by[] = {257, 1000, 0x80000000u, UINT32_MAX};

	for (unsigned int i = 0; i < 4; i++) {
		start();
		tx()->shared->req_prod += by[i];
		EXPECT_EQ(netback_pass(&pair.back[0], 0), -EINVAL);
		start();
		pair.front.queues[0].rx.shared->req_prod =
			pair.back[0].rx.cons + by[i];
		EXPECT_EQ(netback_pass(&pair.back[0], 0), -EINVAL);
		EXPECT(!netback_sleep(&pair.back[0], 0).is_idle);
	}
}

UNIT_TEST(what_lies_past_a_page_loses_the_device)
{
	struct netif_tx_request r;

	start();
	r = good();
	r.offset = 4000;
	r.size = 97;
	put(r);
	EXPECT_EQ(pass(), -EINVAL);
	start();
	r.offset = 65535;
	r.size = 65535;
	put(r);
	EXPECT_EQ(pass(), -EINVAL);
	start();
	r = good();
	r.size = 5000;
	r.flags = NETIF_MORE_DATA;
	put(r);
	r.offset = 4096;
	r.flags = 0;
	r.size = 1;
	put(r);
	EXPECT_EQ(pass(), -EINVAL);
	EXPECT(!pair_wire_receive(0, &packet));
}

UNIT_TEST(sizes_that_do_not_add_up_lose_their_packet)
{
	struct netif_tx_request r;

	start();
	r = good();
	r.size = 13; /* no Ethernet header */
	put(r);
	r.size = 50;
	r.flags = NETIF_MORE_DATA;
	put(r);
	r.flags = 0;
	r.size = 51; /* more than there is */
	put(r);
	r.size = 0;
	put(r);
	put(good());
	EXPECT_EQ(pass(), 1);
	for (unsigned int i = 0; i < 4; i++)
		EXPECT_EQ(answered(), NETIF_RSP_ERROR);
	EXPECT_EQ(answered(), NETIF_RSP_OKAY);
	EXPECT(is_sent(100));
	EXPECT(!pair_wire_receive(0, &packet));
}

UNIT_TEST(pieces_may_overlap)
{
	struct netif_tx_request r;

	start();
	r = good();
	pair_fill(pair.front.queues[0].tx_pages[7].at, 100, 1);
	r.size = 300;
	r.flags = NETIF_MORE_DATA;
	put(r);
	r.size = 100;
	put(r);
	r.flags = 0;
	put(r);
	EXPECT_EQ(pass(), 1);
	EXPECT(is_sent(300));
	for (unsigned int i = 0; i < 3; i++)
		EXPECT(pair_is_filled(packet.data + 100 * i, 100, 1));
}

UNIT_TEST(a_chain_without_end_loses_the_device)
{
	struct netif_tx_request r;

	start();
	r = good();
	r.size = 2000;
	r.flags = NETIF_MORE_DATA;
	put(r);
	EXPECT_EQ(pass(), -EINVAL);
	start();
	put(r);
	r.size = 10;
	for (unsigned int i = 0; i < NETBACK_PIECES_MAX; i++)
		put(r);
	EXPECT_EQ(pass(), -EINVAL);
	start();
	for (unsigned int i = 0; i < NETIF_SLOTS; i++)
		put(r);
	EXPECT_EQ(pass(), -EINVAL);
	EXPECT(!pair_wire_receive(0, &packet));
}

static void put_extra(uint8_t type, uint8_t flags, uint8_t gso)
{
	struct netif_extra e = {.type = type,
				.flags = flags,
				.gso = {.size = 100, .type = gso}};

	ring_put(tx(), &e, sizeof(e));
}

UNIT_TEST(extra_information_that_is_none_loses_the_device)
{
	static const uint8_t types[] = {0, NETIF_EXTRA_TYPES, 255};
	struct netif_tx_request r;

	start();
	r = good();
	r.flags = NETIF_EXTRA;
	for (unsigned int i = 0; i < 3; i++) {
		start();
		put(r);
		put_extra(types[i], 0, 0);
		EXPECT_EQ(pass(), -EINVAL);
	}
	start(); /* cut off */
	put(r);
	EXPECT_EQ(pass(), -EINVAL);
	start(); /* without end */
	put(r);
	for (unsigned int i = 1; i < NETIF_SLOTS; i++)
		put_extra(NETIF_EXTRA_TYPE_GSO, NETIF_EXTRA_MORE, 1);
	EXPECT_EQ(pass(), -EINVAL);
}

UNIT_TEST(extra_information_that_does_not_fit_loses_its_packet)
{
	static const struct {
		uint8_t type, gso;
	} bad[] = {
		{NETIF_EXTRA_TYPE_GSO, 3},	 {NETIF_EXTRA_TYPE_GSO, 255},
		{NETIF_EXTRA_TYPE_GSO, 1}, /* no TCP */
		{NETIF_EXTRA_TYPE_GSO, 2},	 {NETIF_EXTRA_TYPE_HASH, 0},
		{NETIF_EXTRA_TYPE_MCAST_ADD, 0}, {NETIF_EXTRA_TYPE_XDP, 0},
	};

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct netif_tx_request r;

		start();
		r = good();
		r.flags = NETIF_EXTRA;
		put(r);
		put_extra(bad[i].type, 0, bad[i].gso);
		put(good());
		EXPECT_EQ(pass(), 1);
		EXPECT_EQ(answered(), NETIF_RSP_ERROR);
		EXPECT_EQ(answered(), NETIF_RSP_NULL);
		EXPECT_EQ(answered(), NETIF_RSP_OKAY);
		EXPECT(is_sent(100));
	}
}

UNIT_TEST(a_blank_checksum_needs_a_transport)
{
	struct netif_tx_request r;

	start();
	r = good();
	r.flags = NETIF_CSUM_BLANK;
	put(r);
	EXPECT_EQ(pass(), 1);
	EXPECT_EQ(answered(), NETIF_RSP_ERROR);
	EXPECT(!pair_wire_receive(0, &packet));
}

UNIT_TEST(a_bad_page_for_a_packet_is_answered_so)
{
	struct netfront_queue *f = &pair.front.queues[0];

	start();
	for (unsigned int i = 0; i < 3; i++)
		pair_wire_send(0, &plain, data, 5000);
	/* of the second packet's second page */
	fake_grants[f->rx_pages[f->rx_posted[3]].gref].is_readonly = true;
	pair_run();
	EXPECT_EQ(pair.nr_got, 2);
	EXPECT_EQ(f->stats.rx_errors, 1);
	EXPECT_EQ(pair.back[0].stats.rx_errors, 1);
}

UNIT_TEST(requests_that_are_taken_back_harm_nobody)
{
	start();
	pair.front.queues[0].rx.shared->req_prod -= 200;
	for (unsigned int i = 0; i < NETBACK_BATCH; i++)
		pair_wire_send(0, &plain, data, 60);
	netback_wake(&pair.back[0], false, true);
	while (netback_pass(&pair.back[0], 0) > 0)
		;
	EXPECT_EQ(pair.back[0].stats.rx_packets, 56);
	pair.front.queues[0].rx.shared->req_prod--;
	EXPECT_EQ(netback_pass(&pair.back[0], 0), -EINVAL);
}

UNIT_TEST(a_ring_that_does_not_fit_is_not_connected)
{
	struct netback_queue q;

	start();
	tx()->shared->req_prod = 1000;
	fake_xen_backend_died();
	EXPECT_EQ(netback_open(&q, &pair.choice, 0, -1, data, pair.journal),
		  -EINVAL);
	EXPECT_EQ(fake_nr_maps(), 0);
	EXPECT_EQ(fake_nr_ports(), 1);
}

/* --- a frontend's keys --- */

static void expect_refused(const char *key, const char *value, int rc)
{
	const char *what;
	char path[128] = "/local/domain/7/device/vif/0/";

	pair_offer(&one);
	fake_bus_set(strcat(path, key), value);
	EXPECT_EQ(pair_read(&what), rc);
	if (rc)
		EXPECT(strcmp(what, key) == 0);
}

UNIT_TEST(keys_that_make_no_sense_are_named)
{
	static const char *const bad[] = {"", "x", "-1", "2", "99999999999"};
	static const char *const flags[] = {"request-rx-copy",
					    "feature-rx-notify", "feature-sg",
					    "feature-gso-tcpv4"};

	for (unsigned int i = 0; i < 5; i++)
		for (unsigned int n = 0; n < 4; n++)
			expect_refused(flags[n], bad[i], -EINVAL);
	expect_refused("request-rx-copy", NULL, -EINVAL);
	expect_refused("request-rx-copy", "0", -EINVAL);
	expect_refused("feature-rx-notify", NULL, -EINVAL);
	expect_refused("feature-sg", NULL, 0);
	expect_refused("multi-queue-num-queues", "0", -EINVAL);
	expect_refused("multi-queue-num-queues", "4", -EINVAL);
	expect_refused("tx-ring-ref", NULL, -EINVAL);
	expect_refused("rx-ring-ref", "4294967296", -EINVAL);
	expect_refused("event-channel", NULL, -EINVAL);
}

UNIT_TEST(two_queues_without_the_second_are_refused)
{
	const char *what;

	pair_offer(&(struct netfront_wish){.nr_queues = 2});
	fake_bus_set("/local/domain/7/device/vif/0/queue-1", NULL);
	EXPECT_EQ(pair_read(&what), -EINVAL);
	EXPECT(strcmp(what, "tx-ring-ref") == 0);
}

UNIT_TEST(keys_that_change_while_it_runs_change_nothing)
{
	const struct vnet_header h = {.flags = VNET_NEEDS_CSUM,
				      .gso_type = VNET_GSO_TCPV4,
				      .gso_bytes = 1000};

	start();
	fake_bus_set("/local/domain/7/device/vif/0/feature-sg", "0");
	fake_bus_set("/local/domain/7/device/vif/0/feature-gso-tcpv4", "0");
	fake_bus_set("/local/domain/7/device/vif/0/tx-ring-ref", "1");
	pair_wire_send(0, &h, data, 20000);
	pair_run();
	EXPECT_EQ(pair.nr_got, 1);
	EXPECT_EQ(pair.got[0].offload.gso_bytes, 1000);
}

/* --- requests that change after they were posted --- */

static volatile bool is_over;

/* Everything the frontend shares, all the time; as text it is a frame, too. */
static void *scribble(void *arg)
{
	struct netfront_queue *f = &pair.front.queues[0];
	unsigned int seed = *(unsigned int *)arg;

	while (!is_over) {
		volatile uint8_t *at = f->tx_ring.at;
		uint32_t r = (uint32_t)rand_r(&seed);

		switch (r % 4) {
		case 0: /* a request */
			at[64 + (r >> 8) % (NETIF_PAGE - 64)] =
				(uint8_t)rand_r(&seed);
			break;
		case 1:
			at = f->rx_ring.at;
			at[64 + (r >> 8) % (NETIF_PAGE - 64)] =
				(uint8_t)rand_r(&seed);
			break;
		case 2: /* indexes that are possible */
			tx()->shared->req_prod = pair.back[0].tx.cons + r % 64;
			break;
		default: /* the headers */
			at = f->tx_pages[(r >> 8) % 8].at;
			at[(r >> 16) % 80] = (uint8_t)rand_r(&seed);
		}
	}
	return NULL;
}

UNIT_TEST(what_changes_all_the_time_harms_nobody)
{
	for (unsigned int seed = 1; seed <= 60; seed++) {
		pthread_t thread;

		start();
		for (unsigned int i = 0; i < NETIF_SLOTS; i++) {
			struct netif_tx_request r = good();

			r.gref = pair.front.queues[0].tx_pages[i % 8].gref;
			r.flags = i % 3 ? 0 : NETIF_CSUM_BLANK;
			put(r);
		}
		is_over = false;
		EXPECT_EQ(pthread_create(&thread, NULL, scribble, &seed), 0);
		for (unsigned int i = 0; i < 40; i++) {
			pair_wire_send(0, &plain, data, 3000);
			if (netback_pass(&pair.back[0], 0) < 0)
				break;
			while (pair_wire_receive(0, &packet))
				;
		}
		is_over = true;
		pthread_join(thread, NULL);
		netback_close(&pair.back[0]);
		EXPECT_EQ(fake_nr_maps(), 0);
	}
}

/* --- a backend: raw responses on its rings --- */

static void answer(struct netif_tx_response r)
{
	ring_put(&pair.back[0].tx, &r, sizeof(r));
	(void)ring_back_publish(&pair.back[0].tx);
}

static void deliver(uint16_t id, uint16_t offset, uint16_t flags,
		    int16_t status)
{
	struct netif_rx_response r = {
		.id = id, .offset = offset, .flags = flags, .status = status};

	ring_put(&pair.back[0].rx, &r, sizeof(r));
}

static int front_event(void)
{
	(void)ring_back_publish(&pair.back[0].rx);
	return netfront_ring_event(&pair.front, 0);
}

static uint16_t next_id(unsigned int n)
{
	struct netfront_queue *f = &pair.front.queues[0];

	return f->rx_posted[(f->rx.cons + n) % NETIF_SLOTS];
}

UNIT_TEST(an_answer_to_nothing_breaks_the_frontend)
{
	static const struct netif_tx_response bad[] = {
		{.id = 0},
		{.id = 255},
		{.id = 256},
		{.id = 65535, .status = -1},
		{.id = 255, .status = NETIF_RSP_NULL},
	};

	for (unsigned int i = 0; i < 5; i++) {
		start();
		netfront_send(&pair.front, 0, data, 60, &nothing);
		netfront_push(&pair.front, 0);
		if (i == 1) /* the right one, twice */
			answer(bad[1]);
		answer(bad[i]);
		EXPECT_EQ(front_event(), -EINVAL);
		EXPECT(pair.front.is_broken);
		EXPECT_EQ(netfront_send(&pair.front, 0, data, 60, &nothing),
			  -EIO);
		EXPECT_EQ(netfront_sleep(&pair.front, 0), -EIO);
	}
}

UNIT_TEST(response_indexes_that_jump_break_the_frontend)
{
	start();
	pair.front.queues[0].tx.shared->rsp_prod += 1;
	EXPECT_EQ(netfront_ring_event(&pair.front, 0), -EINVAL);
	start();
	pair.front.queues[0].rx.shared->rsp_prod += 257;
	EXPECT_EQ(netfront_ring_event(&pair.front, 0), -EINVAL);
}

UNIT_TEST(a_packet_with_bad_pieces_is_lost)
{
	static const struct {
		uint16_t offset;
		int16_t status;
	} bad[] = {{0, -1},    {0, -32768}, {4000, 97},	    {65535, 1},
		   {0, 32767}, {0, 4097},   {65535, 32767}, {0, 13}};

	for (unsigned int i = 0; i < 8; i++) {
		start();
		deliver(next_id(0), bad[i].offset, 0, bad[i].status);
		deliver(next_id(1), 0, 0, 60);
		EXPECT_EQ(front_event(), 2);
		EXPECT_EQ(pair.nr_got, 1);
		EXPECT_EQ(pair.front.queues[0].stats.rx_errors, 1);
	}
}

UNIT_TEST(a_packet_longer_than_any_is_lost)
{
	start();
	for (unsigned int i = 0; i < 40; i++)
		deliver(next_id(i), 0, i < 39 ? NETIF_MORE_DATA : 0, 4096);
	EXPECT_EQ(front_event(), 40);
	EXPECT_EQ(pair.nr_got, 0);
}

UNIT_TEST(a_packet_without_end_breaks_the_frontend)
{
	start();
	deliver(next_id(0), 0, NETIF_MORE_DATA, 60);
	EXPECT_EQ(front_event(), -EINVAL);
	start();
	deliver(next_id(0), 0, NETIF_EXTRA, 60);
	EXPECT_EQ(front_event(), -EINVAL);
	start(); /* another one's page */
	deliver((uint16_t)(next_id(0) + 1), 0, 0, 60);
	EXPECT_EQ(front_event(), -EINVAL);
}

UNIT_TEST(extra_information_from_a_backend_is_looked_at)
{
	static const struct netif_extra bad[] = {
		{.type = 0},
		{.type = 255},
		{.type = NETIF_EXTRA_TYPE_GSO, .gso = {.type = 1, .size = 0}},
		{.type = NETIF_EXTRA_TYPE_GSO, .gso = {.type = 9, .size = 9}},
	};

	for (unsigned int i = 0; i < 4; i++) {
		start();
		deliver(next_id(0), 0, NETIF_EXTRA, 60);
		ring_put(&pair.back[0].rx, &bad[i], sizeof(bad[i]));
		EXPECT_EQ(front_event(), 2);
		EXPECT_EQ(pair.nr_got, 0);
		EXPECT_EQ(pair.front.queues[0].stats.rx_errors, 1);
	}
}

UNIT_TEST(a_backend_that_keeps_a_page_does_not_get_it_twice)
{
	unsigned int pages = fake_nr_pages();

	start();
	pages = fake_nr_pages();
	fake_grants[pair.front.queues[0].rx_pages[5].gref].nr_maps++;
	netfront_destroy(&pair.front);
	EXPECT_EQ(fake_nr_grants(), 3); /* that one, and the rings */
	EXPECT_EQ(fake_nr_pages(), 3);
	EXPECT(pages > 500);
	fake_xen_backend_died();
	EXPECT_EQ(fake_nr_grants() + fake_nr_pages(), 0);
}
