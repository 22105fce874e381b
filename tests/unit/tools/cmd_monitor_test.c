// SPDX-License-Identifier: GPL-2.0-only
/* What a monitor does when its domain ends, and after a monitor that died. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd_scene.h"
#include "fixture.h"

/* The domain ends with @code, and its monitor looks. */
static void end_with(unsigned int code, const char *settings)
{
	begin(128);
	if (create(settings) != 0)
		unit_test_fail(__FILE__, __LINE__, "create: %s", cmd_err);
	fake_domain(1)->info.flags = XEN_DOMINF_shutdown | code << 16;
	expect_ok("monitor 1");
}

UNIT_TEST(a_monitor_removes_what_has_powered_off)
{
	end_with(0, "");
	expect_nothing_left();
	EXPECT(strstr(cmd_out, "ended, code 0: destroy") != NULL);
}

UNIT_TEST(a_monitor_starts_again_what_reboots)
{
	end_with(1, "");
	EXPECT(fake_domain(1) == NULL);
	EXPECT(!(fake_domain(2)->info.flags & XEN_DOMINF_paused));
	EXPECT_EQ(fake_domain(2)->info.handle[0], 0x01);
	EXPECT_EQ(strcmp(fake_store_value("/local/domain/2/name"), "demo"), 0);
	EXPECT_EQ(fake_store_count("/local/domain/1"), 0);
	EXPECT_EQ(files_in("/var/lib/pavo/domains"), 1);
	EXPECT_EQ(fake.free_pages, (128 - 16) << 8);
}

UNIT_TEST(a_monitor_does_what_the_configuration_says)
{
	begin(128);
	EXPECT_EQ(create("on_crash=preserve"), 0);
	fake_domain(1)->info.flags = XEN_DOMINF_shutdown | 3 << 16;
	/* found, seen crashed and kept, then ended by somebody else */
	fake.looks_to_live = 3;
	expect_ok("monitor 1");
	EXPECT(strstr(cmd_out, "ended, code 3: preserve") != NULL);
	EXPECT(fake_domain(1) != NULL && fake_domain(2) == NULL);
	EXPECT_EQ(fake_store_count("/local/domain/1"), 0);
	EXPECT_EQ(files_in("/var/lib/pavo/domains"), 0);
}

UNIT_TEST(a_crashed_domain_can_be_set_aside)
{
	end_with(3, "on_crash=rename-restart");
	EXPECT(fake_domain(1) != NULL && fake_domain(2) != NULL);
	expect_run("domid demo", "2\n");
	expect_run("domid demo-1", "1\n");
	EXPECT(memcmp(fake_domain(1)->info.handle, fake_domain(2)->info.handle,
		      16) != 0);
	expect_ok("destroy demo-1");
	expect_ok("destroy demo");
	EXPECT_EQ(fake_store_count("/local/domain"), 1);
	EXPECT_EQ(fake_store_count("/vm"), 1);
	EXPECT_EQ(fake_store_count("/tool/pavo/domains"), 1);
	EXPECT_EQ(files_in("/var/lib/pavo/domains"), 0);
}

/* What a kernel that has got far enough says about its memory: here nothing. */
UNIT_TEST(a_core_that_cannot_be_made_does_not_stop_the_restart)
{
	end_with(3, "on_crash=coredump-restart");
	EXPECT(strstr(cmd_out, "no core: ") != NULL);
	expect_run("domid demo", "2\n");
}

UNIT_TEST(a_monitor_cleans_up_after_a_domain_that_another_tool_ended)
{
	begin_with_demo();
	fake_domain(1)->info.flags = XEN_DOMINF_dying;
	expect_ok("monitor 1");
	EXPECT_EQ(fake_store_count("/local/domain/1"), 0);
	EXPECT_EQ(files_in("/var/lib/pavo/domains"), 0);
}

UNIT_TEST(a_restart_that_was_interrupted_is_finished)
{
	char mark[200];

	begin_with_demo();
	/* as if the monitor had died just after it ended the domain */
	snprintf(mark, sizeof(mark), "%s/var/lib/pavo/domains/%s.cfg.restart",
		 fixture_root(), "01234567-89ab-cdef-0123-456789abcdef");
	close(open(mark, O_WRONLY | O_CREAT, 0600));
	fake_domain(1)->exists = false;
	fake.free_pages = 128 << 8;
	expect_ok("xenstore rm /local /vm /libxl /tool");
	expect_ok("monitor --all");
	expect_run("domid demo", "2\n");
	EXPECT(access(mark, F_OK) != 0);
}

/* A monitor that died in a restart of domain @old marks it so. */
static void leave_mark(unsigned int old)
{
	char mark[200];
	FILE *f;

	snprintf(mark, sizeof(mark), "%s/var/lib/pavo/domains/%s.cfg.restart",
		 fixture_root(), "01234567-89ab-cdef-0123-456789abcdef");
	f = fopen(mark, "w");
	fprintf(f, "%u\n", old);
	fclose(f);
}

UNIT_TEST(a_restarted_domain_that_never_ran_is_made_anew)
{
	begin_with_demo();
	fake_domain(1)->info.flags |= XEN_DOMINF_paused;
	leave_mark(7);
	fake_store_set("/local/domain/7/name", "demo");
	fake.free_pages = 256 << 8;
	expect_ok("monitor --all");
	expect_run("domid demo", "2\n");
	EXPECT_EQ(fake_store_count("/local/domain/1"), 0);
	EXPECT_EQ(fake_store_count("/local/domain/7"), 0);
	EXPECT_EQ(files_in("/var/lib/pavo/domains"), 1);
}

UNIT_TEST(a_restarted_domain_that_runs_is_left_alone)
{
	begin_with_demo();
	fake_domain(1)->info.flags &= ~(uint32_t)XEN_DOMINF_paused;
	leave_mark(7);
	expect_ok("monitor --all");
	expect_run("domid demo", "1\n");
	EXPECT_EQ(files_in("/var/lib/pavo/domains"), 1);
}

UNIT_TEST(what_a_monitor_left_when_it_died_is_cleaned_up)
{
	begin_with_demo();
	fake_domain(1)->exists = false;
	expect_ok("monitor --all");
	EXPECT_EQ(fake_store_count("/local/domain/1"), 0);
	EXPECT_EQ(fake_store_count("/vm"), 1);
	EXPECT_EQ(fake_store_count("/tool/pavo/domains"), 1);
	EXPECT_EQ(files_in("/var/lib/pavo/domains"), 0);
}
