// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding the transport's checksum in a packet. See offload.h.
 */
#include "offload.h"

#include <errno.h>
#include <string.h>

#include "../protocol/netif.h"

#define ETH_BYTES 14u
#define ETH_VLAN 0x8100u
#define ETH_VLAN_OUTER 0x88a8u
#define ETH_IPV4 0x0800u
#define ETH_IPV6 0x86ddu

#define IP_HOP_OPTIONS 0u
#define IP_TCP 6u
#define IP_UDP 17u
#define IP_ROUTING 43u
#define IP_DEST_OPTIONS 60u
#define IPV6_BYTES 40u
#define IPV6_EXTENSIONS_MAX 8u

struct reader {
	const uint8_t *data;
	size_t len;   /* there is so much */
	size_t bytes; /* of the whole packet */
};

/* What was found on the way to the transport's header. */
struct layers {
	uint16_t type; /* ETH_IPV4, ETH_IPV6 */
	uint8_t protocol;
	size_t network, transport;  /* where they begin */
	size_t addresses, nr_bytes; /* both of the network layer */
	size_t payload;		    /* bytes from transport on */
};

static uint16_t get16(const struct reader *p, size_t at)
{
	return (uint16_t)(p->data[at] << 8 | p->data[at + 1]);
}

/* 0 if @bytes from @at are there. */
static int need(const struct reader *p, size_t at, size_t bytes)
{
	if (at + bytes > p->bytes)
		return -EINVAL;
	return at + bytes > p->len ? -ENODATA : 0;
}

static int find_network(const struct reader *p, struct layers *l)
{
	size_t at = ETH_BYTES;
	int rc = need(p, 0, ETH_BYTES);

	if (rc)
		return rc;
	l->type = get16(p, at - 2);
	for (int tags = 0; l->type == ETH_VLAN || l->type == ETH_VLAN_OUTER;
	     tags++) {
		rc = tags == 2 ? -EINVAL : need(p, at, 4);
		if (rc)
			return rc;
		at += 4;
		l->type = get16(p, at - 2);
	}
	l->network = at;
	return 0;
}

static int read_ipv4(const struct reader *p, struct layers *l)
{
	size_t at = l->network, header, total;
	int rc = need(p, at, 20);

	if (rc)
		return rc;
	header = (p->data[at] & 0xfu) * 4u;
	total = get16(p, at + 2);
	if (p->data[at] >> 4 != 4 || header < 20 || total < header ||
	    total > p->bytes - at || (get16(p, at + 6) & 0x3fff))
		return -EINVAL;
	l->protocol = p->data[at + 9];
	l->addresses = at + 12;
	l->nr_bytes = 8;
	l->transport = at + header;
	l->payload = total - header;
	return 0;
}

static int read_ipv6(const struct reader *p, struct layers *l)
{
	size_t at = l->network, end;
	int rc = need(p, at, IPV6_BYTES);

	if (rc)
		return rc;
	end = at + IPV6_BYTES + get16(p, at + 4);
	if (p->data[at] >> 4 != 6 || end > p->bytes)
		return -EINVAL;
	l->protocol = p->data[at + 6];
	l->addresses = at + 8;
	l->nr_bytes = 32;
	at += IPV6_BYTES;
	for (unsigned int nr = 0;
	     l->protocol == IP_HOP_OPTIONS || l->protocol == IP_ROUTING ||
	     l->protocol == IP_DEST_OPTIONS;
	     nr++) {
		rc = nr == IPV6_EXTENSIONS_MAX ? -EINVAL : need(p, at, 8);
		if (rc)
			return rc;
		l->protocol = p->data[at];
		at += (p->data[at + 1] + 1u) * 8u;
	}
	if (at > end)
		return -EINVAL;
	l->transport = at;
	l->payload = end - at;
	return 0;
}

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* The pseudo header's sum, folded; of TCP and UDP alike. */
static uint16_t pseudo_sum(const struct reader *p, const struct layers *l)
{
	uint64_t sum = l->protocol + l->payload;

	for (size_t i = 0; i < l->nr_bytes; i += 2)
		sum += get16(p, l->addresses + i);
	return fold(sum);
}

static int read_transport(const struct reader *p, const struct layers *l,
			  struct vnet_header *h)
{
	size_t at = l->transport, least = l->protocol == IP_TCP ? 20 : 8;
	size_t header = least;
	int rc;

	if (l->protocol != IP_TCP && l->protocol != IP_UDP)
		return -EINVAL;
	rc = need(p, at, least);
	if (rc)
		return rc;
	h->csum_offset = 6;
	if (l->protocol == IP_TCP) {
		h->csum_offset = 16;
		header = (p->data[at + 12] >> 4) * 4u;
	}
	if (header < least || header > l->payload)
		return -EINVAL;
	h->csum_start = (uint16_t)at;
	h->header_bytes = (uint16_t)(at + header);
	return need(p, at, header);
}

static int set_gso(const struct layers *l, uint8_t gso, uint16_t gso_bytes,
		   struct vnet_header *h)
{
	uint16_t type = gso == NETIF_GSO_TCPV4 ? ETH_IPV4 : ETH_IPV6;

	if (l->protocol != IP_TCP || l->type != type || !gso_bytes)
		return -EINVAL;
	h->gso_type = gso == NETIF_GSO_TCPV4 ? VNET_GSO_TCPV4 : VNET_GSO_TCPV6;
	h->gso_bytes = gso_bytes;
	return 0;
}

int offload_prepare(uint8_t *data, size_t len, size_t bytes, uint8_t gso,
		    uint16_t gso_bytes, struct vnet_header *h)
{
	struct reader p = {.data = data, .len = len, .bytes = bytes};
	struct layers l;
	uint16_t sum;
	int rc = find_network(&p, &l);

	if (!rc)
		rc = l.type == ETH_IPV4	  ? read_ipv4(&p, &l)
		     : l.type == ETH_IPV6 ? read_ipv6(&p, &l)
					  : -EINVAL;
	*h = (struct vnet_header){.flags = VNET_NEEDS_CSUM};
	if (!rc)
		rc = read_transport(&p, &l, h);
	if (!rc && gso != NETIF_GSO_NONE)
		rc = set_gso(&l, gso, gso_bytes, h);
	if (rc)
		return rc;
	sum = pseudo_sum(&p, &l);
	data[l.transport + h->csum_offset] = (uint8_t)(sum >> 8);
	data[l.transport + h->csum_offset + 1] = (uint8_t)sum;
	return 0;
}

unsigned int offload_ip_version(const uint8_t *data, size_t bytes)
{
	struct reader p = {.data = data, .len = bytes, .bytes = bytes};
	struct layers l;

	if (find_network(&p, &l))
		return 0;
	return l.type == ETH_IPV4 ? 4 : l.type == ETH_IPV6 ? 6 : 0;
}

int offload_finish(uint8_t *data, size_t bytes, struct vnet_header *h)
{
	struct reader p = {.data = data, .len = bytes, .bytes = bytes};
	size_t place = (size_t)h->csum_start + h->csum_offset, at;
	uint64_t sum = 0;
	uint16_t csum;

	if (place + 2 > bytes)
		return -EINVAL;
	/* the pseudo header's is in its place already */
	for (at = h->csum_start; at + 1 < bytes; at += 2)
		sum += get16(&p, at);
	if (at < bytes)
		sum += (uint64_t)data[at] << 8;
	csum = (uint16_t)~fold(sum);
	if (!csum) /* 0 means that UDP has none; for TCP it is the same */
		csum = 0xffff;
	data[place] = (uint8_t)(csum >> 8);
	data[place + 1] = (uint8_t)csum;
	h->flags = VNET_VALID;
	return 0;
}
