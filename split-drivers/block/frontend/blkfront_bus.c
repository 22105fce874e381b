// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frontend in the xenstore: what the backend offers, what we choose, and
 * the way up and down. See blkfront.h.
 */
#include "blkfront_impl.h"

#include <abi/errno.h>

static int peer_number(struct blkfront *f, const char *key, uint64_t max,
		       uint64_t missing, uint64_t *n)
{
	return xenbus_read_number(&f->bus, 0, XENBUS_PEER, key, max, missing,
				  n);
}

/* --- what we choose, when the backend is in InitWait --- */

static int choose(struct blkfront *f)
{
	uint64_t max_order, max_queues;
	unsigned int order = f->wish.ring_order;
	int rc = peer_number(f, "max-ring-page-order", 31, 0, &max_order);

	if (!rc)
		rc = peer_number(f, "multi-queue-max-queues", UINT32_MAX, 1,
				 &max_queues);
	if (rc)
		return rc;
	if (order > max_order)
		order = (unsigned int)max_order;
	if (order > BLKIF_RING_ORDER_MAX)
		order = BLKIF_RING_ORDER_MAX;
	f->ring_pages = 1u << order;
	f->nr_queues = f->wish.nr_queues;
	if (f->nr_queues > max_queues)
		f->nr_queues = (unsigned int)max_queues;
	if (f->nr_queues > BLKFRONT_QUEUES_MAX)
		f->nr_queues = BLKFRONT_QUEUES_MAX;
	if (!f->nr_queues)
		f->nr_queues = 1;
	f->is_persistent = f->wish.is_persistent &&
			   xenbus_peer_has(&f->bus, "feature-persistent");
	return 0;
}

static int write_queue(struct xenbus *x, uint32_t tx, const char *folder,
		       unsigned int i, void *arg)
{
	const struct blkfront *f = arg;
	const struct blkfront_queue *q = &f->queues[i];
	int rc = xenbus_write_in(x, tx, folder, "event-channel", q->port);

	if (f->ring_pages == 1)
		return rc ? rc
			  : xenbus_write_in(x, tx, folder, "ring-ref",
					    q->ring_grefs[0]);
	for (unsigned int page = 0; !rc && page < f->ring_pages; page++) {
		char key[16];

		rc = xenbus_name(key, sizeof(key), "ring-ref", page);
		if (!rc)
			rc = xenbus_write_in(x, tx, folder, key,
					     q->ring_grefs[page]);
	}
	return rc;
}

static int write_choice(struct xenbus *x, uint32_t tx, void *arg)
{
	struct blkfront *f = arg;
	int rc = xenbus_write(x, tx, "protocol", BLKIF_PROTOCOL);

	if (!rc)
		rc = xenbus_write_number(x, tx, "feature-persistent",
					 f->is_persistent);
	if (!rc && f->ring_pages > 1) {
		unsigned int order = (unsigned int)__builtin_ctz(f->ring_pages);

		rc = xenbus_write_number(x, tx, "ring-page-order", order);
	}
	if (!rc)
		rc = xenbus_write_queues(x, tx, f->nr_queues, write_queue, f);
	return rc ? rc : xenbus_switch(x, tx, XenbusStateInitialised);
}

static void close_queues(struct blkfront *f)
{
	for (unsigned int i = 0; i < f->nr_queues; i++)
		if (f->queues[i].ring_pages)
			blkfront_queue_close(f, i);
	f->nr_queues = 0;
	f->is_connected = false;
}

static int offer(struct blkfront *f)
{
	int rc = choose(f);

	for (unsigned int i = 0; !rc && i < f->nr_queues; i++)
		rc = blkfront_queue_open(f, i);
	if (!rc)
		rc = xenbus_transaction(&f->bus, write_choice, f);
	if (rc)
		close_queues(f);
	return rc;
}

/* --- what the backend says when it is connected --- */

static int read_size(struct blkfront *f)
{
	uint64_t sectors;
	int rc = peer_number(f, "sectors", UINT64_MAX / BLKIF_SECTOR, 0,
			     &sectors);

	if (!rc)
		f->sectors = sectors;
	return rc;
}

static int connect(struct blkfront *f)
{
	uint64_t sector_bytes, info, max_indirect;
	int rc = read_size(f);

	if (!rc)
		rc = peer_number(f, "sector-size", 1u << 16, BLKIF_SECTOR,
				 &sector_bytes);
	if (!rc)
		rc = peer_number(f, "info", UINT32_MAX, 0, &info);
	if (!rc)
		rc = peer_number(f, "feature-max-indirect-segments", UINT32_MAX,
				 0, &max_indirect);
	if (rc)
		return rc;
	if (sector_bytes < BLKIF_SECTOR || sector_bytes & (sector_bytes - 1))
		return -EINVAL;
	f->sector_bytes = (uint32_t)sector_bytes;
	f->info = (uint32_t)info;
	f->max_indirect = f->wish.is_indirect ? (uint32_t)max_indirect : 0;
	f->can_flush = xenbus_peer_has(&f->bus, "feature-flush-cache");
	f->can_barrier = xenbus_peer_has(&f->bus, "feature-barrier");
	f->can_discard = xenbus_peer_has(&f->bus, "feature-discard");
	f->is_connected = true;
	return xenbus_switch(&f->bus, 0, XenbusStateConnected);
}

int blkfront_init(struct blkfront *f, const struct xenbus_store *store,
		  void *ctx, const char *path, const struct blkfront_wish *wish)
{
	int rc;

	f->wish = *wish;
	f->nr_queues = 0;
	f->is_connected = f->is_broken = false;
	rc = xenbus_init_front(&f->bus, store, ctx, path, &f->backend_id);
	if (rc)
		return rc;
	return xenbus_switch(&f->bus, 0, XenbusStateInitialising);
}

int blkfront_store_event(struct blkfront *f)
{
	enum xenbus_step step =
		xenbus_front_step(f->bus.state, xenbus_peer_state(&f->bus));
	int rc = 0;

	switch (step) {
	case XENBUS_OFFER:
		rc = offer(f);
		break;
	case XENBUS_CONNECT:
		rc = connect(f);
		break;
	case XENBUS_UPDATE:
		rc = read_size(f);
		break;
	case XENBUS_CLOSE:
		close_queues(f);
		rc = xenbus_closed(&f->bus);
		break;
	default:
		break;
	}
	if (rc < 0) {
		xenbus_report(&f->bus, rc, "blkfront");
		return rc;
	}
	return (int)step;
}

int blkfront_close(struct blkfront *f)
{
	return xenbus_switch(&f->bus, 0, XenbusStateClosing);
}

void blkfront_destroy(struct blkfront *f)
{
	close_queues(f);
	(void)xenbus_switch(&f->bus, 0, XenbusStateClosed);
}
