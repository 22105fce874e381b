// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes to and from the console's rings. See confront.h.
 */
#include "confront.h"

#define IN_BYTES ((uint32_t)sizeof(((struct xencons_interface *)0)->in))
#define OUT_BYTES ((uint32_t)sizeof(((struct xencons_interface *)0)->out))

/* Pairs with the daemon's release of what lies before its index. */
static uint32_t shared_load(const uint32_t *index)
{
	return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

/*
 * Sequentially consistent: what comes next is a look at the daemon's index or
 * an event, and neither may pass it.
 */
static void shared_store(uint32_t *index, uint32_t value)
{
	__atomic_store_n(index, value, __ATOMIC_SEQ_CST);
}

void confront_attach(struct confront *c, struct xencons_interface *page)
{
	*c = (struct confront){
		.page = page,
		.out_prod = shared_load(&page->out_prod),
		.in_cons = shared_load(&page->in_cons),
	};
}

size_t confront_room(const struct confront *c)
{
	uint32_t used = c->out_prod - shared_load(&c->page->out_cons);

	return used > OUT_BYTES ? 0 : OUT_BYTES - used;
}

size_t confront_put(struct confront *c, const void *bytes, size_t n)
{
	size_t room = confront_room(c), head;
	uint32_t at = c->out_prod % OUT_BYTES;

	if (n > room)
		n = room;
	head = OUT_BYTES - at < n ? OUT_BYTES - at : n;
	__builtin_memcpy(c->page->out + at, bytes, head);
	__builtin_memcpy(c->page->out, (const char *)bytes + head, n - head);
	c->out_prod += (uint32_t)n;
	return n;
}

bool confront_publish(struct confront *c)
{
	if (shared_load(&c->page->out_prod) == c->out_prod)
		return false;
	shared_store(&c->page->out_prod, c->out_prod);
	return true;
}

size_t confront_take(struct confront *c, void *bytes, size_t max, bool *notify)
{
	uint32_t there = shared_load(&c->page->in_prod) - c->in_cons;
	uint32_t at = c->in_cons % IN_BYTES, n = there;
	size_t head;

	*notify = false;
	if (there > IN_BYTES)
		return 0;
	if (n > max)
		n = (uint32_t)max;
	head = IN_BYTES - at < n ? IN_BYTES - at : n;
	__builtin_memcpy(bytes, c->page->in + at, head);
	__builtin_memcpy((char *)bytes + head, c->page->in, n - head);
	c->in_cons += n;
	if (!n)
		return 0;
	shared_store(&c->page->in_cons, c->in_cons);
	/* was it full when the daemon looked last? It may have filled since. */
	there = shared_load(&c->page->in_prod) - (c->in_cons - n);
	*notify = there >= IN_BYTES;
	return n;
}
