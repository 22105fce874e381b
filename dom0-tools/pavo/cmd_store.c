// SPDX-License-Identifier: GPL-2.0-only
/*
 * xenstore: look into the xenstore and change it, in the ways of the
 * xenstore-* programs.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

static int store_fail(struct tool *t, int rc, const char *what,
		      const char *path)
{
	return req_fail(&t->r, rc, "cannot %s %s: %s", what, path,
			rc == -ENOENT ? "no such node" : strerror(-rc));
}

/* Bytes that are no plain text as \xhh, so that values stay on their line. */
static const char *printable(struct req *r, const char *s, size_t len)
{
	char *buf = arena_alloc(&r->mem, 4 * len + 1), *out = buf;

	for (size_t i = 0; i < len; i++) {
		uint8_t c = (uint8_t)s[i];

		if (c == '\\')
			out += sprintf(out, "\\\\");
		else if (c == '\n')
			out += sprintf(out, "\\n");
		else if (c == '\t')
			out += sprintf(out, "\\t");
		else if (isprint(c))
			*out++ = (char)c;
		else
			out += sprintf(out, "\\x%02x", c);
	}
	return buf;
}

struct ls_options {
	bool full, perms;
};

/* A node's answers: its value, its children, its permissions. */
#define PER_CHILD 3
#define LS_BATCH 32

static const char *perms_text(struct req *r, const struct xs_reply *reply)
{
	const char *text = "";

	for (size_t at = 0; reply->rc == 0 && at < reply->len;
	     at += strlen(reply->body + at) + 1)
		text = arena_printf(&r->mem, "%s%s%s", text, *text ? "," : "",
				    reply->body + at);
	return text;
}

static int ls_node(struct tool *t, const char *path, const char *names,
		   size_t len, unsigned int depth, const struct ls_options *o);

static int ls_child(struct tool *t, const char *path, const char *name,
		    const struct xs_reply *replies, unsigned int depth,
		    const struct ls_options *o)
{
	const char *child = arena_printf(
		&t->r.mem, "%s/%s", strcmp(path, "/") == 0 ? "" : path, name);
	const char *names = replies[1].body;
	size_t len = replies[1].len;

	if (replies[0].rc == -ENOENT)
		return 0; /* gone since its name was listed */
	if (o->full)
		printf("%s = \"%s\"", child,
		       printable(&t->r, replies[0].body, replies[0].len));
	else
		printf("%*s%s = \"%s\"", (int)depth, "", name,
		       printable(&t->r, replies[0].body, replies[0].len));
	if (o->perms)
		printf("   (%s)", perms_text(&t->r, &replies[2]));
	printf("\n");
	if (replies[1].rc == -E2BIG &&
	    xs_directory(&t->xs, 0, child, &names, &len) < 0)
		return 0;
	return len > 0 ? ls_node(t, child, names, len, depth + 1, o) : 0;
}

/* The children of @path, a batch at a time. */
static int ls_node(struct tool *t, const char *path, const char *names,
		   size_t len, unsigned int depth, const struct ls_options *o)
{
	const char *base = strcmp(path, "/") == 0 ? "" : path;
	int rc = 0;

	for (size_t at = 0; at < len && rc == 0;) {
		struct xs_reply replies[LS_BATCH * PER_CHILD];
		const char *batch[LS_BATCH];
		unsigned int nr = 0;

		for (; at < len && nr < LS_BATCH;
		     at += strlen(names + at) + 1) {
			const char *child = arena_printf(&t->r.mem, "%s/%s",
							 base, names + at);

			batch[nr++] = names + at;
			xs_queue(&t->xs, XS_READ, 0, child, NULL, 0);
			xs_queue(&t->xs, XS_DIRECTORY, 0, child, NULL, 0);
			xs_queue(&t->xs, XS_GET_PERMS, 0, child, NULL, 0);
		}
		xs_flush(&t->xs, replies, nr * PER_CHILD);
		for (unsigned int i = 0; i < nr && rc == 0; i++)
			rc = ls_child(t, path, batch[i],
				      replies + i * PER_CHILD, depth, o);
	}
	return rc;
}

static int store_ls(struct tool *t, int argc, char **argv)
{
	struct ls_options o = {0};
	const char *names, *path;
	size_t len;
	int c, rc;

	while ((c = cmd_getopt(t, argc, argv, "fp", NULL)) >= 0) {
		if (c == 'f')
			o.full = true;
		else if (c == 'p')
			o.perms = true;
		else
			return CMD_USAGE;
	}
	if (c == CMD_HELPED)
		return c;
	path = optind < argc ? argv[optind] : "/";
	rc = xs_directory(&t->xs, 0, path, &names, &len);
	return rc < 0 ? store_fail(t, rc, "list", path)
		      : ls_node(t, path, names, len, 0, &o);
}

static int store_read(struct tool *t, int argc, char **argv)
{
	bool with_path = false, raw = false;
	int c;

	while ((c = cmd_getopt(t, argc, argv, "pR", NULL)) >= 0) {
		if (c == 'p')
			with_path = true;
		else if (c == 'R')
			raw = true;
		else
			return CMD_USAGE;
	}
	if (c == CMD_HELPED)
		return c;
	for (int i = optind; i < argc; i++) {
		struct xs_reply reply;
		int rc = xs_call(&t->xs, XS_READ, 0, argv[i], NULL, 0, &reply);

		if (rc < 0)
			return store_fail(t, rc, "read", argv[i]);
		if (with_path)
			printf("%s: ", argv[i]);
		if (raw)
			fwrite(reply.body, 1, reply.len, stdout);
		else
			printf("%s\n", printable(&t->r, reply.body, reply.len));
	}
	return 0;
}

static int hex_value(char c)
{
	return isdigit((uint8_t)c) ? c - '0' : (c | 32) - 'a' + 10;
}

/* The reverse of printable(). */
static size_t unprintable(char *s)
{
	char *out = s;

	for (const char *p = s; *p != '\0';) {
		if (p[0] == '\\' && p[1] == 'x' && isxdigit((uint8_t)p[2]) &&
		    isxdigit((uint8_t)p[3])) {
			*out++ = (char)(hex_value(p[2]) << 4 | hex_value(p[3]));
			p += 4;
		} else if (p[0] == '\\' && (p[1] == 'n' || p[1] == 't')) {
			*out++ = p[1] == 'n' ? '\n' : '\t';
			p += 2;
		} else if (p[0] == '\\' && p[1] == '\\') {
			*out++ = '\\';
			p += 2;
		} else {
			*out++ = *p++;
		}
	}
	return (size_t)(out - s);
}

static int store_write(struct tool *t, int argc, char **argv)
{
	int rc = cmd_plain(t, argc, argv, 2, 1000);

	if (rc == 0 && (argc - optind) % 2 != 0)
		return cmd_usage(t, argv[0], "a value is missing");
	for (int i = optind; rc == 0 && i < argc; i += 2) {
		char *value = arena_strdup(&t->r.mem, argv[i + 1]);
		size_t len = unprintable(value);

		rc = xs_call(&t->xs, XS_WRITE, 0, argv[i], value, len, NULL);
		if (rc < 0)
			store_fail(t, rc, "write", argv[i]);
	}
	return rc;
}

/* -t: parents that are left empty and childless go too. */
static void rm_empty_parents(struct tool *t, const char *path)
{
	char *parent = arena_strdup(&t->r.mem, path), *slash;

	while ((slash = strrchr(parent, '/')) != NULL && slash != parent) {
		const char *names, *value;
		size_t len;
		int rc;

		*slash = '\0';
		if (xs_directory(&t->xs, 0, parent, &names, &len) < 0 ||
		    len > 0)
			return;
		value = xs_read(&t->xs, 0, parent, &rc);
		if (value == NULL || value[0] != '\0' ||
		    xs_rm(&t->xs, 0, parent) < 0)
			return;
	}
}

static int store_rm(struct tool *t, int argc, char **argv)
{
	bool tidy = false;
	int c, rc;

	while ((c = cmd_getopt(t, argc, argv, "t", NULL)) >= 0) {
		if (c != 't')
			return CMD_USAGE;
		tidy = true;
	}
	rc = c == CMD_HELPED ? c : cmd_args(t, argc, argv, 1, 1000);
	for (int i = optind; rc == 0 && i < argc; i++) {
		rc = xs_rm(&t->xs, 0, argv[i]);
		if (rc < 0)
			return store_fail(t, rc, "remove", argv[i]);
		if (tidy)
			rm_empty_parents(t, argv[i]);
	}
	return rc;
}

static int store_list(struct tool *t, int argc, char **argv)
{
	int rc = cmd_plain(t, argc, argv, 1, 1000);

	for (int i = optind; rc == 0 && i < argc; i++) {
		const char *names;
		size_t len;

		rc = xs_directory(&t->xs, 0, argv[i], &names, &len);
		if (rc < 0)
			return store_fail(t, rc, "list", argv[i]);
		for (size_t at = 0; at < len; at += strlen(names + at) + 1)
			printf("%s\n", names + at);
	}
	return rc;
}

static int store_exists(struct tool *t, int argc, char **argv)
{
	int rc = cmd_plain(t, argc, argv, 1, 1000);

	for (int i = optind; rc == 0 && i < argc; i++) {
		rc = xs_call(&t->xs, XS_READ, 0, argv[i], NULL, 0, NULL);
		if (rc < 0)
			store_fail(t, rc, "find", argv[i]);
	}
	return rc;
}

static int set_perms(struct tool *t, const char *path, const char *perms,
		     size_t len, bool recursive)
{
	const char *names;
	size_t names_len;
	int rc = xs_call(&t->xs, XS_SET_PERMS, 0, path, perms, len, NULL);

	if (rc < 0)
		return store_fail(t, rc, "set the permissions of", path);
	if (!recursive)
		return 0;
	rc = xs_directory(&t->xs, 0, path, &names, &names_len);
	for (size_t at = 0; rc == 0 && at < names_len;
	     at += strlen(names + at) + 1)
		rc = set_perms(
			t, arena_printf(&t->r.mem, "%s/%s", path, names + at),
			perms, len, true);
	return rc;
}

static int store_chmod(struct tool *t, int argc, char **argv)
{
	bool recursive = false;
	char *perms;
	size_t len = 0;
	int c, rc;

	while ((c = cmd_getopt(t, argc, argv, "r", NULL)) >= 0) {
		if (c != 'r')
			return CMD_USAGE;
		recursive = true;
	}
	rc = c == CMD_HELPED ? c : cmd_args(t, argc, argv, 2, 256);
	if (rc < 0)
		return rc;
	perms = arena_alloc(&t->r.mem, 256 * 16);
	for (int i = optind + 1; i < argc; i++) {
		const char *p = argv[i];

		if (strchr("nrwb", p[0]) == NULL || p[0] == '\0' ||
		    p[1] == '\0' ||
		    strspn(p + 1, "0123456789") != strlen(p + 1) ||
		    strlen(p) > 8)
			return cmd_usage(t, argv[0],
					 "permissions are n, r, w or b with a "
					 "domain number, as n0 r5");
		len += (size_t)sprintf(perms + len, "%s", p) + 1;
	}
	return set_perms(t, argv[optind], perms, len, recursive);
}

static int store_watch(struct tool *t, int argc, char **argv)
{
	long left = -1;
	int c, rc;

	while ((c = cmd_getopt(t, argc, argv, "n:", NULL)) >= 0) {
		if (c != 'n')
			return CMD_USAGE;
		if (cmd_number(t, argv[0], "how many events", optarg, 1,
			       INT32_MAX, &left) < 0)
			return CMD_USAGE;
	}
	rc = c == CMD_HELPED ? c : cmd_args(t, argc, argv, 1, 1000);
	for (int i = optind; rc == 0 && i < argc; i++) {
		rc = xs_watch(&t->xs, argv[i], "pavo");
		if (rc < 0)
			store_fail(t, rc, "watch", argv[i]);
	}
	while (rc == 0 && left != 0) {
		struct xs_event *e = xs_next_event(&t->xs, -1, &rc);

		if (e == NULL)
			return req_fail_rc(&t->r, rc, "lost the xenstore");
		printf("%s\n", e->path);
		fflush(stdout);
		if (left > 0)
			left--;
	}
	return rc;
}

static const struct {
	const char *name;
	int (*run)(struct tool *t, int argc, char **argv);
} verbs[] = {
	{"ls", store_ls},	{"read", store_read},
	{"write", store_write}, {"rm", store_rm},
	{"list", store_list},	{"exists", store_exists},
	{"chmod", store_chmod}, {"watch", store_watch},
};

int cmd_xenstore(struct tool *t, int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	int rc;

	if (strcmp(verb, "-h") == 0 || strcmp(verb, "--help") == 0)
		return cmd_plain(t, argc, argv, 0, 0);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verb, verbs[i].name) != 0)
			continue;
		rc = tool_xs(t);
		if (rc < 0)
			return rc;
		argv[1] = argv[0]; /* messages name the command */
		return verbs[i].run(t, argc - 1, argv + 1);
	}
	return cmd_usage(t, argv[0],
			 *verb == '\0' ? "what?"
				       : arena_printf(&t->r.mem,
						      "it does not know \"%s\"",
						      verb));
}
