/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the two halves of the frontend: the ring's and the store's.
 */
#ifndef BLOCK_BLKFRONT_IMPL_H
#define BLOCK_BLKFRONT_IMPL_H

#include "blkfront.h"

/* Ring, grants and port of a queue; -ENOMEM, -ENOSPC, with nothing left. */
int blkfront_queue_open(struct blkfront *f, unsigned int queue);
/* End them; operations under way are done with -EIO. */
void blkfront_queue_close(struct blkfront *f, unsigned int queue);

#endif
