/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of Ethernet, ARP, IPv4, ICMP and UDP as it takes to be pinged and to
 * exchange datagrams: no options, no fragments, no routes.
 */
#ifndef NETMIX_PACKETS_H
#define NETMIX_PACKETS_H

#include <stdbool.h>
#include <stdint.h>

#define UDP_HEADERS 42u /* with Ethernet's and IP's */
#define PACKETS_BYTES_MAX (UDP_HEADERS + 16384u)

/* From a UDP datagram, for answers to it. */
struct endpoints {
	uint8_t own_mac[6], peer_mac[6];
	uint8_t own[4], peer[4];
	uint16_t own_port, peer_port;
};

bool endpoints_equal(const struct endpoints *a, const struct endpoints *b);

/* Put an answer to an ARP request or a ping to @to; its bytes, or 0: neither.
 */
uint32_t answer_to(uint8_t *to, const uint8_t *frame, uint32_t bytes,
		   const uint8_t mac[6], const uint8_t address[4]);

/*
 * The payload of a datagram to @address and @port, and its bytes; NULL: it is
 * something else, or damaged. @is_right: no need to look at its checksum.
 */
const void *udp_open(const uint8_t *frame, uint32_t bytes,
		     const uint8_t address[4], uint16_t port, bool is_right,
		     struct endpoints *ends, uint32_t *len);
/* Where the payload goes, and the headers around it; bytes of the frame. */
void *udp_payload(uint8_t *frame);
uint32_t udp_finish(uint8_t *frame, const struct endpoints *ends,
		    uint32_t payload, bool is_csum_blank);

#endif
