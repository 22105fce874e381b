// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions that the network backend's own code takes for a packet, with 1
 * and 64 of them at a time, both ways. What Xen and the kernel take is not in
 * there: for a batch one call that copies and one event, for a packet one call
 * of the tap.
 *
 * Fails if it is more than the limit in the last column.
 */
#include <string.h>

#include "../net/net_pair.h"
#include "steps.h"
#include "unit_test.h"

#define ROUNDS 4u

static uint8_t data[NETIF_PACKET_MAX];
static struct pair_packet packet;

/* An Ethernet frame with IPv4 and TCP, good enough for offloads. */
static void make_frame(uint32_t bytes)
{
	uint32_t ip = bytes - 14;

	memset(data, 0, sizeof(data));
	data[12] = 8;
	data[14] = 0x45;
	data[16] = (uint8_t)(ip >> 8);
	data[17] = (uint8_t)ip;
	data[23] = 6;
	data[46] = 0x50;
}

static void send(uint32_t bytes, bool is_to_front)
{
	bool is_gso = bytes > 1514;
	const struct vnet_header h = {
		.flags = VNET_NEEDS_CSUM,
		.gso_type = is_gso ? VNET_GSO_TCPV4 : VNET_GSO_NONE,
		.gso_bytes = 1448,
	};
	const struct netfront_offload o = {
		.is_csum_blank = true,
		.gso = is_gso ? NETIF_GSO_TCPV4 : NETIF_GSO_NONE,
		.gso_bytes = 1448,
	};

	if (is_to_front)
		pair_wire_send(0, &h, data, bytes);
	else
		EXPECT_EQ(netfront_send(&pair.front, 0, data, bytes, &o), 0);
}

static unsigned long cost(uint32_t bytes, bool is_to_front, unsigned int depth)
{
	static const struct netfront_wish wish = {.nr_queues = 1};

	make_frame(bytes);
	pair_connect(&wish);
	pair_run();
	steps_counted = 0;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		for (unsigned int i = 0; i < depth; i++)
			send(bytes, is_to_front);
		netfront_push(&pair.front, 0);
		STEPS_BEGIN();
		pair_run_back();
		STEPS_END();
		pair_run();
		for (unsigned int i = 0; i < depth && !is_to_front; i++)
			EXPECT(pair_wire_receive(0, &packet));
		EXPECT_EQ(pair.nr_got, is_to_front ? depth : 0);
		pair.nr_got = 0;
	}
	return steps_counted / (ROUNDS * depth);
}

int main(void)
{
	static const struct {
		const char *name;
		uint32_t bytes;
		bool is_to_front;
		unsigned int depth;
		unsigned long limit;
	} rows[] = {
		{"from guest, 60 bytes, 1", 60, false, 1, 1800},
		{"from guest, 60 bytes, 64", 60, false, 64, 420},
		{"from guest, 1514 bytes, 64", 1514, false, 64, 420},
		{"from guest, 64 KiB, 8", 65000, false, 8, 2100},
		{"to guest, 60 bytes, 1", 60, true, 1, 1150},
		{"to guest, 60 bytes, 64", 60, true, 64, 240},
		{"to guest, 1514 bytes, 64", 1514, true, 64, 240},
		{"to guest, 64 KiB, 8", 65000, true, 8, 1850},
	};

	steps_start();
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		steps_report(
			rows[i].name,
			cost(rows[i].bytes, rows[i].is_to_front, rows[i].depth),
			rows[i].limit);
	return steps_finish();
}
