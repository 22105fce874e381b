/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A block device being served: its queues, the disk behind it, and what they
 * share. All of a device is one thread; nothing here blocks but blkback_wait.
 */
#ifndef BLOCK_BLKBACK_H
#define BLOCK_BLKBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "../../ring/ring.h"
#include "../../seam/back_xen.h"
#include "../protocol/blkif.h"
#include "bounce.h"
#include "disk.h"
#include "grants.h"
#include "journal.h"
#include "limit.h"

#define BLKBACK_COPIES_MAX 256u

struct request;

/* What the frontend wrote; checked for range only. */
struct blkback_front {
	uint32_t nr_queues, ring_pages;
	bool is_persistent;
	struct {
		uint32_t event_channel;
		uint32_t grefs[BLKIF_RING_PAGES_MAX];
	} queues[JOURNAL_QUEUES_MAX];
};

struct queue {
	struct blkback *b;
	struct ring ring;
	void *pages; /* mapped */
	int port;
	bool is_masked; /* an event was taken; none comes until unmasked */
	struct journal_queue *journal;
	struct request *requests;		/* one for each slot */
	struct request *free;			/* not in use */
	struct request *waiting, **waiting_end; /* taken, in order */
	struct request *started;		/* to be handed to the disk */
	struct request *done;			/* to be answered */
	struct request *answered;		/* to be published */
	unsigned int nr_busy;			/* at the disk */
	struct request *barrier;		/* alone at the disk */
};

struct blkback_stats {
	uint64_t requests, errors, notifies, sleeps;
};

/* How often a look for more before going to sleep has paid. */
struct blkback_spin {
	unsigned int skip;    /* so many times without */
	unsigned int backoff; /* and so many after the last that was in vain */
};

struct blkback {
	struct disk *disk; /* the caller's */
	struct bounce *bounce;
	int evtchns[JOURNAL_QUEUES_MAX]; /* the caller's; one for a queue */
	struct limit limit;
	struct journal_file *journal;
	bool is_persistent;
	bool is_limited; /* in the last pass requests waited for their turn */
	unsigned int nr_queues;
	unsigned int ring_pages;
	struct queue queues[JOURNAL_QUEUES_MAX];
	struct grants grants;
	unsigned int nr_copies;
	struct back_copy copies[BLKBACK_COPIES_MAX];
	struct request *copy_owners[BLKBACK_COPIES_MAX];
	struct blkback_spin spin;
	struct blkback_stats stats;
};

/*
 * Connect to the frontend's rings and take up what @journal has of this very
 * connection, if it has. 0 or -errno, with nothing left mapped: -EINVAL the
 * frontend's rings are not as they must be.
 */
int blkback_connect(struct blkback *b, struct disk *disk, struct bounce *bounce,
		    struct journal_file *journal, uint64_t identity,
		    const struct blkback_front *front);
/* Let go of the frontend; the disk has nothing of it under way. */
void blkback_disconnect(struct blkback *b);

/*
 * Do what can be done now. 1: something was; 0: nothing; -EINVAL: the
 * frontend broke the protocol, serve it no more.
 */
int blkback_pass(struct blkback *b);
/*
 * Sleep until there is something to do (0), or @control, always the same
 * descriptor, is readable (1). -EINVAL as for blkback_pass.
 */
int blkback_wait(struct blkback *b, int control);

/* A mark of a connection: two with the same one are the same. */
uint64_t blkback_identity(uint16_t domid, uint32_t devid,
			  const struct blkback_front *front);

/* The parts of blkback_pass, by queue. */
int queue_take(struct queue *q);
void queue_start(struct queue *q, uint64_t now_ns);
bool queue_answer(struct queue *q);
/* Connect; take up the journal's requests if @is_resumed. */
int queue_open(struct queue *q, struct blkback *b, unsigned int number,
	       const struct blkback_front *front, bool is_resumed);
void queue_close(struct queue *q);

#endif
