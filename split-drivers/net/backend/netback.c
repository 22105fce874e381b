// SPDX-License-Identifier: GPL-2.0-only
/*
 * A queue: connecting, passing over both rings, going to sleep. See netback.h.
 */
#include "netback.h"

#include <errno.h>

static int open_ring(struct ring *r, uint32_t gref, uint32_t entry_bytes,
		     struct answers *a, size_t answer_bytes, void **page)
{
	int rc = back_map(&gref, 1, 1, page);

	if (rc)
		return rc;
	ring_attach(r, *page, NETIF_PAGE, entry_bytes);
	answers_resume(a, r, answer_bytes);
	if (ring_back_available(r) >= 0)
		return 0;
	back_unmap(*page, 1);
	return -EINVAL;
}

static int bind_ports(struct netback_queue *q, uint32_t tx, uint32_t rx)
{
	int port = back_bind(tx);

	if (port < 0)
		return port;
	q->tx_port = q->rx_port = (uint32_t)port;
	if (tx == rx)
		return 0;
	port = back_bind(rx);
	if (port < 0) {
		back_unbind(q->tx_port);
		return port;
	}
	q->rx_port = (uint32_t)port;
	return 0;
}

int netback_open(struct netback_queue *q, const struct netback_front *front,
		 unsigned int number, int tap, void *pages,
		 struct netback_journal *journal)
{
	int rc;

	*q = (struct netback_queue){
		.tap = tap,
		.can_sg = front->can_sg,
		.can_csum4 = front->can_csum4,
		.can_csum6 = front->can_csum6,
		.journal = journal,
		.tx_pages = pages,
		.rx_pages = (uint8_t *)pages +
			    (size_t)NETBACK_TX_PAGES * NETIF_PAGE,
	};
	rc = open_ring(&q->tx, front->queues[number].tx_gref,
		       NETIF_TX_ENTRY_BYTES, &journal->tx,
		       sizeof(struct netif_tx_response), &q->tx_page);
	if (rc)
		return rc;
	rc = open_ring(&q->rx, front->queues[number].rx_gref,
		       NETIF_RX_ENTRY_BYTES, &journal->rx,
		       sizeof(struct netif_rx_response), &q->rx_page);
	if (rc)
		goto unmap_tx;
	rc = bind_ports(q, front->queues[number].tx_port,
			front->queues[number].rx_port);
	if (rc)
		goto unmap_rx;
	/* one that died may have published, and not told */
	back_notify(q->tx_port);
	if (q->rx_port != q->tx_port)
		back_notify(q->rx_port);
	return 0;

unmap_rx:
	back_unmap(q->rx_page, 1);
unmap_tx:
	back_unmap(q->tx_page, 1);
	return rc;
}

void netback_close(struct netback_queue *q)
{
	back_unbind(q->tx_port);
	if (q->rx_port != q->tx_port)
		back_unbind(q->rx_port);
	back_unmap(q->rx_page, 1);
	back_unmap(q->tx_page, 1);
}

int netback_pass(struct netback_queue *q, uint64_t now_ns)
{
	int sent = netback_tx(q, now_ns), received;

	if (sent < 0)
		return sent;
	/* nobody polls the tap as long as there is work */
	if (sent && !q->has_slept)
		q->is_dry = false;
	q->has_slept = false;
	received = netback_rx(q);
	return received < 0 ? received : sent | received;
}

/* --- sleep --- */

static void unmask(bool *is_masked, uint32_t port)
{
	if (*is_masked)
		back_unmask(port);
	*is_masked = false;
}

struct netback_wait netback_sleep(struct netback_queue *q, uint64_t now_ns)
{
	const struct netback_wait busy = {.is_idle = false};
	struct netback_wait w = {.is_idle = true, .ns = -1};
	uint32_t needed = q->is_holding ? netback_slots(&q->held) : 1;
	int nr = ring_back_available(&q->tx);

	/* What waits for its turn needs no event. */
	if (nr > 0 && q->rate.bytes && !q->rate.left &&
	    now_ns < q->rate.until_ns)
		w.ns = (int64_t)(q->rate.until_ns - now_ns);
	else if (ring_back_sleep(&q->tx))
		return busy;
	/*
	 * That there are slots is no news as long as the tap has no packet for
	 * them, so only where they are missing an event is asked for.
	 */
	nr = ring_back_available(&q->rx);
	if (nr >= 0 && (uint32_t)nr < needed)
		nr = ring_back_await(&q->rx, needed);
	if (nr < 0 || (q->is_holding && (uint32_t)nr >= needed))
		return busy;
	w.wants_tap = !q->is_holding && nr > 0;
	unmask(&q->tx_is_masked, q->tx_port);
	unmask(&q->rx_is_masked, q->rx_port);
	q->stats.sleeps++;
	q->has_slept = true;
	return w;
}

void netback_wake(struct netback_queue *q, bool has_events, bool has_tap)
{
	uint32_t ports[4];
	int nr = has_events ? back_take_events(ports, 4) : 0;

	if (has_tap)
		q->is_dry = false;
	for (int i = 0; i < nr; i++) {
		if (ports[i] == q->tx_port)
			q->tx_is_masked = true;
		else if (ports[i] == q->rx_port)
			q->rx_is_masked = true;
	}
}
