// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets to the frontend: from the tap, as long as there are slots for them,
 * then copied to the pages of its requests and answered, all in one go.
 *
 * A packet begins at a page of ours, so no piece of it crosses one, and its
 * header is at the end of the page before: where the last packet has left it
 * free, or that of one to the tap, which has been sent.
 */
#include "netback.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

struct batch {
	uint32_t nr_packets, nr_answers, nr_copies, nr_pages;
	struct netback_packet packets[NETBACK_BATCH];
};

static bool is_gso(const struct netback_packet *p)
{
	return p->header.gso_type != VNET_GSO_NONE;
}

static uint32_t pages_of(uint32_t bytes)
{
	return (bytes + NETIF_PAGE - 1) / NETIF_PAGE;
}

uint32_t netback_slots(const struct netback_packet *p)
{
	return pages_of(p->bytes) + is_gso(p);
}

/* --- from the tap --- */

/* Something that the frontend cannot be given. */
static bool is_unfit(const struct netback_queue *q,
		     const struct netback_packet *p)
{
	uint8_t gso = p->header.gso_type;

	if (p->bytes == 0 || p->bytes > NETIF_PACKET_MAX)
		return true;
	if (!q->can_sg && p->bytes > NETIF_PAGE)
		return true;
	return gso != VNET_GSO_NONE && gso != VNET_GSO_TCPV4 &&
	       gso != VNET_GSO_TCPV6;
}

/* Checksums the frontend would not fill in; false: that cannot be done. */
static bool finish_csum(const struct netback_queue *q, struct netback_packet *p)
{
	uint8_t *data = q->rx_pages + (size_t)p->first_page * NETIF_PAGE;
	unsigned int version;

	if (!(p->header.flags & VNET_NEEDS_CSUM) ||
	    (q->can_csum4 && q->can_csum6))
		return true;
	version = offload_ip_version(data, p->bytes);
	if ((version == 4 && q->can_csum4) || (version == 6 && q->can_csum6))
		return true;
	return !is_gso(p) && offload_finish(data, p->bytes, &p->header) == 0;
}

/* The next packet, at page @at; false: there is none. */
static bool receive(struct netback_queue *q, struct netback_packet *p,
		    uint32_t at)
{
	uint8_t *header =
		q->rx_pages + (size_t)at * NETIF_PAGE - sizeof(p->header);

	while (!q->is_dry) {
		ssize_t n = read(q->tap, header,
				 sizeof(p->header) +
					 NETBACK_PACKET_PAGES * NETIF_PAGE);

		q->is_dry = n < (ssize_t)sizeof(p->header);
		if (q->is_dry)
			break;
		memcpy(&p->header, header, sizeof(p->header));
		p->bytes = (uint32_t)n - (uint32_t)sizeof(p->header);
		p->header.gso_type &= (uint8_t)~VNET_GSO_ECN;
		p->first_page = (uint16_t)at;
		p->nr_pages = (uint16_t)pages_of(p->bytes);
		if (!is_unfit(q, p) && finish_csum(q, p))
			return true;
		q->stats.rx_dropped++;
	}
	return false;
}

/* The page after @p that has room for the next header before it. */
static uint32_t pages_to_next(const struct netback_packet *p)
{
	return pages_of(p->bytes + (uint32_t)sizeof(p->header));
}

/* As many as there are @slots for; one more may be left as the held one. */
static void collect(struct netback_queue *q, struct batch *b, uint32_t slots)
{
	b->nr_packets = b->nr_answers = b->nr_copies = b->nr_pages = 0;
	while (slots && b->nr_pages < NETBACK_BATCH) {
		struct netback_packet *p = &b->packets[b->nr_packets];

		if (q->is_holding)
			*p = q->held;
		else if (!receive(q, p, b->nr_pages))
			return;
		q->is_holding = netback_slots(p) > slots;
		if (q->is_holding) {
			q->held = *p;
			return;
		}
		slots -= netback_slots(p);
		b->nr_pages += pages_to_next(p);
		b->nr_packets++;
	}
}

/* --- to the frontend --- */

static struct netif_rx_response *next_answer(struct netback_queue *q,
					     struct batch *b,
					     struct netif_rx_request *r)
{
	struct netif_rx_response *a = &q->journal->rx.rx[b->nr_answers++];

	ring_take(&q->rx, r, sizeof(*r));
	*a = (struct netif_rx_response){.id = r->id};
	return a;
}

static uint16_t flags_of(const struct vnet_header *h)
{
	if (h->flags & VNET_NEEDS_CSUM)
		return NETIF_CSUM_BLANK | NETIF_VALIDATED;
	return h->flags & VNET_VALID ? NETIF_VALIDATED : 0;
}

static void add_extra(struct netback_queue *q, struct batch *b,
		      const struct netback_packet *p)
{
	struct netif_rx_request unused;
	struct netif_extra *e = &q->journal->rx.extra[b->nr_answers];

	next_answer(q, b, &unused);
	*e = (struct netif_extra){
		.type = NETIF_EXTRA_TYPE_GSO,
		.gso.size = p->header.gso_bytes,
		.gso.type = p->header.gso_type == VNET_GSO_TCPV4
				    ? NETIF_GSO_TCPV4
				    : NETIF_GSO_TCPV6,
	};
}

/* Slots for @p: its pieces, and behind the first one what it is. */
static void place(struct netback_queue *q, struct batch *b,
		  struct netback_packet *p)
{
	uint32_t left = p->bytes;

	p->first_answer = (uint16_t)b->nr_answers;
	for (uint32_t i = 0; i < p->nr_pages; i++) {
		uint32_t bytes = left < NETIF_PAGE ? left : NETIF_PAGE;
		struct netif_rx_request r;
		struct netif_rx_response *a = next_answer(q, b, &r);

		left -= bytes;
		a->status = (int16_t)bytes;
		a->flags = left ? NETIF_MORE_DATA : 0;
		q->copies[b->nr_copies++] = (struct back_copy){
			.gref = r.gref,
			.bytes = (uint16_t)bytes,
			.local = q->rx_pages +
				 (size_t)(p->first_page + i) * NETIF_PAGE,
			.to_frontend = 1,
		};
		if (i > 0)
			continue;
		a->flags |= flags_of(&p->header);
		if (is_gso(p)) {
			a->flags |= NETIF_EXTRA;
			add_extra(q, b, p);
		}
	}
	p->nr_answers = (uint16_t)(b->nr_answers - p->first_answer);
}

/* A piece that could not be copied spoils its packet. */
static void look_at_copies(struct netback_queue *q, const struct batch *b,
			   int rc)
{
	const struct back_copy *c = q->copies;

	for (uint32_t i = 0; i < b->nr_packets; i++) {
		const struct netback_packet *p = &b->packets[i];
		struct netif_rx_response *a =
			&q->journal->rx.rx[p->first_answer];
		int bad = rc;

		for (uint32_t n = 0; n < p->nr_pages; n++, c++) {
			if (rc || c->rc) {
				a->status = NETIF_RSP_ERROR;
				bad = -EIO;
			}
			a += 1 + (n == 0 && is_gso(p));
		}
		q->stats.rx_errors += bad != 0;
		q->stats.rx_packets += bad == 0;
		q->stats.rx_bytes += bad ? 0 : p->bytes;
	}
}

int netback_rx(struct netback_queue *q)
{
	int slots = ring_back_available(&q->rx);
	struct batch b;

	if (slots <= 0)
		return slots;
	collect(q, &b, (uint32_t)slots);
	for (uint32_t i = 0; i < b.nr_packets; i++)
		place(q, &b, &b.packets[i]);
	if (b.nr_packets) {
		look_at_copies(q, &b, back_copy(q->copies, b.nr_copies));
		if (answers_publish(&q->journal->rx, &q->rx, b.nr_answers,
				    sizeof(struct netif_rx_response))) {
			q->stats.notifies++;
			back_notify(q->rx_port);
		}
	}
	if (q->is_holding && q->held.first_page) {
		memmove(q->rx_pages,
			q->rx_pages + (size_t)q->held.first_page * NETIF_PAGE,
			q->held.bytes);
		q->held.first_page = 0;
	}
	return b.nr_packets > 0;
}
