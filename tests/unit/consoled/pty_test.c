/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pty, as Debian's xenconsole uses it: open what console/tty names, read
 * and write.
 */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int open_tty(uint16_t domid)
{
	int fd = open(fake_store_get("/local/domain/%u/console/tty", domid),
		      O_RDWR | O_NOCTTY | O_NONBLOCK);

	EXPECT(fd >= 0);
	settle();
	return fd;
}

/* All there is; the kernel moves bytes between the sides by itself. */
static size_t read_tty(int fd, char *buf, size_t max)
{
	size_t n = 0;
	ssize_t rc;
	int nr_empty = 0;

	while (nr_empty < 50 && n < max) {
		rc = read(fd, buf + n, max - n);
		if (rc > 0)
			n += (size_t)rc;
		nr_empty = rc > 0 ? 0 : nr_empty + 1;
		if (rc <= 0)
			usleep(1000);
		settle();
	}
	return n;
}

UNIT_TEST(pty_shows_all_from_line_1_and_takes_input)
{
	struct fake_domain *d;
	char buf[4096] = {0};
	int fd;

	daemon_start(NULL);
	d = domain_start(1, "web");
	guest_says(d, "line 1\n");
	fd = open_tty(1);
	EXPECT_EQ(read_tty(fd, buf, sizeof(buf)), 7);
	EXPECT(!strncmp(buf, "line 1\n", 7)); /* no CR was put in */
	EXPECT_EQ(write(fd, "ls\r\x03", 4), 4);
	memset(buf, 0, sizeof(buf));
	for (int i = 0; i < 1000 && !fake_guest_read(d, buf, 16); i++) {
		usleep(1000);
		settle();
	}
	EXPECT(!strcmp(buf, "ls\r\x03")); /* raw: nothing echoed or eaten */
	EXPECT_EQ(read_tty(fd, buf, sizeof(buf)), 0);
	close(fd);
	daemon_end();
}

static void replay_100(struct consoled_options *opt)
{
	opt->pty_replay = 100;
}

UNIT_TEST(next_pty_reader_gets_what_none_has_seen_and_a_replay)
{
	static char big[20000], buf[40000];
	struct fake_domain *d;
	int fd;
	size_t n;

	daemon_start(replay_100);
	d = domain_start(1, "web");
	fd = open_tty(1);
	for (size_t i = 0; i < sizeof(big) - 1; i++)
		big[i] = fake_pattern(i);
	guest_says(d, big);
	EXPECT_EQ(read_tty(fd, buf, sizeof(buf)), sizeof(big) - 1);
	EXPECT(!strcmp(buf, big));
	close(fd);
	settle();
	EXPECT(!console_of(1)->pty.has_reader);
	fd = open_tty(1);
	n = read_tty(fd, buf, sizeof(buf));
	EXPECT_EQ(n, 100);
	EXPECT(!memcmp(buf, big + sizeof(big) - 1 - n, n));
	close(fd);
	settle();
	guest_says(d, big);
	fd = open_tty(1);
	EXPECT_EQ(read_tty(fd, buf, sizeof(buf)), sizeof(big) - 1);
	close(fd);
	daemon_end();
}

UNIT_TEST(what_a_pty_reader_left_unread_goes_to_the_next_once)
{
	static char text[3001], buf[8000];
	struct fake_domain *d;
	int fd;

	daemon_start(replay_100);
	d = domain_start(1, "web");
	fd = open_tty(1);
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = fake_pattern(i);
	guest_says(d, text);
	EXPECT_EQ(console_of(1)->sb.hdr->pty_pos, 3000);
	EXPECT_EQ(read_tty(fd, buf, 500), 500);
	close(fd);
	settle();
	fd = open_tty(1);
	EXPECT_EQ(read_tty(fd, buf, sizeof(buf)), 2500);
	EXPECT(!memcmp(buf, text + 500, 2500));
	close(fd);
	daemon_end();
}

UNIT_TEST(stopped_pty_reader_delays_nobody_and_resumes)
{
	static char buf[3000000];
	struct fake_domain *d;
	struct view v;
	size_t n;
	int fd;

	daemon_start(NULL);
	d = domain_start(1, "flood");
	fd = open_tty(1);
	view_attach(&v, "flood", 0, 0);
	d->on_notify = fake_flood;
	fake_flood(d);
	for (int i = 0; i < 300; i++)
		one_pass();
	d->on_notify = NULL;
	settle();
	view_read(&v);
	EXPECT_EQ(v.len, d->written);
	EXPECT(d->written < cd->opt.scrollback_bytes);
	n = read_tty(fd, buf, sizeof(buf));
	EXPECT_EQ(n, d->written);
	EXPECT(is_pattern(buf, n, 0));
	close(fd);
	view_close(&v);
	daemon_end();
}

UNIT_TEST(short_visit_to_the_pty_still_types)
{
	struct fake_domain *d;
	char path[64], buf[16] = {0};
	int fd;

	daemon_start(NULL);
	d = domain_start(1, "web");
	snprintf(path, sizeof(path), "%s",
		 fake_store_get("/local/domain/1/console/tty"));
	fd = open(path, O_RDWR | O_NOCTTY);
	EXPECT_EQ(write(fd, "hi\n", 3), 3);
	close(fd); /* before the daemon has looked */
	for (int i = 0; i < 1000 && !fake_guest_read(d, buf, 16); i++) {
		usleep(1000);
		settle();
	}
	EXPECT(!strcmp(buf, "hi\n"));
	daemon_end();
}

UNIT_TEST(pty_ends_with_the_domain_and_two_domains_have_two)
{
	struct fake_domain *d;
	char buf[16];
	int one, two;

	daemon_start(NULL);
	d = domain_start(1, "one");
	domain_start(2, "two");
	one = open_tty(1);
	two = open_tty(2);
	domain_end(d);
	EXPECT_EQ(read(one, buf, sizeof(buf)), 0); /* hung up */
	EXPECT_EQ(read(two, buf, sizeof(buf)), -1);
	EXPECT_EQ(errno, EAGAIN);
	close(one);
	close(two);
	daemon_end();
}
