/* SPDX-License-Identifier: MIT */
/*
 * The network protocol: what is in the slots of a transmit and a receive ring.
 *
 * Xen ABI, public/io/netif.h. A packet takes one slot or several: in the first
 * transmit request `size` is that of the whole packet, in the others that of
 * their piece; a receive response has each piece's own. Extra information lies
 * in the slots behind a packet's first.
 */
#ifndef NET_NETIF_H
#define NET_NETIF_H

#include <abi/layout.h>

#define NETIF_RING_PAGES 1u
#define NETIF_PAGE 4096u
#define NETIF_SLOTS 256u	/* of either ring */
#define NETIF_PACKET_MAX 65535u /* a transmit request has 16 bits for it */
/* So many slots of data a backend takes at least. */
#define NETIF_PIECES_MIN 18u

/* enum in the `flags` of requests and responses, the same bits in both */
#define NETIF_CSUM_BLANK 1u  /* the transport's checksum is to be filled in */
#define NETIF_VALIDATED 2u   /* it is known to be right */
#define NETIF_MORE_DATA 4u   /* the packet goes on in the next slot */
#define NETIF_EXTRA 8u	     /* extra information follows */
#define NETIF_GSO_PREFIX 16u /* old, not used */

struct netif_tx_request {
	uint32_t gref;
	uint16_t offset; /* in the page */
	uint16_t flags;
	uint16_t id; /* echoed */
	uint16_t size;
};
ABI_SIZE(struct netif_tx_request, 12);

struct netif_tx_response {
	uint16_t id;
	int16_t status; /* NETIF_RSP_* */
};
ABI_SIZE(struct netif_tx_response, 4);

struct netif_rx_request {
	uint16_t id; /* echoed */
	uint16_t pad;
	uint32_t gref;
};
ABI_SIZE(struct netif_rx_request, 8);

struct netif_rx_response {
	uint16_t id;
	uint16_t offset; /* in the page */
	uint16_t flags;
	int16_t status; /* negative: NETIF_RSP_*; else bytes */
};
ABI_SIZE(struct netif_rx_response, 8);

#define NETIF_RSP_DROPPED (-2)
#define NETIF_RSP_ERROR (-1)
#define NETIF_RSP_OKAY 0
#define NETIF_RSP_NULL 1 /* answers a slot of extra information */

struct netif_extra {
	uint8_t type;  /* NETIF_EXTRA_TYPE_* */
	uint8_t flags; /* NETIF_EXTRA_MORE */
	union {
		struct {
			uint16_t size; /* of the segments' payload */
			uint8_t type;  /* NETIF_GSO_* */
			uint8_t pad;
			uint16_t features; /* 0 */
		} gso;
		uint8_t address[6];
		uint16_t pad[3];
	};
};
ABI_SIZE(struct netif_extra, 8);

#define NETIF_EXTRA_TYPE_GSO 1u
#define NETIF_EXTRA_TYPE_MCAST_ADD 2u
#define NETIF_EXTRA_TYPE_MCAST_DEL 3u
#define NETIF_EXTRA_TYPE_HASH 4u
#define NETIF_EXTRA_TYPE_XDP 5u
#define NETIF_EXTRA_TYPES 6u
#define NETIF_EXTRA_MORE 1u

#define NETIF_GSO_NONE 0u
#define NETIF_GSO_TCPV4 1u
#define NETIF_GSO_TCPV6 2u

#define NETIF_TX_ENTRY_BYTES 12u
#define NETIF_RX_ENTRY_BYTES 8u

#endif
