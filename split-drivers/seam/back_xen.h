/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a backend needs from Xen once it knows its frontend: the frontend's
 * pages, and an event channel. back_linux.c does it with /dev/xen/gntdev and
 * /dev/xen/evtchn; the tests link a pretended Xen.
 *
 * All functions return 0 or a count, port or descriptor, or -errno. A process
 * serves one frontend.
 */
#ifndef SPLIT_BACK_XEN_H
#define SPLIT_BACK_XEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BACK_PAGE 4096u

/*
 * Use these open devices, for @domid alone from here on: its pages cannot be
 * told apart by the kernel, its event channels are. A thread that has not
 * called this cannot use the rest, and each needs an @evtchn of its own.
 */
int back_xen_start(int gntdev, int evtchn, uint16_t domid);

/* --- the frontend's pages --- */

/*
 * Map @nr pages side by side, for reading or also for writing; all or none.
 * -EINVAL: a reference is bad. -ENOMEM, -ENOSPC: too many are mapped.
 */
int back_map(const uint32_t *grefs, unsigned int nr, int is_writable,
	     void **pages);
/* What one back_map() mapped; waits for I/O that uses it. */
void back_unmap(void *pages, unsigned int nr);

/*
 * @nr pages of ours, side by side, to copy from and to. @gntalloc, if it has
 * so many, grants them to ourselves, domain @own: then Linux need not find and
 * pin each page for each copy, which is more work than the copy. NULL: there
 * is no memory.
 */
void *back_pages(int gntalloc, uint16_t own, unsigned int nr);

/*
 * Copy between a granted page and our memory, in one hypercall. Each has its
 * own result; the whole: 0, or -errno if not even these came.
 */
struct back_copy {
	uint32_t gref;
	uint16_t offset; /* in the granted page; must end in it, too */
	uint16_t bytes;
	void *local; /* may lie across pages of ours */
	int to_frontend;
	int rc; /* 0 or -errno */
};
int back_copy(struct back_copy *copies, unsigned int nr);

/* --- events --- */

/* Our end of the frontend's @remote port. Its first event comes at once. */
int back_bind(uint32_t remote);
/*
 * The same on @evtchn, started too, a device for this port alone. Linux wakes
 * nobody for an event that comes while one before it is being read, so who is
 * told only of changes (a multishot poll) must not have two ports on a device.
 */
int back_bind_to(int evtchn, uint32_t remote);
void back_unbind(uint32_t port);
void back_notify(uint32_t port);
/* Readable while back_take_events() has a port. */
int back_event_fd(void);
/*
 * Up to @max ports with an event, how many; each gives no more until it is
 * unmasked. Fewer than @max: the descriptor becomes readable for the next one.
 */
int back_take_events(uint32_t *ports, unsigned int max);
/* Take the event of the one port of @evtchn; false: there was none. */
bool back_take_event_of(int evtchn);
void back_unmask(uint32_t port);

#endif
