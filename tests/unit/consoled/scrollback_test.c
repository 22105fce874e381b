/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scrollback file: positions, growth, and files that are not right.
 */
#include "fake_xen.h"
#include "fixture.h"
#include "scrollback.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <signal.h>
#include <unistd.h>

static int new_dir(void)
{
	char dir[] = "t.XXXXXX";

	return open(mkdtemp(dir), O_RDONLY | O_DIRECTORY);
}

static void append_pattern(struct scrollback *sb, size_t n, uint64_t *pos)
{
	char buf[4096];

	while (n > 0) {
		size_t part = n < sizeof(buf) ? n : sizeof(buf);

		for (size_t i = 0; i < part; i++)
			buf[i] = fake_pattern(*pos + i);
		scrollback_append(sb, buf, part);
		*pos += part;
		n -= part;
	}
}

static void holds_pattern(const struct scrollback *sb, uint64_t first)
{
	uint64_t pos = 0;
	const char *p;
	size_t n;

	EXPECT_EQ(scrollback_first(sb), first);
	while ((n = scrollback_span(sb, &pos, 1000, &p)) > 0) {
		EXPECT(is_pattern(p, n, pos));
		pos += n;
	}
	EXPECT_EQ(pos, scrollback_total(sb));
}

UNIT_TEST(scrollback_grows_in_steps_then_keeps_the_newest)
{
	struct scrollback sb;
	uint64_t pos = 0;
	int dir = new_dir();

	EXPECT_EQ(scrollback_create(&sb, dir, "s", 4 * SCROLLBACK_STEP), 0);
	EXPECT_EQ(sb.hdr->size, SCROLLBACK_STEP);
	append_pattern(&sb, SCROLLBACK_STEP + 1, &pos);
	EXPECT_EQ(sb.hdr->size, 2 * SCROLLBACK_STEP);
	holds_pattern(&sb, 0);
	append_pattern(&sb, 10 * SCROLLBACK_STEP + 77, &pos);
	EXPECT_EQ(sb.hdr->size, 4 * SCROLLBACK_STEP);
	holds_pattern(&sb, pos - 4 * SCROLLBACK_STEP);
	scrollback_close(&sb);

	EXPECT_EQ(scrollback_open(&sb, dir, "s"), 0);
	holds_pattern(&sb, pos - 4 * SCROLLBACK_STEP);
	append_pattern(&sb, 12345, &pos);
	holds_pattern(&sb, pos - 4 * SCROLLBACK_STEP);
	scrollback_close(&sb);
}

UNIT_TEST(ring_index_follows_ring_bytes_and_not_notes)
{
	struct scrollback sb;

	EXPECT_EQ(scrollback_create(&sb, new_dir(), "s", 65536), 0);
	scrollback_set_cons(&sb, 0xfffffffe);
	scrollback_append(&sb, "abcd", 4);
	EXPECT_EQ(scrollback_cons(&sb), 2);
	scrollback_note(&sb, "note", 4);
	EXPECT_EQ(scrollback_cons(&sb), 2);
	EXPECT_EQ(scrollback_total(&sb), 8);
	scrollback_close(&sb);
}

/* The file system is full from a given size on. */
static void limit_files(rlim_t bytes)
{
	struct rlimit rl = {bytes, RLIM_INFINITY};

	signal(SIGXFSZ, SIG_IGN);
	EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &rl), 0);
}

UNIT_TEST(full_file_system_makes_a_smaller_scrollback)
{
	struct scrollback sb;
	uint64_t pos = 0;
	int dir = new_dir();

	EXPECT_EQ(scrollback_create(&sb, dir, "s", 16 * SCROLLBACK_STEP), 0);
	limit_files(3 * SCROLLBACK_STEP);
	append_pattern(&sb, 20 * SCROLLBACK_STEP, &pos);
	EXPECT_EQ(sb.hdr->size, 2 * SCROLLBACK_STEP);
	holds_pattern(&sb, pos - 2 * SCROLLBACK_STEP);
	scrollback_close(&sb);
	EXPECT_EQ(scrollback_open(&sb, dir, "s"), 0);
	holds_pattern(&sb, pos - 2 * SCROLLBACK_STEP);
	scrollback_close(&sb);
}

UNIT_TEST(without_any_room_the_scrollback_is_anonymous)
{
	struct scrollback sb;
	uint64_t pos = 0;
	int dir = new_dir();

	limit_files(0);
	EXPECT_EQ(scrollback_create(&sb, dir, "s", 2 * SCROLLBACK_STEP), 1);
	append_pattern(&sb, 5 * SCROLLBACK_STEP, &pos);
	holds_pattern(&sb, 3 * SCROLLBACK_STEP);
	scrollback_close(&sb);
	EXPECT_EQ(scrollback_open(&sb, dir, "s"), -ENOENT);
}

static int open_changed(int dir, size_t at, const void *bytes, size_t n)
{
	struct scrollback sb;
	uint64_t pos = 0;
	int fd, rc;

	EXPECT_EQ(scrollback_create(&sb, dir, "s", 65536), 0);
	append_pattern(&sb, 100, &pos);
	scrollback_close(&sb);
	fd = openat(dir, "s", O_RDWR);
	EXPECT_EQ(pwrite(fd, bytes, n, (off_t)at), n);
	close(fd);
	rc = scrollback_open(&sb, dir, "s");
	if (!rc) {
		append_pattern(&sb, 70000, &pos);
		scrollback_close(&sb);
	}
	return rc;
}

UNIT_TEST(state_of_another_version_or_shape_is_refused)
{
	static const uint32_t words[] = {0,	 3,	     65535,
					 131072, 0x7fffffff, 0xffffffff};
	int dir = new_dir();

#define AT(field) offsetof(struct scrollback_hdr, field)
	EXPECT_EQ(open_changed(dir, AT(magic), "x", 1), -EBADMSG);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		EXPECT_EQ(open_changed(dir, AT(version), &words[i], 4),
			  -EBADMSG);
		EXPECT_EQ(open_changed(dir, AT(size), &words[i], 4), -EBADMSG);
		/* Larger than allocated is where a ring may grow to. */
		EXPECT_EQ(open_changed(dir, AT(cap), &words[i], 4),
			  words[i] == 131072 ? 0 : -EBADMSG);
	}
	EXPECT_EQ(open_changed(dir, AT(mark), "\xff\xff\xff\xff\xff", 5), 0);
	EXPECT_EQ(
		open_changed(dir, AT(mark[1].first), "\xff\xff\xff\xff\xff", 5),
		-EBADMSG);
	EXPECT_EQ(open_changed(dir, AT(logged), "\xff\xff\xff\xff", 4),
		  -EBADMSG);
}

UNIT_TEST(any_damage_to_the_header_is_survived)
{
	int dir = new_dir();
	char junk[8];

	srandom(7);
	for (int i = 0; i < 400; i++) {
		for (int k = 0; k < 8; k++)
			junk[k] = (char)random();
		open_changed(dir, (size_t)random() % 160, junk, 8);
	}
}
