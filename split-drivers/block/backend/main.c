// SPDX-License-Identifier: GPL-2.0-only
/*
 * blkbackd: the keeper of all block devices that this domain serves from user
 * space, with a worker for each.
 *
 * It may be killed at any time: the workers end with it, and the next one
 * finds in the store which devices there are and in the journals where their
 * workers were.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "device.h"

static struct keeper keeper = {
	.name = "blkbackd",
	.type = "qdisk",
	.run_dir = "/run/pavo/blkback",
	.ops = &device_ops,
};

static void usage(FILE *f)
{
	fprintf(f, "usage: blkbackd [--type=NAME] [--run-dir=DIR] "
		   "[--uid-base=N] [--copy]\n"
		   "Serve the block devices under backend/NAME (qdisk).\n"
		   "  --uid-base=N  workers are user N + domid; 0: root\n"
		   "  --copy        copy grants, do not keep them mapped\n");
}

/* 0, the exit code for a bad one, or -1: be a worker. */
static int parse_options(int argc, char **argv)
{
	static const struct option options[] = {
		{"type", required_argument, NULL, 't'},
		{"run-dir", required_argument, NULL, 'r'},
		{"uid-base", required_argument, NULL, 'u'},
		{"copy", no_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},
		{"worker", no_argument, NULL, 'w'},
		{0},
	};
	uint64_t uid;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1)
		switch (c) {
		case 't':
			keeper.type = optarg;
			break;
		case 'r':
			keeper.run_dir = optarg;
			break;
		case 'u':
			if (xenbus_number(optarg, 1u << 30, &uid))
				return 2;
			device_options.uid_base = (uint32_t)uid;
			break;
		case 'c':
			device_options.offer.is_persistent = false;
			break;
		case 'w':
			return -1;
		case 'h':
			usage(stdout);
			exit(0);
		default:
			return 2;
		}
	return optind == argc ? 0 : 2;
}

int main(int argc, char **argv)
{
	int rc = parse_options(argc, argv);

	if (rc < 0)
		return worker_main();
	if (rc) {
		usage(stderr);
		return rc;
	}
	return keeper_run(&keeper);
}
