/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stream of numbered datagrams each way, both at once, over a network that
 * may lose, double and reorder them: what is not the next one is dropped, and
 * sent again from there. Both ends hash what they send and what they take, and
 * tell each other, so that either knows whether all arrived. Freestanding.
 *
 * One end begins, and is the one that notices when nothing moves any more; the
 * other only answers.
 */
#ifndef TEST_NETMIX_H
#define TEST_NETMIX_H

#include "mix.h"

#define NETMIX_PORT 1000u
#define NETMIX_MAGIC 0x6e65746du
#define NETMIX_WINDOW 48u      /* sent and not known to have arrived */
#define NETMIX_BYTES_MAX 8192u /* of a payload; a multiple of 8 */

#define NETMIX_DATA 1u	/* there is a payload, number `number` */
#define NETMIX_AGAIN 2u /* nothing moves: send again what has not arrived */

struct netmix_packet {
	uint32_t magic, session;
	uint32_t flags, number;
	uint32_t ack;		   /* all before it have arrived */
	uint32_t sent;		   /* all before it were sent, if only once */
	uint32_t total, bytes_max; /* payloads each way; of one */
	uint64_t hash_sent, hash_got; /* up to sent and ack */
	uint64_t data[NETMIX_BYTES_MAX / 8];
};

#define NETMIX_HEADER ((uint32_t)offsetof(struct netmix_packet, data))

struct netmix {
	uint32_t session, total, bytes_max;
	uint32_t next, acked, sent; /* to the peer */
	uint32_t got;		    /* from the peer, in order */
	uint64_t hash_sent, hash_got;
	uint64_t nr_dropped, nr_again; /* not the next; sent once more */
	bool is_answer_due;
	/* what the peer said last */
	uint32_t peer_sent, peer_got;
	uint64_t peer_hash_sent, peer_hash_got;
};

static inline void netmix_start(struct netmix *m, uint32_t session,
				uint32_t total, uint32_t bytes_max)
{
	*m = (struct netmix){
		.session = session,
		.total = total,
		.bytes_max = bytes_max,
		.hash_sent = MIX_HASH,
		.hash_got = MIX_HASH,
	};
}

/* Payload @number of @session, of @bytes_max at most; its bytes. */
static inline uint32_t netmix_fill(uint64_t *data, uint64_t session,
				   uint32_t number, uint32_t bytes_max)
{
	uint64_t s = mix_seed(session << 32 | number);
	uint32_t words = 1 + (uint32_t)(mix_random(&s) % (bytes_max / 8));

	/* every other one is as long as it can be */
	if (number % 2)
		words = bytes_max / 8;
	for (uint32_t i = 0; i < words; i++)
		data[i] = mix_random(&s);
	return words * 8;
}

/*
 * The next packet for the peer; its bytes, or 0: there is nothing to say.
 * @salt tells our payloads from the peer's.
 */
static inline uint32_t netmix_make(struct netmix *m, struct netmix_packet *p,
				   uint64_t salt)
{
	uint32_t bytes = 0;
	bool has_data =
		m->next < m->total && m->next - m->acked < NETMIX_WINDOW;

	if (!has_data && !m->is_answer_due)
		return 0;
	p->flags = 0;
	if (has_data) {
		bytes = netmix_fill(p->data, m->session + salt, m->next,
				    m->bytes_max);
		p->flags = NETMIX_DATA;
		p->number = m->next;
		m->nr_again += m->next < m->sent;
	}
	if (has_data && m->next++ == m->sent) {
		m->sent++;
		m->hash_sent = mix_hash(m->hash_sent, p->data, bytes / 8);
	}
	p->magic = NETMIX_MAGIC;
	p->session = m->session;
	p->ack = m->got;
	p->sent = m->sent;
	p->total = m->total;
	p->bytes_max = m->bytes_max;
	p->hash_sent = m->hash_sent;
	p->hash_got = m->hash_got;
	m->is_answer_due = false;
	return NETMIX_HEADER + bytes;
}

/* Take it back: it could not be sent. */
static inline void netmix_unmake(struct netmix *m,
				 const struct netmix_packet *p)
{
	if (p->flags & NETMIX_DATA)
		m->next = p->number;
	m->is_answer_due = true;
}

/* The beginning of a packet is one of ours. */
static inline bool netmix_is(const struct netmix_packet *p, uint32_t bytes)
{
	return bytes >= NETMIX_HEADER && bytes <= sizeof(*p) &&
	       bytes % 8 == 0 && p->magic == NETMIX_MAGIC &&
	       p->bytes_max >= 8 && p->bytes_max <= NETMIX_BYTES_MAX;
}

/* A packet of this session; true: something has moved. */
static inline bool netmix_take(struct netmix *m, const struct netmix_packet *p,
			       uint32_t bytes)
{
	bool has_moved = p->ack > m->acked && p->ack <= m->sent;

	if (has_moved)
		m->acked = p->ack;
	if (m->next < m->acked || p->flags & NETMIX_AGAIN)
		m->next = m->acked;
	if (p->ack >= m->peer_got && p->sent >= m->peer_sent) {
		m->peer_got = p->ack;
		m->peer_sent = p->sent;
		m->peer_hash_got = p->hash_got;
		m->peer_hash_sent = p->hash_sent;
	}
	if (p->flags & (NETMIX_DATA | NETMIX_AGAIN))
		m->is_answer_due = true;
	if (!(p->flags & NETMIX_DATA))
		return has_moved;
	if (p->number != m->got) {
		m->nr_dropped++;
		return has_moved;
	}
	m->got++;
	m->hash_got =
		mix_hash(m->hash_got, p->data, (bytes - NETMIX_HEADER) / 8);
	return true;
}

/* All has arrived at both ends, and they know. */
static inline bool netmix_is_over(const struct netmix *m)
{
	return m->acked == m->total && m->got == m->total &&
	       m->peer_got == m->total && m->peer_sent == m->total;
}

#endif
