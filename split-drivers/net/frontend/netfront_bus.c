// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frontend in the xenstore: what the backend offers, what we choose, and
 * the way up and down. See netfront.h.
 */
#include "netfront.h"

#include <abi/errno.h>

/* --- what we choose, when the backend is in InitWait --- */

static int choose(struct netfront *f)
{
	bool is_full = !f->wish.is_plain;
	uint64_t max;
	int rc = xenbus_read_number(&f->bus, 0, XENBUS_PEER,
				    "multi-queue-max-queues", UINT32_MAX, 1,
				    &max);

	if (rc)
		return rc;
	if (!xenbus_peer_has(&f->bus, "feature-rx-copy"))
		return -EOPNOTSUPP;
	f->nr_queues = f->wish.nr_queues ? f->wish.nr_queues : 1;
	if (f->nr_queues > NETFRONT_QUEUES_MAX)
		f->nr_queues = NETFRONT_QUEUES_MAX;
	if (f->nr_queues > max)
		f->nr_queues = max ? (unsigned int)max : 1;
	f->can_sg = is_full && xenbus_peer_has(&f->bus, "feature-sg");
	f->can_gso4 =
		f->can_sg && xenbus_peer_has(&f->bus, "feature-gso-tcpv4");
	f->can_gso6 =
		f->can_sg && xenbus_peer_has(&f->bus, "feature-gso-tcpv6");
	f->can_csum6 = is_full &&
		       xenbus_peer_has(&f->bus, "feature-ipv6-csum-offload");
	f->is_split = f->wish.is_split &&
		      xenbus_peer_has(&f->bus, "feature-split-event-channels");
	return 0;
}

static int write_queue(struct xenbus *x, uint32_t tx, const char *folder,
		       unsigned int i, void *arg)
{
	const struct netfront *f = arg;
	const struct netfront_queue *q = &f->queues[i];
	int rc = xenbus_write_in(x, tx, folder, "tx-ring-ref", q->tx_ring.gref);

	if (!rc)
		rc = xenbus_write_in(x, tx, folder, "rx-ring-ref",
				     q->rx_ring.gref);
	if (!rc && q->tx_port == q->rx_port)
		return xenbus_write_in(x, tx, folder, "event-channel",
				       q->tx_port);
	if (!rc)
		rc = xenbus_write_in(x, tx, folder, "event-channel-tx",
				     q->tx_port);
	return rc ? rc
		  : xenbus_write_in(x, tx, folder, "event-channel-rx",
				    q->rx_port);
}

static int write_choice(struct xenbus *x, uint32_t tx, void *arg)
{
	struct netfront *f = arg;
	const struct {
		const char *key;
		bool value;
	} flags[] = {
		{"request-rx-copy", true},
		{"feature-rx-notify", true},
		{"feature-sg", !f->wish.is_plain},
		{"feature-gso-tcpv4", !f->wish.is_plain},
		{"feature-gso-tcpv6", !f->wish.is_plain},
		{"feature-ipv6-csum-offload", !f->wish.is_plain},
		{"feature-no-csum-offload", f->wish.is_plain},
	};
	int rc = 0;

	for (unsigned int i = 0; !rc && i < sizeof(flags) / sizeof(flags[0]);
	     i++)
		rc = xenbus_write_number(x, tx, flags[i].key, flags[i].value);
	if (!rc)
		rc = xenbus_write_queues(x, tx, f->nr_queues, write_queue, f);
	/* not Initialised, as a disk's: Linux's backend waits for this */
	return rc ? rc : xenbus_switch(x, tx, XenbusStateConnected);
}

static void close_queues(struct netfront *f)
{
	f->is_connected = false;
	while (f->nr_queues)
		netfront_queue_close(f, --f->nr_queues);
}

static int offer(struct netfront *f)
{
	unsigned int nr;
	int rc = choose(f);

	nr = f->nr_queues;
	f->nr_queues = 0;
	while (!rc && f->nr_queues < nr) {
		rc = netfront_queue_open(f, f->nr_queues);
		f->nr_queues += !rc;
	}
	if (!rc)
		rc = xenbus_transaction(&f->bus, write_choice, f);
	if (rc)
		close_queues(f);
	return rc;
}

/* --- the device --- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "00:16:3e:01:02:03" */
static int read_mac(struct netfront *f)
{
	char text[18];
	int rc = xenbus_read(&f->bus, 0, XENBUS_OWN, "mac", text, sizeof(text));

	for (int i = 0; !rc && i < 6; i++) {
		int high = hex_digit(text[3 * i]);
		int low = high < 0 ? -1 : hex_digit(text[3 * i + 1]);

		if (low < 0 || text[3 * i + 2] != (i < 5 ? ':' : '\0'))
			return -EINVAL;
		f->mac[i] = (uint8_t)(high << 4 | low);
	}
	return rc;
}

int netfront_init(struct netfront *f, const struct xenbus_store *store,
		  void *ctx, const char *path, const struct netfront_wish *wish)
{
	int rc;

	__builtin_memset(f, 0, sizeof(*f));
	f->wish = *wish;
	if (!wish->tx_pages || wish->tx_pages > NETFRONT_PAGES_MAX ||
	    !wish->rx_pages || wish->rx_pages > NETFRONT_PAGES_MAX)
		return -EINVAL;
	rc = xenbus_init_front(&f->bus, store, ctx, path, &f->backend_id);
	if (!rc)
		rc = read_mac(f);
	if (rc)
		return rc;
	return xenbus_switch(&f->bus, 0, XenbusStateInitialising);
}

int netfront_store_event(struct netfront *f)
{
	enum xenbus_step step =
		xenbus_front_step(f->bus.state, xenbus_peer_state(&f->bus));
	int rc = 0;

	switch (step) {
	case XENBUS_OFFER:
		rc = offer(f);
		break;
	case XENBUS_UPDATE:
		if (f->is_connected || !f->nr_queues)
			break;
		f->is_connected = true;
		step = XENBUS_CONNECT;
		break;
	case XENBUS_CLOSE:
		close_queues(f);
		rc = xenbus_closed(&f->bus);
		break;
	default:
		break;
	}
	if (rc < 0) {
		xenbus_report(&f->bus, rc, "netfront");
		return rc;
	}
	return (int)step;
}

int netfront_close(struct netfront *f)
{
	return xenbus_switch(&f->bus, 0, XenbusStateClosing);
}

void netfront_destroy(struct netfront *f)
{
	close_queues(f);
	(void)xenbus_switch(&f->bus, 0, XenbusStateClosed);
}
