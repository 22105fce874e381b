/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: a state file whose header is the input. Whatever open accepts
 * must be safe to read and to append to.
 */
#include "scrollback.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(struct scrollback *sb)
{
	static char buf[5000];
	uint64_t pos = 0;
	const char *p;
	size_t n;

	for (int i = 0; i < 20; i++)
		scrollback_append(sb, buf, sizeof(buf));
	scrollback_note(sb, "note", 4);
	while ((n = scrollback_span(sb, &pos, sizeof(buf), &p)) > 0) {
		memcpy(buf, p, n);
		pos += n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int dir = -1;
	struct scrollback sb;
	int fd;

	if (dir < 0)
		dir = open(".", O_RDONLY | O_DIRECTORY);
	if (scrollback_create(&sb, dir, "state", SCROLLBACK_STEP))
		return 0;
	scrollback_append(&sb, "hello", 5);
	scrollback_close(&sb);
	if (size > sizeof(struct scrollback_hdr))
		size = sizeof(struct scrollback_hdr);
	fd = openat(dir, "state", O_WRONLY);
	/* The magic is right, or nothing else would ever be looked at. */
	if (fd < 0 || pwrite(fd, data, size, 8) < 0)
		return 0;
	close(fd);
	if (!scrollback_open(&sb, dir, "state")) {
		use(&sb);
		scrollback_close(&sb);
	}
	return 0;
}
