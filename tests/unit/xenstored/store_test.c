// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests over the wire: values, directories, permissions, quotas, errors.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../unit_test.h"
#include "domain.h"
#include "world.h"

static struct client dom0, guest, other;

/* Dom0 on a socket, domains 1 and 2 with a node each that is theirs. */
static void begin(void)
{
	world_init(5);
	daemon_start(NULL);
	dom0 = client_socket(false);
	EXPECT_EQ(xs_introduce(&dom0, 1), 0);
	EXPECT_EQ(xs_introduce(&dom0, 2), 0);
	guest = client_domain(1);
	other = client_domain(2);
	EXPECT_EQ(xs_write(&dom0, 0, "/local/domain/1/data", ""), 0);
	EXPECT_EQ(xs_perms(&dom0, 0, "/local/domain/1", "n0 r1"), 0);
	EXPECT_EQ(xs_perms(&dom0, 0, "/local/domain/1/data", "n1"), 0);
	EXPECT_EQ(xs_write(&dom0, 0, "/local/domain/2/data", ""), 0);
	EXPECT_EQ(xs_perms(&dom0, 0, "/local/domain/2/data", "n2"), 0);
}

static void end(void)
{
	const char *why;

	EXPECT_EQ(store_check(&server.store, &why), 0);
	client_close(&dom0);
	daemon_stop();
}

UNIT_TEST(values_are_bytes_and_come_back)
{
	static const char data[] = "/a/b/c\0one\0two\377";
	struct answer a;

	begin();
	EXPECT_EQ(ask(&dom0, XS_WRITE, 0, data, sizeof(data) - 1, &a), 0);
	EXPECT_EQ(a.len, 3);
	EXPECT(!memcmp(a.data, "OK", 3));
	EXPECT_EQ(ask(&dom0, XS_READ, 0, "/a/b/c", 7, &a), 0);
	EXPECT_EQ(a.len, 8);
	EXPECT(!memcmp(a.data, "one\0two\377", 8));
	EXPECT(!strcmp(xs_read(&dom0, 0, "/a/b"), ""));
	EXPECT_EQ(xs_write(&dom0, 0, "/a/b/c", ""), 0);
	EXPECT(!strcmp(xs_read(&dom0, 0, "/a/b/c"), ""));
	end();
}

UNIT_TEST(directories_list_names_in_natural_order)
{
	begin();
	xs_write(&dom0, 0, "/d/10", "");
	xs_write(&dom0, 0, "/d/9", "");
	xs_write(&dom0, 0, "/d/b", "");
	xs_op(&dom0, XS_MKDIR, 0, "/d/a");
	EXPECT(!strcmp(xs_list(&dom0, 0, "/d"), "9 10 a b"));
	EXPECT(!strcmp(xs_list(&dom0, 0, "/d/a"), ""));
	EXPECT_EQ(xs_op(&dom0, XS_DIRECTORY, 0, "/none"), -ENOENT);
	end();
}

UNIT_TEST(mkdir_leaves_what_is_there)
{
	begin();
	xs_write(&dom0, 0, "/d", "value");
	EXPECT_EQ(xs_op(&dom0, XS_MKDIR, 0, "/d"), 0);
	EXPECT(!strcmp(xs_read(&dom0, 0, "/d"), "value"));
	end();
}

UNIT_TEST(rm_takes_everything_below)
{
	begin();
	xs_write(&dom0, 0, "/d/e/f", "");
	xs_write(&dom0, 0, "/d/e/g", "");
	EXPECT_EQ(xs_op(&dom0, XS_RM, 0, "/d/e"), 0);
	EXPECT(xs_read(&dom0, 0, "/d/e/f") == NULL);
	EXPECT(!strcmp(xs_list(&dom0, 0, "/d"), ""));
	/* not being there is no error, having nowhere to be is */
	EXPECT_EQ(xs_op(&dom0, XS_RM, 0, "/d/e"), 0);
	EXPECT_EQ(xs_op(&dom0, XS_RM, 0, "/none/e"), -ENOENT);
	EXPECT_EQ(xs_op(&dom0, XS_RM, 0, "/"), -EINVAL);
	end();
}

UNIT_TEST(bad_paths_are_refused)
{
	static const char *const bad[] = {"",	  "//",	 "/a//b", "/a/",
					  "/a b", "/a.", "/\344", "@x",
					  "a/",	  "/a*"};
	char longer[XENSTORE_ABS_PATH_MAX + 2];

	begin();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		EXPECT_EQ(xs_op(&dom0, XS_READ, 0, bad[i]), -EINVAL);
		EXPECT_EQ(xs_write(&dom0, 0, bad[i], ""), -EINVAL);
	}
	memset(longer, 'a', sizeof(longer));
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	EXPECT_EQ(xs_op(&dom0, XS_MKDIR, 0, longer), -EINVAL);
	longer[sizeof(longer) - 2] = '\0';
	EXPECT_EQ(xs_op(&dom0, XS_MKDIR, 0, longer), 0);
	end();
}

UNIT_TEST(malformed_payloads_are_refused)
{
	struct answer a;

	begin();
	EXPECT_EQ(ask(&dom0, XS_READ, 0, "/a", 2, &a), -EINVAL);
	EXPECT_EQ(ask(&dom0, XS_READ, 0, "", 0, &a), -EINVAL);
	EXPECT_EQ(ask(&dom0, XS_READ, 0, "/a\0/b", 6, &a), -EINVAL);
	EXPECT_EQ(ask(&dom0, XS_WRITE, 0, "/a", 2, &a), -EINVAL);
	EXPECT_EQ(ask(&dom0, XS_SET_PERMS, 0, "/", 2, &a), -EINVAL);
	EXPECT_EQ(ask(&dom0, XS_SET_PERMS, 0, "/\0q1", 5, &a), -EINVAL);
	EXPECT_EQ(ask(&dom0, XS_SET_PERMS, 0, "/\0r1x", 6, &a), -EINVAL);
	EXPECT_EQ(ask(&dom0, XS_WATCH, 0, "/a", 3, &a), -EINVAL);
	EXPECT_EQ(ask(&dom0, XS_TRANSACTION_END, 7, "T", 2, &a), -ENOENT);
	EXPECT_EQ(ask(&dom0, XS_TRANSACTION_END, 0, "T", 2, &a), -ENOENT);
	EXPECT_EQ(ask(&dom0, XS_INTRODUCE, 0, "1\0x\0y", 6, &a), -EINVAL);
	EXPECT_EQ(ask(&dom0, 20, 0, "", 1, &a), -ENOSYS);
	EXPECT_EQ(ask(&dom0, 4711, 0, "", 1, &a), -ENOSYS);
	EXPECT_EQ(ask(&dom0, XS_ERROR, 0, "", 1, &a), -ENOSYS);
	end();
}

UNIT_TEST(large_directories_come_in_parts)
{
	char path[64], got[16384], gen[32];
	size_t n = 0;
	struct answer a;

	begin();
	for (int i = 0; i < 1200; i++) {
		snprintf(path, sizeof(path), "/d/entry-%04d", i);
		EXPECT_EQ(xs_write(&dom0, 0, path, ""), 0);
	}
	EXPECT_EQ(xs_op(&dom0, XS_DIRECTORY, 0, "/d"), -E2BIG);
	for (;;) {
		int len = snprintf(path, sizeof(path), "/d%c%zu", 0, n) + 1;
		size_t skip;

		EXPECT_EQ(
			ask(&dom0, XS_DIRECTORY_PART, 0, path, (size_t)len, &a),
			0);
		if (!n)
			strcpy(gen, a.data);
		EXPECT(!strcmp(gen, a.data));
		skip = strlen(a.data) + 1;
		memcpy(got + n, a.data + skip, a.len - skip);
		n += a.len - skip;
		if (n >= 2 && !got[n - 1] && !got[n - 2])
			break;
	}
	EXPECT_EQ(n, 1200 * 11 + 1);
	for (int i = 0; i < 1200; i++) {
		snprintf(path, sizeof(path), "entry-%04d", i);
		EXPECT(!strcmp(got + i * 11, path));
	}
	/* a change shows in the generation */
	xs_op(&dom0, XS_RM, 0, "/d/entry-0007");
	EXPECT_EQ(ask(&dom0, XS_DIRECTORY_PART, 0, "/d\0000", 5, &a), 0);
	EXPECT(strcmp(gen, a.data));
	end();
}

UNIT_TEST(relative_paths_are_below_the_domain)
{
	begin();
	EXPECT_EQ(xs_write(&guest, 0, "data/x", "1"), 0);
	EXPECT(!strcmp(xs_read(&dom0, 0, "/local/domain/1/data/x"), "1"));
	EXPECT(!strcmp(xs_read(&guest, 0, "data/x"), "1"));
	EXPECT(!strcmp(xs_read(&guest, 0, "/local/domain/1/data/x"), "1"));
	end();
}

UNIT_TEST(permissions_are_kept)
{
	begin();
	/* who may not look is not told what exists */
	EXPECT_EQ(xs_op(&other, XS_READ, 0, "/local/domain/1/data"), -EACCES);
	EXPECT_EQ(xs_op(&other, XS_READ, 0, "/local/domain/1/data/no"),
		  -EACCES);
	EXPECT_EQ(xs_op(&guest, XS_READ, 0, "/local/domain/1/data/no"),
		  -ENOENT);
	EXPECT_EQ(xs_write(&other, 0, "/local/domain/1/data/x", ""), -EACCES);
	EXPECT_EQ(xs_write(&guest, 0, "/local/domain/1/name", ""), -EACCES);
	EXPECT_EQ(xs_write(&guest, 0, "/mine", ""), -EACCES);
	xs_write(&guest, 0, "data/x", "secret");
	EXPECT_EQ(xs_op(&other, XS_READ, 0, "/local/domain/1/data/x"), -EACCES);
	EXPECT_EQ(xs_perms(&guest, 0, "data/x", "n1 r2"), 0);
	EXPECT(!strcmp(xs_read(&other, 0, "/local/domain/1/data/x"), "secret"));
	EXPECT_EQ(xs_write(&other, 0, "/local/domain/1/data/x", ""), -EACCES);
	EXPECT_EQ(xs_perms(&guest, 0, "data/x", "n1 b2"), 0);
	EXPECT_EQ(xs_write(&other, 0, "/local/domain/1/data/x", "by 2"), 0);
	EXPECT(!strcmp(xs_read(&guest, 0, "data/x"), "by 2"));
	/* write only */
	EXPECT_EQ(xs_perms(&guest, 0, "data/x", "n1 w2"), 0);
	EXPECT_EQ(xs_op(&other, XS_READ, 0, "/local/domain/1/data/x"), -EACCES);
	/* the rest of the world */
	EXPECT_EQ(xs_perms(&guest, 0, "data/x", "r1"), 0);
	EXPECT(xs_read(&other, 0, "/local/domain/1/data/x") != NULL);
	/* only the owner may change them, and not give the node away */
	EXPECT_EQ(xs_perms(&guest, 0, "data/x", "b1 b2"), 0);
	EXPECT_EQ(xs_perms(&other, 0, "/local/domain/1/data/x", "b2"), -EACCES);
	EXPECT_EQ(xs_perms(&guest, 0, "data/x", "b2"), -EPERM);
	EXPECT_EQ(xs_perms(&dom0, 0, "/local/domain/1/data/x", "n2 r1"), 0);
	EXPECT_EQ(xs_write(&other, 0, "/local/domain/1/data/x", ""), 0);
	end();
}

UNIT_TEST(perms_read_back_as_written)
{
	struct answer a;

	begin();
	xs_perms(&dom0, 0, "/local/domain/1/data", "n1 r2 w3 b4");
	EXPECT_EQ(ask(&dom0, XS_GET_PERMS, 0, "/local/domain/1/data", 21, &a),
		  0);
	EXPECT_EQ(a.len, 12);
	EXPECT(!memcmp(a.data, "n1\0r2\0w3\0b4", 12));
	end();
}

UNIT_TEST(new_nodes_belong_to_who_made_them)
{
	struct answer a;

	begin();
	xs_perms(&dom0, 0, "/local/domain/1/data", "n1 b2");
	EXPECT_EQ(xs_write(&other, 0, "/local/domain/1/data/y/z", ""), 0);
	EXPECT_EQ(
		ask(&dom0, XS_GET_PERMS, 0, "/local/domain/1/data/y/z", 25, &a),
		0);
	EXPECT(!memcmp(a.data, "n2\0b2", 6));
	end();
}

UNIT_TEST(a_target_lends_its_rights)
{
	struct answer a;

	begin();
	EXPECT_EQ(ask(&guest, XS_SET_TARGET, 0, "1\0002", 4, &a), -EACCES);
	EXPECT_EQ(xs_write(&guest, 0, "/local/domain/2/data/x", ""), -EACCES);
	EXPECT_EQ(ask(&dom0, XS_SET_TARGET, 0, "1\0002", 4, &a), 0);
	EXPECT_EQ(xs_write(&guest, 0, "/local/domain/2/data/x", ""), 0);
	EXPECT_EQ(ask(&dom0, XS_SET_TARGET, 0, "1\0009", 4, &a), -ENOENT);
	end();
}

UNIT_TEST(what_is_for_dom0_is_refused_to_others)
{
	struct answer a;

	begin();
	EXPECT_EQ(xs_introduce(&guest, 3), -EACCES);
	EXPECT_EQ(xs_op(&guest, XS_RELEASE, 0, "2"), -EACCES);
	EXPECT_EQ(xs_op(&guest, XS_RESUME, 0, "2"), -EACCES);
	EXPECT_EQ(xs_op(&guest, XS_CONTROL, 0, "help"), -EACCES);
	EXPECT_EQ(ask(&guest, XS_SET_QUOTA, 0, "nodes\0009999", 11, &a),
		  -EACCES);
	EXPECT(!strncmp(xs_control(&dom0, "help"), "Supported", 9));
	end();
}

UNIT_TEST(a_read_only_socket_changes_nothing)
{
	struct client ro;

	begin();
	ro = client_socket(true);
	xs_write(&dom0, 0, "/a", "1");
	EXPECT(!strcmp(xs_read(&ro, 0, "/a"), "1"));
	EXPECT_EQ(xs_write(&ro, 0, "/a", "2"), -EROFS);
	EXPECT_EQ(xs_op(&ro, XS_RM, 0, "/a"), -EROFS);
	EXPECT_EQ(xs_op(&ro, XS_RELEASE, 0, "1"), -EROFS);
	client_close(&ro);
	end();
}

UNIT_TEST(introduce_and_release)
{
	begin();
	xs_op(&dom0, XS_IS_DOMAIN_INTRODUCED, 0, "3");
	EXPECT_EQ(xs_op(&dom0, XS_RELEASE, 0, "3"), -ENOENT);
	EXPECT_EQ(xs_introduce(&dom0, 3), 0);
	EXPECT_EQ(world->domain[3].page.server_features & 3, 3);
	EXPECT_EQ(xs_op(&dom0, XS_RELEASE, 0, "3"), 0);
	EXPECT(!world->domain[3].is_bound);
	/* no such domain, no such page, not ours to map */
	EXPECT_EQ(xs_introduce(&dom0, 9), -EINVAL);
	EXPECT_EQ(xs_introduce(&dom0, 0), -EINVAL);
	world->domain[4].can_map = false;
	EXPECT_EQ(xs_introduce(&dom0, 4), -EINVAL);
	EXPECT(!strcmp(xs_control(&dom0, "check"), "OK"));
	end();
}

UNIT_TEST(a_domain_may_have_so_many_nodes)
{
	char path[32];
	int i;

	begin();
	EXPECT(xs_control(&dom0, "quota set nodes 50") != NULL);
	/* "data" itself is one of them */
	for (i = 1; i < 50; i++) {
		snprintf(path, sizeof(path), "data/%d", i);
		EXPECT_EQ(xs_write(&guest, 0, path, ""), 0);
	}
	EXPECT_EQ(xs_write(&guest, 0, "data/x", ""), -ENOSPC);
	EXPECT_EQ(xs_op(&guest, XS_MKDIR, 0, "data/1/2"), -ENOSPC);
	/* nobody else is touched by that */
	EXPECT_EQ(xs_write(&other, 0, "data/x", ""), 0);
	EXPECT_EQ(xs_write(&dom0, 0, "/local/domain/1/y", ""), 0);
	EXPECT_EQ(xs_op(&guest, XS_RM, 0, "data/7"), 0);
	EXPECT_EQ(xs_write(&guest, 0, "data/x", ""), 0);
	/* an exception for this domain */
	EXPECT(xs_control(&dom0, "quota set 1 nodes 60") != NULL);
	EXPECT_EQ(xs_write(&guest, 0, "data/z", ""), 0);
	end();
}

UNIT_TEST(quotas_hold_in_transactions)
{
	char path[32];
	uint32_t t;

	begin();
	EXPECT(xs_control(&dom0, "quota set nodes 10") != NULL);
	EXPECT(xs_control(&dom0, "quota set transaction-nodes 20") != NULL);
	t = xs_start(&guest);
	for (int i = 1; i < 10; i++) {
		snprintf(path, sizeof(path), "data/%d", i);
		EXPECT_EQ(xs_write(&guest, t, path, ""), 0);
	}
	EXPECT_EQ(xs_write(&guest, t, "data/x", ""), -ENOSPC);
	/* and against what was created beside it */
	EXPECT_EQ(xs_write(&guest, 0, "data/beside", ""), 0);
	EXPECT_EQ(xs_end(&guest, t, true), -ENOSPC);
	EXPECT_EQ(xs_op(&guest, XS_READ, 0, "data/1"), -ENOENT);
	t = xs_start(&guest);
	for (int i = 0; i < 20; i++) {
		snprintf(path, sizeof(path), "data/%d", i);
		EXPECT_EQ(xs_op(&guest, XS_READ, t, path), -ENOENT);
	}
	EXPECT_EQ(xs_op(&guest, XS_READ, t, "data/y"), -ENOSPC);
	end();
}

UNIT_TEST(other_quotas_hold)
{
	char big[3000], token[16];

	begin();
	memset(big, 'x', sizeof(big));
	big[2045] = '\0';
	EXPECT_EQ(xs_write(&guest, 0, "data/x", big), -ENOSPC);
	big[2044] = '\0';
	EXPECT_EQ(xs_write(&guest, 0, "data/x", big), 0);
	EXPECT_EQ(xs_perms(&guest, 0, "data/x", "n1 r2 r3 r4 r5 r6"), -ENOSPC);
	for (int i = 0; i < 10; i++)
		EXPECT(xs_start(&guest) != 0);
	EXPECT_EQ(xs_start(&guest), 0);
	EXPECT_EQ(xs_errno, ENOSPC);
	for (int i = 0; i < 128; i++) {
		snprintf(token, sizeof(token), "t%d", i);
		EXPECT_EQ(xs_watch(&guest, "data", token), 0);
	}
	EXPECT_EQ(xs_watch(&guest, "data", "one-more"), -E2BIG);
	EXPECT_EQ(xs_op(&guest, XS_RESET_WATCHES, 0, ""), 0);
	EXPECT_EQ(xs_watch(&guest, "data", "one-more"), 0);
	EXPECT(xs_start(&guest) != 0);
	EXPECT(xs_control(&dom0, "quota set path-max 20") != NULL);
	EXPECT_EQ(xs_op(&guest, XS_READ, 0, "data/abcdefghijklmnopq"), -EINVAL);
	end();
}

UNIT_TEST(memory_is_accounted_and_given_back)
{
	size_t before;
	char path[32], big[1900];
	int rc = 0, i;

	begin();
	before = server.store.accounts.of[1]->memory;
	EXPECT(xs_control(&dom0, "quota set memory 100000") != NULL);
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	for (i = 0; i < 100 && !rc; i++) {
		snprintf(path, sizeof(path), "data/%d", i);
		rc = xs_write(&guest, 0, path, big);
	}
	EXPECT_EQ(rc, -ENOSPC);
	EXPECT(i > 40);
	EXPECT_EQ(xs_watch(&guest, "data", big), -ENOSPC);
	EXPECT_EQ(xs_op(&dom0, XS_RM, 0, "/local/domain/1/data"), 0);
	EXPECT(server.store.accounts.of[1]->memory < before);
	EXPECT_EQ(server.store.accounts.of[1]->nodes, 0);
	end();
}

UNIT_TEST(quotas_can_be_asked_for)
{
	struct answer a;

	begin();
	EXPECT_EQ(ask(&dom0, XS_GET_QUOTA, 0, "", 0, &a), 0);
	EXPECT(strstr(a.data, "nodes watches ") == a.data);
	EXPECT_EQ(ask(&dom0, XS_SET_QUOTA, 0, "1\0nodes\00012", 11, &a), 0);
	EXPECT_EQ(ask(&dom0, XS_GET_QUOTA, 0, "1\0nodes", 8, &a), 0);
	EXPECT(!strcmp(a.data, "12"));
	EXPECT_EQ(ask(&dom0, XS_GET_QUOTA, 0, "nodes", 6, &a), 0);
	EXPECT(!strcmp(a.data, "1000"));
	EXPECT_EQ(ask(&dom0, XS_GET_QUOTA, 0, "none", 5, &a), -EINVAL);
	EXPECT(strstr(xs_control(&dom0, "quota 1"), "nodes") != NULL);
	end();
}

/* ---- domains come and go ---- */

static void die(unsigned int domid)
{
	world->domain[domid].exists = false;
	domain_check_all(&server);
	daemon_run();
}

static void born(unsigned int domid, uint8_t handle)
{
	struct world_domain *d = &world->domain[domid];

	memset(d, 0, sizeof(*d));
	d->exists = d->can_map = true;
	memset(d->handle, handle, sizeof(d->handle));
}

UNIT_TEST(a_dead_domain_leaves_nothing)
{
	begin();
	xs_write(&guest, 0, "data/a/b", "");
	xs_write(&dom0, 0, "/else/where", "");
	xs_perms(&dom0, 0, "/else/where", "n1");
	xs_write(&guest, 0, "/else/where/x", "");
	xs_watch(&guest, "data", "t");
	EXPECT(xs_start(&guest) != 0);
	die(1);
	EXPECT(xs_read(&dom0, 0, "/local/domain/1/data") == NULL);
	EXPECT(xs_read(&dom0, 0, "/else/where") == NULL);
	EXPECT(xs_read(&dom0, 0, "/else") != NULL);
	EXPECT(xs_read(&dom0, 0, "/local/domain/2/data") != NULL);
	EXPECT_EQ(server.store.nr_watch_paths, 0);
	EXPECT(server.store.accounts.of[1] == NULL);
	EXPECT(!world->domain[1].is_bound);
	end();
}

UNIT_TEST(a_number_used_again_has_no_old_rights)
{
	begin();
	xs_write(&dom0, 0, "/shared", "secret");
	xs_perms(&dom0, 0, "/shared", "n0 b1 r2");
	EXPECT(xs_read(&guest, 0, "/shared") != NULL);
	die(1);
	born(1, 99);
	EXPECT_EQ(xs_introduce(&dom0, 1), 0);
	EXPECT_EQ(xs_op(&guest, XS_READ, 0, "/shared"), -EACCES);
	/* nor through what is made below */
	xs_write(&dom0, 0, "/shared/new", "");
	EXPECT_EQ(xs_op(&guest, XS_READ, 0, "/shared/new"), -EACCES);
	EXPECT(xs_read(&other, 0, "/shared") != NULL);
	xs_perms(&dom0, 0, "/shared", "n0 r1");
	EXPECT(xs_read(&guest, 0, "/shared") != NULL);
	end();
}

UNIT_TEST(permissions_may_precede_the_introduction)
{
	begin();
	xs_write(&dom0, 0, "/local/domain/3/data", "");
	xs_perms(&dom0, 0, "/local/domain/3/data", "n3");
	EXPECT_EQ(xs_introduce(&dom0, 3), 0);
	other = client_domain(3);
	EXPECT_EQ(xs_write(&other, 0, "data/x", ""), 0);
	EXPECT_EQ(server.store.accounts.of[3]->nodes, 2);
	end();
}

UNIT_TEST(nodes_for_a_domain_not_there_do_not_wait_for_it)
{
	begin();
	xs_write(&dom0, 0, "/for/9", "");
	xs_perms(&dom0, 0, "/for/9", "n9");
	EXPECT(server.store.accounts.of[9] == NULL);
	born(9, 9);
	EXPECT_EQ(xs_introduce(&dom0, 9), 0);
	other = client_domain(9);
	EXPECT_EQ(xs_op(&other, XS_READ, 0, "/for/9"), -EACCES);
	end();
}
