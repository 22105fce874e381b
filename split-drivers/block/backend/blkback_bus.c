// SPDX-License-Identifier: GPL-2.0-only
/*
 * The keys of a block backend. See blkback_bus.h.
 */
#include "blkback_bus.h"

#include <errno.h>
#include <string.h>

#include "request.h"

struct numbers {
	unsigned int nr;
	struct {
		const char *key;
		uint64_t value;
	} list[16];
	enum xenbus_state state;
};

static void add(struct numbers *n, const char *key, uint64_t value)
{
	n->list[n->nr].key = key;
	n->list[n->nr++].value = value;
}

static int write_numbers(struct xenbus *x, uint32_t tx, void *arg)
{
	const struct numbers *n = arg;
	int rc = 0;

	for (unsigned int i = 0; !rc && i < n->nr; i++)
		rc = xenbus_write_number(x, tx, n->list[i].key,
					 n->list[i].value);
	return rc ? rc : xenbus_switch(x, tx, n->state);
}

int blkback_offer(struct xenbus *x, const struct blkback_offer *offer,
		  const struct blkback_disk *disk)
{
	struct numbers n = {.state = XenbusStateInitWait};

	add(&n, "multi-queue-max-queues", offer->queues_max);
	add(&n, "max-ring-page-order", offer->ring_order_max);
	add(&n, "feature-persistent", offer->is_persistent);
	add(&n, "feature-max-indirect-segments", REQUEST_SEGMENTS_MAX);
	add(&n, "feature-flush-cache", disk->can_flush);
	add(&n, "feature-barrier", disk->can_flush);
	add(&n, "feature-discard", disk->discard_bytes > 0);
	if (disk->discard_bytes) {
		add(&n, "discard-granularity", disk->discard_bytes);
		add(&n, "discard-alignment", 0);
		add(&n, "discard-secure", 0);
	}
	return xenbus_transaction(x, write_numbers, &n);
}

int blkback_announce(struct xenbus *x, const struct blkback_disk *disk)
{
	struct numbers n = {.state = XenbusStateConnected};

	add(&n, "sectors", disk->sectors);
	add(&n, "info", disk->info);
	add(&n, "sector-size", disk->block_bytes);
	add(&n, "physical-sector-size", disk->physical_bytes);
	return xenbus_transaction(x, write_numbers, &n);
}

/* --- the frontend's keys --- */

static int read_key(struct xenbus *x, const char *folder, const char *key,
		    uint32_t *value)
{
	char path[64];
	uint64_t n;
	int rc = 0;

	if (*folder)
		rc = xenbus_join(path, sizeof(path), folder, key);
	if (!rc)
		rc = xenbus_read_number(x, 0, XENBUS_PEER, *folder ? path : key,
					UINT32_MAX, UINT64_MAX, &n);
	if (!rc && n == UINT64_MAX)
		rc = -EINVAL; /* there is none */
	if (!rc)
		*value = (uint32_t)n;
	return rc;
}

static int read_queue(struct xenbus *x, const char *folder,
		      struct blkback_front *front, unsigned int queue,
		      bool is_numbered, const char **what)
{
	uint32_t *grefs = front->queues[queue].grefs;
	int rc = read_key(x, folder, "event-channel",
			  &front->queues[queue].event_channel);

	*what = "event-channel";
	if (rc)
		return rc;
	*what = "ring-ref";
	if (!is_numbered)
		return read_key(x, folder, "ring-ref", &grefs[0]);
	for (unsigned int i = 0; !rc && i < front->ring_pages; i++) {
		char key[16];

		rc = xenbus_name(key, sizeof(key), "ring-ref", i);
		if (!rc)
			rc = read_key(x, folder, key, &grefs[i]);
	}
	return rc;
}

static int check_protocol(struct xenbus *x)
{
	char value[32];
	int rc = xenbus_read(x, 0, XENBUS_PEER, "protocol", value,
			     sizeof(value));

	if (rc == -ENOENT)
		return 0;
	return !rc && strcmp(value, BLKIF_PROTOCOL) == 0 ? 0 : -EINVAL;
}

int blkback_read_front(struct xenbus *x, const struct blkback_offer *offer,
		       struct blkback_front *front, const char **what)
{
	uint64_t persistent, order, queues;
	int rc = check_protocol(x);

	memset(front, 0, sizeof(*front));
	*what = "protocol";
	if (rc)
		return rc;
	*what = "feature-persistent";
	rc = xenbus_read_number(x, 0, XENBUS_PEER, *what, 1, 0, &persistent);
	if (rc)
		return rc;
	*what = "ring-page-order";
	rc = xenbus_read_number(x, 0, XENBUS_PEER, *what, offer->ring_order_max,
				UINT64_MAX, &order);
	if (rc)
		return rc;
	*what = "multi-queue-num-queues";
	rc = xenbus_read_number(x, 0, XENBUS_PEER, *what, offer->queues_max, 1,
				&queues);
	if (rc || !queues)
		return rc ? rc : -EINVAL;
	front->is_persistent = offer->is_persistent && persistent;
	front->ring_pages = order == UINT64_MAX ? 1 : 1u << order;
	front->nr_queues = (uint32_t)queues;
	for (unsigned int i = 0; !rc && i < front->nr_queues; i++) {
		char folder[16] = "";

		if (queues > 1)
			rc = xenbus_name(folder, sizeof(folder), "queue-", i);
		if (!rc)
			rc = read_queue(x, folder, front, i,
					order != UINT64_MAX && order > 0, what);
	}
	return rc;
}
