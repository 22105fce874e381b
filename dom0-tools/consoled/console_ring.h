/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One PV console ring, seen from Dom0 and with a hostile guest behind it.
 *
 * The guest can write every byte of the page at any moment. So each index it
 * owns is read once per operation and checked, and the two indexes that are
 * ours live outside the page: the page only ever receives copies of them.
 */
#ifndef CONSOLE_RING_H
#define CONSOLE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <abi/io/console.h>

/* Bytes each way, powers of two (Xen ABI, public/io/console.h). */
#define CONSOLE_RING_IN ((uint32_t)sizeof(((struct xencons_interface *)0)->in))
#define CONSOLE_RING_OUT                                                       \
	((uint32_t)sizeof(((struct xencons_interface *)0)->out))

struct console_ring {
	struct xencons_interface *page; /* NULL: not connected */
	uint32_t out_cons;		/* next output byte we take */
	uint32_t in_prod;		/* next input byte we put */
};

/*
 * Start on @page. A daemon that ran before may have taken bytes whose
 * out_cons it could not publish any more: with @has_saved its own record
 * @saved_cons wins as long as it is possible for this ring.
 */
void console_ring_attach(struct console_ring *r, struct xencons_interface *page,
			 bool has_saved, uint32_t saved_cons);

/*
 * Copy up to @max bytes of guest output without consuming them. Returns the
 * count, 0 when there is none, -EBADMSG when the guest's index is impossible.
 */
int console_ring_peek(const struct console_ring *r, void *buf, size_t max);

/* Whether peek would return something other than 0. */
bool console_ring_has_output(const struct console_ring *r);

/* Consume @n bytes that peek returned and let the guest see the space. */
void console_ring_consume(struct console_ring *r, size_t n);

/* Forget what a guest with impossible indexes wrote; go on from its index. */
void console_ring_resync(struct console_ring *r);

/* Put up to @n bytes of input; returns how many fitted, possibly 0. */
size_t console_ring_put(struct console_ring *r, const void *buf, size_t n);

#endif
