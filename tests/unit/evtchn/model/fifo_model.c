/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The FIFO protocol in every interleaving: the hypervisor's own code raises
 * events while a guest that does what Linux does takes them, masks and
 * unmasks, moves them between vcpus and priorities; or while a hostile guest
 * writes what it likes.  Each run ends with nobody able to go on: then no
 * event may be pending, unmasked and unannounced.
 */
#include <stdio.h>
#include <string.h>

#include <hv/event_word.h>

#include "../fixture.h"
#include "../../host/explore.h"

static struct domain *d;
static event_word_t *word; /* one page of them */
static struct evtchn_fifo_control_block *control[2];

/* Interdomain within the domain: the sender's end, and the event's. */
#define NR_PAIRS 3
static uint32_t from[NR_PAIRS], to[NR_PAIRS];

static uint32_t guest_head[2][EVTCHN_FIFO_MAX_QUEUES];
static uint32_t was_handled[16];

static void setup(void)
{
	struct evtchn_expand_array array;

	d = make(0, 2);
	for (uint32_t i = 0; i < 2; i++) {
		struct evtchn_init_control op = {.vcpu = i};

		op.control_gfn = world_frame(d);
		EXPECT_EQ(evtchn_init_control(d, &op), 0);
		control[i] = world_va(op.control_gfn);
	}
	array.array_gfn = world_frame(d);
	EXPECT_EQ(evtchn_expand_array(d, &array), 0);
	word = world_va(array.array_gfn);
	for (int i = 0; i < NR_PAIRS; i++) {
		from[i] = alloc_unbound(d, 0);
		to[i] = bind_interdomain(d, 0, from[i]);
	}
	/* binding raised them: as if taken */
	for (uint32_t i = 0; i < 16; i++)
		word[i] = 0;
	for (int i = 0; i < 2; i++) {
		d->vcpu[i]->info->evtchn_upcall_pending = 0;
		control[i]->ready = 0;
		control[i]->head[EVTCHN_FIFO_PRIORITY_DEFAULT] = 0;
		d->vcpu[i]->evtchn->tail[EVTCHN_FIFO_PRIORITY_DEFAULT] = 0;
	}
}

static void watch(void)
{
	for (uint32_t i = 1; i <= 2 * NR_PAIRS; i++) {
		struct evtchn *chn = port_at(d->evtchn, i);

		explore_watch(chn, sizeof(*chn));
	}
	/* Only this one changes its vcpu and priority. */
	explore_quiet(&port_at(d->evtchn, to[0])->notify_vcpu, 4);
	explore_quiet(&port_at(d->evtchn, to[0])->last, 4);
	explore_watch(&d->evtchn->lock, sizeof(spinlock_t));
	explore_watch(word, 16 * sizeof(*word));
	for (int i = 0; i < 2; i++) {
		struct evtchn_vcpu *ev = d->vcpu[i]->evtchn;

		explore_watch(control[i], sizeof(*control[i]));
		explore_watch(&ev->fifo_lock, sizeof(spinlock_t));
		explore_watch(ev->tail, sizeof(ev->tail));
		explore_watch(&d->vcpu[i]->info->evtchn_upcall_pending, 4);
	}
	explore_watch(guest_head, sizeof(guest_head));
	explore_watch(was_handled, sizeof(was_handled));
}

/* -------- a good guest (Linux, drivers/xen/events/events_fifo.c) -------- */

static uint32_t guest_swap(uint32_t *p, uint32_t val)
{
	uint32_t old = *p;

	*p = val;
	explore_access(p, old);
	return old;
}

static uint32_t clear_linked(event_word_t *w)
{
	uint32_t old = word_read(w);

	while (!word_cmpxchg(w, &old, old & ~(WORD_LINKED | WORD_LINK)))
		;
	EXPECT(old & WORD_LINKED); /* on no queue twice */
	return old & WORD_LINK;
}

static void handle(uint32_t port)
{
	word_clear(&word[port], WORD_PENDING);
	was_handled[port] = 1;
	explore_access(&was_handled[port], 0);
}

static void consume_one(unsigned int cpu, unsigned int q, uint32_t *ready)
{
	uint32_t port = guest_head[cpu][q];

	if (!port)
		port = word_read(&control[cpu]->head[q]);
	EXPECT(port > 0 && port < 16);
	guest_head[cpu][q] = clear_linked(&word[port]);
	if (!guest_head[cpu][q])
		*ready &= ~(1U << q);
	if ((word_read(&word[port]) & WORD_PENDING) &&
	    !(word_read(&word[port]) & WORD_MASKED))
		handle(port);
}

static void consume(unsigned int cpu)
{
	uint8_t *upcall = &d->vcpu[cpu]->info->evtchn_upcall_pending;
	uint32_t ready;

	for (;;) {
		explore_forget(~0U);
		explore_wait(upcall);
		*upcall = 0;
		ready = guest_swap(&control[cpu]->ready, 0);
		while (ready) {
			consume_one(cpu, (unsigned int)__builtin_ctz(ready),
				    &ready);
			explore_forget(ready);
			ready |= guest_swap(&control[cpu]->ready, 0);
			explore_forget(ready | 1U << 31);
		}
	}
}

static void consumer_0(void)
{
	consume(0);
}

static void consumer_1(void)
{
	consume(1);
}

static void guest_unmask(uint32_t port)
{
	uint32_t old = word_read(&word[port]);

	while (old & WORD_MASKED) {
		explore_forget(old);
		if (old & WORD_PENDING) {
			EXPECT_EQ(unmask(d, port), 0);
			return;
		}
		old &= ~WORD_BUSY;
		if (word_cmpxchg(&word[port], &old, old & ~WORD_MASKED))
			return;
	}
}

static void mask_and_unmask_0(void)
{
	word_set(&word[to[0]], WORD_MASKED);
	guest_unmask(to[0]);
}

/* -------- the hypervisor's side -------- */

static void send_0(void)
{
	EXPECT_EQ(send_port(d, from[0]), 0);
}

static void send_1(void)
{
	EXPECT_EQ(send_port(d, from[1]), 0);
}

static void send_0_0(void)
{
	send_0();
	explore_forget(1);
	send_0();
}

static void send_0_0_1(void)
{
	send_0_0();
	explore_forget(2);
	send_1();
}

static void send_0_1(void)
{
	send_0();
	explore_forget(1);
	send_1();
}

static void send_0_1_2(void)
{
	send_0_1();
	explore_forget(2);
	EXPECT_EQ(send_port(d, from[2]), 0);
}

static void move_0(void)
{
	EXPECT_EQ(bind_vcpu(d, to[0], 1), 0);
}

static void move_0_back_and_forth(void)
{
	move_0();
	EXPECT_EQ(bind_vcpu(d, to[0], 0), 0);
}

static void change_priority_0(void)
{
	struct evtchn_set_priority op = {.port = to[0], .priority = 3};

	EXPECT_EQ(evtchn_set_priority(d, &op), 0);
}

/* -------- what must hold at the end -------- */

static uint32_t wanted; /* bit n: event n must have been handled */

static void nothing_is_lost(void)
{
	for (int i = 0; i < NR_PAIRS; i++) {
		EXPECT_EQ(word[to[i]] & (WORD_LINKED | WORD_BUSY), 0);
		EXPECT((word[to[i]] & (WORD_PENDING | WORD_MASKED)) !=
		       WORD_PENDING);
		if (wanted & 1U << i)
			EXPECT(was_handled[to[i]]);
	}
	EXPECT_EQ(world_messages, 0);
}

static void explore(const char *name, unsigned long at_least)
{
	unsigned long nr;

	watch();
	nr = explore_all(nothing_is_lost);
	fprintf(stderr, "%s: %lu runs\n", name, nr);
	EXPECT(nr >= at_least);
}

UNIT_TEST(one_sender_one_consumer)
{
	setup();
	wanted = 1;
	explore_actor(send_0_0, false);
	explore_actor(consumer_0, true);
	explore(__func__, 20);
}

UNIT_TEST(a_queue_is_appended_to_while_it_is_taken)
{
	setup();
	wanted = 7;
	explore_actor(send_0_1_2, false);
	explore_actor(consumer_0, true);
	explore(__func__, 100);
}

UNIT_TEST(two_senders_of_two_events)
{
	setup();
	wanted = 3;
	explore_actor(send_0_0, false);
	explore_actor(send_1, false);
	explore_actor(consumer_0, true);
	explore(__func__, 1000);
}

UNIT_TEST(two_senders_of_one_event)
{
	setup();
	wanted = 1;
	explore_actor(send_0, false);
	explore_actor(send_0, false);
	explore_actor(consumer_0, true);
	explore(__func__, 100);
}

UNIT_TEST(masking_meets_sending)
{
	setup();
	wanted = 3;
	explore_actor(send_0_1, false);
	explore_actor(mask_and_unmask_0, false);
	explore_actor(consumer_0, true);
	explore(__func__, 1000);
}

UNIT_TEST(unmasking_twice_meets_sending)
{
	setup();
	wanted = 1;
	word[to[0]] = WORD_MASKED | WORD_PENDING;
	explore_actor(send_0, false);
	explore_actor(mask_and_unmask_0, false);
	explore_actor(mask_and_unmask_0, false);
	explore_actor(consumer_0, true);
	explore(__func__, 1000);
}

UNIT_TEST(an_event_moves_between_vcpus)
{
	setup();
	wanted = 3;
	explore_actor(send_0_0_1, false);
	explore_actor(move_0, false);
	explore_actor(consumer_0, true);
	explore_actor(consumer_1, true);
	explore(__func__, 10000);
}

UNIT_TEST(an_event_moves_there_and_back)
{
	setup();
	wanted = 1;
	explore_actor(send_0_0, false);
	explore_actor(move_0_back_and_forth, false);
	explore_actor(consumer_0, true);
	explore_actor(consumer_1, true);
	explore(__func__, 10000);
}

UNIT_TEST(an_event_moves_while_two_would_link_it)
{
	setup();
	wanted = 1;
	explore_actor(send_0, false);
	explore_actor(mask_and_unmask_0, false);
	explore_actor(move_0, false);
	explore_actor(consumer_0, true);
	explore_actor(consumer_1, true);
	explore(__func__, 10000);
}

UNIT_TEST(an_event_changes_priority)
{
	setup();
	wanted = 3;
	explore_actor(send_0_0_1, false);
	explore_actor(change_priority_0, false);
	explore_actor(consumer_0, true);
	explore(__func__, 10000);
}

/* -------- a hostile guest -------- */

/*
 * A send: PENDING and LINKED, then at a tail that always changes read, try,
 * BUSY, four tries, not BUSY; head and ready.
 */
#define MAX_ACCESSES 12

static void counted_sends(void)
{
	for (int i = 0; i < 2; i++) {
		uint32_t before = explore_nr_accesses();

		EXPECT_EQ(send_port(d, from[i]), 0);
		EXPECT(explore_nr_accesses() - before <= MAX_ACCESSES);
	}
}

static void hostile(void)
{
	static const uint32_t set[] = {WORD_LINKED, WORD_BUSY, WORD_MASKED,
				       WORD_LINK, 0};
	static const uint32_t clear[] = {0, 0, WORD_PENDING, WORD_LINKED, ~0U};

	for (int i = 0; i < 3; i++) {
		unsigned int port = to[explore_choose(2)];
		unsigned int what = explore_choose(5);

		word[port] = (word[port] & ~clear[what]) | set[what];
		explore_access(&word[port], 0);
	}
	control[0]->ready = 0;
	control[0]->head[EVTCHN_FIFO_PRIORITY_DEFAULT] = ~0U;
	explore_access(control[0], 0);
}

static void others_are_untouched(void)
{
	struct evtchn_fifo_control_block none = {0};

	for (uint32_t i = to[1] + 1; i < 1024; i++)
		EXPECT_EQ(word[i], 0);
	EXPECT_EQ(memcmp(control[1], &none, sizeof(none)), 0);
	EXPECT_EQ(d->vcpu[1]->info->evtchn_upcall_pending, 0);
	EXPECT(d->vcpu[0]->evtchn->tail[EVTCHN_FIFO_PRIORITY_DEFAULT] <= to[1]);
}

UNIT_TEST(a_hostile_guest_harms_only_itself)
{
	setup();
	explore_actor(counted_sends, false);
	explore_actor(hostile, false);
	watch();
	fprintf(stderr, "%s: %lu runs\n", __func__,
		explore_all(others_are_untouched));
}
