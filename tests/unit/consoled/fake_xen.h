/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine for the daemon under test: domains with console rings in plain
 * memory, event channels, and a hypervisor log.
 */
#ifndef FAKE_XEN_H
#define FAKE_XEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <abi/io/console.h>

#define FAKE_DOMAINS 64

struct fake_domain {
	uint16_t domid; /* 0: free slot */
	bool is_dying;
	uint8_t handle[16];
	struct xencons_interface *ring; /* shared over fork */
	int map_rc;			/* what mapping the ring returns */
	int nr_maps;			/* mappings there are now */
	uint32_t port;			/* the guest's */
	int local;			/* the daemon's, -1: unbound */
	bool is_pending, is_masked;
	unsigned int nr_notified;
	/* Run when the daemon sends an event; may refill the ring. */
	void (*on_notify)(struct fake_domain *d);
	uint64_t written; /* bytes a flooding guest has produced */
};

extern struct fake_domain fake_domains[FAKE_DOMAINS];
extern char *fake_hv_log; /* whole text so far */
extern size_t fake_hv_log_len, fake_hv_log_size;

/* The rings survive the daemon; a second xen_open is a restarted one. */
void fake_xen_reset(void);
/* As if the daemon's process had ended: no binding, no mapping. */
void fake_xen_daemon_died(void);

struct fake_domain *fake_create(uint16_t domid);
void fake_destroy(struct fake_domain *d);

/* The guest writes what fits and sends an event; returns the count. */
size_t fake_guest_write(struct fake_domain *d, const void *buf, size_t n);
/* The guest reads up to @max bytes of its input, and sends an event. */
size_t fake_guest_read(struct fake_domain *d, void *buf, size_t max);
void fake_guest_event(struct fake_domain *d);

/* An on_notify that always keeps the ring full of fake_pattern bytes. */
void fake_flood(struct fake_domain *d);
/* Byte @pos of every flood: text in lines, different at each position. */
char fake_pattern(uint64_t pos);

void fake_hv_print(const char *text);

#endif
