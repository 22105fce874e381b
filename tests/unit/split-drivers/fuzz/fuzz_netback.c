// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: a script of what a frontend and a network do to our network
 * backend. A step is one byte that says what, and what it needs from the bytes
 * behind it. At the end nothing may be left.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../net/net_pair.h"
#include "unit_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *next, *end;
static uint8_t frame[NETIF_PACKET_MAX];
static struct pair_packet packet;

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

/* Grants that exist are likelier than others. */
static void put_request(void)
{
	struct netfront_queue *f = &pair.front.queues[0];
	struct netif_tx_request r;

	take(&r, sizeof(r));
	if (r.gref % 8)
		r.gref = f->tx_pages[r.gref % NETFRONT_PAGES_MAX].gref;
	ring_put(&f->tx, &r, sizeof(r));
	f->tx.shared->req_prod = f->tx.prod;
}

static void put_extra(void)
{
	struct ring *r = &pair.front.queues[0].tx;
	struct netif_extra e;

	take(&e, sizeof(e));
	e.type %= 8;
	ring_put(r, &e, sizeof(e));
	r->shared->req_prod = r->prod;
}

static void fill_page(void)
{
	struct netfront_queue *f = &pair.front.queues[0];
	size_t n = byte();

	take(f->tx_pages[byte()].at + byte(), n);
}

static void from_wire(void)
{
	struct vnet_header h;

	take(&h, sizeof(h));
	pair_wire_send(0, &h, frame, word() % (NETIF_PACKET_MAX + 1u));
}

/* false: the device is lost. */
static bool step(void)
{
	struct netfront_queue *f = &pair.front.queues[0];

	switch (byte() % 12) {
	case 0:
	case 1:
		put_request();
		break;
	case 2:
		put_extra();
		break;
	case 3:
		fill_page();
		break;
	case 4:
		from_wire();
		break;
	case 5:
		f->tx.shared->req_prod += byte();
		break;
	case 6:
		f->rx.shared->req_prod += byte() % 8;
		break;
	case 7: /* any byte of a ring */
		((uint8_t *)(byte() % 2 ? f->tx.shared
					: f->rx.shared))[word() % NETIF_PAGE] =
			byte();
		break;
	case 8:
		fake_grants[f->rx_pages[byte()].gref].is_readonly = byte() % 2;
		break;
	case 9:
		(void)netback_sleep(&pair.back[0], 0);
		break;
	default:
		if (netback_pass(&pair.back[0], word() % 1000) < 0)
			return false;
		while (pair_wire_receive(0, &packet))
			if (packet.bytes > NETIF_PACKET_MAX)
				abort();
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct netfront_wish wish = {.nr_queues = 1};

	next = data;
	end = data + size;
	pair_connect(&wish);
	if (byte() % 4 == 0)
		pair.back[0].rate = (struct netback_rate){.bytes = 1000,
							  .interval_ns = 100};
	while (next < end && step())
		;
	netback_close(&pair.back[0]);
	if (fake_nr_maps())
		abort();
	return 0;
}
