// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: a daemon that writes anything to the console's page, at any
 * time, and our frontend. It may read and write nothing else, and its own
 * indexes stay its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../../split-drivers/console/frontend/confront.h"
#include "unit_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

void unit_test_fail(const char *file, int line, const char *fmt, ...)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, fmt);
	abort();
}

static void check(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct xencons_interface *page = calloc(1, sizeof(*page));
	const uint8_t *next = data, *end = data + size;
	uint32_t out = 0, in = 0;
	struct confront c;
	char buf[4096] = {0};

	confront_attach(&c, page);
	while (end - next >= 4) {
		uint16_t arg = (uint16_t)(next[1] | next[2] << 8);
		bool notify;
		size_t n;

		switch (next[0] % 4) {
		case 0: /* the daemon, mostly at the indexes */
			if (next[0] & 0x80)
				((uint8_t *)page)[arg % sizeof(*page)] =
					next[3];
			else
				((uint8_t *)&page->in_cons)[arg % 16] = next[3];
			break;
		case 1:
			n = confront_put(&c, buf, arg % sizeof(buf));
			check(n <= sizeof(page->out));
			out += (uint32_t)n;
			break;
		case 2:
			confront_publish(&c);
			check(page->out_prod == out);
			break;
		default:
			n = confront_take(&c, buf, arg % sizeof(buf), &notify);
			check(n <= sizeof(page->in));
			check(!notify || n);
			in += (uint32_t)n;
			check(!n || page->in_cons == in);
		}
		next += 4;
	}
	free(page);
	return 0;
}
