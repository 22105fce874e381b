/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A block frontend for any kernel: the caller says when the store or the ring
 * may have something new, gives pages, and gets a call when an operation is
 * done. No allocation but of pages and grants, no waiting. Freestanding.
 *
 * The backend is not trusted: responses are read once and must answer a
 * request that is under way; else the device fails, with all operations.
 */
#ifndef BLOCK_BLKFRONT_H
#define BLOCK_BLKFRONT_H

#include <stdbool.h>
#include <stdint.h>

#include "../../ring/ring.h"
#include "../../xenbus/xenbus.h"
#include "../protocol/blkif.h"

#define BLKFRONT_QUEUES_MAX 4u
#define BLKFRONT_SLOTS_MAX 512u
#define BLKFRONT_SEGMENTS_MAX 32u /* with an indirect request */

enum blkfront_op {
	BLKFRONT_READ,
	BLKFRONT_WRITE,
	BLKFRONT_FLUSH, /* all that is done is durable then */
	BLKFRONT_BARRIER,
	BLKFRONT_DISCARD,
};

/* One operation; the caller's until submitted and after done() is called. */
struct blkfront_io {
	enum blkfront_op op;
	uint64_t sector;     /* of 512 bytes */
	uint64_t nr_sectors; /* of a discard */
	/* Data: whole pages but for sectors @first to @last of each. */
	unsigned int nr_pages;
	struct blkfront_page {
		void *page; /* from front_pages_alloc */
		uint8_t first, last;
	} pages[BLKFRONT_SEGMENTS_MAX];
	int rc; /* 0, -EIO, -EOPNOTSUPP */
	void (*done)(struct blkfront_io *io);
	void *ctx;
};

/* What we would like; the backend may offer less. */
struct blkfront_wish {
	unsigned int nr_queues; /* 0 and 1: one */
	unsigned int ring_order;
	bool is_persistent, is_indirect;
};

struct blkfront_slot {
	struct blkfront_io *io; /* NULL: free */
	uint16_t next_free;
	uint16_t nr_grefs;
	uint8_t op;
	uint32_t id;	     /* echoed; changes with each use */
	uint32_t table_gref; /* of an indirect request; 0: none */
	void *table;
	uint32_t grefs[BLKFRONT_SEGMENTS_MAX];
	void *copies[BLKFRONT_SEGMENTS_MAX]; /* persistent pages */
};

/* Pages that stay granted for persistent use, as a stack. */
struct blkfront_pool {
	unsigned int nr_free, nr;
	struct {
		void *page;
		uint32_t gref;
	} pages[BLKFRONT_SLOTS_MAX * 2];
};

struct blkfront_queue {
	struct ring ring;
	void *ring_pages; /* NULL: not there */
	uint32_t ring_grefs[BLKIF_RING_PAGES_MAX];
	uint32_t port;
	uint16_t first_free;
	unsigned int nr_busy;
	struct blkfront_slot slots[BLKFRONT_SLOTS_MAX];
	struct blkfront_pool pool;
};

struct blkfront {
	struct xenbus bus;
	uint16_t backend_id;
	struct blkfront_wish wish;
	bool is_connected, is_broken;
	/* what the backend said */
	uint64_t sectors;
	uint32_t sector_bytes, info, max_indirect;
	bool can_flush, can_barrier, can_discard, is_persistent;
	unsigned int nr_queues, ring_pages;
	struct blkfront_queue queues[BLKFRONT_QUEUES_MAX];
};

/*
 * Begin with the device whose folder is @path. 0 or -errno: the folder does
 * not name a backend, or the store cannot be reached.
 */
int blkfront_init(struct blkfront *f, const struct xenbus_store *store,
		  void *ctx, const char *path,
		  const struct blkfront_wish *wish);
/* The backend's folder may have changed. What was done, or -errno. */
int blkfront_store_event(struct blkfront *f);
/* Take responses, calling done(). How many, or -EINVAL: now broken. */
int blkfront_ring_event(struct blkfront *f, unsigned int queue);
/*
 * Put @io on the ring of @queue; blkfront_push tells the backend. -EAGAIN: no
 * room, or no grants; -EINVAL: it makes no sense; -EIO: not connected.
 */
int blkfront_submit(struct blkfront *f, unsigned int queue,
		    struct blkfront_io *io);
void blkfront_push(struct blkfront *f, unsigned int queue);
/* As blkfront_ring_event, and 0: sleep, an event will come. */
int blkfront_sleep(struct blkfront *f, unsigned int queue);
/* Ask for an orderly end; what is under way is answered before. */
int blkfront_close(struct blkfront *f);
/* Let go of all at once; what is under way is done with -EIO. */
void blkfront_destroy(struct blkfront *f);

#endif
