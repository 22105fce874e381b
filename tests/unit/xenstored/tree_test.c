// SPDX-License-Identifier: GPL-2.0-only
/*
 * The persistent tree: balance, order, and snapshots that nobody can change.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit_test.h"
#include "tree.h"

static const struct perm dom0 = {.domid = 0};
static uint64_t gen;

static void put(struct node **root, const char *path, const char *value)
{
	const char *name = strrchr(path, '/') + 1;
	struct body *b, *old;

	b = body_new(name, strlen(name), &dom0, 1, value, strlen(value));
	b->gen = ++gen;
	EXPECT(tree_set(root, path, strlen(path), b, gen, &old) != NULL);
	body_put(old);
}

static struct node *tree_with_top(void)
{
	struct node *root = tree_new();

	put(&root, "/", "");
	return root;
}

static const char *value_at(const struct node *root, const char *path)
{
	static char text[64];
	const struct node *n = tree_lookup(root, path, strlen(path));

	if (!n)
		return NULL;
	snprintf(text, sizeof(text), "%.*s", (int)n->body->value_len,
		 body_value(n->body));
	return text;
}

UNIT_TEST(ten_thousand_children_stay_ordered_and_balanced)
{
	struct node *root = tree_with_top();
	char path[32];

	for (int i = 0; i < 10000; i++) {
		snprintf(path, sizeof(path), "/%d", (i * 7919) % 10000);
		put(&root, path, "v");
	}
	EXPECT(tree_check(root));
	EXPECT_EQ(tree_lookup(root, "/", 1)->nr_kids, 10000);
	EXPECT(tree_lookup(root, "/", 1)->kids->height <= 18);
	for (int i = 0; i < 10000; i += 2) {
		snprintf(path, sizeof(path), "/%d", (i * 17) % 10000);
		node_put(tree_unlink(&root, path, strlen(path), ++gen));
	}
	EXPECT(tree_check(root));
	node_put(root);
}

static int join(const struct node *n, void *arg)
{
	char *text = arg;

	sprintf(text + strlen(text), "%.*s ", n->body->name_len,
		body_name(n->body));
	return 0;
}

UNIT_TEST(numbers_sort_by_value_and_before_words)
{
	static const char *const names[] = {"/b",  "/10", "/a", "/9",
					    "/ab", "/1",  "/-"};
	struct node *root = tree_with_top();
	char text[64] = "";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		put(&root, names[i], "");
	node_each_child(tree_lookup(root, "/", 1), join, text);
	EXPECT(!strcmp(text, "1 9 10 - a ab b "));
	node_put(root);
}

UNIT_TEST(a_name_that_fills_its_key_is_not_the_longer_one)
{
	static const char *const pairs[][2] = {
		{"/frontend-id", "/frontend"},
		{"/abcdefg1", "/abcdefg"},
		{"/12345678", "/1234567"},
		{"/123456789", "/12345678"},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		for (int turned = 0; turned < 2; turned++) {
			struct node *root = tree_with_top();

			put(&root, pairs[i][turned], "first");
			put(&root, pairs[i][!turned], "second");
			EXPECT(!strcmp(value_at(root, pairs[i][turned]),
				       "first"));
			EXPECT(!strcmp(value_at(root, pairs[i][!turned]),
				       "second"));
			EXPECT_EQ(tree_lookup(root, "/", 1)->nr_kids, 2);
			EXPECT(tree_check(root));
			node_put(root);
		}
	}
}

UNIT_TEST(special_nodes_are_not_children_of_the_top)
{
	struct node *root = tree_with_top();
	struct body *old, *b = body_new("@x", 2, &dom0, 1, NULL, 0);

	EXPECT(tree_set(&root, "@x", 2, b, ++gen, &old) != NULL);
	EXPECT(tree_lookup(root, "@x", 2) != NULL);
	EXPECT(tree_lookup(root, "/@x", 3) == NULL);
	EXPECT_EQ(tree_lookup(root, "/", 1)->nr_kids, 0);
	node_put(root);
}

UNIT_TEST(a_missing_parent_is_not_invented)
{
	struct node *root = tree_with_top();
	struct body *old, *b = body_new("c", 1, &dom0, 1, NULL, 0);

	EXPECT(tree_set(&root, "/b/c", 4, b, ++gen, &old) == NULL);
	EXPECT(tree_unlink(&root, "/b/c", 4, gen) == NULL);
	EXPECT(tree_own(&root, "/b", 2) == NULL);
	EXPECT(tree_check(root));
	node_put(root);
}

UNIT_TEST(parents_are_found_in_paths)
{
	EXPECT_EQ(path_parent_len("/", 1), 0);
	EXPECT_EQ(path_parent_len("/a", 2), 1);
	EXPECT_EQ(path_parent_len("/a/bc", 5), 2);
	EXPECT_EQ(path_parent_len("@s", 2), 0);
	EXPECT_EQ(path_parent_len("@s/1", 4), 2);
}

UNIT_TEST(a_snapshot_sees_nothing_of_later_changes)
{
	struct node *root = tree_with_top(), *snap;

	put(&root, "/a", "1");
	put(&root, "/a/b", "2");
	put(&root, "/a/c", "3");
	snap = node_get(root);
	put(&root, "/a/b", "x");
	put(&root, "/a/d", "y");
	node_put(tree_unlink(&root, "/a/c", 4, ++gen));
	EXPECT(!strcmp(value_at(snap, "/a/b"), "2"));
	EXPECT(!strcmp(value_at(snap, "/a/c"), "3"));
	EXPECT(value_at(snap, "/a/d") == NULL);
	EXPECT(!strcmp(value_at(root, "/a/b"), "x"));
	EXPECT(value_at(root, "/a/c") == NULL);
	EXPECT(tree_check(snap) && tree_check(root));
	node_put(snap);
	node_put(root);
}

UNIT_TEST(an_unshared_tree_is_edited_in_place)
{
	struct node *root = tree_with_top();
	const struct node *before;

	put(&root, "/a", "1");
	put(&root, "/a/b", "2");
	before = tree_lookup(root, "/a/b", 4);
	put(&root, "/a/b", "3");
	EXPECT(tree_lookup(root, "/a/b", 4) == before);
	node_put(root);
}

UNIT_TEST(what_is_newer_is_found_at_any_depth)
{
	struct node *root = tree_with_top();
	uint64_t then;

	put(&root, "/a", "");
	put(&root, "/a/b", "");
	put(&root, "/a/b/c", "");
	put(&root, "/z", "");
	then = gen;
	EXPECT(!node_newer_than(tree_lookup(root, "/a", 2), then));
	put(&root, "/a/b/c", "new");
	EXPECT(node_newer_than(tree_lookup(root, "/a", 2), then));
	EXPECT(!node_newer_than(tree_lookup(root, "/z", 2), then));
	node_put(tree_unlink(&root, "/a/b/c", 6, then = gen + 1));
	EXPECT(node_newer_than(tree_lookup(root, "/a", 2), then - 1));
	node_put(root);
}

/* Many snapshots of a small tree under random edits, each with its own copy. */
enum { NAMES = 24, SNAPS = 6 };

struct copy {
	struct node *root;
	int value[NAMES][NAMES + 1]; /* [i][NAMES] is /i, [i][k] is /i/k */
};

static void verify(const struct copy *c)
{
	char path[32], want[16];

	EXPECT(tree_check(c->root));
	for (int i = 0; i < NAMES; i++) {
		for (int k = 0; k <= NAMES; k++) {
			const char *got;

			if (k == NAMES)
				snprintf(path, sizeof(path), "/%d", i);
			else
				snprintf(path, sizeof(path), "/%d/n%d", i, k);
			got = value_at(c->root, path);
			snprintf(want, sizeof(want), "%d", c->value[i][k]);
			EXPECT(!got == !c->value[i][k]);
			EXPECT(!got || !strcmp(got, want));
		}
	}
}

static void random_edit(struct copy *c, int stamp)
{
	char path[32], text[16];
	int i = rand() % NAMES, k = rand() % NAMES;

	snprintf(text, sizeof(text), "%d", stamp);
	snprintf(path, sizeof(path), "/%d", i);
	if (rand() % 8 == 0) {
		node_put(tree_unlink(&c->root, path, strlen(path), ++gen));
		memset(c->value[i], 0, sizeof(c->value[i]));
		return;
	}
	if (!c->value[i][NAMES]) {
		put(&c->root, path, text);
		c->value[i][NAMES] = stamp;
	}
	snprintf(path, sizeof(path), "/%d/n%d", i, k);
	if (rand() % 3 == 0) {
		node_put(tree_unlink(&c->root, path, strlen(path), ++gen));
		c->value[i][k] = 0;
	} else {
		put(&c->root, path, text);
		c->value[i][k] = stamp;
	}
}

UNIT_TEST(random_edits_of_many_snapshots_do_not_meet)
{
	static struct copy c[SNAPS];

	srand(1);
	for (int i = 0; i < SNAPS; i++)
		c[i].root = tree_with_top();
	for (int stamp = 1; stamp < 20000; stamp++) {
		int i = rand() % SNAPS, k = rand() % SNAPS;

		if (i != k && rand() % 50 == 0) {
			node_put(c[k].root);
			c[k] = c[i];
			node_get(c[k].root);
		}
		random_edit(&c[i], stamp);
		if (stamp % 500 == 0)
			for (int s = 0; s < SNAPS; s++)
				verify(&c[s]);
	}
	for (int i = 0; i < SNAPS; i++)
		node_put(c[i].root);
}
