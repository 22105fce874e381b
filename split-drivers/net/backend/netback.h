/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One queue of a network interface being served: a transmit ring, a receive
 * ring, and a queue of a tap. Queues share nothing, so each may have a thread.
 *
 * Data is copied by the hypervisor, both ways and a batch in one call: nothing
 * of the frontend's is mapped but the rings, and what was looked at cannot
 * change any more.
 */
#ifndef NET_NETBACK_H
#define NET_NETBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "../../ring/ring.h"
#include "../../seam/back_xen.h"
#include "../protocol/netif.h"
#include "answers.h"
#include "offload.h"

#define NETBACK_QUEUES_MAX 8u
#define NETBACK_PIECES_MAX 20u /* of a packet from the frontend */
/* A batch ends with the packet that reaches so many pieces or pages. */
#define NETBACK_BATCH 64u
/* Pages of the longest packet. */
#define NETBACK_PACKET_PAGES 16u
#define NETBACK_TX_PAGES (NETBACK_BATCH + NETBACK_PIECES_MAX)
#define NETBACK_RX_PAGES (NETBACK_BATCH + NETBACK_PACKET_PAGES)
_Static_assert(NETBACK_RX_PAGES <= NETBACK_TX_PAGES, "copies of a batch");

/* What the frontend wrote; checked for range only. */
struct netback_front {
	uint32_t nr_queues;
	bool can_sg, can_gso4, can_gso6, can_csum4, can_csum6;
	struct {
		uint32_t tx_gref, rx_gref;
		uint32_t tx_port, rx_port; /* the same: one for both */
	} queues[NETBACK_QUEUES_MAX];
};

/* A limit on what the frontend sends: @bytes in each @interval. */
struct netback_rate {
	uint64_t bytes; /* 0: none */
	uint64_t interval_ns;
	uint64_t left, until_ns; /* of the interval that runs */
};

struct netback_stats {
	uint64_t tx_packets, tx_bytes, tx_errors, tx_dropped;
	uint64_t rx_packets, rx_bytes, rx_errors, rx_dropped;
	uint64_t notifies, sleeps;
};

struct netback_packet {
	struct vnet_header header;
	uint32_t bytes;
	uint16_t first_page, nr_pages;
	uint16_t first_answer, nr_answers;
};

struct netback_queue {
	struct ring tx, rx;
	void *tx_page, *rx_page; /* mapped */
	uint32_t tx_port, rx_port;
	bool tx_is_masked, rx_is_masked; /* none comes until unmasked */
	bool can_sg, can_csum4, can_csum6;
	int tap; /* gives and takes a vnet_header and a packet */
	struct netback_journal *journal;
	struct netback_rate rate;
	/* A packet to the frontend that waits for slots, at rx_pages. */
	struct netback_packet held;
	bool is_holding;
	/* The tap had nothing, and who polls it has not said otherwise. */
	bool is_dry, has_slept;
	uint8_t *tx_pages; /* one for each piece */
	uint8_t *rx_pages;
	struct back_copy copies[NETBACK_TX_PAGES];
	struct netback_stats stats;
	/* A packet whose headers are in pieces. */
	uint8_t whole[NETBACK_PACKET_PAGES * NETIF_PAGE];
};

/* Pages of memory a queue needs for what is copied. */
#define NETBACK_PAGES (NETBACK_TX_PAGES + NETBACK_RX_PAGES)

/*
 * Connect queue @number, with NETBACK_PAGES at @pages. 0 or -errno with nothing
 * left mapped: -EINVAL when the frontend's rings are not as they must be. What
 * @journal has of a process that served this connection before is completed;
 * else it is zero.
 */
int netback_open(struct netback_queue *q, const struct netback_front *front,
		 unsigned int number, int tap, void *pages,
		 struct netback_journal *journal);
void netback_close(struct netback_queue *q);

/*
 * Do what can be done now. 1: something was; 0: nothing; -EINVAL: the frontend
 * broke the protocol, serve it no more. @now_ns is looked at only under a rate.
 */
int netback_pass(struct netback_queue *q, uint64_t now_ns);

/* What to wait for when a pass did nothing, or nothing if there is work. */
struct netback_wait {
	bool is_idle;	/* sleep until back_event_fd() is readable, */
	bool wants_tap; /* or the tap is, */
	int64_t ns;	/* or so long; -1: for ever */
};
struct netback_wait netback_sleep(struct netback_queue *q, uint64_t now_ns);
/* After sleeping: what there is now. */
void netback_wake(struct netback_queue *q, bool has_events, bool has_tap);

/* The two halves of a pass. */
int netback_tx(struct netback_queue *q, uint64_t now_ns);
int netback_rx(struct netback_queue *q);
/* Slots a packet from the tap takes. */
uint32_t netback_slots(const struct netback_packet *p);

#endif
