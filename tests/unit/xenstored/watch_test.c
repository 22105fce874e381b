// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches: who is told what, when, and how often.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../unit_test.h"
#include "domain.h"
#include "world.h"

static struct client dom0, guest, watcher;

static void begin(void)
{
	world_init(5);
	daemon_start(NULL);
	dom0 = client_socket(false);
	watcher = client_socket(false);
	EXPECT_EQ(xs_introduce(&dom0, 1), 0);
	guest = client_domain(1);
	xs_write(&dom0, 0, "/local/domain/1/data", "");
	xs_perms(&dom0, 0, "/local/domain/1/data", "n1");
}

static void end(void)
{
	client_close(&dom0);
	client_close(&watcher);
	EXPECT_EQ(server.store.nr_watch_paths,
		  server.ring_of[1] && server.ring_of[1]->account->watches ? 1
									   : 0);
	daemon_stop();
}

/* Set a watch; @token may have a depth behind it.  It is told at once. */
static void watch(struct client *c, const char *path, const char *token)
{
	int len = (int)strcspn(token, " ");
	char want[128];
	const char *got;

	EXPECT_EQ(xs_watch(c, path, token), 0);
	snprintf(want, sizeof(want), "%s %.*s", path, len, token);
	got = client_event(c);
	EXPECT(got && !strcmp(got, want));
}

static void expect_event(struct client *c, const char *want)
{
	const char *got = client_event(c);

	if (!got || strcmp(got, want))
		unit_test_fail(__FILE__, __LINE__, "event \"%s\", not \"%s\"",
			       got ? got : "none", want);
}

static void expect_silence(struct client *c)
{
	const char *got = client_event(c);

	if (got)
		unit_test_fail(__FILE__, __LINE__, "unexpected event \"%s\"",
			       got);
}

UNIT_TEST(a_watch_tells_of_its_path_and_below)
{
	begin();
	watch(&watcher, "/a/b", "t");
	xs_write(&dom0, 0, "/a/b", "1");
	expect_event(&watcher, "/a/b t");
	xs_write(&dom0, 0, "/a/b/c/d", "1");
	expect_event(&watcher, "/a/b/c/d t");
	xs_write(&dom0, 0, "/a/bc", "1");
	xs_write(&dom0, 0, "/a", "1");
	expect_silence(&watcher);
	xs_perms(&dom0, 0, "/a/b/c", "r0");
	expect_event(&watcher, "/a/b/c t");
	xs_op(&dom0, XS_MKDIR, 0, "/a/b/e");
	expect_event(&watcher, "/a/b/e t");
	/* that is there already: nothing happens */
	xs_op(&dom0, XS_MKDIR, 0, "/a/b/e");
	expect_silence(&watcher);
	xs_op(&dom0, XS_RM, 0, "/a/b/c/d");
	expect_event(&watcher, "/a/b/c/d t");
	xs_op(&dom0, XS_RM, 0, "/a/b/none");
	expect_silence(&watcher);
	end();
}

UNIT_TEST(the_top_is_above_everything)
{
	begin();
	watch(&watcher, "/", "t");
	xs_write(&dom0, 0, "/x/y", "");
	expect_event(&watcher, "/x/y t");
	xs_write(&dom0, 0, "/", "v");
	expect_event(&watcher, "/ t");
	end();
}

UNIT_TEST(a_parent_removed_is_told_as_the_watched_path)
{
	begin();
	xs_write(&dom0, 0, "/a/b/c", "");
	watch(&watcher, "/a/b/c", "t");
	watch(&watcher, "/a/b", "u");
	xs_op(&dom0, XS_RM, 0, "/a");
	expect_event(&watcher, "/a/b u");
	expect_event(&watcher, "/a/b/c t");
	expect_silence(&watcher);
	end();
}

UNIT_TEST(depth_limits_a_watch)
{
	begin();
	watch(&watcher, "/a", "zero 0");
	watch(&watcher, "/a", "one 1");
	xs_write(&dom0, 0, "/a", "");
	expect_event(&watcher, "/a zero");
	expect_event(&watcher, "/a one");
	xs_write(&dom0, 0, "/a/b", "");
	expect_event(&watcher, "/a/b one");
	xs_write(&dom0, 0, "/a/b/c", "");
	expect_silence(&watcher);
	watch(&watcher, "/", "top 1");
	xs_write(&dom0, 0, "/a/b/c", "");
	expect_silence(&watcher);
	xs_write(&dom0, 0, "/n", "");
	expect_event(&watcher, "/n top");
	EXPECT_EQ(xs_watch(&watcher, "/a", "bad -1"), -EINVAL);
	end();
}

UNIT_TEST(unwatch_and_duplicates)
{
	struct answer a;

	begin();
	watch(&watcher, "/a", "t");
	EXPECT_EQ(xs_watch(&watcher, "/a", "t"), -EEXIST);
	watch(&watcher, "/a", "u");
	EXPECT_EQ(ask(&watcher, XS_UNWATCH, 0, "/a\0t", 5, &a), 0);
	EXPECT_EQ(ask(&watcher, XS_UNWATCH, 0, "/a\0t", 5, &a), -ENOENT);
	xs_write(&dom0, 0, "/a", "");
	expect_event(&watcher, "/a u");
	expect_silence(&watcher);
	end();
}

UNIT_TEST(relative_watches_tell_relative_paths)
{
	begin();
	watch(&guest, "data", "t");
	xs_write(&dom0, 0, "/local/domain/1/data/x", "");
	expect_event(&guest, "data/x t");
	watch(&guest, "/local/domain/1/data/x", "abs");
	xs_write(&dom0, 0, "/local/domain/1/data/x", "1");
	expect_event(&guest, "data/x t");
	expect_event(&guest, "/local/domain/1/data/x abs");
	EXPECT_EQ(xs_op(&guest, XS_RESET_WATCHES, 0, ""), 0);
	end();
}

UNIT_TEST(nobody_is_told_what_he_may_not_read)
{
	begin();
	xs_write(&dom0, 0, "/s/x", "");
	xs_perms(&dom0, 0, "/s", "n0");
	xs_perms(&dom0, 0, "/s/x", "n0");
	watch(&guest, "/s/x", "t");
	xs_write(&dom0, 0, "/s/x", "1");
	expect_silence(&guest);
	xs_perms(&dom0, 0, "/s/x", "n0 r1");
	expect_event(&guest, "/s/x t");
	xs_write(&dom0, 0, "/s/x", "2");
	expect_event(&guest, "/s/x t");
	/* he may know that what he could read is gone */
	xs_op(&dom0, XS_RM, 0, "/s/x");
	expect_event(&guest, "/s/x t");
	EXPECT_EQ(xs_op(&guest, XS_RESET_WATCHES, 0, ""), 0);
	end();
}

UNIT_TEST(a_transaction_tells_when_it_commits)
{
	uint32_t t;

	begin();
	watch(&watcher, "/a", "t");
	t = xs_start(&dom0);
	xs_write(&dom0, t, "/a/1/2", "");
	xs_write(&dom0, t, "/a/3", "");
	xs_op(&dom0, XS_READ, t, "/local");
	expect_silence(&watcher);
	EXPECT_EQ(xs_end(&dom0, t, true), 0);
	expect_event(&watcher, "/a/1/2 t");
	expect_event(&watcher, "/a/3 t");
	expect_silence(&watcher);
	t = xs_start(&dom0);
	xs_write(&dom0, t, "/a/3", "");
	EXPECT_EQ(xs_end(&dom0, t, false), 0);
	expect_silence(&watcher);
	t = xs_start(&dom0);
	xs_op(&dom0, XS_RM, t, "/a/1");
	EXPECT_EQ(xs_end(&dom0, t, true), 0);
	expect_event(&watcher, "/a/1 t");
	expect_silence(&watcher);
	end();
}

UNIT_TEST(domains_coming_and_going_are_told)
{
	begin();
	watch(&watcher, "@introduceDomain", "in");
	watch(&watcher, "@releaseDomain", "out");
	watch(&watcher, "@releaseDomain", "which 1");
	watch(&watcher, "@releaseDomain/3", "only");
	EXPECT_EQ(xs_introduce(&dom0, 3), 0);
	expect_event(&watcher, "@introduceDomain in");
	world->domain[3].has_shut_down = true;
	domain_check_all(&server);
	expect_event(&watcher, "@releaseDomain out");
	expect_event(&watcher, "@releaseDomain/3 which");
	expect_event(&watcher, "@releaseDomain/3 only");
	domain_check_all(&server);
	expect_silence(&watcher);
	/* once more after RESUME */
	EXPECT_EQ(xs_op(&dom0, XS_RESUME, 0, "3"), 0);
	domain_check_all(&server);
	expect_event(&watcher, "@releaseDomain out");
	expect_event(&watcher, "@releaseDomain/3 which");
	expect_event(&watcher, "@releaseDomain/3 only");
	world->domain[1].is_dying = true;
	domain_check_all(&server);
	expect_event(&watcher, "@releaseDomain out");
	expect_event(&watcher, "@releaseDomain/1 which");
	expect_silence(&watcher);
	EXPECT_EQ(xs_op(&dom0, XS_RELEASE, 0, "3"), 0);
	expect_event(&watcher, "@releaseDomain out");
	end();
}

UNIT_TEST(special_events_need_permission)
{
	begin();
	watch(&guest, "@introduceDomain", "t");
	EXPECT_EQ(xs_introduce(&dom0, 2), 0);
	expect_silence(&guest);
	EXPECT_EQ(xs_perms(&guest, 0, "@introduceDomain", "r0"), -EACCES);
	EXPECT_EQ(xs_perms(&dom0, 0, "@introduceDomain", "n0 r1"), 0);
	EXPECT_EQ(xs_introduce(&dom0, 3), 0);
	expect_event(&guest, "@introduceDomain t");
	EXPECT_EQ(xs_op(&guest, XS_RESET_WATCHES, 0, ""), 0);
	end();
}

/* A guest that does not take its events. */
UNIT_TEST(equal_events_wait_only_once)
{
	size_t pending;

	begin();
	watch(&guest, "data", "t");
	for (int i = 0; i < 1000; i++)
		xs_write(&dom0, 0, "/local/domain/1/data/x", "");
	pending = conn_pending(server.ring_of[1]);
	EXPECT(pending < 4096);
	for (int i = 0; i < 1000; i++)
		xs_write(&dom0, 0, "/local/domain/1/data/x", "");
	EXPECT_EQ(conn_pending(server.ring_of[1]), pending);
	/* and is told again after it has taken them */
	while (client_event(&guest))
		;
	xs_write(&dom0, 0, "/local/domain/1/data/x", "");
	expect_event(&guest, "data/x t");
	expect_silence(&guest);
	EXPECT_EQ(xs_op(&guest, XS_RESET_WATCHES, 0, ""), 0);
	end();
}

UNIT_TEST(events_nobody_takes_are_bounded)
{
	char path[64];
	int nr = 0;

	begin();
	watch(&guest, "data", "a-token-that-is-not-so-short");
	EXPECT_EQ(xs_perms(&dom0, 0, "/local/domain/1/data", "n0 r1"), 0);
	for (int i = 0; i < 20000; i++) {
		snprintf(path, sizeof(path), "/local/domain/1/data/%d", i);
		EXPECT_EQ(xs_write(&dom0, 0, path, ""), 0);
	}
	EXPECT(conn_pending(server.ring_of[1]) < CONN_OUT_MAX_EVENTS + 8192);
	/* the last thing it hears is that something changed */
	while (client_event(&guest))
		nr++;
	EXPECT(nr > 1000);
	EXPECT_EQ(xs_op(&guest, XS_RESET_WATCHES, 0, ""), 0);
	end();
}

UNIT_TEST(thousands_of_watches_are_found_and_gone)
{
	char path[32];

	begin();
	for (int i = 0; i < 3000; i++) {
		snprintf(path, sizeof(path), "/w/%d", i);
		watch(&watcher, path, "t");
	}
	xs_write(&dom0, 0, "/w/2711/x", "");
	expect_event(&watcher, "/w/2711/x t");
	expect_silence(&watcher);
	end();
}
