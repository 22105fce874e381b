// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shared ring: its size, its indexes over the wrap, a peer that lies, and
 * that no publication is lost between two threads that sleep.
 */
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#include "../../../../split-drivers/ring/ring.h"
#include "unit_test.h"

struct entry {
	uint64_t number, pad;
};

static _Alignas(4096) uint8_t page[4096];
static struct ring front, back;

static void connect_from(uint32_t start)
{
	memset(page, 0, sizeof(page));
	ring_format(&front, page, sizeof(page), sizeof(struct entry));
	ring_attach(&back, page, sizeof(page), sizeof(struct entry));
	front.shared->req_prod = front.shared->rsp_prod = start;
	front.shared->req_event = front.shared->rsp_event = start + 1;
	front.prod = front.published = front.cons = start;
	back.prod = back.published = back.cons = start;
}

UNIT_TEST(slots_are_the_power_of_two_that_fits)
{
	EXPECT_EQ(ring_slots(4096, 112), 32);	    /* blkif, one page */
	EXPECT_EQ(ring_slots(16 * 4096, 112), 512); /* and sixteen */
	EXPECT_EQ(ring_slots(4096, 12), 256);	    /* netif, transmit */
	EXPECT_EQ(ring_slots(4096, 8), 256);
	EXPECT_EQ(ring_slots(64 + 112, 112), 1);
	EXPECT_EQ(ring_slots(64 + 111, 112), 0);
	EXPECT_EQ(ring_slots(10, 112), 0);
}

UNIT_TEST(entries_come_out_in_order_over_the_wrap)
{
	uint64_t sent = 0, seen = 0, answered = 0;
	struct entry e;

	connect_from(0xffffff80u);
	while (answered < 2000) {
		while (ring_front_room(&front)) {
			e = (struct entry){.number = sent++};
			ring_put(&front, &e, sizeof(e));
		}
		ring_front_publish(&front);
		for (int n = ring_back_available(&back); n > 0; n -= 3) {
			ring_take(&back, &e, sizeof(e));
			EXPECT_EQ(e.number, seen);
			seen++;
			ring_put(&back, &e, sizeof(e));
		}
		ring_back_publish(&back);
		while (ring_front_available(&front) > 0) {
			ring_take(&front, &e, sizeof(e));
			EXPECT_EQ(e.number, answered);
			answered++;
		}
	}
}

UNIT_TEST(an_event_is_wanted_once_for_a_batch)
{
	struct entry e = {0};

	connect_from(0xfffffffeu);
	EXPECT_EQ(ring_back_sleep(&back), 0);
	for (int i = 0; i < 8; i++)
		ring_put(&front, &e, sizeof(e));
	EXPECT(ring_front_publish(&front));
	ring_put(&front, &e, sizeof(e));
	EXPECT(!ring_front_publish(&front)); /* it is awake */
	for (int i = 0; i < 9; i++)
		ring_take(&back, &e, sizeof(e));
	EXPECT_EQ(ring_back_sleep(&back), 0);
	ring_put(&front, &e, sizeof(e));
	EXPECT(ring_front_publish(&front));
	EXPECT_EQ(ring_back_sleep(&back), 1);
}

UNIT_TEST(an_index_that_jumps_is_refused)
{
	struct entry e = {0};

	connect_from(5);
	for (uint32_t bad = back.nr + 1; bad; bad <<= 1) {
		back.shared->req_prod = 5 + bad;
		EXPECT_EQ(ring_back_available(&back), -EINVAL);
		EXPECT_EQ(ring_back_sleep(&back), -EINVAL);
	}
	back.shared->req_prod = 4; /* backwards */
	EXPECT_EQ(ring_back_available(&back), -EINVAL);
	back.shared->req_prod = 5 + back.nr;
	EXPECT_EQ(ring_back_available(&back), (int)back.nr);

	connect_from(5);
	front.shared->rsp_prod = 6; /* an answer to nothing */
	EXPECT_EQ(ring_front_available(&front), -EINVAL);
	ring_put(&front, &e, sizeof(e));
	EXPECT_EQ(ring_front_available(&front), -EINVAL); /* not published */
	ring_front_publish(&front);
	EXPECT_EQ(ring_front_available(&front), 1);
}

UNIT_TEST(requests_that_wait_for_answers_keep_their_slots)
{
	struct entry e = {0};

	connect_from(0);
	while (ring_front_room(&front))
		ring_put(&front, &e, sizeof(e));
	ring_front_publish(&front);
	for (uint32_t i = 0; i < back.nr; i++)
		ring_take(&back, &e, sizeof(e));
	back.shared->req_prod++; /* one more than there are slots */
	EXPECT_EQ(ring_back_available(&back), -EINVAL);
	ring_put(&back, &e, sizeof(e));
	EXPECT_EQ(ring_back_available(&back), 1);
}

/* --- two threads that sleep whenever they may --- */

#define NR_ENTRIES 200000
static sem_t to_back, to_front;

static void *serve(void *arg)
{
	uint64_t done = 0;

	(void)arg;
	while (done < NR_ENTRIES) {
		int n = ring_back_available(&back);
		struct entry e;

		EXPECT(n >= 0);
		if (n == 0 && ring_back_sleep(&back) == 0) {
			sem_wait(&to_back);
			continue;
		}
		for (; n > 0; n--, done++) {
			ring_take(&back, &e, sizeof(e));
			ring_put(&back, &e, sizeof(e));
		}
		if (ring_back_publish(&back))
			sem_post(&to_front);
	}
	return NULL;
}

UNIT_TEST(nobody_sleeps_over_a_publication)
{
	uint64_t sent = 0, got = 0;
	pthread_t thread;

	connect_from(0);
	sem_init(&to_back, 0, 0);
	sem_init(&to_front, 0, 0);
	EXPECT_EQ(pthread_create(&thread, NULL, serve, NULL), 0);
	while (got < NR_ENTRIES) {
		/* few at a time, so that both ends run dry often */
		uint32_t room = sent % 3 + 1;
		struct entry e;

		while (room-- && sent < NR_ENTRIES && ring_front_room(&front)) {
			e = (struct entry){.number = sent++};
			ring_put(&front, &e, sizeof(e));
		}
		if (ring_front_publish(&front))
			sem_post(&to_back);
		if (ring_front_available(&front) == 0 &&
		    ring_front_sleep(&front) == 0) {
			sem_wait(&to_front);
			continue;
		}
		for (int n = ring_front_available(&front); n > 0; n--, got++) {
			ring_take(&front, &e, sizeof(e));
			EXPECT_EQ(e.number, got);
		}
	}
	pthread_join(thread, NULL);
}
