/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports that are bound, closed and raised at the same time, in every
 * interleaving of lock steps and atomic accesses: no deadlock, no half of a
 * channel without the other, no event lost in the change to FIFO.
 */
#include <stdio.h>

#include "../../host/explore.h"
#include "../fixture.h"

static struct domain *a, *b;
static uint32_t pa, pb; /* the two ends of one channel */

static void watch_domain(struct domain *d)
{
	struct evtchn_domain *ed = d->evtchn;

	explore_watch(ed, sizeof(*ed));
	explore_quiet(&ed->nr_ports, sizeof(*ed) - sizeof(ed->lock));
	for (uint32_t p = 0; p < 8; p++) {
		struct evtchn *chn = port_at(ed, p);

		explore_watch(chn, sizeof(*chn));
		explore_quiet(&chn->port, sizeof(*chn) - sizeof(chn->lock));
	}
	explore_watch(d->shared_info->evtchn_pending, 8);
	explore_watch(d->shared_info->evtchn_mask, 8);
	explore_watch(d->vcpu[0]->info, 16);
	explore_watch(&d->refs, sizeof(d->refs));
}

static void setup(void)
{
	a = make(0, 1);
	b = make(1, 1);
	pa = alloc_unbound(a, 1);
	bind_ipi(b, 0);
	pb = bind_interdomain(b, 0, pa);
	take_2l(b, b->vcpu[0]);
}

static void watch(void)
{
	watch_domain(a);
	watch_domain(b);
}

/* Both ends agree, or there is only one. */
static void ends_agree(void)
{
	for (uint32_t p = 1; p < 8; p++) {
		struct evtchn *chn = port_at(a->evtchn, p), *peer;

		if (chn->state != PORT_INTERDOMAIN)
			continue;
		EXPECT(chn->remote == b);
		peer = port_at(b->evtchn, chn->arg);
		EXPECT_EQ(peer->state, PORT_INTERDOMAIN);
		EXPECT(peer->remote == a);
		EXPECT_EQ(peer->arg, p);
	}
	for (uint32_t p = 1; p < 8; p++)
		if (port_at(b->evtchn, p)->state == PORT_INTERDOMAIN)
			EXPECT_EQ(port_at(a->evtchn, port_at(b->evtchn, p)->arg)
					  ->state,
				  PORT_INTERDOMAIN);
	EXPECT_EQ(a->refs, 1);
	EXPECT_EQ(b->refs, 1);
}

static void explore(const char *name, void (*check)(void),
		    unsigned long at_least)
{
	unsigned long nr = explore_all(check);

	fprintf(stderr, "%s: %lu runs\n", name, nr);
	EXPECT(nr >= at_least);
}

static void send_a(void)
{
	int rc = send_port(a, pa);

	EXPECT(rc == 0 || rc == -EINVAL);
}

static void send_b(void)
{
	int rc = send_port(b, pb);

	EXPECT(rc == 0 || rc == -EINVAL);
}

static void close_a(void)
{
	EXPECT_EQ(close_at(a, pa), 0);
}

static void close_b(void)
{
	EXPECT_EQ(close_at(b, pb), 0);
}

static void bind_b_again(void)
{
	struct evtchn_bind_interdomain op = {.remote_port = pa};
	int rc = evtchn_bind_interdomain(b, &op);

	EXPECT(rc == 0 || rc == -EINVAL);
}

static void bind_ipi_a(void)
{
	bind_ipi(a, 0);
}

static void both_are_closed(void)
{
	ends_agree();
	EXPECT_EQ(port_at(a->evtchn, pa)->state, PORT_FREE);
	EXPECT_EQ(port_at(b->evtchn, pb)->state, PORT_FREE);
	/* a sender's event died with the port */
	EXPECT(!pending_2l(a, pa) && !pending_2l(b, pb));
}

UNIT_TEST(sending_meets_closing_at_both_ends)
{
	setup();
	watch();
	explore_actor(send_a, false);
	explore_actor(close_a, false);
	explore_actor(close_b, false);
	explore(__func__, both_are_closed, 50);
}

UNIT_TEST(both_ends_send_while_one_closes)
{
	setup();
	watch();
	explore_actor(send_a, false);
	explore_actor(send_b, false);
	explore_actor(close_b, false);
	explore(__func__, ends_agree, 50);
}

UNIT_TEST(closing_meets_binding_anew)
{
	setup();
	watch();
	explore_actor(close_b, false);
	explore_actor(bind_b_again, false);
	explore_actor(close_a, false);
	explore(__func__, ends_agree, 100);
}

static struct domain *c;
static uint32_t pc;

static void close_b_whoever(void)
{
	int rc = close_at(b, pb);

	EXPECT(rc == 0 || rc == -EINVAL);
}

static void turn_b_to_c(void)
{
	struct evtchn_bind_interdomain op = {.remote_dom = 2,
					     .remote_port = pc};

	close_b_whoever();
	if (evtchn_bind_interdomain(b, &op) == 0)
		EXPECT_EQ(op.local_port, pb);
}

static void close_c(void)
{
	EXPECT_EQ(close_at(c, pc), 0);
}

static void c_is_alone(void)
{
	const struct evtchn *chn = port_at(b->evtchn, pb);

	EXPECT_EQ(port_at(c->evtchn, pc)->state, PORT_FREE);
	EXPECT_EQ(c->evtchn->nr_used, 0);
	EXPECT(chn->state == PORT_FREE || chn->state == PORT_UNBOUND);
	EXPECT_EQ(b->evtchn->nr_used, 1u + (chn->state == PORT_UNBOUND));
	EXPECT_EQ(a->refs + b->refs + c->refs, 3);
}

UNIT_TEST(a_port_changes_its_peer_under_a_close)
{
	setup();
	c = make(2, 1);
	pc = alloc_unbound(c, 1);
	watch();
	watch_domain(c);
	explore_actor(close_b_whoever, false);
	explore_actor(turn_b_to_c, false);
	explore_actor(close_c, false);
	explore(__func__, c_is_alone, 100);
}

UNIT_TEST(two_want_the_same_port)
{
	setup();
	EXPECT_EQ(close_at(b, pb), 0);
	watch();
	explore_actor(bind_b_again, false);
	explore_actor(bind_b_again, false);
	explore_actor(send_a, false);
	explore(__func__, ends_agree, 50);
}

/* -------- interrupts -------- */

static uint32_t console;

static void raise_console(void)
{
	send_global_virq(VIRQ_CONSOLE);
}

static void close_console(void)
{
	EXPECT_EQ(close_at(a, console), 0);
}

static void no_ipi_was_raised(void)
{
	for (uint32_t p = 1; p < 8; p++)
		if (port_at(a->evtchn, p)->state == PORT_IPI)
			EXPECT(!pending_2l(a, p));
}

UNIT_TEST(a_virq_meets_closing_and_a_new_use)
{
	setup();
	console = bind_virq(a, VIRQ_CONSOLE, 0);
	watch();
	explore_actor(raise_console, false);
	explore_actor(close_console, false);
	explore_actor(bind_ipi_a, false);
	explore(__func__, no_ipi_was_raised, 20);
}

static void handle_in_b(void)
{
	EXPECT_EQ(evtchn_set_virq_handler(b, VIRQ_CONSOLE), 0);
}

/* The handlers are nowhere to be watched: b is the one, with a reference. */
static void handlers_at_start(void)
{
	b->refs = 10;
	EXPECT_EQ(evtchn_set_virq_handler(a, VIRQ_CONSOLE), 0);
	b->refs = 1;
	handle_in_b();
}

static void b_dies(void)
{
	b->is_dying = true;
	EXPECT_EQ(evtchn_destroy_domain(b), 0);
}

static void handler_is_gone(void)
{
	EXPECT_EQ(b->evtchn->nr_used, 0);
	EXPECT_EQ(b->refs, 1);
	EXPECT_EQ(port_at(a->evtchn, pa)->state, PORT_UNBOUND);
}

UNIT_TEST(a_dying_handler_meets_its_virq)
{
	setup();
	bind_virq(b, VIRQ_CONSOLE, 0);
	watch();
	explore_at_start = handlers_at_start;
	explore_watch(&b->is_dying, 4);
	explore_actor(raise_console, false);
	explore_actor(b_dies, false);
	explore_actor(send_a, false);
	explore(__func__, handler_is_gone, 100);
}

/* -------- the change of ABI -------- */

static uint64_t frames[2];
static struct evtchn_fifo_control_block *control;

static void switch_b(void)
{
	struct evtchn_init_control op = {.control_gfn = frames[0]};
	struct evtchn_expand_array array = {.array_gfn = frames[1]};

	EXPECT_EQ(evtchn_init_control(b, &op), 0);
	EXPECT_EQ(evtchn_expand_array(b, &array), 0);
}

static void event_is_queued(void)
{
	const event_word_t *word = world_va(frames[1]);

	EXPECT(word[pb] >> EVTCHN_FIFO_PENDING & 1);
	EXPECT(word[pb] >> EVTCHN_FIFO_LINKED & 1);
	EXPECT_EQ(control->head[EVTCHN_FIFO_PRIORITY_DEFAULT], pb);
	EXPECT(control->ready >> EVTCHN_FIFO_PRIORITY_DEFAULT & 1);
	EXPECT_EQ(b->vcpu[0]->info->evtchn_upcall_pending, 1);
}

UNIT_TEST(sending_meets_the_change_to_fifo)
{
	setup();
	frames[0] = world_frame(b);
	frames[1] = world_frame(b);
	control = world_va(frames[0]);
	watch();
	explore_watch(world_va(frames[0]), 128);
	explore_watch(world_va(frames[1]), 64);
	explore_watch(b->vcpu[0]->evtchn, sizeof(struct evtchn_vcpu));
	explore_watch(world_use_arena(), WORLD_ARENA);
	explore_actor(send_a, false);
	explore_actor(switch_b, false);
	explore(__func__, event_is_queued, 20);
}
