/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A network frontend for any kernel: the caller says when the store or a ring
 * may have something new. Freestanding; memory is pages from the seam.
 *
 * All pages are granted once, when a queue is opened, and data is copied to
 * and from them: no grant is made or ended for a packet, nothing beside a
 * packet is shown, and what was received cannot change under its reader.
 *
 * The backend is not trusted: responses are read once and must answer what is
 * under way; else the device fails. What is wrong with one packet loses it.
 */
#ifndef NET_NETFRONT_H
#define NET_NETFRONT_H

#include <stdbool.h>
#include <stdint.h>

#include "../../ring/ring.h"
#include "../../xenbus/xenbus.h"
#include "../protocol/netif.h"

#define NETFRONT_QUEUES_MAX 4u
#define NETFRONT_PAGES_MAX NETIF_SLOTS

/* What is left to do for a packet: of the kernel to send, or that came. */
struct netfront_offload {
	bool is_csum_blank; /* the transport's is only its pseudo header's */
	bool is_validated;  /* received: no need to look at it */
	uint8_t gso;	    /* NETIF_GSO_* */
	uint16_t gso_bytes; /* payload of a segment */
};

/* A packet has come, in memory of ours that is good until this returns. */
typedef void netfront_receive_fn(void *ctx, unsigned int queue,
				 const void *data, uint32_t bytes,
				 const struct netfront_offload *offload);

/* What we would like; the backend may offer less. */
struct netfront_wish {
	unsigned int nr_queues; /* 0 and 1: one */
	unsigned int tx_pages;	/* of a queue, at most NETFRONT_PAGES_MAX */
	unsigned int rx_pages;
	bool is_split; /* a port for each ring */
	bool is_plain; /* one page a packet, no offloads */
	netfront_receive_fn *receive;
	void *ctx; /* for receive() */
};

struct netfront_stats {
	uint64_t tx_packets, tx_errors, rx_packets, rx_errors, notifies;
};

struct netfront_page {
	uint8_t *at;
	uint32_t gref;
};

struct netfront_queue {
	struct ring tx, rx;
	struct netfront_page tx_ring, rx_ring;
	uint32_t tx_port, rx_port;
	struct netfront_page tx_pages[NETFRONT_PAGES_MAX];
	struct netfront_page rx_pages[NETFRONT_PAGES_MAX];
	uint16_t tx_free[NETFRONT_PAGES_MAX]; /* a stack of ids */
	bool tx_is_busy[NETFRONT_PAGES_MAX];
	unsigned int nr_tx_free, nr_tx_extra; /* slots of extras under way */
	uint16_t rx_posted[NETIF_SLOTS];      /* the id in each slot */
	uint8_t *packet; /* a received one is gathered here */
	struct netfront_stats stats;
};

struct netfront {
	struct xenbus bus;
	uint16_t backend_id;
	struct netfront_wish wish;
	bool is_connected, is_broken;
	/* what the backend said */
	bool can_sg, can_csum6, can_gso4, can_gso6, is_split;
	uint8_t mac[6];
	unsigned int nr_queues;
	struct netfront_queue queues[NETFRONT_QUEUES_MAX];
};

/*
 * Begin with the device whose folder is @path. 0 or -errno: the folder does
 * not name a backend or an address, or the store cannot be reached.
 */
int netfront_init(struct netfront *f, const struct xenbus_store *store,
		  void *ctx, const char *path,
		  const struct netfront_wish *wish);
/* The backend's folder may have changed. What was done, or -errno. */
int netfront_store_event(struct netfront *f);
/*
 * Copy a packet to the ring; netfront_push tells the backend. -EAGAIN: no room
 * now. -EMSGSIZE: it is too short or too long. -EOPNOTSUPP: the backend cannot
 * do what is left to do. -EIO: not connected.
 */
int netfront_send(struct netfront *f, unsigned int queue, const void *data,
		  uint32_t bytes, const struct netfront_offload *offload);
void netfront_push(struct netfront *f, unsigned int queue);
/*
 * Take answers and packets, calling receive(). How many, or -EINVAL: now
 * broken.
 */
int netfront_ring_event(struct netfront *f, unsigned int queue);
/* As netfront_ring_event; 0: sleep, an event will come. */
int netfront_sleep(struct netfront *f, unsigned int queue);
/* Ask for an orderly end. */
int netfront_close(struct netfront *f);
/* Let go of all at once. */
void netfront_destroy(struct netfront *f);

/* For netfront_bus.c. */
int netfront_queue_open(struct netfront *f, unsigned int queue);
void netfront_queue_close(struct netfront *f, unsigned int queue);

#endif
