// SPDX-License-Identifier: GPL-2.0-only
/*
 * The journal: a process dies at every write it makes, and what the next one
 * finds is the state after one of its batches, never a part of one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit_test.h"
#include "journal.h"
#include "world.h"

#define KEYS 24

static const char *dir;

static struct journal *open_in(const char *boot_id, bool discard, int want,
			       bool *damaged)
{
	struct journal_options o = {.dir = dir,
				    .boot_id = boot_id,
				    .log_bytes = 2048,
				    .discard = discard,
				    .no_mmap = true,
				    .tdb_buckets = 13};
	struct journal *j = NULL;

	EXPECT_EQ(journal_open(&o, &j, damaged), want);
	return j;
}

static struct journal *reopen(void)
{
	bool damaged;
	struct journal *j = open_in("boot", false, 0, &damaged);

	EXPECT(!damaged);
	return j;
}

static void put(struct journal *j, const char *key, const char *value)
{
	size_t k = strlen(key), v = strlen(value);
	char *p = journal_put(j, k, v);

	EXPECT(p != NULL);
	memcpy(p, key, k);
	memcpy(p + k, value, v);
}

struct lookup {
	const char *key;
	char value[64];
	int found, nr;
};

static int look(const char *key, size_t key_len, const char *value,
		size_t value_len, void *arg)
{
	struct lookup *l = arg;

	l->nr++;
	if (l->key && key_len == strlen(l->key) &&
	    !memcmp(key, l->key, key_len)) {
		EXPECT(value_len < sizeof(l->value));
		memcpy(l->value, value, value_len);
		l->value[value_len] = '\0';
		l->found = 1;
	}
	return 0;
}

static const char *get(struct journal *j, const char *key)
{
	static struct lookup l;

	memset(&l, 0, sizeof(l));
	l.key = key;
	EXPECT_EQ(journal_each(j, look, &l), 0);
	return l.found ? l.value : NULL;
}

static int count(struct journal *j)
{
	struct lookup l = {0};

	EXPECT_EQ(journal_each(j, look, &l), 0);
	return l.nr;
}

/* Drop the journal as a dying process does: nothing more is written. */
static void abandon(struct journal *j)
{
	(void)j;
	_exit(0);
}

static void write_and_die(void)
{
	struct journal *j = reopen();

	put(j, "a", "1");
	put(j, "b", "2");
	EXPECT_EQ(journal_commit(j), 0);
	put(j, "a", "3");
	journal_del(j, "b", 1);
	EXPECT_EQ(journal_commit(j), 0);
	put(j, "a", "lost");
	put(j, "c", "lost");
	abandon(j);
}

UNIT_TEST(committed_batches_survive_and_others_do_not)
{
	struct journal *j;

	world_init(0);
	dir = scratch_dir();
	EXPECT(!dies_at(-1, write_and_die));
	j = reopen();
	EXPECT(!strcmp(get(j, "a"), "3"));
	EXPECT(get(j, "b") == NULL);
	EXPECT(get(j, "c") == NULL);
	journal_close(j);
}

UNIT_TEST(a_journal_of_another_boot_is_not_used)
{
	struct journal *j;
	bool damaged;

	dir = scratch_dir();
	j = reopen();
	put(j, "a", "1");
	journal_commit(j);
	journal_close(j);
	j = open_in("next boot", false, 0, &damaged);
	EXPECT_EQ(count(j), 0);
	journal_close(j);
}

UNIT_TEST(a_journal_can_be_discarded)
{
	struct journal *j;
	bool damaged;

	dir = scratch_dir();
	j = reopen();
	put(j, "a", "1");
	journal_commit(j);
	journal_close(j);
	j = open_in("boot", true, 0, &damaged);
	EXPECT_EQ(count(j), 0);
	journal_close(j);
}

UNIT_TEST(two_processes_do_not_share_a_journal)
{
	struct journal *j;
	bool damaged;

	dir = scratch_dir();
	j = reopen();
	open_in("boot", false, -EBUSY, &damaged);
	journal_close(j);
}

UNIT_TEST(a_batch_larger_than_the_log_is_kept)
{
	struct journal *j;
	char key[16];

	dir = scratch_dir();
	j = reopen();
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		put(j, key, "some value or other");
	}
	EXPECT_EQ(journal_commit(j), 0);
	journal_close(j);
	j = reopen();
	EXPECT_EQ(count(j), 1000);
	journal_close(j);
}

static void scribble(const char *name, off_t at, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDWR);
	EXPECT(fd >= 0);
	EXPECT_EQ(pwrite(fd, text, strlen(text), at), strlen(text));
	close(fd);
}

UNIT_TEST(a_damaged_tdb_is_put_aside)
{
	struct journal *j;
	char path[128];
	struct stat st;
	bool damaged;

	dir = scratch_dir();
	j = reopen();
	put(j, "a", "1");
	journal_commit(j);
	journal_close(j);
	for (off_t at = 168; at < 60000; at += 64)
		scribble("tdb", at, "garbage garbage garbage garbage garbage");
	j = open_in("boot", false, 0, &damaged);
	EXPECT(damaged);
	EXPECT_EQ(count(j), 0);
	journal_close(j);
	snprintf(path, sizeof(path), "%s/tdb.damaged", dir);
	EXPECT_EQ(stat(path, &st), 0);
}

UNIT_TEST(a_log_that_makes_no_sense_is_not_used)
{
	struct journal *j;
	bool damaged;

	dir = scratch_dir();
	j = reopen();
	put(j, "a", "1");
	journal_commit(j);
	journal_close(j);
	/* an end far behind the last record, which is none */
	scribble("tdb.log", 8, "\377\7");
	scribble("tdb.log", 80, "\377\377\377\177");
	j = open_in("boot", false, 0, &damaged);
	EXPECT_EQ(count(j), 0);
	journal_close(j);
}

/*
 * Batch number n writes n under every key of a changing set and deletes the
 * rest, so each state names itself and shows if it is whole.
 */
static bool is_in_batch(int key, int n)
{
	return (key * 7 + n) % 3 != 0;
}

static void write_batches(void)
{
	struct journal *j = reopen();
	char key[16], value[32];

	for (int n = 1; n <= 7; n++) {
		snprintf(value, sizeof(value), "%d and some more", n);
		for (int k = 0; k < KEYS; k++) {
			snprintf(key, sizeof(key), "key %d", k);
			if (is_in_batch(k, n))
				put(j, key, value);
			else
				journal_del(j, key, strlen(key));
		}
		put(j, "number", value);
		EXPECT_EQ(journal_commit(j), 0);
		world->domain[0].notified = (uint32_t)n; /* we got so far */
	}
	journal_close(j);
}

static void expect_whole(struct journal *j)
{
	const char *text = get(j, "number");
	int n = text ? atoi(text) : 0, at_least;
	char key[16];

	/* what was committed is there; one batch may be between the two */
	at_least = (int)world->domain[0].notified;
	EXPECT(n == at_least || n == at_least + 1);
	for (int k = 0; k < KEYS; k++) {
		snprintf(key, sizeof(key), "key %d", k);
		text = get(j, key);
		EXPECT(!text == !(n && is_in_batch(k, n)));
		EXPECT(!text || atoi(text) == n);
	}
}

UNIT_TEST(death_at_any_write_leaves_a_whole_batch)
{
	struct journal *j;
	long n = 0;
	bool died;

	world_init(0);
	do {
		dir = scratch_dir();
		world->domain[0].notified = 0;
		died = dies_at(n++, write_batches);
		j = reopen();
		expect_whole(j);
		journal_close(j);
	} while (died);
	EXPECT(n > 300);
}

static void recover(void)
{
	journal_close(reopen());
}

/* Die at step @n of writing, and at step @m of recovering from that. */
static bool die_twice(long n, long m)
{
	struct journal *j;
	bool died;

	dir = scratch_dir();
	world->domain[0].notified = 0;
	EXPECT(dies_at(n, write_batches));
	died = dies_at(m, recover);
	j = reopen();
	expect_whole(j);
	journal_close(j);
	return died;
}

UNIT_TEST(death_during_recovery_is_recovered_from)
{
	world_init(0);
	for (long n = 60; n < 360; n += 59)
		for (long m = 0; die_twice(n, m); m += 2)
			;
}
