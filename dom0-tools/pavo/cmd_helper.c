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
	const char *path = helper_path(&t->r, name);

	if (argc > 1 &&
	    (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0))
		return cmd_plain(t, argc, argv, 0, 0);
	argv[0] = arena_strdup(&t->r.mem, name);
	execv(path, argv);
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
