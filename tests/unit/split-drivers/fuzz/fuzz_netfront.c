// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: a script of what a backend does to our network frontend. A step
 * is one byte that says what, and what it needs from the bytes behind it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../net/net_pair.h"
#include "unit_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *next, *end;
static uint8_t frame[NETIF_PACKET_MAX];

void unit_test_fail(const char *file, int line, const char *fmt, ...)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, fmt);
	abort();
}

static uint8_t byte(void)
{
	return next < end ? *next++ : 0;
}

static uint32_t word(void)
{
	return byte() | (uint32_t)byte() << 8 | (uint32_t)byte() << 16 |
	       (uint32_t)byte() << 24;
}

static void take(void *to, size_t bytes)
{
	size_t n = bytes < (size_t)(end - next) ? bytes : (size_t)(end - next);

	memset(to, 0, bytes);
	memcpy(to, next, n);
	next += n;
}

/* The right ids are likelier than others. */
static void deliver(void)
{
	struct netfront_queue *f = &pair.front.queues[0];
	struct ring *r = &pair.back[0].rx;
	struct netif_rx_response a;

	take(&a, sizeof(a));
	if (a.id % 8)
		a.id = f->rx_posted[r->prod % NETIF_SLOTS];
	if (a.offset % 4)
		a.offset = 0;
	ring_put(r, &a, sizeof(a));
	r->shared->rsp_prod = r->prod;
}

static void put_extra(void)
{
	struct ring *r = &pair.back[0].rx;
	struct netif_extra e;

	take(&e, sizeof(e));
	ring_put(r, &e, sizeof(e));
	r->shared->rsp_prod = r->prod;
}

static void answer(void)
{
	struct ring *r = &pair.back[0].tx;
	struct netif_tx_response a;

	take(&a, sizeof(a));
	ring_put(r, &a, sizeof(a));
	r->shared->rsp_prod = r->prod;
}

static void send_one(void)
{
	const struct netfront_offload o = {
		.is_csum_blank = byte() % 2,
		.gso = byte() % 4,
		.gso_bytes = byte(),
	};

	(void)netfront_send(&pair.front, 0, frame,
			    word() % (NETIF_PACKET_MAX + 2u), &o);
	netfront_push(&pair.front, 0);
}

static void change_key(void)
{
	static const char *const keys[] = {
		"state", "feature-sg", "feature-gso-tcpv4",
		"multi-queue-max-queues", "feature-rx-copy"};
	char path[128] = "/local/domain/0/backend/vif/7/0/", value[2] = "";

	value[0] = (char)('0' + byte() % 10);
	fake_bus_set(strcat(path, keys[byte() % 5]), byte() % 8 ? value : NULL);
	(void)netfront_store_event(&pair.front);
}

static void step(void)
{
	struct netfront_queue *f = &pair.front.queues[0];
	uint8_t what = byte() % 10;

	if (!f->tx_ring.at && what != 0)
		return; /* closed: there is nothing that is shared */
	switch (what) {
	case 0:
		change_key();
		break;
	case 1:
	case 2:
		deliver();
		break;
	case 3:
		put_extra();
		break;
	case 4:
		answer();
		break;
	case 5:
		send_one();
		break;
	case 6: /* any byte of a ring */
		((uint8_t *)(byte() % 2 ? f->tx.shared
					: f->rx.shared))[word() % NETIF_PAGE] =
			byte();
		break;
	default:
		pair.nr_got = 0;
		(void)netfront_sleep(&pair.front, 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct netfront_wish wish = {.nr_queues = 1};

	next = data;
	end = data + size;
	pair_connect(&wish);
	while (next < end)
		step();
	netback_close(&pair.back[0]);
	netfront_destroy(&pair.front);
	/* rings that were still mapped when it closed stay away */
	if (fake_nr_maps() || fake_nr_ports() || fake_nr_grants() > 2 ||
	    fake_nr_pages() != fake_nr_grants())
		abort();
	return 0;
}
