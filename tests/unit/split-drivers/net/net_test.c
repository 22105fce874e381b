// SPDX-License-Identifier: GPL-2.0-only
/*
 * A network device between our frontend and our backend: the way up and down,
 * packets both ways, what a batch costs, sleeping, and a backend that dies.
 */
#include <errno.h>
#include <string.h>

#include "../die_at_store.h"
#include "net_pair.h"
#include "unit_test.h"

static const struct netfront_wish one = {.nr_queues = 1};
static const struct netfront_offload nothing;
static const struct vnet_header plain;
static uint8_t data[NETIF_PACKET_MAX + 1];
static struct pair_packet packet;

static const uint32_t lengths[] = {14,	 15,   60,   1514,  4095,  4096,
				   4097, 8192, 9014, 32768, 65534, 65535};
#define NR_LENGTHS (sizeof(lengths) / sizeof(lengths[0]))

UNIT_TEST(netfront_and_netback_connect_and_leave_nothing)
{
	static const struct netfront_wish wishes[] = {
		{.nr_queues = 1},
		{.nr_queues = 1, .is_split = true},
		{.nr_queues = 2, .is_split = true},
		{.nr_queues = 9},
	};

	for (unsigned int i = 0; i < 4; i++) {
		pair_connect(&wishes[i]);
		EXPECT_EQ(pair.choice.nr_queues, i < 2 ? 1 : i == 2 ? 2 : 3);
		EXPECT(pair.choice.can_sg && pair.choice.can_csum4 &&
		       pair.choice.can_csum6 && pair.choice.can_gso4 &&
		       pair.choice.can_gso6);
		EXPECT_EQ(pair.front.mac[5], 0x0c);
		EXPECT_EQ(fake_nr_maps(), 2 * pair.choice.nr_queues);
		pair_disconnect();
		EXPECT_EQ(fake_nr_maps() + fake_nr_grants() + fake_nr_pages() +
				  fake_nr_ports(),
			  0);
	}
}

UNIT_TEST(packets_of_all_lengths_arrive_at_the_wire)
{
	pair_connect(&one);
	for (unsigned int round = 0; round < 40; round++)
		for (unsigned int i = 0; i < NR_LENGTHS; i++) {
			pair_fill(data, lengths[i], round + i);
			EXPECT_EQ(netfront_send(&pair.front, 0, data,
						lengths[i], &nothing),
				  0);
			netfront_push(&pair.front, 0);
			pair_run();
			EXPECT(pair_wire_receive(0, &packet));
			EXPECT_EQ(packet.bytes, lengths[i]);
			EXPECT_EQ(packet.header.flags, 0);
			EXPECT(pair_is_filled(packet.data, lengths[i],
					      round + i));
		}
	EXPECT_EQ(pair.front.queues[0].nr_tx_free, NETIF_SLOTS);
	EXPECT_EQ(pair.front.queues[0].stats.tx_errors, 0);
}

UNIT_TEST(packets_of_all_lengths_arrive_at_the_frontend)
{
	pair_connect(&one);
	for (unsigned int round = 0; round < 20; round++)
		for (unsigned int i = 0; i < NR_LENGTHS; i++) {
			pair_fill(data, lengths[i], round + i);
			pair_wire_send(0, &plain, data, lengths[i]);
			pair_run();
			EXPECT_EQ(pair.nr_got, 1);
			EXPECT_EQ(pair.got[0].bytes, lengths[i]);
			EXPECT(!pair.got[0].offload.is_csum_blank);
			EXPECT(pair_is_filled(pair.got[0].data, lengths[i],
					      round + i));
			pair.nr_got = 0;
		}
	EXPECT_EQ(pair.front.queues[0].stats.rx_errors, 0);
}

UNIT_TEST(each_queue_has_its_own_wire)
{
	static const struct netfront_wish three = {.nr_queues = 3,
						   .is_split = true};

	pair_connect(&three);
	for (unsigned int q = 0; q < 3; q++) {
		pair_fill(data, 100, q);
		EXPECT_EQ(netfront_send(&pair.front, q, data, 100, &nothing),
			  0);
		netfront_push(&pair.front, q);
		pair_fill(data, 200, q + 10);
		pair_wire_send(q, &plain, data, 200);
	}
	pair_run();
	EXPECT_EQ(pair.nr_got, 3);
	for (unsigned int q = 0; q < 3; q++) {
		EXPECT(pair_wire_receive(q, &packet));
		EXPECT(pair_is_filled(packet.data, 100, q));
		EXPECT(pair_is_filled(pair.got[q].data, 200,
				      pair.got[q].queue + 10));
	}
}

UNIT_TEST(a_batch_is_one_copy_and_one_event)
{
	pair_connect(&one);
	pair_run();
	memset(&fake_calls, 0, sizeof(fake_calls));
	for (unsigned int i = 0; i < NETBACK_BATCH; i++)
		EXPECT_EQ(netfront_send(&pair.front, 0, data, 60, &nothing), 0);
	netfront_push(&pair.front, 0);
	EXPECT_EQ(netback_pass(&pair.back[0], 0), 1);
	EXPECT_EQ(fake_calls.copies, 1);
	EXPECT_EQ(fake_calls.notifies, 1);
	for (unsigned int i = 0; i < NETBACK_BATCH; i++)
		pair_wire_send(0, &plain, data, 60);
	netback_wake(&pair.back[0], false, true);
	EXPECT_EQ(netback_pass(&pair.back[0], 0), 1);
	EXPECT_EQ(fake_calls.copies, 2);
	EXPECT_EQ(fake_calls.notifies, 2);
	EXPECT_EQ(fake_calls.maps + fake_calls.unmaps, 0);
}

UNIT_TEST(a_tap_that_is_dry_is_polled_or_looked_at)
{
	struct netback_queue *q = &pair.back[0];

	pair_connect(&one);
	pair_run();
	pair_wire_send(0, &plain, data, 60);
	EXPECT(netback_sleep(q, 0).is_idle);
	netback_wake(q, true, false);
	for (unsigned int i = 0; i < 2; i++) {
		/* first right after the poll, which saw nothing */
		EXPECT_EQ(q->stats.rx_packets, 0);
		EXPECT_EQ(netfront_send(&pair.front, 0, data, 60, &nothing), 0);
		netfront_push(&pair.front, 0);
		EXPECT_EQ(netback_pass(q, 0), 1);
	}
	EXPECT_EQ(q->stats.rx_packets, 1);
}

UNIT_TEST(packets_of_any_length_lie_side_by_side)
{
	static const uint32_t bytes[] = {4080, 4086, 4087, 4096,
					 60,   8182, 8183};

	pair_connect(&one);
	pair_run();
	for (unsigned int i = 0; i < 7; i++) {
		pair_fill(data, bytes[i], i);
		pair_wire_send(0, &plain, data, bytes[i]);
	}
	netback_wake(&pair.back[0], false, true);
	EXPECT_EQ(netback_pass(&pair.back[0], 0), 1);
	pair_run();
	EXPECT_EQ(pair.nr_got, 7);
	for (unsigned int i = 0; i < 7; i++) {
		EXPECT_EQ(pair.got[i].bytes, bytes[i]);
		EXPECT(pair_is_filled(pair.got[i].data, bytes[i], i));
	}
}

UNIT_TEST(buffers_that_come_back_wake_nobody)
{
	unsigned int before;

	pair_connect(&one);
	pair_run();
	before = fake_ports[pair.front.queues[0].rx_port].nr_to_back;
	for (unsigned int i = 0; i < 50; i++) {
		pair_wire_send(0, &plain, data, 60);
		pair_run();
	}
	EXPECT_EQ(pair.nr_got, 50);
	EXPECT_EQ(fake_ports[pair.front.queues[0].rx_port].nr_to_back, before);
}

UNIT_TEST(a_packet_waits_for_slots)
{
	static const struct netfront_wish few = {
		.nr_queues = 1, .tx_pages = 20, .rx_pages = 17};

	pair_connect(&few);
	pair_run();
	for (unsigned int i = 0; i < 3; i++) {
		pair_fill(data, 65535, i);
		pair_wire_send(0, &plain, data, 65535);
	}
	netback_wake(&pair.back[0], false, true);
	EXPECT_EQ(netback_pass(&pair.back[0], 0), 1);
	EXPECT(pair.back[0].is_holding);
	EXPECT_EQ(netback_pass(&pair.back[0], 0), 0);
	EXPECT(netback_sleep(&pair.back[0], 0).is_idle);
	EXPECT(!netback_sleep(&pair.back[0], 0).wants_tap);
	pair_run();
	EXPECT_EQ(pair.nr_got, 3);
	for (unsigned int i = 0; i < 3; i++)
		EXPECT(pair_is_filled(pair.got[i].data, 65535, i));
}

UNIT_TEST(a_full_ring_says_so)
{
	unsigned int nr = 0;

	pair_connect(&one);
	while (netfront_send(&pair.front, 0, data, 9000, &nothing) == 0)
		nr++;
	EXPECT_EQ(nr, 85);
	EXPECT_EQ(netfront_send(&pair.front, 0, data, 9000, &nothing), -EAGAIN);
	EXPECT_EQ(netfront_send(&pair.front, 0, data, 13, &nothing), -EMSGSIZE);
	EXPECT_EQ(netfront_send(&pair.front, 0, data, 65536, &nothing),
		  -EMSGSIZE);
	netfront_push(&pair.front, 0);
	pair_run();
	while (pair_wire_receive(0, &packet))
		nr--;
	EXPECT_EQ(nr, 0);
}

UNIT_TEST(a_plain_frontend_gets_one_page_and_no_offload)
{
	static const struct netfront_wish simple = {.nr_queues = 1,
						    .is_plain = true};
	const struct netfront_offload blank = {.is_csum_blank = true};

	pair_connect(&simple);
	EXPECT(!pair.choice.can_sg && !pair.choice.can_csum4 &&
	       !pair.choice.can_csum6 && !pair.choice.can_gso4 &&
	       !pair.choice.can_gso6);
	pair_wire_send(0, &plain, data, 4097);
	pair_fill(data, 4096, 1);
	pair_wire_send(0, &plain, data, 4096);
	pair_run();
	EXPECT_EQ(pair.nr_got, 1);
	EXPECT(pair_is_filled(pair.got[0].data, 4096, 1));
	EXPECT_EQ(netfront_send(&pair.front, 0, data, 4097, &nothing),
		  -EMSGSIZE);
	EXPECT_EQ(netfront_send(&pair.front, 0, data, 60, &blank), -EOPNOTSUPP);
}

UNIT_TEST(a_segmented_packet_keeps_its_size_both_ways)
{
	const struct vnet_header h = {.flags = VNET_NEEDS_CSUM,
				      .gso_type = VNET_GSO_TCPV6 | VNET_GSO_ECN,
				      .gso_bytes = 1400};

	pair_connect(&one);
	pair_fill(data, 20000, 1);
	pair_wire_send(0, &h, data, 20000);
	pair_run();
	EXPECT_EQ(pair.nr_got, 1);
	EXPECT_EQ(pair.got[0].bytes, 20000);
	EXPECT(pair.got[0].offload.is_csum_blank);
	EXPECT_EQ(pair.got[0].offload.gso, NETIF_GSO_TCPV6);
	EXPECT_EQ(pair.got[0].offload.gso_bytes, 1400);
	EXPECT(pair_is_filled(pair.got[0].data, 20000, 1));
}

/* A UDP packet of @bytes behind IP, its sum of the pseudo header in place. */
static uint32_t make_udp(unsigned int version, uint32_t bytes,
			 struct vnet_header *h)
{
	uint32_t udp = 14 + (version == 4 ? 20 : 40);

	pair_fill(data, udp + bytes, version);
	data[12] = version == 4 ? 0x08 : 0x86;
	data[13] = version == 4 ? 0x00 : 0xdd;
	data[udp + 6] = 0x12;
	data[udp + 7] = 0x34;
	*h = (struct vnet_header){.flags = VNET_NEEDS_CSUM,
				  .csum_start = (uint16_t)udp,
				  .csum_offset = 6};
	return udp;
}

/* It is what was sent, and right by the sum of its pseudo header, 0x1234. */
static bool is_finished(const struct pair_packet *p, uint32_t start)
{
	uint64_t sum = 0x1234;

	EXPECT_EQ(memcmp(p->data, data, start + 6), 0);
	EXPECT_EQ(memcmp(p->data + start + 8, data + start + 8,
			 p->bytes - start - 8),
		  0);
	for (uint32_t i = start; i < p->bytes; i++)
		sum += (uint64_t)p->data[i] << ((i - start) % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return !p->offload.is_csum_blank && p->offload.is_validated &&
	       sum == 0xffff;
}

UNIT_TEST(checksums_of_one_ip_version_are_left_to_a_frontend_that_can)
{
	static const struct {
		const char *key, *value;
		unsigned int can;
	} fronts[] = {
		{"feature-ipv6-csum-offload", "0", 4},
		{"feature-no-csum-offload", "1", 6},
	};

	for (unsigned int i = 0; i < 4; i++) {
		unsigned int can = fronts[i / 2].can;
		unsigned int version = i % 2 ? 4 : 6;
		uint32_t bytes = 1001, start;
		struct vnet_header h;
		char path[64];

		pair_offer(&one);
		EXPECT_EQ(xenbus_join(path, sizeof(path), pair.front.bus.own,
				      fronts[i / 2].key),
			  0);
		fake_bus_set(path, fronts[i / 2].value);
		pair_open();
		EXPECT_EQ(pair.choice.can_csum4, can == 4);
		EXPECT_EQ(pair.choice.can_csum6, can == 6);
		EXPECT_EQ(pair.choice.can_gso4, can == 4);
		EXPECT_EQ(pair.choice.can_gso6, can == 6);
		start = make_udp(version, bytes, &h);
		pair_wire_send(0, &h, data, start + bytes);
		h.csum_start = (uint16_t)(start + bytes - 7);
		pair_wire_send(0, &h, data, start + bytes);
		pair_run();
		/* with no place for a checksum it is lost */
		EXPECT_EQ(pair.nr_got, version == can ? 2 : 1);
		EXPECT_EQ(pair.got[0].bytes, start + bytes);
		if (version == can)
			EXPECT(pair.got[0].offload.is_csum_blank &&
			       memcmp(pair.got[0].data, data, start + bytes) ==
				       0);
		else
			EXPECT(is_finished(&pair.got[0], start));
	}
}

UNIT_TEST(a_backend_that_dies_is_a_pause)
{
	pair_connect(&one);
	for (unsigned int i = 0; i < 30; i++) {
		pair_fill(data, 3000, i);
		EXPECT_EQ(netfront_send(&pair.front, 0, data, 3000, &nothing),
			  0);
		pair_wire_send(0, &plain, data, 3000);
		netfront_push(&pair.front, 0);
		if (i % 3 == 0)
			netback_pass(&pair.back[0], 0);
		if (i % 5 == 0)
			pair_backend_dies();
	}
	pair_run();
	EXPECT_EQ(pair.nr_got, 30);
	for (unsigned int i = 0; i < 30; i++) {
		EXPECT(pair_wire_receive(0, &packet));
		EXPECT(pair_is_filled(packet.data, 3000, i));
		EXPECT(pair_is_filled(pair.got[i].data, 3000, i));
	}
}

#define DEATHS 150u
#define NR_EACH 20u

/* Packets both ways, and a backend that ends before its store @last. */
static unsigned long one_death(unsigned long last)
{
	unsigned int wire = 0;
	unsigned long stores;

	pair_connect(&one);
	pair_run();
	for (unsigned int i = 0; i < NR_EACH; i++) {
		pair_fill(data, 500 + 400 * i, i);
		EXPECT_EQ(netfront_send(&pair.front, 0, data, 500 + 400 * i,
					&nothing),
			  0);
		pair_wire_send(0, &plain, data, 500 + 400 * i);
	}
	netfront_push(&pair.front, 0);
	stores = die_at_store(pair_run_back, last);
	pair_backend_dies();
	pair_run();
	/* what was sent and not answered is sent again, and all is right */
	EXPECT(!pair.front.is_broken);
	EXPECT_EQ(pair.front.queues[0].nr_tx_free, NETIF_SLOTS);
	EXPECT_EQ(pair.front.queues[0].stats.tx_errors, 0);
	EXPECT_EQ(pair.front.queues[0].stats.rx_errors, 0);
	while (pair_wire_receive(0, &packet)) {
		unsigned int i = (packet.bytes - 500) / 400;

		EXPECT(i <= wire); /* none is left out */
		EXPECT(pair_is_filled(packet.data, packet.bytes, i));
		wire = i + 1;
	}
	EXPECT_EQ(wire, NR_EACH);
	for (unsigned int n = 0; n < pair.nr_got; n++)
		EXPECT(pair_is_filled(pair.got[n].data, pair.got[n].bytes,
				      (pair.got[n].bytes - 500) / 400));
	return stores;
}

UNIT_TEST(a_backend_that_dies_before_any_store_is_a_pause)
{
	unsigned long all = one_death(~0ul);

	EXPECT(all > 500);
	for (unsigned long i = 0; i < DEATHS; i++)
		one_death(all * i / DEATHS + i % 7);
}

UNIT_TEST(a_rate_holds_packets_back)
{
	unsigned int nr = 0;

	pair_connect(&one);
	pair.back[0].rate =
		(struct netback_rate){.bytes = 5000, .interval_ns = 1000};
	for (unsigned int i = 0; i < 10; i++)
		netfront_send(&pair.front, 0, data, 1000, &nothing);
	netfront_push(&pair.front, 0);
	EXPECT_EQ(netback_pass(&pair.back[0], 10), 1);
	EXPECT_EQ(netback_pass(&pair.back[0], 10), 0);
	EXPECT_EQ(netback_sleep(&pair.back[0], 10).ns, 1000);
	EXPECT_EQ(netback_sleep(&pair.back[0], 510).ns, 500);
	while (pair_wire_receive(0, &packet))
		nr++;
	EXPECT_EQ(nr, 5);
	EXPECT_EQ(netback_pass(&pair.back[0], 1010), 1);
	while (pair_wire_receive(0, &packet))
		nr++;
	EXPECT_EQ(nr, 10);
}

UNIT_TEST(each_failure_on_the_way_up_leaves_nothing)
{
	const char *what;

	for (int n = 0;; n++) {
		int rc;

		pair_offer(&one);
		EXPECT_EQ(pair_read(&what), 0);
		netfront_destroy(&pair.front);
		fake_xen_reset();
		fake_bus_set(pair.front.bus.own, NULL);
		pair_offer(&one);
		EXPECT_EQ(pair_read(&what), 0);
		fake_until_failure = n;
		rc = netback_open(&pair.back[0], &pair.choice, 0, -1, data,
				  &pair.journal[0]);
		fake_until_failure = -1;
		if (rc == 0) {
			EXPECT(n > 2);
			netback_close(&pair.back[0]);
			break;
		}
		EXPECT_EQ(fake_nr_maps(), 0);
		EXPECT_EQ(fake_nr_ports(), 1);
	}
}
