// SPDX-License-Identifier: GPL-2.0-only
/*
 * The keys of a network backend. See netback_bus.h.
 *
 * Xen ABI, public/io/netif.h, tells what they mean and which are old.
 */
#include "netback_bus.h"

#include <errno.h>
#include <string.h>

static int write_offer(struct xenbus *x, uint32_t tx, void *arg)
{
	static const char *const features[] = {
		"feature-sg",	     "feature-gso-tcpv4",
		"feature-gso-tcpv6", "feature-ipv6-csum-offload",
		"feature-rx-copy",   "feature-split-event-channels",
	};
	const unsigned int *queues_max = arg;
	int rc = xenbus_write_number(x, tx, "feature-rx-flip", 0);

	for (size_t i = 0; !rc && i < sizeof(features) / sizeof(features[0]);
	     i++)
		rc = xenbus_write_number(x, tx, features[i], 1);
	if (!rc)
		rc = xenbus_write_number(x, tx, "multi-queue-max-queues",
					 *queues_max);
	return rc ? rc : xenbus_switch(x, tx, XenbusStateInitWait);
}

int netback_offer(struct xenbus *x, unsigned int queues_max)
{
	return xenbus_transaction(x, write_offer, &queues_max);
}

/* --- the frontend's keys --- */

static int read_flag(struct xenbus *x, const char *key, bool *flag,
		     const char **what)
{
	uint64_t n;

	*what = key;
	if (xenbus_read_number(x, 0, XENBUS_PEER, key, 1, 0, &n))
		return -EINVAL;
	*flag = n == 1;
	return 0;
}

static int read_in(struct xenbus *x, const char *folder, const char *key,
		   uint32_t *value, const char **what)
{
	char path[64];
	uint64_t n;
	int rc = 0;

	*what = key;
	if (*folder)
		rc = xenbus_join(path, sizeof(path), folder, key);
	if (!rc)
		rc = xenbus_read_number(x, 0, XENBUS_PEER, *folder ? path : key,
					UINT32_MAX, UINT64_MAX, &n);
	if (rc)
		return rc;
	if (n == UINT64_MAX)
		return -ENOENT;
	*value = (uint32_t)n;
	return 0;
}

static int read_queue(struct xenbus *x, unsigned int nr_queues,
		      unsigned int number, struct netback_front *front,
		      const char **what)
{
	char folder[16] = "";
	uint32_t tx_gref, rx_gref, tx_port, rx_port;
	int rc = 0;

	if (nr_queues > 1)
		rc = xenbus_name(folder, sizeof(folder), "queue-", number);
	if (!rc)
		rc = read_in(x, folder, "tx-ring-ref", &tx_gref, what);
	if (!rc)
		rc = read_in(x, folder, "rx-ring-ref", &rx_gref, what);
	if (rc)
		return rc == -ENOENT ? -EINVAL : rc;
	rc = read_in(x, folder, "event-channel-tx", &tx_port, what);
	if (!rc)
		rc = read_in(x, folder, "event-channel-rx", &rx_port, what);
	if (rc == -ENOENT) {
		rc = read_in(x, folder, "event-channel", &tx_port, what);
		rx_port = tx_port;
	}
	if (rc)
		return rc == -ENOENT ? -EINVAL : rc;
	front->queues[number].tx_gref = tx_gref;
	front->queues[number].rx_gref = rx_gref;
	front->queues[number].tx_port = tx_port;
	front->queues[number].rx_port = rx_port;
	return 0;
}

int netback_read_front(struct xenbus *x, unsigned int queues_max,
		       struct netback_front *front, const char **what)
{
	bool is_copying = false, is_told = false;
	bool has_no_csum4 = false;
	uint64_t nr;
	int rc = read_flag(x, "request-rx-copy", &is_copying, what);

	memset(front, 0, sizeof(*front));
	if (!rc && !is_copying)
		rc = -EINVAL;
	if (!rc)
		rc = read_flag(x, "feature-rx-notify", &is_told, what);
	if (!rc && !is_told)
		rc = -EINVAL;
	if (!rc)
		rc = read_flag(x, "feature-sg", &front->can_sg, what);
	if (!rc)
		rc = read_flag(x, "feature-gso-tcpv4", &front->can_gso4, what);
	if (!rc)
		rc = read_flag(x, "feature-gso-tcpv6", &front->can_gso6, what);
	if (!rc)
		rc = read_flag(x, "feature-no-csum-offload", &has_no_csum4,
			       what);
	if (!rc)
		rc = read_flag(x, "feature-ipv6-csum-offload",
			       &front->can_csum6, what);
	if (rc)
		return rc;
	front->can_csum4 = !has_no_csum4;
	front->can_gso4 &= front->can_csum4 && front->can_sg;
	front->can_gso6 &= front->can_csum6 && front->can_sg;
	*what = "multi-queue-num-queues";
	rc = xenbus_read_number(x, 0, XENBUS_PEER, *what, queues_max, 1, &nr);
	if (rc || !nr)
		return -EINVAL;
	front->nr_queues = (uint32_t)nr;
	for (unsigned int i = 0; !rc && i < nr; i++)
		rc = read_queue(x, (unsigned int)nr, i, front, what);
	return rc;
}

int netback_read_rate(struct xenbus *x, struct netback_rate *rate)
{
	char value[48], *comma;
	uint64_t bytes, usecs;
	int rc = xenbus_read(x, 0, XENBUS_OWN, "rate", value, sizeof(value));

	*rate = (struct netback_rate){.bytes = 0};
	if (rc)
		return rc == -ENOENT ? 0 : rc;
	comma = strchr(value, ',');
	if (!comma)
		return -EINVAL;
	*comma = '\0';
	rc = xenbus_number(value, UINT32_MAX, &bytes);
	if (!rc)
		rc = xenbus_number(comma + 1, UINT32_MAX, &usecs);
	if (rc || !bytes || !usecs)
		return rc; /* Linux has "no limit" for either */
	rate->bytes = bytes;
	rate->interval_ns = usecs * 1000;
	return 0;
}
