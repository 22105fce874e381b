/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holds every size, offset and constant of our ABI headers against Debian's,
 * and our error numbers against the C library's too.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"

struct value {
	const char *name;
	uint64_t value;
	const char *text;
};

static struct value ours[8192];
static size_t nr_ours, next;
static unsigned int passed, failed;

static void keep(const char *name, uint64_t value, const char *text)
{
	if (nr_ours == sizeof(ours) / sizeof(ours[0])) {
		printf("the list is too long: enlarge ours[]\n");
		exit(1);
	}
	ours[nr_ours++] = (struct value){name, value, text};
}

static void same_value(const char *name, uint64_t a, uint64_t b,
		       const char *whose)
{
	if (a == b) {
		passed++;
		return;
	}
	failed++;
	printf("FAIL %s: ours is %#" PRIx64 ", %s %#" PRIx64 "\n", name, a,
	       whose, b);
}

static void same_text(const char *name, const char *a, const char *b)
{
	if (strcmp(a, b) == 0) {
		passed++;
		return;
	}
	failed++;
	printf("FAIL %s: ours is \"%s\", theirs \"%s\"\n", name, a, b);
}

/* Both sides go through one list, so values come in one order. */
static void compare(const char *name, uint64_t value, const char *text)
{
	const struct value *v = &ours[next++];

	if (next > nr_ours || strcmp(v->name, name) != 0) {
		printf("FAIL the two sides differ in order at %s\n", name);
		exit(1);
	}
	if (text)
		same_text(name, v->text, text);
	else
		same_value(name, v->value, value, "theirs");
}

static uint64_t our_value(const char *name)
{
	for (size_t i = 0; i < nr_ours; i++) {
		if (strcmp(ours[i].name, name) == 0)
			return ours[i].value;
	}
	return UINT64_MAX;
}

static void compare_libc(void)
{
#define ERRNO(name)                                                            \
	same_value(#name " in <errno.h>", our_value(#name), name, "libc's");
#include "errno-list.h"
}

int main(void)
{
	abi_ours(keep);
	abi_theirs(compare);
	compare_libc();
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
