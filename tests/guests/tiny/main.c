/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The smallest guest that lives: says so on its console, sleeps, repeats on
 * its console what is written to data/ping, and ends when control/shutdown
 * asks it to.
 */
#include "../lib/domu.h"
#include "../lib/guest.h"

#include <abi/sched.h>

static void end(uint32_t reason)
{
	struct sched_shutdown s = {.reason = reason};

	(void)store_write(0, "control/shutdown", "");
	for (;;)
		(void)HYPERVISOR_sched_op(SCHEDOP_shutdown, &s);
}

static void repeat_ping(void)
{
	char text[32];

	if (store_read("data/ping", text, sizeof(text)))
		say("@tiny ping %s here\n", text);
}

static void obey(void)
{
	char text[16];

	if (!store_read("control/shutdown", text, sizeof(text)))
		return;
	if (text_equal(text, "poweroff"))
		end(SHUTDOWN_poweroff);
	if (text_equal(text, "reboot"))
		end(SHUTDOWN_reboot);
}

void guest_main(void)
{
	char event[64];

	EXPECT_EQ(store_write(0, "data/ping", "none"), XS_WRITE);
	EXPECT_EQ(store_watch("control/shutdown", ""), XS_WATCH);
	EXPECT_EQ(store_watch("data/ping", ""), XS_WATCH);
	say("@tiny lives in %ld pages\n", start_info->nr_pages);
	/* an event that store_read() dropped was of an earlier change */
	for (;;) {
		(void)store_receive(event, sizeof(event));
		obey();
		repeat_ping();
	}
}
