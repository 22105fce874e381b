/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the daemon needs from Xen, and nothing more. xen_host.c does it with
 * the /dev/xen devices; the tests link a machine of their own.
 */
#ifndef XEN_SEAM_H
#define XEN_SEAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct xencons_interface;

struct xen_domain {
	uint16_t domid;
	bool is_dying; /* its memory waits for our mappings to go */
	uint8_t handle[16];
};

/* Open the devices. All functions: 0 or a count or port, or -errno. */
int xen_open(void);

/* Event channels: the fd is readable while xen_evtchn_next has a port. */
int xen_evtchn_fd(void);
/* The next port with an event, now masked; -EAGAIN: none. */
int xen_evtchn_next(void);
void xen_evtchn_unmask(uint32_t port);
void xen_evtchn_notify(uint32_t port);
int xen_evtchn_bind(uint16_t domid, uint32_t remote_port);
int xen_evtchn_bind_virq(uint32_t virq);
void xen_evtchn_unbind(uint32_t port);

/* Map the console ring the domain granted (its grant reference 0). */
int xen_ring_map(uint16_t domid, struct xencons_interface **page);
void xen_ring_unmap(struct xencons_interface *page);

/* Some of the domains from id @from on, by id; 0: there are none. */
int xen_domains(uint16_t from, struct xen_domain *out, size_t max);

/*
 * Read the hypervisor's log from *@index on, which moves behind what was
 * read; where that has been overwritten already, from the oldest byte held.
 */
#define XEN_LOG_CHUNK 4096
int xen_log_read(char buf[XEN_LOG_CHUNK], uint32_t *index);

#endif
