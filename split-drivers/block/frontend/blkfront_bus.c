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

/* A feature that is there, or is not: never a failure. */
static bool peer_has(struct blkfront *f, const char *key)
{
	uint64_t n;

	return peer_number(f, key, 1, 0, &n) == 0 && n == 1;
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
	f->is_persistent =
		f->wish.is_persistent && peer_has(f, "feature-persistent");
	return 0;
}

/* "@folder@key", the folder empty or "queue-N/". */
static int write_in(struct blkfront *f, uint32_t tx, const char *folder,
		    const char *key, uint64_t value)
{
	char path[64];

	if (*folder) {
		int rc = xenbus_join(path, sizeof(path), folder, key);

		return rc ? rc : xenbus_write_number(&f->bus, tx, path, value);
	}
	return xenbus_write_number(&f->bus, tx, key, value);
}

static int write_queue(struct blkfront *f, uint32_t tx, const char *folder,
		       const struct blkfront_queue *q)
{
	int rc = write_in(f, tx, folder, "event-channel", q->port);

	if (f->ring_pages == 1)
		return rc ? rc
			  : write_in(f, tx, folder, "ring-ref",
				     q->ring_grefs[0]);
	for (unsigned int i = 0; !rc && i < f->ring_pages; i++) {
		char key[16];

		rc = xenbus_name(key, sizeof(key), "ring-ref", i);
		if (!rc)
			rc = write_in(f, tx, folder, key, q->ring_grefs[i]);
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
	if (!rc && f->nr_queues == 1)
		rc = write_queue(f, tx, "", &f->queues[0]);
	if (!rc && f->nr_queues > 1)
		rc = xenbus_write_number(x, tx, "multi-queue-num-queues",
					 f->nr_queues);
	for (unsigned int i = 0; !rc && f->nr_queues > 1 && i < f->nr_queues;
	     i++) {
		char folder[16];

		rc = xenbus_name(folder, sizeof(folder), "queue-", i);
		if (!rc)
			rc = write_queue(f, tx, folder, &f->queues[i]);
	}
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
	f->can_flush = peer_has(f, "feature-flush-cache");
	f->can_barrier = peer_has(f, "feature-barrier");
	f->can_discard = peer_has(f, "feature-discard");
	f->is_connected = true;
	return xenbus_switch(&f->bus, 0, XenbusStateConnected);
}

int blkfront_init(struct blkfront *f, const struct xenbus_store *store,
		  void *ctx, const char *path, const struct blkfront_wish *wish)
{
	char backend[XENBUS_PATH_MAX];
	uint64_t id;
	int rc;

	f->wish = *wish;
	f->nr_queues = 0;
	f->is_connected = f->is_broken = false;
	rc = xenbus_init(&f->bus, store, ctx, path, "");
	if (!rc)
		rc = xenbus_read(&f->bus, 0, XENBUS_OWN, "backend", backend,
				 sizeof(backend));
	if (!rc)
		rc = xenbus_read_number(&f->bus, 0, XENBUS_OWN, "backend-id",
					0x7fef, 0, &id);
	if (!rc)
		rc = xenbus_init(&f->bus, store, ctx, path, backend);
	if (rc)
		return rc;
	f->backend_id = (uint16_t)id;
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
		rc = xenbus_switch(&f->bus, 0, XenbusStateClosed);
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
