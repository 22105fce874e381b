/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What xenstored needs of the hypervisor, through Linux's /dev/xen nodes.
 * xen_linux.c is the real one; unit tests link one of their own.
 */
#ifndef XENSTORED_XEN_H
#define XENSTORED_XEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct xenstore_domain_interface;

struct xen_domain {
	uint16_t domid;
	bool is_dying;
	bool has_shut_down;
	uint8_t handle[16];
};

/* Open the devices.  -errno, with *@what naming the device. */
int xen_open(const char **what);

/* Becomes readable when xen_read_ports has something to say. */
int xen_event_fd(void);
/* Up to @max local ports with events, unmasked again; 0 if none. */
size_t xen_read_ports(uint32_t *ports, size_t max);

/* Local port, or -errno. */
int xen_bind_interdomain(unsigned int domid, uint32_t remote_port);
int xen_bind_dom_exc(void);
void xen_unbind(int port);
void xen_notify(int port);

/* The ring page of a domain: its grant reference 1. */
int xen_map_ring(unsigned int domid, struct xenstore_domain_interface **out);
void xen_unmap_ring(struct xenstore_domain_interface *page);

/* The ring page of Dom0's kernel, and the port it waits on. */
int xen_map_own_ring(struct xenstore_domain_interface **out, uint32_t *port);
void xen_unmap_own_ring(struct xenstore_domain_interface *page);

/* Domains from @first up, in order of domid.  Their number, or -errno. */
int xen_list_domains(unsigned int first, struct xen_domain *out, size_t max);

#endif
