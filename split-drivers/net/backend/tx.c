// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets from the frontend: off the ring, copied, given to the tap, answered.
 *
 * Each step is done for all that are there. Piece n of the batch is copied to
 * page n of ours, at the offset it has in its own, so that none crosses a page.
 */
#include "netback.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define ETH_HEADER 14u

struct packet {
	uint16_t first_piece, nr_pieces;
	uint16_t first_slot;
	uint16_t flags; /* of its first request */
	uint8_t gso;
	uint16_t gso_bytes;
	uint32_t bytes;
	int rc;
};

struct batch {
	uint32_t nr_slots, nr_pieces, nr_packets;
	struct packet packets[NETBACK_BATCH];
};

/* --- off the ring --- */

static struct netif_tx_response *
answer(struct netback_queue *q, struct batch *b, uint16_t id, int16_t status)
{
	struct netif_tx_response *a = &q->journal->tx.tx[b->nr_slots++];

	*a = (struct netif_tx_response){.id = id, .status = status};
	return a;
}

static void use_extra(struct packet *p, const struct netif_extra *e)
{
	if (e->type != NETIF_EXTRA_TYPE_GSO) {
		p->rc = -EOPNOTSUPP; /* was not offered */
		return;
	}
	p->gso = e->gso.type;
	p->gso_bytes = e->gso.size;
	if (p->gso > NETIF_GSO_TCPV6)
		p->rc = -EINVAL;
}

/* How many slots it took, of @available. */
static int take_extras(struct netback_queue *q, struct batch *b,
		       uint32_t available, struct packet *p)
{
	struct netif_extra e;
	int nr = 0;

	do {
		if ((uint32_t)nr == available)
			return -EINVAL;
		ring_take(&q->tx, &e, sizeof(e));
		if (e.type == 0 || e.type >= NETIF_EXTRA_TYPES)
			return -EINVAL;
		use_extra(p, &e);
		answer(q, b, 0, NETIF_RSP_NULL);
		nr++;
	} while (e.flags & NETIF_EXTRA_MORE);
	return nr;
}

static struct back_copy *add_piece(struct netback_queue *q, struct batch *b,
				   const struct netif_tx_request *r)
{
	uint32_t n = b->nr_pieces++;

	q->copies[n] = (struct back_copy){
		.gref = r->gref,
		.offset = r->offset,
		.bytes = r->size,
		.local = q->tx_pages + (size_t)n * NETIF_PAGE + r->offset,
	};
	return &q->copies[n];
}

/*
 * All slots of one packet, of which @available are there. -EINVAL: it is not
 * one; what is merely wrong in it is left in its rc.
 */
static int take_packet(struct netback_queue *q, struct batch *b,
		       uint32_t available)
{
	struct packet *p = &b->packets[b->nr_packets++];
	struct netif_tx_request first, r;
	struct back_copy *start;
	int nr;

	ring_take(&q->tx, &first, sizeof(first));
	available--;
	*p = (struct packet){
		.first_piece = (uint16_t)b->nr_pieces,
		.first_slot = (uint16_t)b->nr_slots,
		.flags = first.flags,
		.bytes = first.size,
		.rc = first.size < ETH_HEADER ? -EMSGSIZE : 0,
	};
	answer(q, b, first.id, NETIF_RSP_OKAY);
	start = add_piece(q, b, &first);
	if (first.flags & NETIF_EXTRA) {
		nr = take_extras(q, b, available, p);
		if (nr < 0)
			return nr;
		available -= (uint32_t)nr;
	}
	p->nr_pieces = 1;
	for (r = first; r.flags & NETIF_MORE_DATA; p->nr_pieces++) {
		if (!available-- || p->nr_pieces == NETBACK_PIECES_MAX)
			return -EINVAL;
		ring_take(&q->tx, &r, sizeof(r));
		answer(q, b, r.id, NETIF_RSP_OKAY);
		if (r.offset + r.size > NETIF_PAGE)
			return -EINVAL;
		if (r.size > start->bytes)
			p->rc = -EMSGSIZE;
		else
			start->bytes = (uint16_t)(start->bytes - r.size);
		add_piece(q, b, &r);
	}
	if (p->rc) /* what was not added up need not fit */
		return 0;
	return start->offset + start->bytes > NETIF_PAGE ? -EINVAL : 0;
}

/* --- to the tap --- */

/* The pieces at one place, so that the headers can be followed. */
static void join(struct netback_queue *q, const struct packet *p)
{
	const struct back_copy *c = &q->copies[p->first_piece];
	uint8_t *to = q->whole;

	for (unsigned int i = 0; i < p->nr_pieces; to += c[i].bytes, i++)
		memcpy(to, c[i].local, c[i].bytes);
}

/*
 * Header and pieces for the tap; their number or -errno. The header is before
 * the packet if that is in one piece and there is room: one buffer costs less.
 */
static int describe(struct netback_queue *q, const struct packet *p,
		    struct vnet_header *h, struct iovec *v)
{
	const struct back_copy *c = &q->copies[p->first_piece];
	int rc = 0;

	*h = (struct vnet_header){0};
	v[0] = (struct iovec){.iov_base = h, .iov_len = sizeof(*h)};
	if (p->flags & NETIF_CSUM_BLANK || p->gso)
		rc = offload_prepare(c->local, c->bytes, p->bytes, p->gso,
				     p->gso_bytes, h);
	if (!rc && p->nr_pieces == 1 && c->offset >= sizeof(*h)) {
		v[0].iov_base =
			memcpy((uint8_t *)c->local - sizeof(*h), h, sizeof(*h));
		v[0].iov_len += c->bytes;
		return 1;
	}
	if (rc == -ENODATA) {
		join(q, p);
		v[1] = (struct iovec){.iov_base = q->whole,
				      .iov_len = p->bytes};
		rc = offload_prepare(q->whole, p->bytes, p->bytes, p->gso,
				     p->gso_bytes, h);
		return rc ? rc : 2;
	}
	for (unsigned int i = 0; i < p->nr_pieces; i++)
		v[i + 1] = (struct iovec){.iov_base = c[i].local,
					  .iov_len = c[i].bytes};
	return rc ? rc : 1 + p->nr_pieces;
}

static ssize_t write_packet(int tap, const struct iovec *v, int nr)
{
	return nr == 1 ? write(tap, v[0].iov_base, v[0].iov_len)
		       : writev(tap, v, nr);
}

static int send_packet(struct netback_queue *q, const struct packet *p)
{
	struct iovec v[1 + NETBACK_PIECES_MAX];
	struct vnet_header h;
	int nr;

	if (p->rc)
		return p->rc;
	for (unsigned int i = 0; i < p->nr_pieces; i++)
		if (q->copies[p->first_piece + i].rc)
			return q->copies[p->first_piece + i].rc;
	nr = describe(q, p, &h, v);
	if (nr < 0)
		return nr;
	/* it is down, or full: as on a wire */
	if (write_packet(q->tap, v, nr) < 0) {
		q->stats.tx_dropped++;
		return errno == EINVAL ? -EINVAL : 0;
	}
	q->stats.tx_packets++;
	q->stats.tx_bytes += p->bytes;
	return 0;
}

/* --- a limit on it --- */

/* May another packet go now? A long one may take more than what is left. */
static bool is_in_rate(struct netback_rate *r, uint64_t now_ns)
{
	if (!r->bytes)
		return true;
	if (now_ns >= r->until_ns) {
		r->left = r->bytes;
		r->until_ns = now_ns + r->interval_ns;
	}
	return r->left > 0;
}

static void charge(struct netback_rate *r, uint32_t bytes)
{
	if (r->bytes)
		r->left -= bytes < r->left ? bytes : r->left;
}

/* --- the pass --- */

static int take_batch(struct netback_queue *q, struct batch *b, uint64_t now_ns)
{
	int nr = ring_back_available(&q->tx), rc = 0;

	b->nr_slots = b->nr_pieces = b->nr_packets = 0;
	if (nr < 0)
		return nr;
	while (!rc && b->nr_slots < (uint32_t)nr &&
	       b->nr_pieces < NETBACK_BATCH && is_in_rate(&q->rate, now_ns)) {
		rc = take_packet(q, b, (uint32_t)nr - b->nr_slots);
		charge(&q->rate, b->packets[b->nr_packets - 1].bytes);
	}
	return rc;
}

/* What is not to be copied must not fail the others. */
static void copy_batch(struct netback_queue *q, struct batch *b)
{
	int rc;

	for (uint32_t i = 0; i < b->nr_packets; i++) {
		const struct packet *p = &b->packets[i];

		for (unsigned int n = 0; p->rc && n < p->nr_pieces; n++)
			q->copies[p->first_piece + n].offset =
				q->copies[p->first_piece + n].bytes = 0;
	}
	rc = back_copy(q->copies, b->nr_pieces);
	for (uint32_t i = 0; rc && i < b->nr_pieces; i++)
		q->copies[i].rc = rc;
}

int netback_tx(struct netback_queue *q, uint64_t now_ns)
{
	struct batch b;
	int rc = take_batch(q, &b, now_ns);

	if (rc || !b.nr_packets)
		return rc;
	copy_batch(q, &b);
	for (uint32_t i = 0; i < b.nr_packets; i++) {
		uint32_t end = i + 1 < b.nr_packets
				       ? b.packets[i + 1].first_slot
				       : b.nr_slots;

		if (send_packet(q, &b.packets[i]) == 0)
			continue;
		q->stats.tx_errors++;
		for (uint32_t s = b.packets[i].first_slot; s < end; s++)
			if (q->journal->tx.tx[s].status == NETIF_RSP_OKAY)
				q->journal->tx.tx[s].status = NETIF_RSP_ERROR;
	}
	if (answers_publish(&q->journal->tx, &q->tx, b.nr_slots,
			    sizeof(struct netif_tx_response))) {
		q->stats.notifies++;
		back_notify(q->tx_port);
	}
	return 1;
}
