// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of pcpus, read and written.
 */
#include <errno.h>
#include <string.h>

#include "cpumap.h"
#include "unit_test.h"

static struct req r;

/* Read @text and write it again. */
static void expect(const char *text, const char *want)
{
	static const uint32_t nodes[8] = {0, 0, 0, 0, 1, 1, 1, 1};
	struct cpumap m;
	const char *got;

	if (cpumap_parse(&r, text, 8, nodes, &m) < 0)
		unit_test_fail(__FILE__, __LINE__, "\"%s\": %s", text, r.what);
	got = cpumap_text(&r, &m, 8);
	if (strcmp(got, want) != 0)
		unit_test_fail(__FILE__, __LINE__,
			       "\"%s\" is \"%s\" not "
			       "\"%s\"",
			       text, got, want);
	req_free(&r);
}

static void expect_bad(const char *text, const char *says)
{
	struct cpumap m;

	EXPECT_EQ(cpumap_parse(&r, text, 8, NULL, &m), -EINVAL);
	if (strstr(r.what, says) == NULL)
		unit_test_fail(__FILE__, __LINE__, "\"%s\": %s", text, r.what);
	req_free(&r);
}

UNIT_TEST(sets_of_pcpus_are_read_as_xl_does)
{
	expect("0", "0");
	expect("0-3", "0-3");
	expect("0-3,^1", "0,2-3");
	expect("all", "all");
	expect("0-7", "all");
	expect("all,^7", "0-6");
	expect("1,3,5-6", "1,3,5-6");
	expect("nodes:1", "4-7");
	expect("node:0,^0", "1-3");
	expect("all,^nodes:0", "4-7");
	expect("nodes:0-1", "all");
}

UNIT_TEST(wrong_sets_of_pcpus_are_refused)
{
	expect_bad("8", "pcpu 8 does not exist; there are 0 to 7");
	expect_bad("0-8", "pcpu 8 does not exist");
	expect_bad("3-1", "no set of pcpus");
	expect_bad("a", "no set of pcpus");
	expect_bad("-1", "no set of pcpus");
	expect_bad("1-", "no set of pcpus");
	expect_bad("nodes:0", "no set of pcpus"); /* no nodes are known */
	expect_bad("", "leaves no pcpu");
	expect_bad("0,^0", "leaves no pcpu");
	expect_bad("99999999999999999999", "does not exist");
}
