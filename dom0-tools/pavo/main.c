// SPDX-License-Identifier: GPL-2.0-only
/*
 * pavo: create, run and watch domains. Finds the command, runs it, and prints
 * what went wrong.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "monitor.h"
#include "nearest.h"

const struct command commands[] = {
#define CMD(name, function, usage, help, options)                              \
	{name, function, usage, help, options},
#define CMD_REFUSED(name, why)
#include "commands.def"
#undef CMD
#undef CMD_REFUSED
	{NULL, NULL, NULL, NULL, NULL},
};

static const struct {
	const char *name, *why;
} refused[] = {
#define CMD(name, function, usage, help, options)
#define CMD_REFUSED(name, why) {name, why},
#include "commands.def"
#undef CMD
#undef CMD_REFUSED
};

const struct command *command_find(const char *name)
{
	for (const struct command *c = commands; c->name != NULL; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static void print_command_help(const struct command *c)
{
	const char *p = c->options;

	printf("Usage: pavo %s%s%s\n\n%s\n", c->name, *c->usage ? " " : "",
	       c->usage, c->help);
	if (*p != '\0')
		printf("\n");
	while (*p != '\0') {
		const char *tab = strchr(p, '\t'), *end = strchr(p, '\n');

		printf("  %-24.*s%.*s\n", (int)(tab - p), p,
		       (int)(end - tab - 1), tab + 1);
		p = end + 1;
	}
}

int cmd_usage(struct tool *t, const char *name, const char *what)
{
	const struct command *c = command_find(name);

	req_fail(&t->r, -EINVAL, "%s: %s", name, what);
	if (c != NULL)
		req_hint(&t->r, "usage: pavo %s %s", c->name, c->usage);
	return CMD_USAGE;
}

int cmd_getopt(struct tool *t, int argc, char **argv, const char *letters,
	       const struct option *names)
{
	enum { OPT_JSON = 1000, OPT_HELP };
	struct option all[16] = {
		{"json", no_argument, NULL, OPT_JSON},
		{"help", no_argument, NULL, OPT_HELP},
	};
	char few[64];
	int c;

	for (int i = 0; names != NULL && names[i].name != NULL && i < 13; i++)
		all[i + 2] = names[i];
	snprintf(few, sizeof(few), ":h%s", letters);
	for (;;) {
		opterr = 0;
		c = getopt_long(argc, argv, few, all, NULL);
		switch (c) {
		case OPT_JSON:
			t->json = true;
			continue;
		case 'h':
		case OPT_HELP:
			print_command_help(command_find(argv[0]));
			return CMD_HELPED;
		case ':':
			cmd_usage(t, argv[0],
				  arena_printf(&t->r.mem,
					       "option %s needs an argument",
					       argv[optind - 1]));
			return '?';
		case '?':
			cmd_usage(t, argv[0],
				  arena_printf(&t->r.mem, "unknown option %s",
					       argv[optind - 1]));
			return '?';
		default:
			return c;
		}
	}
}

int cmd_args(struct tool *t, int argc, char **argv, int min, int max)
{
	int nr = argc - optind;

	if (nr < min)
		return cmd_usage(t, argv[0],
				 min == 1 && nr == 0 ? "an argument is missing"
						     : "arguments are missing");
	if (nr > max)
		return cmd_usage(t, argv[0],
				 arena_printf(&t->r.mem,
					      "\"%s\" is one argument too many",
					      argv[optind + max]));
	return 0;
}

int cmd_number(struct tool *t, const char *name, const char *what,
	       const char *arg, long min, long max, long *out)
{
	char *rest;

	errno = 0;
	*out = strtol(arg, &rest, 10);
	if (rest != arg && *rest == '\0' && errno == 0 && *out >= min &&
	    *out <= max)
		return 0;
	return cmd_usage(t, name,
			 arena_printf(&t->r.mem,
				      "%s is a number from %ld to %ld, not "
				      "\"%s\"",
				      what, min, max, arg));
}

int cmd_plain(struct tool *t, int argc, char **argv, int min, int max)
{
	int c = cmd_getopt(t, argc, argv, "", NULL);

	if (c != -1)
		return c == CMD_HELPED ? c : CMD_USAGE;
	return cmd_args(t, argc, argv, min, max);
}

static const char *command_name(size_t i)
{
	return commands[i].name;
}

/* Records why there is no command @name. */
static int no_command(struct tool *t, const char *name)
{
	const char *near;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (strcmp(refused[i].name, name) == 0)
			return req_fail(&t->r, -EOPNOTSUPP,
					"%s is not supported: %s", name,
					refused[i].why);
	req_fail(&t->r, -EINVAL, "there is no command \"%s\"", name);
	near = nearest_word(name, command_name);
	if (near != NULL)
		return req_hint(&t->r, "did you mean %s?", near);
	return req_hint(&t->r, "`pavo help` lists the commands");
}

int cmd_help(struct tool *t, int argc, char **argv)
{
	if (argc > 1 && argv[1][0] != '-') {
		const struct command *c = command_find(argv[1]);

		if (c == NULL)
			return no_command(t, argv[1]);
		print_command_help(c);
		return 0;
	}
	printf("Usage: pavo [-vNT] [--json] command [arguments]\n\n");
	for (const struct command *c = commands; c->name != NULL; c++)
		printf("  %-16s%s\n", c->name, c->help);
	return 0;
}

/* Letters before the command, as xl has them. 0: unknown. */
static int global_letter(struct tool *t, char c)
{
	switch (c) {
	case 'v':
		t->verbose = true;
		return 1;
	case 'N':
		t->dry_run = true;
		return 1;
	case 'T':
		t->stamp = true;
		return 1;
	case 'f': /* xl: even if xend runs; there is none */
	case 't': /* xl: progress on one line; there is none to show */
		return 1;
	default:
		return 0;
	}
}

static int global_option(struct tool *t, const char *arg)
{
	if (strcmp(arg, "--json") == 0) {
		t->json = true;
		return 1;
	}
	for (arg++; *arg != '\0'; arg++)
		if (!global_letter(t, *arg))
			return 0;
	return 1;
}

/* -1: help is wanted; else the place of the command, or recorded. */
#define GLOBAL_HELP (-1)

static int global_options(struct tool *t, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "-h") == 0 ||
		    strcmp(argv[i], "--help") == 0)
			return GLOBAL_HELP;
		if (!global_option(t, argv[i]))
			return req_fail(&t->r, -EINVAL,
					"unknown option %s before the command",
					argv[i]);
	}
	return i;
}

static bool command_may_be_dry(const struct command *c)
{
	return c->run == cmd_create || c->run == cmd_config_update;
}

int pavo_run(struct tool *t, int argc, char **argv)
{
	const struct command *c;
	int at, rc;

	at = global_options(t, argc, argv);
	if (at == GLOBAL_HELP || (at > 0 && at == argc)) {
		cmd_help(t, 0, NULL);
		return at == GLOBAL_HELP ? 0 : 2;
	}
	if (at < 0) {
		tool_report(t);
		return 2;
	}
	if (strcmp(argv[at], "monitor") == 0) { /* not for people */
		rc = monitor_main(t, argc - at, argv + at);
		if (rc < 0)
			tool_report(t);
		return rc < 0;
	}
	c = command_find(argv[at]);
	if (c == NULL) {
		no_command(t, argv[at]);
		tool_report(t);
		return 2;
	}
	if (t->dry_run && !command_may_be_dry(c)) {
		req_fail(&t->r, -EOPNOTSUPP,
			 "-N is for create and config-update, not for %s",
			 c->name);
		tool_report(t);
		return 2;
	}
	argv[at] = (char *)(uintptr_t)c->name; /* getopt and usage read it */
	rc = c->run(t, argc - at, argv + at);
	if (rc == CMD_HELPED)
		rc = 0;
	if (rc < 0)
		tool_report(t);
	if (fflush(stdout) != 0 && rc == 0) {
		req_fail(&t->r, -errno, "cannot write the output: %s",
			 strerror(errno));
		tool_report(t);
		rc = -EIO;
	}
	return rc == CMD_USAGE ? 2 : rc < 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct tool t = {0};

	/* exit takes everything down; closing it first would only cost */
	return pavo_run(&t, argc, argv);
}
