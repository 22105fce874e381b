/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands: their table and how they read their options.
 */
#ifndef CMD_H
#define CMD_H

#include "tool.h"

struct option;

struct command {
	const char *name;
	int (*run)(struct tool *t, int argc, char **argv);
	const char *usage, *help, *options;
};

extern const struct command commands[];
const struct command *command_find(const char *name);

/*
 * Like getopt_long, with @argv[0] the command's name; handles --json and
 * --help. '?' after an unknown option, which is recorded; then return
 * cmd_usage().
 */
int cmd_getopt(struct tool *t, int argc, char **argv, const char *letters,
	       const struct option *names);
/* Run one command line; returns the exit code. Leaves @t open. */
int pavo_run(struct tool *t, int argc, char **argv);

/* Returned by a command whose arguments are wrong. */
#define CMD_USAGE (-100000)
/* Record "what" as a wrong use of the command @name; returns CMD_USAGE. */
int cmd_usage(struct tool *t, const char *name, const char *what);
/* From cmd_getopt: --help was given and has been answered. */
#define CMD_HELPED (-100001)
/* Record unless @argc arguments from @optind on are @min to @max. */
int cmd_args(struct tool *t, int argc, char **argv, int min, int max);

/*
 * Read @arg as the decimal number that @what is; a wrong use of the command
 * @name, recorded, unless it is @min to @max.
 */
int cmd_number(struct tool *t, const char *name, const char *what,
	       const char *arg, long min, long max, long *out);

/* For a command with no options of its own: cmd_getopt and cmd_args. */
int cmd_plain(struct tool *t, int argc, char **argv, int min, int max);

#define CMD(name, function, usage, help, options)                              \
	int function(struct tool *t, int argc, char **argv);
#define CMD_REFUSED(name, why)
#include "commands.def"
#undef CMD
#undef CMD_REFUSED

#endif
