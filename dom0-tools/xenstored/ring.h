/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection's bytes through a page shared with a domain.
 *
 * The page is hostile: an index of the other side is read once and checked,
 * and our own indices are kept here and only ever written to the page.
 */
#ifndef XENSTORED_RING_H
#define XENSTORED_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

struct conn;
struct store;

/* Output on record that the ring may not have taken yet. */
struct ring_chunk {
	uint32_t pos, len;
};

struct ring_link {
	struct xenstore_domain_interface *page;
	int local_port; /* or -1 */
	uint32_t remote_port;
	uint64_t mfn;
	uint32_t req_cons;    /* bytes before it are in conn->in or handled */
	uint32_t rsp_prod;    /* bytes before it are in the ring */
	bool is_progress_new; /* req_cons is ahead of the journal */
	bool is_taken_new;    /* req_cons is ahead of the page */
	bool must_confirm;    /* tell the domain that it is connected */
	struct ring_chunk *chunk;
	size_t first_chunk, nr_chunks, chunks_size;
};

/* Take the positions from the page; -EPROTO if they are absurd. */
int ring_attach(struct conn *c);

/*
 * Copy what the domain has sent into conn->in, as far as there is room, and
 * leave it in the ring until ring_publish().  Bytes, or -EPROTO.
 */
int ring_fill(struct conn *c);

/* Record progress and new output; before the journal's commit. */
void ring_record(struct store *s, struct conn *c);

/*
 * After the commit: let go of the requests, hand over output.  1: something
 * changed and the domain is to be notified, 0, -EPROTO.
 */
int ring_publish(struct store *s, struct conn *c);
/* After it: has the domain sent more, or made room for what is left? */
int ring_has_requests(const struct conn *c);
int ring_has_room(const struct conn *c);

/* Forget the output on record. */
void ring_drop_chunks(struct store *s, struct conn *c);

/* After a restart: continue from what the journal knew. */
int ring_resume(struct conn *c, uint32_t in_pos, uint32_t out_pos,
		const char *in, size_t in_len, const char *pending,
		size_t pending_len);
#endif
