// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys and states: numbers from a stranger, transactions, and that the two
 * ends' steps lead up, down and up again from wherever they are.
 */
#include <string.h>

#include <errno.h>

#include "../../../../split-drivers/xenbus/xenbus.h"
#include "../fake_bus.h"
#include "unit_test.h"

static struct xenbus front, back;

static void meet(void)
{
	fake_bus_reset();
	EXPECT_EQ(xenbus_init(&front, &fake_bus, NULL, "front", "back"), 0);
	EXPECT_EQ(xenbus_init(&back, &fake_bus, NULL, "back", "front"), 0);
}

UNIT_TEST(a_number_is_digits_in_range)
{
	static const char *const bad[] = {
		"",
		" 1",
		"1 ",
		"-1",
		"+1",
		"0x10",
		"1a",
		"18446744073709551616",
		"99999999999999999999999",
		"101",
	};
	uint64_t n = 7;

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		EXPECT_EQ(xenbus_number(bad[i], 100, &n), -EINVAL);
	EXPECT_EQ(n, 7);
	EXPECT_EQ(xenbus_number("100", 100, &n), 0);
	EXPECT_EQ(n, 100);
	EXPECT_EQ(xenbus_number("18446744073709551615", UINT64_MAX, &n), 0);
	EXPECT_EQ(n, UINT64_MAX);
}

UNIT_TEST(keys_are_read_as_they_were_written)
{
	uint64_t n;
	char name[16];

	meet();
	EXPECT_EQ(xenbus_write_number(&back, 0, "sectors", 1u << 20), 0);
	EXPECT_EQ(xenbus_read_number(&front, 0, XENBUS_PEER, "sectors",
				     UINT64_MAX, 0, &n),
		  0);
	EXPECT_EQ(n, 1u << 20);
	EXPECT_EQ(xenbus_read_number(&front, 0, XENBUS_PEER, "none", 9, 5, &n),
		  0);
	EXPECT_EQ(n, 5);
	fake_bus_set("back/long", "0000000000000000000000000000000000001");
	EXPECT_EQ(xenbus_read_number(&front, 0, XENBUS_PEER, "long", 9, 5, &n),
		  -EINVAL);
	EXPECT_EQ(xenbus_name(name, sizeof(name), "ring-ref", 15), 0);
	EXPECT(strcmp(name, "ring-ref15") == 0);
	EXPECT_EQ(xenbus_name(name, 8, "ring-ref", 15), -E2BIG);
	EXPECT_EQ(xenbus_remove(&back, 0, "sectors"), 0);
	EXPECT_EQ(xenbus_remove(&back, 0, "sectors"), 0);
}

static int write_pair(struct xenbus *x, uint32_t tx, void *arg)
{
	int *nr = arg;

	++*nr;
	return xenbus_write(x, tx, "a", "1") ?: xenbus_write(x, tx, "b", "2");
}

UNIT_TEST(a_transaction_is_done_again_until_nothing_comes_between)
{
	int nr = 0;

	meet();
	fake_bus_conflicts = 3;
	EXPECT_EQ(xenbus_transaction(&back, write_pair, &nr), 0);
	EXPECT_EQ(nr, 4);
	EXPECT(strcmp(fake_bus_get("back/b"), "2") == 0);
	fake_bus_conflicts = 1000000;
	EXPECT_EQ(xenbus_transaction(&back, write_pair, &nr), -EAGAIN);
	fake_bus_conflicts = 0;
	fake_bus_until_failure = 1;
	EXPECT_EQ(xenbus_transaction(&back, write_pair, &nr), -EIO);
}

UNIT_TEST(a_state_that_is_none_is_unknown)
{
	meet();
	EXPECT_EQ(xenbus_peer_state(&back), XenbusStateUnknown);
	fake_bus_set("front/state", "9");
	EXPECT_EQ(xenbus_peer_state(&back), XenbusStateUnknown);
	fake_bus_set("front/state", "four");
	EXPECT_EQ(xenbus_peer_state(&back), XenbusStateUnknown);
	fake_bus_set("front/state", "4");
	EXPECT_EQ(xenbus_peer_state(&back), XenbusStateConnected);
}

UNIT_TEST(a_state_that_someone_else_has_changed_is_left_to_him)
{
	meet();
	EXPECT_EQ(xenbus_switch(&back, 0, XenbusStateInitWait), 0);
	fake_bus_set("back/state", "5"); /* the tools want it closed */
	EXPECT_EQ(xenbus_switch(&back, 0, XenbusStateConnected), -ENOENT);
	EXPECT_EQ(back.state, XenbusStateInitWait);
	EXPECT_EQ(xenbus_own_state(&back), XenbusStateClosing);
	EXPECT_EQ(xenbus_switch(&back, 0, XenbusStateClosed), 0);
	/* removed, and made again at once */
	fake_bus_set("back", NULL);
	EXPECT_EQ(xenbus_switch(&back, 0, XenbusStateInitWait), -ENOENT);
	EXPECT(!fake_bus_get("back/state"));
	fake_bus_set("back/state", "1");
	EXPECT_EQ(xenbus_switch(&back, 0, XenbusStateInitWait), -ENOENT);
	EXPECT(strcmp(fake_bus_get("back/state"), "1") == 0);
	/* one that conflicts is not ours before it has come through */
	EXPECT_EQ(xenbus_own_state(&back), XenbusStateInitialising);
	fake_bus_conflicts = 2;
	EXPECT_EQ(xenbus_switch(&back, 0, XenbusStateInitWait), 0);
	EXPECT_EQ(xenbus_own_state(&back), XenbusStateInitWait);
}

UNIT_TEST(who_has_lost_its_folder_is_closed_all_the_same)
{
	meet();
	EXPECT_EQ(xenbus_switch(&front, 0, XenbusStateConnected), 0);
	fake_bus_set("front/state", NULL);
	fake_bus_until_failure = 0;
	EXPECT_EQ(xenbus_closed(&front), 0);
	fake_bus_until_failure = -1;
	EXPECT_EQ(front.state, XenbusStateClosed);
	EXPECT(!fake_bus_get("front/state"));
	EXPECT_EQ(xenbus_closed(&front), 0); /* it is, and stays so */
	EXPECT(!fake_bus_get("front/state"));
}

UNIT_TEST(an_error_is_left_where_linux_leaves_it)
{
	meet();
	xenbus_report(&back, -EINVAL, "ring-ref of queue 1");
	EXPECT(strcmp(fake_bus_get("error/back/error"),
		      "-22 ring-ref of queue 1") == 0);
}

/* One step of each end, as a driver would; false: both wait. */
static enum xenbus_state after(enum xenbus_step step, bool is_back,
			       enum xenbus_state own)
{
	switch (step) {
	case XENBUS_OFFER:
		return is_back ? XenbusStateInitWait : XenbusStateInitialised;
	case XENBUS_CONNECT:
		return XenbusStateConnected;
	case XENBUS_CLOSE:
		return XenbusStateClosed;
	default:
		return own;
	}
}

static void settle(enum xenbus_state *f, enum xenbus_state *b, bool online)
{
	for (int i = 0; i < 10; i++) {
		*b = after(xenbus_back_step(*b, *f, online), true, *b);
		*f = after(xenbus_front_step(*f, *b), false, *f);
	}
}

UNIT_TEST(a_front_that_starts_connects_whatever_the_back_was_in)
{
	for (int s = XenbusStateInitialising; s <= XenbusStateClosed; s++) {
		enum xenbus_state f = XenbusStateInitialising;
		enum xenbus_state b = (enum xenbus_state)s;

		if (s == XenbusStateClosing)
			continue; /* no back rests there */
		settle(&f, &b, true);
		if (s == XenbusStateConnected || s == XenbusStateInitialised) {
			/* the front saw the old connection end, and begins */
			f = XenbusStateInitialising;
			settle(&f, &b, true);
		}
		EXPECT_EQ(f, XenbusStateConnected);
		EXPECT_EQ(b, XenbusStateConnected);
	}
}

UNIT_TEST(a_front_that_closes_takes_the_back_with_it)
{
	enum xenbus_state f = XenbusStateClosing, b = XenbusStateConnected;

	b = after(xenbus_back_step(b, f, true), true, b);
	EXPECT_EQ(b, XenbusStateClosed);
	f = XenbusStateClosed;
	EXPECT_EQ(xenbus_back_step(b, f, true), XENBUS_WAIT);
	EXPECT_EQ(xenbus_back_step(b, f, false), XENBUS_REMOVE);
	EXPECT_EQ(xenbus_back_step(b, XenbusStateUnknown, true), XENBUS_REMOVE);
	EXPECT_EQ(xenbus_back_step(XenbusStateUnknown, f, false), XENBUS_WAIT);
}

UNIT_TEST(a_back_that_closes_takes_the_front_with_it)
{
	EXPECT_EQ(xenbus_front_step(XenbusStateConnected, XenbusStateClosing),
		  XENBUS_CLOSE);
	EXPECT_EQ(xenbus_front_step(XenbusStateConnected, XenbusStateUnknown),
		  XENBUS_CLOSE);
	EXPECT_EQ(xenbus_front_step(XenbusStateClosed, XenbusStateUnknown),
		  XENBUS_REMOVE);
}

UNIT_TEST(every_pair_of_states_has_a_step_that_ends)
{
	for (int s = 0; s <= XenbusStateReconfigured; s++)
		for (int p = 0; p <= XenbusStateReconfigured; p++) {
			enum xenbus_state f = (enum xenbus_state)s;
			enum xenbus_state b = (enum xenbus_state)p;

			settle(&f, &b, true);
			EXPECT_EQ(after(xenbus_back_step(b, f, true), true, b),
				  b);
			EXPECT_EQ(after(xenbus_front_step(f, b), false, f), f);
		}
}
