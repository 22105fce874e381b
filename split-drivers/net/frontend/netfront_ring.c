// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets to requests, responses to packets. See netfront.h.
 */
#include "netfront.h"

#include <abi/errno.h>

#include "../../seam/front_xen.h"

#define ETH_HEADER 14u
#define PACKET_PAGES 17u

/* --- to the backend --- */

static bool can_do(const struct netfront *f, const struct netfront_offload *o)
{
	if (f->wish.is_plain)
		return !o->is_csum_blank && o->gso == NETIF_GSO_NONE;
	return o->gso == NETIF_GSO_NONE ||
	       (o->gso == NETIF_GSO_TCPV4 && f->can_gso4) ||
	       (o->gso == NETIF_GSO_TCPV6 && f->can_gso6);
}

static uint16_t flags_of(const struct netfront_offload *o)
{
	uint16_t flags = o->is_validated ? NETIF_VALIDATED : 0;

	if (o->is_csum_blank)
		flags |= NETIF_CSUM_BLANK | NETIF_VALIDATED;
	if (o->gso)
		flags |= NETIF_EXTRA | NETIF_CSUM_BLANK | NETIF_VALIDATED;
	return flags;
}

static void put_extra(struct netfront_queue *q,
		      const struct netfront_offload *o)
{
	struct netif_extra e = {
		.type = NETIF_EXTRA_TYPE_GSO,
		.gso.size = o->gso_bytes,
		.gso.type = o->gso,
	};

	ring_put(&q->tx, &e, sizeof(e));
	q->nr_tx_extra++;
}

/* One slot: @bytes of data, which are said to be @size. */
static void put_piece(struct netfront_queue *q, const uint8_t *data,
		      uint32_t bytes, uint32_t size, uint16_t flags)
{
	uint16_t id = q->tx_free[--q->nr_tx_free];
	struct netif_tx_request r = {
		.gref = q->tx_pages[id].gref,
		.flags = flags,
		.id = id,
		.size = (uint16_t)size,
	};

	__builtin_memcpy(q->tx_pages[id].at, data, bytes);
	q->tx_is_busy[id] = true;
	ring_put(&q->tx, &r, sizeof(r));
}

int netfront_send(struct netfront *f, unsigned int queue, const void *data,
		  uint32_t bytes, const struct netfront_offload *o)
{
	struct netfront_queue *q = &f->queues[queue];
	uint32_t pages = (bytes + NETIF_PAGE - 1) / NETIF_PAGE;
	uint16_t flags = flags_of(o);
	const uint8_t *p = data;

	if (!f->is_connected || f->is_broken || queue >= f->nr_queues)
		return -EIO;
	if (bytes < ETH_HEADER || bytes > NETIF_PACKET_MAX ||
	    (pages > 1 && !f->can_sg))
		return -EMSGSIZE;
	if (!can_do(f, o))
		return -EOPNOTSUPP;
	if (q->nr_tx_free < pages || ring_front_room(&q->tx) < pages + !!o->gso)
		return -EAGAIN;
	for (uint32_t left = bytes; left; p += NETIF_PAGE) {
		uint32_t piece = left < NETIF_PAGE ? left : NETIF_PAGE;
		bool is_first = left == bytes;

		left -= piece;
		put_piece(q, p, piece, is_first ? bytes : piece,
			  (is_first ? flags : 0) |
				  (left ? NETIF_MORE_DATA : 0));
		if (is_first && o->gso)
			put_extra(q, o);
	}
	q->stats.tx_packets++;
	return 0;
}

static void notify(struct netfront_queue *q, uint32_t port)
{
	q->stats.notifies++;
	front_notify(port);
}

void netfront_push(struct netfront *f, unsigned int queue)
{
	struct netfront_queue *q = &f->queues[queue];

	if (ring_front_publish(&q->tx))
		notify(q, q->tx_port);
}

static int take_answers(struct netfront_queue *q)
{
	int nr = ring_front_available(&q->tx);

	for (int i = 0; i < nr; i++) {
		struct netif_tx_response r;

		ring_take(&q->tx, &r, sizeof(r));
		if (r.status == NETIF_RSP_NULL) {
			if (!q->nr_tx_extra--)
				return -EINVAL;
			continue;
		}
		if (r.id >= NETFRONT_PAGES_MAX || !q->tx_is_busy[r.id])
			return -EINVAL;
		q->tx_is_busy[r.id] = false;
		q->tx_free[q->nr_tx_free++] = r.id;
		q->stats.tx_errors += r.status != NETIF_RSP_OKAY;
	}
	return nr;
}

/* --- from the backend --- */

static void post(struct netfront_queue *q, uint16_t id)
{
	struct netif_rx_request r = {.id = id, .gref = q->rx_pages[id].gref};

	q->rx_posted[q->rx.prod % NETIF_SLOTS] = id;
	ring_put(&q->rx, &r, sizeof(r));
}

/* The next response, and the page that it is about. */
static void take_response(struct netfront_queue *q, void *r, uint16_t *id)
{
	*id = q->rx_posted[q->rx.cons % NETIF_SLOTS];
	ring_take(&q->rx, r, sizeof(struct netif_rx_response));
	post(q, *id);
}

/* Extra slots, of @available; how many there were, or -EINVAL. */
static int take_extras(struct netfront_queue *q, int available,
		       struct netfront_offload *o, bool *is_good)
{
	struct netif_extra e;
	int nr = 0;

	do {
		uint16_t id;

		if (nr == available)
			return -EINVAL;
		take_response(q, &e, &id);
		nr++;
		if (e.type != NETIF_EXTRA_TYPE_GSO ||
		    e.gso.type > NETIF_GSO_TCPV6 || !e.gso.size) {
			*is_good = false;
			continue;
		}
		o->gso = e.gso.type;
		o->gso_bytes = e.gso.size;
	} while (e.flags & NETIF_EXTRA_MORE);
	return nr;
}

/* Add a piece to the @at bytes there are; false: it is spoilt. */
static bool gather(struct netfront_queue *q, const struct netif_rx_response *r,
		   uint16_t id, uint32_t *at)
{
	uint32_t bytes = (uint32_t)r->status;

	if (r->status < 0 || r->offset + bytes > NETIF_PAGE ||
	    *at + bytes > PACKET_PAGES * NETIF_PAGE)
		return false;
	/* the page has been posted again, but not published */
	__builtin_memcpy(q->packet + *at, q->rx_pages[id].at + r->offset,
			 bytes);
	*at += bytes;
	return true;
}

/* One packet, of at most @available slots; how many it took, or -EINVAL. */
static int take_packet(struct netfront *f, unsigned int queue, int available)
{
	struct netfront_queue *q = &f->queues[queue];
	struct netfront_offload o = {0};
	struct netif_rx_response r;
	bool is_good = true, is_first = true;
	uint32_t bytes = 0;
	int slots = 0;

	do {
		uint16_t id;

		if (slots == available)
			return -EINVAL;
		take_response(q, &r, &id);
		slots++;
		if (r.id != id)
			return -EINVAL;
		is_good = gather(q, &r, id, &bytes) && is_good;
		if (is_first) {
			o.is_csum_blank = r.flags & NETIF_CSUM_BLANK;
			o.is_validated = r.flags & NETIF_VALIDATED;
		}
		if (is_first && r.flags & NETIF_EXTRA) {
			int nr =
				take_extras(q, available - slots, &o, &is_good);

			if (nr < 0)
				return nr;
			slots += nr;
		}
		is_first = false;
	} while (r.flags & NETIF_MORE_DATA);
	if (!is_good || bytes < ETH_HEADER) {
		q->stats.rx_errors++;
		return slots;
	}
	q->stats.rx_packets++;
	f->wish.receive(f->wish.ctx, queue, q->packet, bytes, &o);
	return slots;
}

static int take_packets(struct netfront *f, unsigned int queue)
{
	struct netfront_queue *q = &f->queues[queue];
	int nr = ring_front_available(&q->rx), slots = 0;

	while (slots < nr) {
		int rc = take_packet(f, queue, nr - slots);

		if (rc < 0)
			return rc;
		slots += rc;
	}
	if (slots && ring_front_publish(&q->rx))
		notify(q, q->rx_port);
	return nr < 0 ? nr : slots;
}

int netfront_ring_event(struct netfront *f, unsigned int queue)
{
	int answers, packets;

	if (!f->is_connected || f->is_broken || queue >= f->nr_queues)
		return -EIO;
	answers = take_answers(&f->queues[queue]);
	packets = answers < 0 ? answers : take_packets(f, queue);
	if (packets >= 0)
		return answers + packets;
	f->is_broken = true;
	return -EINVAL;
}

int netfront_sleep(struct netfront *f, unsigned int queue)
{
	struct netfront_queue *q = &f->queues[queue];

	if (!f->is_connected || f->is_broken || queue >= f->nr_queues)
		return -EIO;
	if (ring_front_sleep(&q->tx) == 0 && ring_front_sleep(&q->rx) == 0)
		return 0;
	return netfront_ring_event(f, queue);
}

/* --- opening --- */

static void free_page(struct netfront_page *p)
{
	if (p->gref)
		front_grant_drop(p->gref, p->at);
	*p = (struct netfront_page){0};
}

static int grant_page(struct netfront *f, struct netfront_page *p,
		      bool is_readonly)
{
	int64_t gref;

	p->at = front_pages_alloc(1);
	if (!p->at)
		return -ENOMEM;
	gref = front_grant(f->backend_id, p->at, is_readonly);
	if (gref < 0) {
		front_pages_free(p->at, 1);
		*p = (struct netfront_page){0};
		return (int)gref;
	}
	p->gref = (uint32_t)gref;
	return 0;
}

static int open_pages(struct netfront *f, struct netfront_queue *q)
{
	int rc = grant_page(f, &q->tx_ring, false);

	if (!rc)
		rc = grant_page(f, &q->rx_ring, false);
	for (unsigned int i = 0; !rc && i < f->wish.tx_pages; i++) {
		rc = grant_page(f, &q->tx_pages[i], true);
		q->tx_free[i] = (uint16_t)i;
	}
	for (unsigned int i = 0; !rc && i < f->wish.rx_pages; i++)
		rc = grant_page(f, &q->rx_pages[i], false);
	if (rc)
		return rc;
	q->packet = front_pages_alloc(PACKET_PAGES);
	return q->packet ? 0 : -ENOMEM;
}

static int open_ports(struct netfront *f, struct netfront_queue *q)
{
	int port = front_evtchn_alloc(f->backend_id);

	if (port < 0)
		return port;
	q->tx_port = q->rx_port = (uint32_t)port;
	if (!f->is_split)
		return 0;
	port = front_evtchn_alloc(f->backend_id);
	if (port < 0)
		return port;
	q->rx_port = (uint32_t)port;
	return 0;
}

int netfront_queue_open(struct netfront *f, unsigned int queue)
{
	struct netfront_queue *q = &f->queues[queue];
	int rc;

	__builtin_memset(q, 0, sizeof(*q));
	rc = open_pages(f, q);
	if (!rc)
		rc = open_ports(f, q);
	if (rc) {
		netfront_queue_close(f, queue);
		return rc;
	}
	q->nr_tx_free = f->wish.tx_pages;
	ring_format(&q->tx, q->tx_ring.at, NETIF_PAGE, NETIF_TX_ENTRY_BYTES);
	ring_format(&q->rx, q->rx_ring.at, NETIF_PAGE, NETIF_RX_ENTRY_BYTES);
	for (unsigned int i = 0; i < f->wish.rx_pages; i++)
		post(q, (uint16_t)i);
	(void)ring_front_publish(&q->rx); /* binding is an event */
	return 0;
}

void netfront_queue_close(struct netfront *f, unsigned int queue)
{
	struct netfront_queue *q = &f->queues[queue];

	if (q->rx_port && q->rx_port != q->tx_port)
		front_evtchn_close(q->rx_port);
	if (q->tx_port)
		front_evtchn_close(q->tx_port);
	q->tx_port = q->rx_port = 0;
	for (unsigned int i = 0; i < NETFRONT_PAGES_MAX; i++) {
		free_page(&q->tx_pages[i]);
		free_page(&q->rx_pages[i]);
	}
	free_page(&q->tx_ring);
	free_page(&q->rx_ring);
	if (q->packet)
		front_pages_free(q->packet, PACKET_PAGES);
	q->packet = NULL;
}
