/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A network device with both ends in this process: our frontend, the backend's
 * queues, and for each queue a socket that plays the tap's other side.
 */
#ifndef NET_PAIR_H
#define NET_PAIR_H

#include "../../../../split-drivers/net/backend/netback_bus.h"
#include "../../../../split-drivers/net/frontend/netfront.h"
#include "../fake_bus.h"
#include "../fake_xen.h"

#define PAIR_QUEUES 3u
#define PAIR_PACKETS 300u

/* What came, at the wire or at the frontend. */
struct pair_packet {
	unsigned int queue;
	uint32_t bytes;
	struct vnet_header header;	 /* at the wire */
	struct netfront_offload offload; /* at the frontend */
	uint8_t data[NETIF_PACKET_MAX];
};

struct pair {
	struct xenbus bus; /* the backend's */
	struct netback_front choice;
	struct netback_queue back[PAIR_QUEUES];
	struct netback_journal *journal; /* of each; outlives a process */
	int wire[PAIR_QUEUES], tap[PAIR_QUEUES];
	struct netfront front;
	unsigned int nr_got;
	struct pair_packet *got; /* by the frontend */
};

extern struct pair pair;

/* Everything as if there had been nothing; then connect. */
void pair_connect(const struct netfront_wish *wish);
/* The same up to what the frontend wrote, and what the backend makes of it. */
void pair_offer(const struct netfront_wish *wish);
int pair_read(const char **what);
/* From there on until it is connected. */
void pair_open(void);
/* The backend's process ends without a word, and another one takes over. */
void pair_backend_dies(void);
void pair_disconnect(void);

/* A frame of @bytes that @seed tells from others. */
void pair_fill(uint8_t *data, uint32_t bytes, unsigned int seed);
bool pair_is_filled(const uint8_t *data, uint32_t bytes, unsigned int seed);
/* The wire's side: give and take a packet; false: there is none. */
void pair_wire_send(unsigned int queue, const struct vnet_header *h,
		    const void *data, uint32_t bytes);
bool pair_wire_receive(unsigned int queue, struct pair_packet *p);
/* Let both ends work until neither has anything to do; or just the backend. */
void pair_run(void);
void pair_run_back(void);

#endif
