// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transactions: what they see, when they conflict, and a random walk of many
 * clients against a model that copies the whole store for each.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit_test.h"
#include "world.h"

static struct client a, b;

static void begin(void)
{
	world_init(2);
	daemon_start(NULL);
	a = client_socket(false);
	b = client_socket(false);
	xs_write(&a, 0, "/d/x", "x0");
	xs_write(&a, 0, "/d/y", "y0");
}

static void end(void)
{
	EXPECT(!strcmp(xs_control(&a, "check"), "OK"));
	client_close(&a);
	client_close(&b);
	daemon_stop();
}

UNIT_TEST(changes_are_seen_inside_and_then_by_all)
{
	uint32_t t;

	begin();
	t = xs_start(&a);
	EXPECT_EQ(xs_write(&a, t, "/d/x", "x1"), 0);
	EXPECT_EQ(xs_write(&a, t, "/d/n/m", "new"), 0);
	EXPECT_EQ(xs_op(&a, XS_RM, t, "/d/y"), 0);
	EXPECT(!strcmp(xs_read(&a, t, "/d/x"), "x1"));
	EXPECT(!strcmp(xs_list(&a, t, "/d"), "n x"));
	EXPECT(!strcmp(xs_read(&a, 0, "/d/x"), "x0"));
	EXPECT(!strcmp(xs_list(&b, 0, "/d"), "x y"));
	EXPECT_EQ(xs_end(&a, t, true), 0);
	EXPECT(!strcmp(xs_read(&b, 0, "/d/x"), "x1"));
	EXPECT(!strcmp(xs_read(&b, 0, "/d/n/m"), "new"));
	EXPECT(!strcmp(xs_list(&b, 0, "/d"), "n x"));
	end();
}

UNIT_TEST(an_aborted_transaction_never_was)
{
	uint32_t t;

	begin();
	t = xs_start(&a);
	xs_write(&a, t, "/d/x", "x1");
	xs_op(&a, XS_RM, t, "/d/y");
	EXPECT_EQ(xs_end(&a, t, false), 0);
	EXPECT(!strcmp(xs_read(&b, 0, "/d/x"), "x0"));
	EXPECT(!strcmp(xs_list(&b, 0, "/d"), "x y"));
	EXPECT_EQ(xs_write(&a, t, "/d/x", "late"), -ENOENT);
	end();
}

UNIT_TEST(a_snapshot_does_not_change)
{
	uint32_t t;

	begin();
	t = xs_start(&a);
	xs_write(&b, 0, "/d/x", "later");
	xs_op(&b, XS_RM, 0, "/d/y");
	EXPECT(!strcmp(xs_read(&a, t, "/d/x"), "x0"));
	EXPECT(!strcmp(xs_list(&a, t, "/d"), "x y"));
	EXPECT_EQ(xs_end(&a, t, true), -EAGAIN);
	end();
}

UNIT_TEST(transactions_of_others_are_not_ours)
{
	uint32_t t;

	begin();
	t = xs_start(&a);
	EXPECT_EQ(xs_op(&b, XS_READ, t, "/d/x"), -ENOENT);
	EXPECT_EQ(xs_end(&b, t, true), -ENOENT);
	EXPECT_EQ(ask(&a, XS_TRANSACTION_START, t, "", 1, &(struct answer){0}),
		  -EBUSY);
	EXPECT_EQ(xs_end(&a, t, true), 0);
	end();
}

/* One conflict or none: @other is done between the two of a transaction. */
static int race(uint32_t mine, const char *my_path, uint32_t others,
		const char *path)
{
	uint32_t t;
	int rc;

	begin();
	t = xs_start(&a);
	if (mine == XS_WRITE)
		xs_write(&a, t, my_path, "mine");
	else
		xs_op(&a, mine, t, my_path);
	if (others == XS_WRITE)
		EXPECT_EQ(xs_write(&b, 0, path, "other"), 0);
	else
		EXPECT_EQ(xs_op(&b, others, 0, path), 0);
	/* something to commit besides */
	xs_write(&a, t, "/elsewhere", "");
	rc = xs_end(&a, t, true);
	end();
	return rc;
}

UNIT_TEST(only_what_was_touched_conflicts)
{
	EXPECT_EQ(race(XS_READ, "/d/x", XS_WRITE, "/d/x"), -EAGAIN);
	EXPECT_EQ(race(XS_READ, "/d/x", XS_RM, "/d/x"), -EAGAIN);
	EXPECT_EQ(race(XS_READ, "/d/x", XS_RM, "/d"), -EAGAIN);
	EXPECT_EQ(race(XS_READ, "/d/none", XS_WRITE, "/d/none"), -EAGAIN);
	EXPECT_EQ(race(XS_WRITE, "/d/x", XS_WRITE, "/d/x"), -EAGAIN);
	EXPECT_EQ(race(XS_WRITE, "/d/n", XS_WRITE, "/d/n"), -EAGAIN);
	EXPECT_EQ(race(XS_WRITE, "/d/n", XS_RM, "/d"), -EAGAIN);
	EXPECT_EQ(race(XS_DIRECTORY, "/d", XS_WRITE, "/d/n"), -EAGAIN);
	EXPECT_EQ(race(XS_DIRECTORY, "/d", XS_RM, "/d/x"), -EAGAIN);
	EXPECT_EQ(race(XS_RM, "/d", XS_WRITE, "/d/x"), -EAGAIN);
	EXPECT_EQ(race(XS_RM, "/d", XS_WRITE, "/d/n/m"), -EAGAIN);
	EXPECT_EQ(race(XS_GET_PERMS, "/d/x", XS_WRITE, "/d/x"), -EAGAIN);

	EXPECT_EQ(race(XS_READ, "/d/x", XS_WRITE, "/d/y"), 0);
	EXPECT_EQ(race(XS_READ, "/d", XS_WRITE, "/d/n"), 0);
	EXPECT_EQ(race(XS_WRITE, "/d/n", XS_WRITE, "/d/m"), 0);
	EXPECT_EQ(race(XS_WRITE, "/d/x", XS_RM, "/d/y"), 0);
	EXPECT_EQ(race(XS_DIRECTORY, "/d", XS_WRITE, "/d/x"), 0);
	EXPECT_EQ(race(XS_DIRECTORY, "/d", XS_WRITE, "/d/x/below"), 0);
	EXPECT_EQ(race(XS_RM, "/d/x", XS_WRITE, "/d/y"), 0);
	EXPECT_EQ(race(XS_READ, "/d/x", XS_READ, "/d/x"), 0);
}

UNIT_TEST(removed_and_made_again_in_one_transaction)
{
	uint32_t t;

	begin();
	xs_write(&a, 0, "/d/x/deep", "old");
	t = xs_start(&a);
	xs_write(&a, t, "/d/x/deep", "first");
	xs_op(&a, XS_RM, t, "/d");
	xs_write(&a, t, "/d/x/new", "second");
	xs_write(&a, t, "/d/x/gone", "third");
	xs_op(&a, XS_RM, t, "/d/x/gone");
	EXPECT(!strcmp(xs_list(&a, t, "/d"), "x"));
	EXPECT_EQ(xs_end(&a, t, true), 0);
	EXPECT(!strcmp(xs_list(&a, 0, "/d"), "x"));
	EXPECT(!strcmp(xs_list(&a, 0, "/d/x"), "new"));
	EXPECT(!strcmp(xs_read(&a, 0, "/d/x"), ""));
	end();
}

UNIT_TEST(a_lone_client_never_has_to_try_again)
{
	begin();
	for (int i = 0; i < 200; i++) {
		uint32_t t = xs_start(&a);
		char path[32];

		snprintf(path, sizeof(path), "/d/%d", i % 17);
		xs_read(&a, t, path);
		xs_list(&a, t, "/d");
		xs_write(&a, t, path, "v");
		xs_op(&a, XS_RM, t, i % 3 ? "/d/x" : path);
		xs_write(&a, t, "/d/x/y", "v");
		EXPECT_EQ(xs_end(&a, t, true), 0);
	}
	end();
}

UNIT_TEST(the_death_of_a_client_ends_its_transactions)
{
	begin();
	EXPECT(xs_start(&b) != 0);
	EXPECT(xs_start(&b) != 0);
	client_close(&b);
	EXPECT_EQ(server.store.accounts.of[0]->transactions, 0);
	client_close(&a);
	daemon_stop();
}

/*
 * The model: the store as a table of all paths there can be, copied whole for
 * each transaction.  Versions are those of the rules in txn.c, kept in the
 * most direct way.
 */
enum { TOP = 3, FAN = 3, PATHS = 1 + TOP + TOP * FAN + TOP * FAN * FAN };
enum { CLIENTS = 5, STEPS = 30000 };

struct entry {
	bool exists;
	int value;
	long version;	   /* of value or existence */
	long kids_version; /* of the set of children */
};

struct state {
	struct entry e[PATHS];
};

struct model_txn {
	bool is_open;
	uint32_t id;
	long start;
	struct state view;
	struct {
		bool content, kids, removed, existed, is_touched, written;
		bool was_removed; /* then perhaps made again */
	} touch[PATHS];
};

static struct state live;
static long version;
static struct model_txn txns[CLIENTS];
static struct client clients[CLIENTS];

/* Paths by number: 0 is /m; the children of i follow each other. */
static int parent_of(int i)
{
	if (i == 0)
		return -1;
	return i <= TOP ? 0 : 1 + (i - TOP - 1) / FAN;
}

static const char *path_of(int i)
{
	static char buf[4][64];
	static int turn;
	char *s = buf[turn++ % 4];
	int p = parent_of(i);

	if (p < 0)
		strcpy(s, "/m");
	else
		sprintf(s, "%s/%d", path_of(p), i);
	return s;
}

static bool is_below(int i, int top)
{
	for (; i >= 0; i = parent_of(i))
		if (i == top)
			return true;
	return false;
}

static struct state *view_of(int c, bool in_txn)
{
	return in_txn ? &txns[c].view : &live;
}

static void touch(int c, bool in_txn, int i)
{
	struct model_txn *t = &txns[c];

	if (!in_txn || i < 0)
		return;
	t->touch[i].content = true;
	t->touch[i].is_touched = true;
}

static void model_set(struct state *s, int i, int value)
{
	int p = parent_of(i);

	if (!s->e[i].exists && p >= 0)
		s->e[p].kids_version = version;
	s->e[i].exists = true;
	s->e[i].value = value;
	s->e[i].version = version;
}

static void model_write(int c, bool in_txn, int i, int value)
{
	struct state *s = view_of(c, in_txn);
	int p = i;

	/* the nearest that exists is seen, the missing are made */
	while (!s->e[p].exists && parent_of(p) >= 0 &&
	       !s->e[parent_of(p)].exists) {
		p = parent_of(p);
		touch(c, in_txn, p);
		if (in_txn)
			txns[c].touch[p].written = true;
	}
	if (!s->e[i].exists)
		touch(c, in_txn, parent_of(p));
	touch(c, in_txn, i);
	if (in_txn)
		txns[c].touch[i].written = true;
	version++;
	for (int k = 0; k < PATHS; k++)
		if (k != i && is_below(i, k) && !s->e[k].exists)
			model_set(s, k, 0);
	model_set(s, i, value);
}

static void model_remove(struct state *s, int i)
{
	s->e[parent_of(i)].kids_version = version;
	for (int k = 0; k < PATHS; k++)
		if (is_below(k, i))
			s->e[k].exists = false;
}

static int model_rm(int c, bool in_txn, int i)
{
	struct state *s = view_of(c, in_txn);

	touch(c, in_txn, i);
	if (!s->e[i].exists)
		return s->e[parent_of(i)].exists ? 0 : -ENOENT;
	version++;
	model_remove(s, i);
	if (in_txn) {
		for (int k = 0; k < PATHS; k++)
			if (is_below(k, i))
				txns[c].touch[k].written = false;
		txns[c].touch[i].removed = true;
	}
	return 0;
}

static bool model_conflicts(const struct model_txn *t)
{
	for (int i = 0; i < PATHS; i++) {
		const struct entry *e = &live.e[i];

		if (!t->touch[i].is_touched)
			continue;
		if (e->exists != t->touch[i].existed)
			return true;
		if (!e->exists)
			continue;
		if (t->touch[i].content && e->version > t->start)
			return true;
		if (t->touch[i].kids && e->kids_version > t->start)
			return true;
		for (int k = 0; t->touch[i].removed && k < PATHS; k++)
			if (is_below(k, i) && live.e[k].exists &&
			    (live.e[k].version > t->start ||
			     live.e[k].kids_version > t->start))
				return true;
	}
	return false;
}

static int model_commit(struct model_txn *t)
{
	if (model_conflicts(t))
		return -EAGAIN;
	version++;
	for (int i = 0; i < PATHS; i++)
		if (t->touch[i].removed && live.e[i].exists)
			model_remove(&live, i);
	for (int i = 0; i < PATHS; i++)
		if (t->touch[i].written && t->view.e[i].exists)
			model_set(&live, i, t->view.e[i].value);
	return 0;
}

static void model_start(struct model_txn *t, uint32_t id)
{
	memset(t, 0, sizeof(*t));
	t->is_open = true;
	t->id = id;
	t->start = version;
	t->view = live;
	for (int i = 0; i < PATHS; i++)
		t->touch[i].existed = live.e[i].exists;
}

static void expect_value(int c, bool in_txn, int i)
{
	const struct entry *e = &view_of(c, in_txn)->e[i];
	const char *got =
		xs_read(&clients[c], in_txn ? txns[c].id : 0, path_of(i));

	touch(c, in_txn, i);
	EXPECT_EQ(!got, !e->exists);
	EXPECT(!got || atoi(got) == e->value);
}

static void expect_list(int c, bool in_txn, int i)
{
	const struct state *s = view_of(c, in_txn);
	const char *got =
		xs_list(&clients[c], in_txn ? txns[c].id : 0, path_of(i));
	char want[256] = "";

	touch(c, in_txn, i);
	EXPECT_EQ(!got, !s->e[i].exists);
	if (!got)
		return;
	if (in_txn)
		txns[c].touch[i].kids = true;
	for (int k = 1; k < PATHS; k++)
		if (parent_of(k) == i && s->e[k].exists)
			sprintf(want + strlen(want), "%s%d", *want ? " " : "",
				k);
	EXPECT(!strcmp(got, want));
}

static int commits, conflicts;

static void step(int value)
{
	int c = rand() % CLIENTS, i = rand() % PATHS;
	bool in_txn = txns[c].is_open && rand() % 8;
	uint32_t id = in_txn ? txns[c].id : 0;
	char text[16];
	int rc;

	snprintf(text, sizeof(text), "%d", value);
	switch (rand() % 10) {
	case 0:
	case 1:
	case 2:
		expect_value(c, in_txn, i);
		break;
	case 3:
		expect_list(c, in_txn, i);
		break;
	case 4:
	case 5:
	case 6:
		EXPECT_EQ(xs_write(&clients[c], id, path_of(i), text), 0);
		model_write(c, in_txn, i, value);
		break;
	case 7:
		if (!i)
			break;
		rc = xs_op(&clients[c], XS_RM, id, path_of(i));
		EXPECT_EQ(rc, model_rm(c, in_txn, i));
		break;
	default:
		if (!txns[c].is_open) {
			model_start(&txns[c], xs_start(&clients[c]));
			break;
		}
		if (rand() % 2)
			break;
		rc = xs_end(&clients[c], txns[c].id, true);
		EXPECT_EQ(rc, model_commit(&txns[c]));
		txns[c].is_open = false;
		commits++;
		conflicts += rc == -EAGAIN;
	}
}

static void walk(unsigned int seed)
{
	world_init(1);
	daemon_start(NULL);
	for (int c = 0; c < CLIENTS; c++) {
		clients[c] = client_socket(false);
		txns[c].is_open = false;
	}
	srand(seed);
	memset(&live, 0, sizeof(live));
	version = commits = conflicts = 0;
	xs_write(&clients[0], 0, "/m", "0");
	live.e[0].exists = true;
	for (int n = 1; n < STEPS; n++) {
		step(n);
		if (n % 1000 == 0)
			EXPECT(!strcmp(xs_control(&clients[0], "check"), "OK"));
	}
	/* the walk must have met both ends often */
	EXPECT(commits > STEPS / 50);
	EXPECT(conflicts > STEPS / 200 && conflicts < commits);
	for (int i = 0; i < PATHS; i++)
		expect_value(0, false, i);
	for (int c = 0; c < CLIENTS; c++)
		client_close(&clients[c]);
	daemon_stop();
}

UNIT_TEST(a_random_walk_agrees_with_the_model)
{
	walk(1);
}

UNIT_TEST(another_random_walk_agrees_with_the_model)
{
	walk(20261123);
}
