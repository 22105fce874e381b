/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Both ends of a block device in one process, on a pretended Xen, store and
 * disk. An end only runs when an event or a change in the store tells it to,
 * so an event that is lost stops the test.
 */
#ifndef BLOCK_FIXTURE_H
#define BLOCK_FIXTURE_H

#include "../../../../split-drivers/block/backend/blkback_bus.h"
#include "../../../../split-drivers/block/frontend/blkfront.h"
#include "../../../../split-drivers/seam/front_xen.h"
#include "../fake_bus.h"
#include "../fake_xen.h"
#include "fake_disk.h"
#include "unit_test.h"

extern struct blkfront *front;
extern struct blkback *back;
extern struct xenbus back_bus;
extern struct fake_disk disk;
extern struct bounce bounce;
extern struct journal_file *journal; /* shared with processes forked later */
extern struct blkback_offer offer;
extern bool is_serving;		/* the backend has a frontend */
extern bool is_back_broken;	/* it serves it no more */
extern const char *front_error; /* which key of the frontend was bad */

/* A disk, a store with the device's folders, a frontend that wishes so. */
void world_start(const struct blkfront_wish *wish);
/* Free all; nothing of the two ends may be left in Xen. */
void world_end(void);
/* Free all; nothing that is the backend's may be left. */
void world_free(void);
/* Up to Connected at both ends. */
void world_connect(const struct blkfront_wish *wish);

/* What the ends do about the store, until neither has anything to do. */
void settle_store(void);
/* What they do about the ring, until both sleep. */
void settle(void);
/* Only the backend; true: it did something. */
bool run_back(void);

/* The backend lets go of the frontend. */
void back_stop(void);
/* The backend dies, and the next one takes over. */
void back_die(void);
void back_return(void);
/* False: it does not like what it finds. */
bool back_may_return(void);

/* Notes the end of an operation. */
void op_done(struct blkfront_io *io);
/* An operation on fresh pages, submitted; its end is seen in io.rc. */
struct op {
	struct blkfront_io io;
	bool is_done;
};
struct op *op_start(enum blkfront_op what, uint64_t sector,
		    unsigned int nr_pages, uint8_t fill);
void op_fill(struct op *o, uint8_t fill);
bool op_is_filled(const struct op *o, uint8_t fill);
/* Its result; waits for it. Frees it. */
int op_end(struct op *o);
void op_free(struct op *o);
/* All at once: fill with @fill, or look for it. */
int write_pages(uint64_t sector, unsigned int nr, uint8_t fill);
int read_pages(uint64_t sector, unsigned int nr, uint8_t expected);

#endif
