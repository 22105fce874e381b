/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pretended Xen between two ends in one process: pages that are granted,
 * mapped and copied, and event channels. A mapping is a view of the same
 * memory, so an end that writes where it must not is seen by the other; what
 * is unmapped may no longer be touched.
 */
#ifndef FAKE_XEN_H
#define FAKE_XEN_H

#include <stdbool.h>
#include <stdint.h>

#define FAKE_GREFS 8192
#define FAKE_PORTS 64
#define FAKE_EVTCHNS 8
#define FAKE_FIRST_GREF 8

struct fake_grant {
	void *page; /* NULL: free */
	bool is_readonly;
	bool is_dropped; /* free it with the last mapping */
	unsigned int nr_maps;
};

struct fake_port {
	bool is_used;	/* the frontend's end */
	bool is_bound;	/* the backend's end, with the same number */
	bool is_masked; /* the backend's: none is delivered */
	bool is_queued; /* delivered, and not taken by the backend */
	int evtchn;	/* the device it is on */
	bool at_front;	/* an event waits there */
	bool at_back;
	unsigned int nr_to_front, nr_to_back; /* sent */
};

/* Arrays of FAKE_GREFS and FAKE_PORTS, shared with processes forked later. */
extern struct fake_grant *fake_grants;
extern struct fake_port *fake_ports;

/* No pages, no grants, no ports. */
void fake_xen_reset(void);
/* The backend, a process or this one, has ended: nothing mapped or bound. */
void fake_xen_backend_died(void);

/* The frontend takes the event that waits for it. */
bool fake_front_event(uint32_t port);
/* For ends that are threads: sleep until an event waits for the frontend. */
void fake_front_wait(void);
/* An event channel device of the backend's for one port alone, FAKE_EVTCHNS. */
int fake_evtchn(unsigned int number);
/* How much of the frontend's is mapped and granted, to find leaks. */
unsigned int fake_nr_maps(void);
unsigned int fake_nr_grants(void);
unsigned int fake_nr_pages(void);
unsigned int fake_nr_ports(void);

/* Calls to Xen since the reset, for what a request costs. */
struct fake_calls {
	uint64_t maps, unmaps, copies, notifies, unmasks;
};
extern struct fake_calls fake_calls;

/* After so many more calls that can fail, they do; -1: never. */
extern int fake_until_failure;

#endif
