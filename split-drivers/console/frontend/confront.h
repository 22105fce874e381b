/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The console of a domain, from inside: two rings of bytes in one page.
 * Freestanding. The other end is dom0-tools/consoled.
 *
 * The page has no words for "wake me", so an event is sent whenever the daemon
 * may be waiting for what was done; functions say so by returning true. What
 * the daemon writes is not believed: our indexes are private, its are read
 * once, and one that is impossible reads as "nothing there", "no room".
 */
#ifndef CONSOLE_CONFRONT_H
#define CONSOLE_CONFRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <abi/io/console.h>

struct confront {
	struct xencons_interface *page;
	uint32_t out_prod; /* next byte to put */
	uint32_t in_cons;  /* next byte to take */
};

/* Go on where the page is; it may have been used, by a kernel before us. */
void confront_attach(struct confront *c, struct xencons_interface *page);

/* How many more bytes can be put now. */
size_t confront_room(const struct confront *c);
/* Put up to @n bytes; how many fitted. Nobody sees them yet. */
size_t confront_put(struct confront *c, const void *bytes, size_t n);
/* Show what was put; true: send an event. */
bool confront_publish(struct confront *c);

/*
 * Take up to @max bytes of input; how many. @notify: send an event, the daemon
 * may wait for the room this made.
 */
size_t confront_take(struct confront *c, void *bytes, size_t max, bool *notify);

#endif
