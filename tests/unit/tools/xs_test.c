// SPDX-License-Identifier: GPL-2.0-only
/*
 * The xenstore client, against a store of our own.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "req.h"
#include "xs.h"

static struct req r;
static struct xs xs;

static void begin(void)
{
	fake_store_start(fixture_root());
	EXPECT_EQ(xs_open(&xs, &r), 0);
}

static void end(void)
{
	xs_close(&xs);
	req_free(&r);
}

UNIT_TEST(what_is_written_is_read)
{
	int rc;

	begin();
	EXPECT_EQ(xs_write(&xs, 0, "/a/b", "value"), 0);
	EXPECT_EQ(strcmp(xs_read(&xs, 0, "/a/b", &rc), "value"), 0);
	EXPECT(xs_read(&xs, 0, "/a/c", &rc) == NULL);
	EXPECT_EQ(rc, -ENOENT);
	EXPECT_EQ(xs_rm(&xs, 0, "/a/b"), 0);
	EXPECT_EQ(xs_rm(&xs, 0, "/a/b"), -ENOENT);
	end();
}

UNIT_TEST(a_batch_is_answered_in_order)
{
	struct xs_reply replies[200];
	char path[32], value[16];

	begin();
	for (int i = 0; i < 200; i++) {
		snprintf(path, sizeof(path), "/b/%d", i);
		xs_queue_writef(&xs, 0, path, "%d", i * 3);
	}
	EXPECT_EQ(xs_flush(&xs, NULL, 0), 0);
	for (int i = 0; i < 200; i++) {
		snprintf(path, sizeof(path), i % 7 ? "/b/%d" : "/none/%d", i);
		xs_queue(&xs, XS_READ, 0, path, NULL, 0);
	}
	EXPECT_EQ(xs_flush(&xs, replies, 200), -ENOENT);
	for (int i = 0; i < 200; i++) {
		snprintf(value, sizeof(value), "%d", i * 3);
		EXPECT_EQ(replies[i].rc, i % 7 ? 0 : -ENOENT);
		EXPECT(i % 7 == 0 || strcmp(replies[i].body, value) == 0);
	}
	end();
}

UNIT_TEST(events_between_replies_are_kept)
{
	struct xs_event *e;
	int rc;

	begin();
	EXPECT_EQ(xs_watch(&xs, "/w", "token"), 0);
	for (int i = 0; i < 5; i++)
		EXPECT_EQ(xs_write(&xs, 0, "/w/x", "1"), 0);
	e = xs_next_event(&xs, 1000, &rc);
	EXPECT_EQ(strcmp(e->path, "/w"), 0); /* the one on setting it */
	for (int i = 0; i < 5; i++) {
		e = xs_next_event(&xs, 1000, &rc);
		EXPECT_EQ(strcmp(e->path, "/w/x"), 0);
		EXPECT_EQ(strcmp(e->token, "token"), 0);
	}
	EXPECT(xs_next_event(&xs, 0, &rc) == NULL);
	EXPECT_EQ(rc, 0);
	end();
}

UNIT_TEST(a_long_list_comes_in_parts)
{
	const char *names;
	char path[32];
	size_t len, nr = 0;

	begin();
	for (int i = 0; i < 300; i++) {
		snprintf(path, sizeof(path), "/l/child-%d", i);
		xs_queue_write(&xs, 0, path, "");
	}
	EXPECT_EQ(xs_flush(&xs, NULL, 0), 0);
	for (unsigned int max = 4000; max > 60; max /= 3) {
		fake_store.list_max = max;
		nr = 0;
		EXPECT_EQ(xs_directory(&xs, 0, "/l", &names, &len), 0);
		for (size_t at = 0; at < len; at += strlen(names + at) + 1) {
			snprintf(path, sizeof(path), "child-%zu", nr++);
			EXPECT_EQ(strcmp(names + at, path), 0);
		}
		EXPECT_EQ(nr, 300);
	}
	fake_store.list_max = 0;
	EXPECT_EQ(xs_write(&xs, 0, "/empty", ""), 0);
	EXPECT_EQ(xs_directory(&xs, 0, "/empty", &names, &len), 0);
	EXPECT_EQ(len, 0);
	end();
}

UNIT_TEST(a_conflict_is_told_from_other_failures)
{
	uint32_t tx;

	begin();
	fake_store.conflicts = 1;
	EXPECT_EQ(xs_tx_begin(&xs, &tx), 0);
	EXPECT_EQ(xs_write(&xs, tx, "/t", "1"), 0);
	EXPECT_EQ(xs_tx_end(&xs, tx, true), -EAGAIN);
	EXPECT_EQ(xs_tx_begin(&xs, &tx), 0);
	EXPECT_EQ(xs_tx_end(&xs, tx, true), 0);
	end();
}

UNIT_TEST(permissions_are_sent_as_a_list)
{
	begin();
	xs_queue_write(&xs, 0, "/p", "");
	xs_queue_perms(&xs, 0, "/p", "n0", "r7", NULL);
	EXPECT_EQ(xs_flush(&xs, NULL, 0), 0);
	EXPECT_EQ(memcmp(fake_store_perms("/p"), "n0\0r7", 6), 0);
	end();
}

/* A new store that is lost at a request, before it is done or after. */
static void begin_to_lose(int request, int is_done)
{
	static int is_started;

	if (!is_started++)
		begin();
	else
		EXPECT_EQ(xs_open(&xs, &r), 0);
	fake_store_reset();
	fake_store.hang_up_at = is_done ? 0 : request;
	fake_store.hang_up_after = is_done ? request : 0;
}

UNIT_TEST(requests_survive_the_loss_of_the_daemon)
{
	int rc;

	for (int at = 1; at <= 4; at++) {
		for (int is_done = 0; is_done < 2; is_done++) {
			begin_to_lose(at, is_done);
			EXPECT_EQ(xs_write(&xs, 0, "/a/b", "1"), 0);
			EXPECT_EQ(strcmp(xs_read(&xs, 0, "/a/b", &rc), "1"), 0);
			EXPECT_EQ(xs_rm(&xs, 0, "/a/b"), 0);
			EXPECT_EQ(xs_rm(&xs, 0, "/a/c"), at == 4 ? 0 : -ENOENT);
			EXPECT_EQ(xs.nr_connections, 2);
			end();
		}
	}
}

UNIT_TEST(a_batch_goes_on_where_the_daemon_was_lost)
{
	struct xs_reply replies[100];
	char path[32];

	for (int at = 1; at <= 100; at += 11) {
		for (int is_done = 0; is_done < 2; is_done++) {
			begin_to_lose(at, is_done);
			for (int i = 0; i < 100; i++) {
				snprintf(path, sizeof(path), "/b/%d", i);
				xs_queue_write(&xs, 0, path, path);
			}
			EXPECT_EQ(xs_flush(&xs, replies, 100), 0);
			for (int i = 0; i < 100; i++) {
				EXPECT_EQ(replies[i].rc, 0);
				snprintf(path, sizeof(path), "/b/%d", i);
				EXPECT_EQ(strcmp(fake_store_value(path), path),
					  0);
			}
			end();
		}
	}
}

UNIT_TEST(a_transaction_that_lost_the_daemon_is_a_conflict)
{
	uint32_t tx;
	int rc;

	for (int at = 2; at <= 4; at++) {
		for (int is_done = 0; is_done < 2; is_done++) {
			int got = 0;

			begin_to_lose(at, is_done);
			EXPECT_EQ(xs_tx_begin(&xs, &tx), 0);
			xs_read(&xs, tx, "/t", &rc);
			got |= rc == -EAGAIN;
			got |= xs_write(&xs, tx, "/t", "1") == -EAGAIN;
			if (!got)
				got = xs_tx_end(&xs, tx, true) == -EAGAIN;
			EXPECT(got);
			/* and the next one is as good as new */
			EXPECT_EQ(xs_tx_begin(&xs, &tx), 0);
			EXPECT_EQ(xs_write(&xs, tx, "/t", "2"), 0);
			EXPECT_EQ(xs_tx_end(&xs, tx, true), 0);
			end();
		}
	}
}

UNIT_TEST(watches_are_set_again_and_fire)
{
	struct xs_event *e;
	int rc;

	begin();
	EXPECT_EQ(xs_watch(&xs, "/w", "one"), 0);
	EXPECT_EQ(xs_watch(&xs, "/v", "two"), 0);
	EXPECT_EQ(strcmp(xs_next_event(&xs, 1000, &rc)->token, "one"), 0);
	EXPECT_EQ(strcmp(xs_next_event(&xs, 1000, &rc)->token, "two"), 0);
	fake_store_hang_up();
	EXPECT_EQ(strcmp(xs_next_event(&xs, 1000, &rc)->token, "two"), 0);
	EXPECT_EQ(strcmp(xs_next_event(&xs, 1000, &rc)->token, "one"), 0);
	EXPECT_EQ(xs_write(&xs, 0, "/w/x", "1"), 0);
	e = xs_next_event(&xs, 1000, &rc);
	EXPECT_EQ(strcmp(e->path, "/w/x"), 0);
	EXPECT_EQ(xs.nr_connections, 2);
	end();
}

UNIT_TEST(a_daemon_that_does_not_come_back_is_an_error_not_a_hang)
{
	int rc;

	begin();
	xs_patience_ms = 50;
	EXPECT_EQ(xs_write(&xs, 0, "/a", "1"), 0);
	fake_store_stop();
	EXPECT(xs_write(&xs, 0, "/a", "1") < 0);
	EXPECT(xs_next_event(&xs, -1, &rc) == NULL);
	EXPECT(rc < 0);
	end();
	EXPECT(xs_open(&xs, &r) < 0);
	EXPECT(strstr(r.what, "cannot reach the xenstore") != NULL);
	req_free(&r);
}

UNIT_TEST(a_store_that_is_not_there_is_reported_with_advice)
{
	setenv("XENSTORED_PATH", "/nonexistent/socket", 1);
	EXPECT(xs_open(&xs, &r) < 0);
	EXPECT(strstr(r.what, "cannot reach the xenstore") != NULL);
	EXPECT(r.hint != NULL);
	req_free(&r);
}
