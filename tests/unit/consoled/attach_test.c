/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The attach protocol: what each message does, and clients that are slow,
 * many, wrong or malicious.
 */
#include "fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

UNIT_TEST(several_clients_see_everything_and_all_can_type)
{
	struct fake_domain *d;
	struct view v[3];
	char keys[16] = {0};

	daemon_start(NULL);
	d = domain_start(1, "web");
	for (int i = 0; i < 3; i++)
		view_attach(&v[i], "web", 0, 0);
	guest_says(d, "login: ");
	for (int i = 0; i < 3; i++) {
		view_read(&v[i]);
		EXPECT(view_is(&v[i], "login: "));
		view_send(&v[i], CONSOLE_INPUT, 0, 0, 0, &"abc"[i], 1);
		settle();
	}
	EXPECT_EQ(fake_guest_read(d, keys, 16), 3);
	EXPECT(!strcmp(keys, "abc"));
	for (int i = 0; i < 3; i++)
		view_close(&v[i]);
	daemon_end();
}

UNIT_TEST(attach_by_domid_tail_offset_and_dump)
{
	struct fake_domain *d;
	struct view v;

	daemon_start(NULL);
	d = domain_start(7, "web");
	guest_says(d, "0123456789");

	view_open(&v);
	view_send(&v, CONSOLE_ATTACH, 7, CONSOLE_TAIL, 3, NULL, 0);
	view_read(&v);
	EXPECT(view_is(&v, "789"));
	EXPECT_EQ(v.start, 7);
	view_close(&v);

	view_attach(&v, "web", CONSOLE_FROM_OFFSET, 4);
	EXPECT(view_is(&v, "456789"));
	view_close(&v);
	/* Beyond the end is the end: no gap and nothing repeated. */
	view_attach(&v, "web", CONSOLE_FROM_OFFSET, 1000);
	EXPECT_EQ(v.next, 10);
	view_close(&v);
	view_attach(&v, "web", CONSOLE_TAIL, 1000);
	EXPECT_EQ(v.len, 10);
	EXPECT(!v.is_ended);
	view_close(&v);
	view_attach(&v, "web", CONSOLE_DUMP, 0);
	EXPECT(view_is(&v, "0123456789"));
	EXPECT(v.is_ended);
	view_close(&v);
	daemon_end();
}

UNIT_TEST(client_that_waits_misses_nothing_from_line_1_on)
{
	struct fake_domain *d;
	struct view named, numbered;

	daemon_start(NULL);
	domain_end(domain_start(1, "web")); /* one that was is not it */
	view_attach(&named, "web", CONSOLE_WAIT, 0);
	view_open(&numbered);
	view_send(&numbered, CONSOLE_ATTACH, 2, CONSOLE_WAIT, 0, NULL, 0);
	view_read(&numbered);
	EXPECT(!named.is_attached && !numbered.is_attached);
	d = fake_create(2);
	fake_guest_write(d, "line 1\n", 7);
	fake_store_announce(d, "web");
	settle();
	view_read(&named);
	view_read(&numbered);
	EXPECT(view_is(&named, "line 1\n"));
	EXPECT(view_is(&numbered, "line 1\n"));
	view_close(&named);
	view_close(&numbered);
	daemon_end();
}

UNIT_TEST(wrong_messages_get_an_error_that_says_which)
{
	static char big[4096];
	struct view v;

	daemon_start(NULL);
	domain_start(1, "web");
#define REFUSED(err, ...)                                                      \
	do {                                                                   \
		v.error = 0;                                                   \
		view_send(&v, __VA_ARGS__);                                    \
		settle();                                                      \
		view_read(&v);                                                 \
		EXPECT_EQ(v.error, err);                                       \
	} while (0)
	view_open(&v);
	REFUSED(ENOENT, CONSOLE_ATTACH, 9, 0, 0, NULL, 0);
	REFUSED(ENOENT, CONSOLE_ATTACH, CONSOLE_DOMID_BY_NAME, 0, 0, "no", 2);
	REFUSED(EINVAL, CONSOLE_ATTACH, CONSOLE_DOMID_BY_NAME, 0, 0, big, 900);
	REFUSED(EINVAL, CONSOLE_ATTACH, CONSOLE_DOMID_BY_NAME, 0, 0, "w\0b", 3);
	REFUSED(ENOTCONN, CONSOLE_INPUT, 1, 0, 0, "x", 1);
	REFUSED(EPROTO, 99, 1, 0, 0, NULL, 0);
	REFUSED(EPROTO, CONSOLE_OUTPUT, 1, 0, 0, NULL, 0);
	REFUSED(0, CONSOLE_ATTACH, 1, CONSOLE_READ_ONLY, 0, NULL, 0);
	REFUSED(EBUSY, CONSOLE_ATTACH, 1, 0, 0, NULL, 0);
	REFUSED(EPERM, CONSOLE_INPUT, 1, 0, 0, "x", 1);
	view_close(&v);
	view_attach(&v, "web", 0, 0);
	REFUSED(EMSGSIZE, CONSOLE_INPUT, 1, 0, 0, big, 1025);
	REFUSED(EMSGSIZE, CONSOLE_INPUT, 1, 0, 0, big, 4096);
	REFUSED(0, CONSOLE_INPUT, 1, 0, 0, big, 1024);
	EXPECT(!v.is_closed);
	view_close(&v);
	daemon_end();
}

UNIT_TEST(other_version_is_refused_and_a_stump_hangs_up)
{
	struct console_msg m = {.version = 2, .type = CONSOLE_LIST};
	struct view v;

	daemon_start(NULL);
	view_open(&v);
	EXPECT_EQ(send(v.fd, &m, sizeof(m), 0), sizeof(m));
	view_read(&v);
	EXPECT_EQ(v.error, EPROTONOSUPPORT);
	EXPECT_EQ(send(v.fd, &m, 5, 0), 5);
	settle();
	view_read(&v);
	EXPECT(v.is_closed);
	view_close(&v);
	EXPECT_EQ(cd->nr_clients, 0);
	daemon_end();
}

UNIT_TEST(list_names_every_console_also_when_it_outgrows_the_socket)
{
	struct view v;
	char name[16];

	daemon_start(NULL);
	cd->opt.keep_dead_max = 4000;
	for (uint16_t i = 1; i <= 1000; i++) {
		snprintf(name, sizeof(name), "d%u", i);
		console_set_name(console_new(cd, i, (uint8_t[16]){0}), name);
	}
	view_open(&v);
	view_send(&v, CONSOLE_LIST, 0, 0, 0, NULL, 0);
	settle(); /* nobody reads yet */
	view_read(&v);
	EXPECT_EQ(v.nr_entries, 1000);
	view_close(&v);
	daemon_end();
}

static void small_scrollback(struct consoled_options *opt)
{
	opt->scrollback_bytes = 262144;
}

UNIT_TEST(slow_client_skips_visibly_and_delays_nobody)
{
	struct fake_domain *d;
	struct view slow, quick;

	daemon_start(small_scrollback);
	d = domain_start(1, "flood");
	view_attach(&slow, "flood", 0, 0);
	view_attach(&quick, "flood", 0, 0);
	d->on_notify = fake_flood;
	fake_flood(d);
	for (int i = 0; i < 2000; i++) {
		one_pass();
		if (i % 10 == 0) {
			d->on_notify = NULL;
			view_read(&quick);
			d->on_notify = fake_flood;
			fake_flood(d);
		}
	}
	d->on_notify = NULL;
	settle();
	view_read(&quick);
	view_read(&slow);
	EXPECT(d->written > 2000000);
	EXPECT_EQ(quick.skipped, 0);
	EXPECT_EQ(quick.len, d->written);
	EXPECT(is_pattern(quick.data, quick.len, 0));
	EXPECT(slow.skipped > 1000000);
	EXPECT_EQ(slow.len + slow.skipped, d->written);
	/* What it got at the end is the newest. */
	EXPECT(is_pattern(slow.data + slow.len - 200000, 200000,
			  d->written - 200000));
	view_close(&slow);
	view_close(&quick);
	daemon_end();
}

UNIT_TEST(input_waits_for_a_guest_that_does_not_read)
{
	static char keys[20000], got[20000];
	struct fake_domain *d;
	size_t sent = 0, n = 0;
	struct view v;

	daemon_start(NULL);
	d = domain_start(1, "web");
	view_attach(&v, "web", 0, 0);
	for (size_t i = 0; i < sizeof(keys); i++)
		keys[i] = fake_pattern(i);
	for (; sent < sizeof(keys); sent += 500) {
		view_send(&v, CONSOLE_INPUT, 0, 0, 0, keys + sent, 500);
		settle();
	}
	EXPECT(console_input_space(console_of(1)) < CONSOLE_INPUT_MAX);
	guest_says(d, "output goes on\n");
	view_read(&v);
	EXPECT(view_is(&v, "output goes on\n"));
	while (n < sizeof(got)) {
		size_t part = fake_guest_read(d, got + n, 100);

		EXPECT(part > 0);
		n += part;
		settle();
	}
	EXPECT(!memcmp(keys, got, sizeof(keys)));
	view_close(&v);
	daemon_end();
}

UNIT_TEST(clients_typing_at_once_cannot_overrun_the_buffer)
{
	static char keys[1024];
	char got[1024];
	struct fake_domain *d;
	struct view v[8];
	size_t sent = 0, n, nr = 0;

	daemon_start(NULL);
	d = domain_start(1, "web");
	for (int i = 0; i < 8; i++)
		view_attach(&v[i], "web", 0, 0);
	memset(keys, 'k', sizeof(keys));
	for (int round = 0; round < 20; round++)
		for (int i = 0; i < 8; i++)
			if (view_send(&v[i], CONSOLE_INPUT, 0, 0, 0, keys,
				      sizeof(keys)))
				sent += sizeof(keys);
	settle();
	while ((n = fake_guest_read(d, got, sizeof(got))) > 0) {
		EXPECT(!memcmp(got, keys, n));
		nr += n;
		settle();
	}
	EXPECT_EQ(nr, sent);
	for (int i = 0; i < 8; i++)
		view_close(&v[i]);
	daemon_end();
}

UNIT_TEST(clients_beyond_the_limit_are_refused)
{
	struct view v[260];
	int nr_closed = 0;

	daemon_start(NULL);
	for (int i = 0; i < 260; i++)
		view_open(&v[i]);
	for (int i = 0; i < 260; i++) {
		view_read(&v[i]);
		nr_closed += v[i].is_closed;
	}
	EXPECT_EQ(nr_closed, 4);
	for (int i = 0; i < 260; i++)
		view_close(&v[i]);
	EXPECT_EQ(cd->nr_clients, 0);
	daemon_end();
}

UNIT_TEST(client_for_which_there_is_no_memory_is_refused)
{
	struct view v;

	daemon_start(NULL);
	nr_until_no_mem = 0;
	view_open(&v);
	nr_until_no_mem = -1;
	view_read(&v);
	EXPECT(v.is_closed);
	view_close(&v);
	daemon_end();
}

UNIT_TEST(random_messages_do_no_harm)
{
	static const uint8_t types[] = {CONSOLE_ATTACH,
					CONSOLE_INPUT,
					CONSOLE_LIST,
					CONSOLE_ATTACHED,
					0,
					255};
	struct fake_domain *d;
	char body[2000];
	struct view v;

	daemon_start(NULL);
	d = domain_start(1, "web");
	srandom(11);
	for (int i = 0; i < 500; i++) {
		view_open(&v);
		for (int k = 0; k < 20; k++) {
			for (int b = 0; b < 16; b++)
				body[b] = (char)random();
			view_send(&v, types[random() % 6],
				  random() % 2 ? 1 : (uint16_t)random(),
				  (uint32_t)random() >> random() % 32,
				  (uint64_t)random() << random() % 32, body,
				  (size_t)random() % 2000);
			one_pass();
		}
		close(v.fd);
		guest_says(d, "x");
	}
	EXPECT_EQ(scrollback_total(&console_of(1)->sb), 500);
	settle();
	daemon_end();
}
