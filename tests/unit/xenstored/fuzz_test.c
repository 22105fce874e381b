// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bounded number of random stories for every run of the unit tests; `make
 * fuzz-xenstored` tells them for as long as one likes, and better ones.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit_test.h"
#include "fuzz_wire.h"
#include "server.h"

#define STORIES 1500
#define SEEDS "tests/unit/xenstored/fuzz/seeds"

/* What the daemon has to say about broken clients goes elsewhere. */
static void quiet(void)
{
	server_log_to_syslog();
}

UNIT_TEST(random_stories_leave_the_store_in_order)
{
	static uint8_t data[1500];

	quiet();
	srand(7);
	for (int i = 0; i < STORIES; i++) {
		size_t size = (size_t)rand() % sizeof(data);

		for (size_t k = 0; k < size; k++)
			data[k] = (uint8_t)(rand() % (i % 2 ? 256 : 64));
		fuzz_wire(data, size);
	}
}

UNIT_TEST(the_seeds_leave_the_store_in_order)
{
	static uint8_t data[8192];
	const struct dirent *d;
	DIR *dir = opendir(SEEDS);
	int nr = 0;

	EXPECT(dir != NULL);
	quiet();
	while ((d = readdir(dir))) {
		char path[512];
		FILE *f;

		if (d->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", SEEDS, d->d_name);
		f = fopen(path, "rb");
		EXPECT(f != NULL);
		fuzz_wire(data, fread(data, 1, sizeof(data), f));
		fclose(f);
		nr++;
	}
	closedir(dir);
	EXPECT(nr > 0);
}
