/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is left to do for a packet: a checksum to be filled in, segments to be
 * cut. The frontend says it in flags and extra information, a tap in the
 * virtio header before each packet.
 */
#ifndef NET_OFFLOAD_H
#define NET_OFFLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Virtio 1.2, 5.1.6 "Device Operation", as a tap has it: little-endian. */
struct vnet_header {
	uint8_t flags;	  /* VNET_* */
	uint8_t gso_type; /* VNET_GSO_* */
	uint16_t header_bytes;
	uint16_t gso_bytes;
	uint16_t csum_start, csum_offset;
};
_Static_assert(sizeof(struct vnet_header) == 10, "size of vnet_header");

#define VNET_NEEDS_CSUM 1u
#define VNET_VALID 2u
#define VNET_GSO_NONE 0u
#define VNET_GSO_TCPV4 1u
#define VNET_GSO_TCPV6 4u
#define VNET_GSO_ECN 0x80u

#define OFFLOAD_HEADERS_MAX 512u /* longer ones are not followed */

/*
 * Fill in @h for a packet of @bytes whose first @len are at @data, and write
 * the sum of the pseudo header where the checksum will be. @gso: one of
 * NETIF_GSO_*, with @gso_bytes in a segment.
 * -ENODATA: the headers do not end in @len. -EINVAL: no TCP or UDP, or it is
 * a fragment, or the lengths in it do not fit.
 */
int offload_prepare(uint8_t *data, size_t len, size_t bytes, uint8_t gso,
		    uint16_t gso_bytes, struct vnet_header *h);

/* Which IP is in a packet: 4, 6, or 0: neither. */
unsigned int offload_ip_version(const uint8_t *data, size_t bytes);
/*
 * Fill in the checksum that @h says is missing, so that none is.
 * -EINVAL: its place is not in the packet.
 */
int offload_finish(uint8_t *data, size_t bytes, struct vnet_header *h);

#endif
