/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The xenstore client against a peer that cuts, floods and lies.
 */
#include "fixture.h"
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct loop loop;
static struct store st;
static int peer;
static unsigned int nr_replies, nr_events, nr_broken;
static char last[5000];

static void got_reply(void *arg, uint32_t id, const char *body)
{
	(void)arg;
	nr_replies++;
	snprintf(last, sizeof(last), "%u %s", id, body ? body : "error");
}

static void got_event(void *arg, const char *path, const char *token)
{
	(void)arg;
	nr_events++;
	snprintf(last, sizeof(last), "%s|%s", path, token);
}

static void got_broken(void *arg)
{
	(void)arg;
	nr_broken++;
}

static void start(void)
{
	int sv[2];

	EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv), 0);
	EXPECT_EQ(loop_open(&loop), 0);
	st.loop = &loop;
	st.reply = got_reply;
	st.event = got_event;
	st.broken = got_broken;
	EXPECT_EQ(store_adopt(&st, sv[0]), 0);
	peer = sv[1];
}

static void end(void)
{
	store_close(&st);
	close(peer);
	loop_close(&loop);
}

static size_t message(char *out, uint32_t type, uint32_t id, uint32_t len,
		      const char *body)
{
	uint32_t h[4] = {type, id, 0, len};

	memcpy(out, h, 16);
	memcpy(out + 16, body, len);
	return 16 + len;
}

UNIT_TEST(replies_and_events_are_put_together_from_single_bytes)
{
	char buf[128];
	size_t n = message(buf, STORE_READ, 7, 5, "hello");

	start();
	n += message(buf + n, STORE_WATCH_EVENT, 0, 6, "/a\0to");
	n += message(buf + n, STORE_ERROR, 8, 7, "ENOENT");
	for (size_t i = 0; i < n; i++) {
		EXPECT_EQ(send(peer, buf + i, 1, 0), 1);
		EXPECT_EQ(loop_wait(&loop, 0), 0);
		if (i == 20)
			EXPECT(!strcmp(last, "7 hello"));
		if (i == 42)
			EXPECT(!strcmp(last, "/a|to"));
	}
	EXPECT(!strcmp(last, "8 error"));
	EXPECT_EQ(nr_replies, 2);
	EXPECT_EQ(nr_broken, 0);
	end();
}

UNIT_TEST(largest_payload_is_taken_and_a_larger_one_breaks)
{
	static char body[5000], buf[5100];
	size_t n;

	start();
	memset(body, 'v', sizeof(body));
	n = message(buf, STORE_READ, 1, 4096, body);
	EXPECT_EQ(send(peer, buf, n, 0), n);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(loop_wait(&loop, 0), 0);
	EXPECT_EQ(nr_replies, 1);
	EXPECT_EQ(strlen(last), 4098);
	n = message(buf, STORE_READ, 1, 4097, body);
	EXPECT_EQ(send(peer, buf, n, 0), n);
	EXPECT_EQ(loop_wait(&loop, 0), 0);
	EXPECT_EQ(nr_broken, 1);
	EXPECT_EQ(st.src.fd, -1);
	store_read(&st, 1, 0, "/x"); /* does nothing now */
	EXPECT_EQ(nr_broken, 1);
	end();
}

UNIT_TEST(stopped_xenstored_queues_requests_up_to_a_limit)
{
	start();
	for (int i = 0; i < 100000 && !nr_broken; i++)
		store_read(&st, 1, 0, "/local/domain/1/console/port");
	EXPECT_EQ(nr_broken, 1);
	end();
}

UNIT_TEST(queued_requests_go_out_whole_and_in_order)
{
	static char all[500000], want[500000];
	size_t got = 0, sent = 0;
	ssize_t n;

	start();
	for (uint32_t i = 0; i < 10000; i++) {
		store_read(&st, i, 0, "/local/domain/1/name");
		sent += message(want + sent, STORE_READ, i, 21,
				"/local/domain/1/name");
	}
	EXPECT_EQ(nr_broken, 0);
	while (got < sent) {
		while ((n = recv(peer, all + got, sizeof(all) - got, 0)) > 0)
			got += (size_t)n;
		EXPECT_EQ(loop_wait(&loop, 0), 0);
	}
	EXPECT_EQ(got, sent);
	EXPECT(!memcmp(all, want, sent));
	end();
}

UNIT_TEST(event_without_token_is_ignored_and_empty_bodies_are_fine)
{
	char buf[128];
	size_t n;

	start();
	n = message(buf, STORE_WATCH_EVENT, 0, 3, "abc");
	n += message(buf + n, STORE_WATCH_EVENT, 0, 0, "");
	n += message(buf + n, STORE_READ, 3, 0, "");
	EXPECT_EQ(send(peer, buf, n, 0), n);
	EXPECT_EQ(loop_wait(&loop, 0), 0);
	EXPECT_EQ(nr_events, 0);
	EXPECT(!strcmp(last, "3 "));
	close(peer);
	EXPECT_EQ(loop_wait(&loop, 0), 0);
	EXPECT_EQ(nr_broken, 1);
	peer = -1;
	end();
}
