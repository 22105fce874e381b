// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both ends of a network device in one process. See net_pair.h.
 */
#include "net_pair.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define BACK "/local/domain/0/backend/vif/7/0"
#define FRONT "/local/domain/7/device/vif/0"

struct pair pair;
static uint8_t *memory[PAIR_QUEUES];

static void receive(void *ctx, unsigned int queue, const void *data,
		    uint32_t bytes, const struct netfront_offload *offload)
{
	struct pair_packet *p;

	(void)ctx;
	if (pair.nr_got == PAIR_PACKETS)
		return;
	p = &pair.got[pair.nr_got++];
	p->queue = queue;
	p->bytes = bytes;
	p->offload = *offload;
	memcpy(p->data, data,
	       bytes < sizeof(p->data) ? bytes : sizeof(p->data));
}

static void clear(void)
{
	for (unsigned int i = 0; i < PAIR_QUEUES; i++) {
		if (pair.wire[i] > 0) {
			close(pair.wire[i]);
			close(pair.tap[i]);
		}
		free(memory[i]);
		memory[i] =
			aligned_alloc(NETIF_PAGE, NETBACK_PAGES * NETIF_PAGE);
		if (!memory[i])
			abort();
	}
	free(pair.got);
	if (pair.journal)
		munmap(pair.journal, PAIR_QUEUES * sizeof(*pair.journal));
	memset(&pair, 0, sizeof(pair));
	pair.journal =
		mmap(NULL, PAIR_QUEUES * sizeof(*pair.journal),
		     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pair.got = calloc(PAIR_PACKETS, sizeof(*pair.got));
	fake_xen_reset();
	fake_bus_reset();
}

static void open_tap(unsigned int i)
{
	int fds[2], bytes = 8 << 20;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds) ||
	    setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)) ||
	    setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)))
		abort();
	pair.wire[i] = fds[0];
	pair.tap[i] = fds[1];
}

void pair_offer(const struct netfront_wish *wish)
{
	struct netfront_wish w = *wish;

	clear();
	w.receive = receive;
	if (!w.tx_pages)
		w.tx_pages = w.rx_pages = NETIF_SLOTS;
	fake_bus_set(BACK "/frontend", FRONT);
	fake_bus_set(BACK "/state", "1");
	fake_bus_set(FRONT "/backend", BACK);
	fake_bus_set(FRONT "/backend-id", "0");
	fake_bus_set(FRONT "/mac", "00:16:3E:0a:0b:0c");
	fake_bus_set(FRONT "/state", "1");
	if (xenbus_init(&pair.bus, &fake_bus, NULL, BACK, FRONT) ||
	    xenbus_own_state(&pair.bus) != XenbusStateInitialising ||
	    netback_offer(&pair.bus, PAIR_QUEUES) ||
	    netfront_init(&pair.front, &fake_bus, NULL, FRONT, &w) ||
	    netfront_store_event(&pair.front) != XENBUS_OFFER)
		abort();
}

int pair_read(const char **what)
{
	return netback_read_front(&pair.bus, PAIR_QUEUES, &pair.choice, what);
}

static int open_queue(unsigned int i)
{
	return netback_open(&pair.back[i], &pair.choice, i, pair.tap[i],
			    memory[i], &pair.journal[i]);
}

void pair_open(void)
{
	const char *what;

	if (pair_read(&what))
		abort();
	for (unsigned int i = 0; i < pair.choice.nr_queues; i++) {
		open_tap(i);
		if (open_queue(i))
			abort();
	}
	if (xenbus_switch(&pair.bus, 0, XenbusStateConnected) ||
	    netfront_store_event(&pair.front) != XENBUS_CONNECT)
		abort();
}

void pair_connect(const struct netfront_wish *wish)
{
	pair_offer(wish);
	pair_open();
}

void pair_backend_dies(void)
{
	fake_xen_backend_died();
	for (unsigned int i = 0; i < pair.choice.nr_queues; i++)
		if (open_queue(i))
			abort();
}

void pair_disconnect(void)
{
	for (unsigned int i = 0; i < pair.choice.nr_queues; i++)
		netback_close(&pair.back[i]);
	netfront_destroy(&pair.front);
}

/* --- packets --- */

void pair_fill(uint8_t *data, uint32_t bytes, unsigned int seed)
{
	for (uint32_t i = 0; i < bytes; i++)
		data[i] = (uint8_t)(seed * 31 + i * 7 + (i >> 8));
}

bool pair_is_filled(const uint8_t *data, uint32_t bytes, unsigned int seed)
{
	for (uint32_t i = 0; i < bytes; i++)
		if (data[i] != (uint8_t)(seed * 31 + i * 7 + (i >> 8)))
			return false;
	return true;
}

void pair_wire_send(unsigned int queue, const struct vnet_header *h,
		    const void *data, uint32_t bytes)
{
	struct vnet_header header = *h;
	void *at = (void *)(uintptr_t)data;
	struct iovec v[] = {{&header, sizeof(header)}, {at, bytes}};

	if (writev(pair.wire[queue], v, 2) < 0)
		abort();
}

bool pair_wire_receive(unsigned int queue, struct pair_packet *p)
{
	struct iovec v[] = {{&p->header, sizeof(p->header)},
			    {p->data, sizeof(p->data)}};
	ssize_t n = readv(pair.wire[queue], v, 2);

	p->queue = queue;
	p->bytes = n < 0 ? 0 : (uint32_t)n - (uint32_t)sizeof(p->header);
	return n >= 0;
}

/* The backend's loop, but for the sleeping. */
static bool run_back(unsigned int i)
{
	struct netback_queue *q = &pair.back[i];
	struct pollfd p[] = {{.fd = back_event_fd(), .events = POLLIN},
			     {.fd = pair.tap[i], .events = POLLIN}};
	bool did = false;

	for (;;) {
		struct netback_wait w;

		while (netback_pass(q, 0) > 0)
			did = true;
		w = netback_sleep(q, 0);
		if (!w.is_idle)
			continue;
		p[0].revents = p[1].revents = 0;
		if (poll(p, w.wants_tap ? 2 : 1, 0) <= 0)
			return did;
		netback_wake(q, p[0].revents, p[1].revents);
		if (!(p[1].revents & POLLIN) && !q->tx_is_masked &&
		    !q->rx_is_masked)
			return did;
	}
}

void pair_run_back(void)
{
	for (unsigned int i = 0; i < pair.choice.nr_queues; i++)
		run_back(i);
}

void pair_run(void)
{
	bool did = true;

	while (did) {
		did = false;
		for (unsigned int i = 0; i < pair.choice.nr_queues; i++)
			did |= run_back(i);
		for (unsigned int i = 0; i < pair.choice.nr_queues; i++) {
			fake_front_event(pair.front.queues[i].tx_port);
			fake_front_event(pair.front.queues[i].rx_port);
			while (netfront_sleep(&pair.front, i) > 0)
				did = true;
		}
	}
}
