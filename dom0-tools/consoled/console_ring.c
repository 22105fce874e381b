/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Console ring arithmetic. Every access to a word the guest shares goes
 * through shared_load and shared_store; nothing else here touches the page's
 * indexes.
 */
#include "console_ring.h"

#include <errno.h>
#include <string.h>

/* Pairs with the guest's barrier between filling the ring and its index. */
static uint32_t shared_load(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

/*
 * Sequentially consistent, because the next thing either side does is look at
 * the other's index or send an event: a plain store could pass that look.
 */
static void shared_store(uint32_t *p, uint32_t v)
{
	__atomic_store_n(p, v, __ATOMIC_SEQ_CST);
}

void console_ring_attach(struct console_ring *r, struct xencons_interface *page,
			 bool has_saved, uint32_t saved_cons)
{
	uint32_t prod = shared_load(&page->out_prod);

	r->page = page;
	r->out_cons = shared_load(&page->out_cons);
	r->in_prod = shared_load(&page->in_prod);
	if (has_saved && prod - saved_cons <= CONSOLE_RING_OUT)
		r->out_cons = saved_cons;
	shared_store(&page->out_cons, r->out_cons);
}

bool console_ring_has_output(const struct console_ring *r)
{
	return shared_load(&r->page->out_prod) != r->out_cons;
}

int console_ring_peek(const struct console_ring *r, void *buf, size_t max)
{
	uint32_t n = shared_load(&r->page->out_prod) - r->out_cons;
	uint32_t at = r->out_cons % CONSOLE_RING_OUT;
	uint32_t head;

	if (n > CONSOLE_RING_OUT)
		return -EBADMSG;
	if (n > max)
		n = (uint32_t)max;
	head = CONSOLE_RING_OUT - at < n ? CONSOLE_RING_OUT - at : n;
	memcpy(buf, r->page->out + at, head);
	memcpy((char *)buf + head, r->page->out, n - head);
	return (int)n;
}

void console_ring_consume(struct console_ring *r, size_t n)
{
	r->out_cons += (uint32_t)n;
	shared_store(&r->page->out_cons, r->out_cons);
}

void console_ring_resync(struct console_ring *r)
{
	r->out_cons = shared_load(&r->page->out_prod);
	shared_store(&r->page->out_cons, r->out_cons);
}

size_t console_ring_put(struct console_ring *r, const void *buf, size_t n)
{
	uint32_t used = r->in_prod - shared_load(&r->page->in_cons);
	uint32_t at = r->in_prod % CONSOLE_RING_IN;
	size_t space, head;

	/* An impossible in_cons reads as "full": it is the guest's to mend. */
	space = used > CONSOLE_RING_IN ? 0 : CONSOLE_RING_IN - used;
	if (n > space)
		n = space;
	head = CONSOLE_RING_IN - at < n ? CONSOLE_RING_IN - at : n;
	memcpy(r->page->in + at, buf, head);
	memcpy(r->page->in, (const char *)buf + head, n - head);
	r->in_prod += (uint32_t)n;
	if (n)
		shared_store(&r->page->in_prod, r->in_prod);
	return n;
}
