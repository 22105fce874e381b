/* SPDX-License-Identifier: GPL-2.0-only */
/* The FIFO ABI, step by step; its races are in fifo_model.c. */
#include <hv/event_word.h>

#include "fixture.h"

#define WORDS 1024

static uint64_t control_frame[4], array_frame[128];
static unsigned int nr_array;

static struct evtchn_fifo_control_block *control(unsigned int vcpu)
{
	return (void *)((char *)world_va(control_frame[vcpu]) + 64);
}

static event_word_t *word(uint32_t port)
{
	return (event_word_t *)world_va(array_frame[port / WORDS]) +
	       port % WORDS;
}

static int init_control(struct domain *d, unsigned int vcpu)
{
	struct evtchn_init_control op = {.offset = 64, .vcpu = vcpu};
	int rc;

	control_frame[vcpu] = world_frame(d);
	op.control_gfn = control_frame[vcpu];
	rc = evtchn_init_control(d, &op);
	EXPECT_EQ(op.link_bits, 17);
	return rc;
}

static int expand(struct domain *d)
{
	struct evtchn_expand_array op = {.array_gfn = world_frame(d)};
	int rc = evtchn_expand_array(d, &op);

	if (!rc)
		array_frame[nr_array++] = op.array_gfn;
	return rc;
}

static struct domain *make_fifo(domid_t domid, unsigned int nr_vcpus)
{
	struct domain *d = make(domid, nr_vcpus);

	for (unsigned int i = 0; i < nr_vcpus; i++)
		EXPECT_EQ(init_control(d, i), 0);
	EXPECT_EQ(expand(d), 0);
	return d;
}

static int set_priority(struct domain *d, uint32_t port, uint32_t prio)
{
	struct evtchn_set_priority op = {.port = port, .priority = prio};

	return evtchn_set_priority(d, &op);
}

/*
 * The guest's heads.  As Linux does: take the events of the first ready queue
 * one by one; their ports go to @seen.
 */
static uint32_t head[4][EVTCHN_FIFO_MAX_QUEUES];

static unsigned int take(unsigned int vcpu, uint32_t *seen)
{
	uint32_t ready =
		__atomic_exchange_n(&control(vcpu)->ready, 0, __ATOMIC_SEQ_CST);
	unsigned int nr = 0;

	while (ready) {
		unsigned int q = (unsigned int)__builtin_ctz(ready);
		uint32_t port = head[vcpu][q];
		uint32_t old;

		if (!port)
			port = control(vcpu)->head[q];
		EXPECT(port);
		old = word_clear(word(port), WORD_LINKED | WORD_LINK);
		EXPECT(old & WORD_LINKED);
		head[vcpu][q] = old & WORD_LINK;
		if (!head[vcpu][q])
			ready &= ~(1U << q);
		if ((old & (WORD_PENDING | WORD_MASKED)) == WORD_PENDING) {
			word_clear(word(port), WORD_PENDING);
			seen[nr++] = port;
		}
	}
	return nr;
}

UNIT_TEST(control_block_must_be_the_domains_and_fit)
{
	struct domain *a = make(0, 2), *b = make(1, 1);
	struct evtchn_init_control op = {.control_gfn = world_frame(a)};
	uint64_t table = world_frame(a), foreign = world_frame(b);
	uint64_t good = op.control_gfn;

	op.vcpu = 2;
	EXPECT_EQ(evtchn_init_control(a, &op), -ENOENT);
	op.vcpu = 0;
	op.offset = 4;
	EXPECT_EQ(evtchn_init_control(a, &op), -EINVAL);
	op.offset = PAGE_SIZE - 64;
	EXPECT_EQ(evtchn_init_control(a, &op), -EINVAL);
	op.offset = ~7U;
	EXPECT_EQ(evtchn_init_control(a, &op), -EINVAL);
	op.offset = PAGE_SIZE - 72;
	op.control_gfn = foreign;
	EXPECT_EQ(evtchn_init_control(a, &op), -EPERM);
	op.control_gfn = ~0ULL;
	EXPECT_EQ(evtchn_init_control(a, &op), -EINVAL);
	world_make_table(table);
	op.control_gfn = table;
	EXPECT_EQ(evtchn_init_control(a, &op), -EBUSY);
	op.control_gfn = good;
	EXPECT_EQ(evtchn_init_control(a, &op), 0);
	EXPECT_EQ(world_writers(good), 1);
	EXPECT_EQ(evtchn_init_control(a, &op), -EINVAL); /* only once */
	EXPECT_EQ(world_refs(good), 1);
	op.vcpu = 1;
	EXPECT_EQ(evtchn_init_control(a, &op), 0); /* may share a frame */
	EXPECT_EQ(world_refs(good), 2);
	end(b);
	end(a);
	EXPECT_EQ(world_refs(good), 0);
	world_check_empty();
}

UNIT_TEST(array_grows_to_128_pages)
{
	struct domain *a = make(0, 1), *b = make(1, 1);
	struct evtchn_expand_array op = {.array_gfn = world_frame(b)};

	EXPECT_EQ(expand(a), -EOPNOTSUPP); /* before any control block */
	EXPECT_EQ(init_control(a, 0), 0);
	EXPECT_EQ(evtchn_expand_array(a, &op), -EPERM);
	op.array_gfn = ~0ULL;
	EXPECT_EQ(evtchn_expand_array(a, &op), -EINVAL);
	for (int i = 0; i < 128; i++)
		EXPECT_EQ(expand(a), 0);
	EXPECT_EQ(expand(a), -ENOSPC);
	end(b);
	end(a);
	world_check_empty();
}

UNIT_TEST(fifo_ports_go_up_to_131071)
{
	struct domain *d = make_fifo(0, 1);
	struct evtchn_bind_ipi op = {0};
	uint32_t seen[2];

	while (nr_array < 128)
		EXPECT_EQ(expand(d), 0);
	for (uint32_t i = 1; i < EVTCHN_FIFO_NR_CHANNELS; i++)
		EXPECT_EQ(bind_ipi(d, 0), i);
	EXPECT_EQ(evtchn_bind_ipi(d, &op), -ENOSPC);
	EXPECT_EQ(send_port(d, EVTCHN_FIFO_NR_CHANNELS - 1), 0);
	EXPECT_EQ(send_port(d, EVTCHN_FIFO_NR_CHANNELS), -EINVAL);
	EXPECT_EQ(take(0, seen), 1);
	EXPECT_EQ(seen[0], EVTCHN_FIFO_NR_CHANNELS - 1);
	end(d);
	world_check_empty();
}

UNIT_TEST(events_come_in_the_order_they_were_sent)
{
	struct domain *d = make_fifo(0, 1);
	struct vcpu *v = d->vcpu[0];
	uint32_t p[5], seen[8];

	for (int i = 0; i < 5; i++)
		p[i] = bind_ipi(d, 0);
	for (int i = 4; i >= 0; i--)
		EXPECT_EQ(send_port(d, p[i]), 0);
	EXPECT_EQ(send_port(d, p[4]), 0); /* already on the queue */
	EXPECT_EQ(world_kicks(v)->kicked, 1);
	EXPECT_EQ(v->info->evtchn_upcall_pending, 1);
	EXPECT_EQ(control(0)->ready, 1U << EVTCHN_FIFO_PRIORITY_DEFAULT);
	EXPECT_EQ(take(0, seen), 5);
	for (int i = 0; i < 5; i++)
		EXPECT_EQ(seen[i], p[4 - i]);
	EXPECT_EQ(take(0, seen), 0);
	/* an empty queue starts anew, also with its last tail */
	EXPECT_EQ(send_port(d, p[0]), 0);
	EXPECT_EQ(send_port(d, p[1]), 0);
	EXPECT_EQ(take(0, seen), 2);
	EXPECT_EQ(seen[0], p[0]);
	EXPECT_EQ(seen[1], p[1]);
	end(d);
	world_check_empty();
}

UNIT_TEST(queues_are_taken_by_priority)
{
	struct domain *d = make_fifo(0, 1);
	uint32_t low = bind_ipi(d, 0), mid = bind_ipi(d, 0);
	uint32_t high = bind_ipi(d, 0), seen[3];

	EXPECT_EQ(set_priority(d, low, EVTCHN_FIFO_PRIORITY_MIN), 0);
	EXPECT_EQ(set_priority(d, high, EVTCHN_FIFO_PRIORITY_MAX), 0);
	EXPECT_EQ(set_priority(d, high, 16), -EINVAL);
	EXPECT_EQ(set_priority(d, 0, 1), -EINVAL);
	EXPECT_EQ(set_priority(d, 100, 1), -EINVAL);
	EXPECT_EQ(set_priority(d, 1U << 17, 1), -EINVAL);
	EXPECT_EQ(send_port(d, low), 0);
	EXPECT_EQ(send_port(d, mid), 0);
	EXPECT_EQ(send_port(d, high), 0);
	EXPECT_EQ(control(0)->ready, 1U << 15 | 1U << 7 | 1U << 0);
	EXPECT_EQ(take(0, seen), 3);
	EXPECT_EQ(seen[0], high);
	EXPECT_EQ(seen[1], mid);
	EXPECT_EQ(seen[2], low);
	/* a new use of the port has the default again */
	EXPECT_EQ(close_at(d, high), 0);
	EXPECT_EQ(bind_ipi(d, 0), high);
	EXPECT_EQ(send_port(d, high), 0);
	EXPECT_EQ(control(0)->ready, 1U << 7);
	end(d);
	world_check_empty();
}

UNIT_TEST(priority_needs_fifo)
{
	struct domain *d = make(0, 1);

	EXPECT_EQ(set_priority(d, bind_ipi(d, 0), 0), -ENOSYS);
	end(d);
	world_check_empty();
}

UNIT_TEST(masked_fifo_event_waits_for_unmask)
{
	struct domain *d = make_fifo(0, 1);
	uint32_t p = bind_ipi(d, 0), seen[2];

	*word(p) = WORD_MASKED;
	EXPECT_EQ(send_port(d, p), 0);
	EXPECT_EQ(*word(p), WORD_MASKED | WORD_PENDING);
	EXPECT_EQ(world_kicks(d->vcpu[0])->kicked, 0);
	EXPECT_EQ(evtchn_port_pending(d, p), 1);
	EXPECT_EQ(unmask(d, p), 0);
	EXPECT_EQ(world_kicks(d->vcpu[0])->kicked, 1);
	EXPECT_EQ(unmask(d, p), 0);
	EXPECT_EQ(take(0, seen), 1);
	EXPECT_EQ(evtchn_port_pending(d, p), 0);
	*word(p) = WORD_MASKED;
	EXPECT_EQ(unmask(d, p), 0);
	EXPECT_EQ(take(0, seen), 0);
	end(d);
	world_check_empty();
}

UNIT_TEST(pending_events_survive_the_switch)
{
	struct domain *a = make(0, 1), *b = make(1, 1);
	uint32_t pb = alloc_unbound(b, 0), pa = bind_interdomain(a, 1, pb);
	uint32_t quiet = bind_ipi(a, 0), seen[4];

	take_2l(a, a->vcpu[0]);
	EXPECT_EQ(send_port(b, pb), 0);
	EXPECT_EQ(init_control(a, 0), 0);
	EXPECT(!pending_2l(a, pa));
	EXPECT_EQ(evtchn_port_pending(a, pa), 0); /* it has no word yet */
	EXPECT_EQ(expand(a), 0);
	EXPECT_EQ(take(0, seen), 1);
	EXPECT_EQ(seen[0], pa);
	EXPECT_EQ(send_port(a, quiet), 0);
	EXPECT_EQ(take(0, seen), 1);
	end(b);
	end(a);
	world_check_empty();
}

UNIT_TEST(an_event_without_a_word_waits_for_its_page)
{
	struct domain *d = make(0, 1);
	uint32_t p, q, seen[2];

	EXPECT_EQ(init_control(d, 0), 0);
	p = bind_ipi(d, 0);
	q = bind_ipi(d, 0);
	EXPECT_EQ(send_port(d, p), 0);
	EXPECT_EQ(send_port(d, q), 0);
	EXPECT_EQ(unmask(d, p), 0);
	EXPECT_EQ(close_at(d, q), 0); /* and this one does not */
	EXPECT_EQ(bind_ipi(d, 0), q);
	EXPECT_EQ(world_kicks(d->vcpu[0])->kicked, 0);
	EXPECT_EQ(expand(d), 0);
	EXPECT_EQ(take(0, seen), 1);
	EXPECT_EQ(seen[0], p);
	end(d);
	world_check_empty();
}

UNIT_TEST(without_a_control_block_an_event_is_only_pending)
{
	struct domain *d = make(0, 2);
	uint32_t p, seen[2];

	EXPECT_EQ(init_control(d, 0), 0);
	EXPECT_EQ(expand(d), 0);
	p = bind_ipi(d, 1);
	EXPECT_EQ(send_port(d, p), 0);
	EXPECT_EQ(*word(p), WORD_PENDING);
	EXPECT_EQ(init_control(d, 1), 0);
	EXPECT_EQ(unmask(d, p), 0);
	EXPECT_EQ(take(1, seen), 1);
	end(d);
	world_check_empty();
}

UNIT_TEST(a_moved_event_leaves_its_old_queue_first)
{
	struct domain *d = make_fifo(0, 2);
	uint32_t p = alloc_unbound(d, 0), q, r, seen[4];

	q = bind_interdomain(d, 0, p);
	take(0, seen);
	r = bind_ipi(d, 0);
	EXPECT_EQ(send_port(d, p), 0);
	EXPECT_EQ(bind_vcpu(d, q, 1), 0);
	/* still linked on vcpu 0: goes there once more */
	EXPECT_EQ(send_port(d, p), 0);
	EXPECT_EQ(control(1)->ready, 0);
	EXPECT_EQ(take(0, seen), 1);
	EXPECT_EQ(seen[0], q);
	EXPECT_EQ(send_port(d, p), 0);
	EXPECT_EQ(control(0)->ready, 0);
	EXPECT_EQ(world_kicks(d->vcpu[1])->kicked, 1);
	/*
	 * q was vcpu 0's tail, and is linked again, elsewhere: what comes to
	 * vcpu 0 next must not be put behind it.
	 */
	EXPECT_EQ(send_port(d, r), 0);
	EXPECT_EQ(take(1, seen), 1);
	EXPECT_EQ(seen[0], q);
	EXPECT_EQ(take(0, seen), 1);
	EXPECT_EQ(seen[0], r);
	end(d);
	world_check_empty();
}

UNIT_TEST(a_changed_priority_leaves_the_old_queue_first)
{
	struct domain *d = make_fifo(0, 1);
	uint32_t p = bind_ipi(d, 0), q = bind_ipi(d, 0), seen[4];

	EXPECT_EQ(send_port(d, p), 0);
	EXPECT_EQ(set_priority(d, p, 3), 0);
	EXPECT_EQ(take(0, seen), 1);
	EXPECT_EQ(send_port(d, p), 0);
	EXPECT_EQ(control(0)->ready, 1U << 3);
	EXPECT_EQ(send_port(d, q), 0);
	EXPECT_EQ(take(0, seen), 2);
	EXPECT_EQ(seen[0], p);
	EXPECT_EQ(seen[1], q);
	end(d);
	world_check_empty();
}

UNIT_TEST(a_port_is_not_used_again_while_it_is_queued)
{
	struct domain *d = make_fifo(0, 1);
	uint32_t p = bind_ipi(d, 0), q = bind_ipi(d, 0), seen[4];

	EXPECT_EQ(send_port(d, p), 0);
	EXPECT_EQ(send_port(d, q), 0);
	EXPECT_EQ(close_at(d, p), 0);
	EXPECT_EQ(bind_ipi(d, 0), q + 1);
	EXPECT_EQ(take(0, seen), 1); /* p is not pending any more */
	EXPECT_EQ(seen[0], q);
	EXPECT_EQ(bind_ipi(d, 0), p);
	end(d);
	world_check_empty();
}

UNIT_TEST(fifo_pollers_are_woken)
{
	struct domain *d = make_fifo(0, 2);
	uint32_t p = bind_ipi(d, 0);

	*word(p) = WORD_MASKED;
	d->vcpu[1]->sched.is_polling = true;
	EXPECT_EQ(send_port(d, p), 0);
	EXPECT_EQ(world_kicks(d->vcpu[1])->unpolled, 1);
	d->vcpu[1]->sched.is_polling = true;
	EXPECT_EQ(send_port(d, p), 0); /* was pending: it will not have slept */
	EXPECT_EQ(world_kicks(d->vcpu[1])->unpolled, 1);
	end(d);
	world_check_empty();
}

UNIT_TEST(reset_leads_back_to_two_levels)
{
	struct domain *d = make_fifo(0, 2);
	uint32_t p = bind_ipi(d, 1), seen[2];

	EXPECT_EQ(send_port(d, p), 0);
	EXPECT_EQ(reset(d, DOMID_SELF), 0);
	EXPECT_EQ(world_refs(control_frame[0]), 0);
	EXPECT_EQ(world_refs(control_frame[1]), 0);
	EXPECT_EQ(world_refs(array_frame[0]), 0);
	EXPECT_EQ(bind_ipi(d, 1), 1);
	EXPECT_EQ(send_port(d, 1), 0);
	EXPECT(pending_2l(d, 1));
	EXPECT_EQ(init_control(d, 1), 0); /* and forth again */
	nr_array = 0;
	EXPECT_EQ(expand(d), 0);
	EXPECT_EQ(take(1, seen), 1);
	end(d);
	world_check_empty();
}

UNIT_TEST(ports_above_4096_end_with_fifo)
{
	struct domain *d = make_fifo(0, 1);
	struct evtchn_bind_ipi op = {0};

	for (uint32_t i = 1; i < 5000; i++)
		bind_ipi(d, 0);
	EXPECT_EQ(reset(d, DOMID_SELF), 0);
	for (uint32_t i = 1; i < EVTCHN_2L_NR_CHANNELS; i++)
		bind_ipi(d, 0);
	EXPECT_EQ(evtchn_bind_ipi(d, &op), -ENOSPC);
	EXPECT_EQ(send_port(d, 4500), -EINVAL);
	EXPECT_EQ(unmask(d, 4500), 0);
	EXPECT_EQ(evtchn_port_pending(d, 4500), 0);
	evtchn_dump(d);
	end(d);
	world_check_empty();
}

UNIT_TEST(a_dying_domain_sets_nothing_up)
{
	struct domain *d = make_fifo(0, 2);
	uint64_t frame = world_frame(d);
	struct evtchn_expand_array array = {.array_gfn = frame};
	struct evtchn_init_control block = {.control_gfn = frame};

	d->is_dying = true;
	EXPECT_EQ(evtchn_expand_array(d, &array), -EINVAL);
	EXPECT_EQ(evtchn_init_control(d, &block), -EINVAL);
	EXPECT_EQ(world_refs(frame), 0);
	end(d);
	world_check_empty();
}

/* A guest that writes nonsense everywhere harms nobody else. */
UNIT_TEST(garbage_in_guest_memory_stays_there)
{
	struct domain *d = make_fifo(0, 2);
	uint64_t other = world_frame(d);
	uint32_t seed = 1, ports[8];

	for (int i = 0; i < 8; i++)
		ports[i] = bind_ipi(d, (uint32_t)i % 2);
	for (int round = 0; round < 20000; round++) {
		uint32_t *target;

		seed = seed * 1664525 + 1013904223;
		if (seed >> 31)
			target = word(ports[seed >> 8 & 7]);
		else
			target = (uint32_t *)control(seed >> 30 & 1) +
				 (seed >> 8) % 18;
		*target = seed << 3 ^ seed >> 5;
		EXPECT_EQ(send_port(d, ports[seed >> 16 & 7]), 0);
		EXPECT_EQ(unmask(d, ports[seed >> 20 & 7]), 0);
	}
	for (unsigned int i = 0; i < PAGE_SIZE; i++)
		EXPECT_EQ(((char *)world_va(other))[i], 0);
	end(d);
	world_check_empty();
}
