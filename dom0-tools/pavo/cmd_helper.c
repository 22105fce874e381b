// SPDX-License-Identifier: GPL-2.0-only
/*
 * top, xml: commands that are programs of their own.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cfgfile.h"
#include "cmd.h"

static int run_helper(struct tool *t, int argc, char **argv, const char *name)
{
	char **args = ARENA_ARRAY(&t->r.mem, char *, (size_t)argc + 2);
	const char *path = helper_path(&t->r, name);
	int nr = 0;

	if (argc > 1 &&
	    (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0))
		return cmd_plain(t, argc, argv, 0, 0);
	args[nr++] = arena_strdup(&t->r.mem, name);
	if (t->json)
		args[nr++] = arena_strdup(&t->r.mem, "--json");
	for (int i = 1; i < argc; i++)
		args[nr++] = argv[i];
	args[nr] = NULL;
	execv(path, args);
	return req_fail(&t->r, -errno, "cannot run %s: %s", path,
			strerror(errno));
}

int cmd_top(struct tool *t, int argc, char **argv)
{
	return run_helper(t, argc, argv, "pavo-top");
}

int cmd_xml(struct tool *t, int argc, char **argv)
{
	return run_helper(t, argc, argv, "pavo-xml");
}
