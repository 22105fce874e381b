/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames of a few kinds, read and written byte by byte. See packets.h. */
#include "packets.h"

#include "../lib/guest.h"

#define ETH 14u
#define IP 20u
#define UDP 8u
#define ARP 28u
#define PING 8u

static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static bool equal(const void *a, const void *b, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		if (((const uint8_t *)a)[i] != ((const uint8_t *)b)[i])
			return false;
	return true;
}

static uint64_t sum(uint64_t s, const uint8_t *p, uint32_t bytes)
{
	for (uint32_t i = 0; i + 1 < bytes; i += 2)
		s += get16(p + i);
	return bytes % 2 ? s + (uint64_t)(p[bytes - 1] << 8) : s;
}

static uint16_t fold(uint64_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)s;
}

bool endpoints_equal(const struct endpoints *a, const struct endpoints *b)
{
	return equal(a, b, sizeof(*a));
}

/* --- Ethernet and IP --- */

static void put_ethernet(uint8_t *frame, const uint8_t *to, const uint8_t *from,
			 uint32_t type)
{
	memcpy(frame, to, 6);
	memcpy(frame + 6, from, 6);
	put16(frame + 12, type);
}

static void put_ip(uint8_t *frame, const uint8_t *to, const uint8_t *from,
		   uint32_t payload, uint8_t protocol)
{
	uint8_t *ip = frame + ETH;

	memset(ip, 0, IP);
	ip[0] = 0x45;
	put16(ip + 2, IP + payload);
	ip[6] = 0x40; /* not to be cut */
	ip[8] = 64;
	ip[9] = protocol;
	memcpy(ip + 12, from, 4);
	memcpy(ip + 16, to, 4);
	put16(ip + 10, (uint16_t)~fold(sum(0, ip, IP)));
}

/* The bytes behind the header of an IP packet for us; 0: it is none. */
static uint32_t open_ip(const uint8_t *frame, uint32_t bytes,
			const uint8_t address[4], uint8_t protocol)
{
	const uint8_t *ip = frame + ETH;

	if (bytes < ETH + IP || get16(frame + 12) != 0x0800 || ip[0] != 0x45 ||
	    get16(ip + 2) < IP || get16(ip + 2) > bytes - ETH ||
	    get16(ip + 6) & 0x3fff || ip[9] != protocol ||
	    !equal(ip + 16, address, 4) || fold(sum(0, ip, IP)) != 0xffff)
		return 0;
	return get16(ip + 2) - IP;
}

/* --- ARP and pings --- */

static uint32_t answer_arp(uint8_t *to, const uint8_t *frame, uint32_t bytes,
			   const uint8_t mac[6], const uint8_t address[4])
{
	const uint8_t *arp = frame + ETH;
	uint8_t *answer = to + ETH;

	if (bytes < ETH + ARP || get16(frame + 12) != 0x0806 ||
	    get16(arp + 6) != 1 || !equal(arp + 24, address, 4))
		return 0;
	put_ethernet(to, frame + 6, mac, 0x0806);
	memcpy(answer, arp, 6);
	put16(answer + 6, 2);
	memcpy(answer + 8, mac, 6);
	memcpy(answer + 14, address, 4);
	memcpy(answer + 18, arp + 8, 10);
	return ETH + ARP;
}

static uint32_t answer_ping(uint8_t *to, const uint8_t *frame, uint32_t bytes,
			    const uint8_t mac[6], const uint8_t address[4])
{
	const uint8_t *ip = frame + ETH;
	uint8_t *answer = to + ETH + IP;
	uint32_t len = open_ip(frame, bytes, address, 1);

	if (len < PING || ip[IP] != 8 || ETH + IP + len > PACKETS_BYTES_MAX)
		return 0;
	put_ethernet(to, frame + 6, mac, 0x0800);
	put_ip(to, ip + 12, address, len, 1);
	memcpy(answer, ip + IP, len);
	answer[0] = 0;
	put16(answer + 2, 0);
	put16(answer + 2, (uint16_t)~fold(sum(0, answer, len)));
	return ETH + IP + len;
}

uint32_t answer_to(uint8_t *to, const uint8_t *frame, uint32_t bytes,
		   const uint8_t mac[6], const uint8_t address[4])
{
	uint32_t answer = answer_arp(to, frame, bytes, mac, address);

	return answer ? answer : answer_ping(to, frame, bytes, mac, address);
}

/* --- UDP --- */

/* Of the pseudo header. */
static uint64_t pseudo(const uint8_t *ip, uint32_t len)
{
	return sum(17 + len, ip + 12, 8);
}

const void *udp_open(const uint8_t *frame, uint32_t bytes,
		     const uint8_t address[4], uint16_t port, bool is_right,
		     struct endpoints *ends, uint32_t *len)
{
	const uint8_t *ip = frame + ETH, *udp = ip + IP;
	uint32_t nr = open_ip(frame, bytes, address, 17);

	if (nr < UDP || equal(frame, broadcast, 6) || get16(udp + 4) < UDP ||
	    get16(udp + 4) > nr || get16(udp + 2) != port)
		return NULL;
	nr = get16(udp + 4);
	if (!is_right && get16(udp + 6) &&
	    fold(sum(pseudo(ip, nr), udp, nr)) != 0xffff)
		return NULL;
	memset(ends, 0, sizeof(*ends));
	memcpy(ends->own_mac, frame, 6);
	memcpy(ends->peer_mac, frame + 6, 6);
	memcpy(ends->own, address, 4);
	memcpy(ends->peer, ip + 12, 4);
	ends->own_port = port;
	ends->peer_port = get16(udp);
	*len = nr - UDP;
	return udp + UDP;
}

void *udp_payload(uint8_t *frame)
{
	return frame + UDP_HEADERS;
}

uint32_t udp_finish(uint8_t *frame, const struct endpoints *ends,
		    uint32_t payload, bool is_csum_blank)
{
	uint8_t *udp = frame + ETH + IP;
	uint32_t len = UDP + payload;
	uint64_t s;

	put_ethernet(frame, ends->peer_mac, ends->own_mac, 0x0800);
	put_ip(frame, ends->peer, ends->own, len, 17);
	put16(udp, ends->own_port);
	put16(udp + 2, ends->peer_port);
	put16(udp + 4, len);
	put16(udp + 6, 0);
	s = pseudo(frame + ETH, len);
	if (is_csum_blank)
		put16(udp + 6, fold(s));
	else
		put16(udp + 6, (uint16_t)~fold(sum(s, udp, len)));
	return ETH + IP + len;
}
