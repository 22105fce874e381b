/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unit tests that register themselves: UNIT_TEST(name_states_the_fact) { ... }
 * in any number of files linked into one program with unit_test.c.  A failed
 * EXPECT is reported and ends its test.  The last line is "N passed, N failed".
 */
#ifndef UNIT_TEST_H
#define UNIT_TEST_H

#include <stdarg.h>

struct unit_test {
	const char *name;
	void (*fn)(void);
	struct unit_test *next;
};

void unit_test_register(struct unit_test *t);
__attribute__((noreturn, format(printf, 3, 4))) void
unit_test_fail(const char *file, int line, const char *fmt, ...);

#define UNIT_TEST(tname)                                                       \
	static void tname(void);                                               \
	__attribute__((constructor)) static void register_##tname(void)        \
	{                                                                      \
		static struct unit_test t = {#tname, tname, 0};                \
		unit_test_register(&t);                                        \
	}                                                                      \
	static void tname(void)

#define EXPECT(c)                                                              \
	do {                                                                   \
		if (!(c))                                                      \
			unit_test_fail(__FILE__, __LINE__, "not so: %s", #c);  \
	} while (0)

#define EXPECT_EQ(a, b)                                                        \
	do {                                                                   \
		long long a_ = (long long)(a), b_ = (long long)(b);            \
		if (a_ != b_)                                                  \
			unit_test_fail(__FILE__, __LINE__,                     \
				       "%s is %lld (0x%llx), not %lld", #a,    \
				       a_, (unsigned long long)a_, b_);        \
	} while (0)

#define EXPECT_NEAR(a, b, tolerance)                                           \
	do {                                                                   \
		double a_ = (double)(a), b_ = (double)(b);                     \
		double t_ = (double)(tolerance);                               \
		if (a_ < b_ - t_ || a_ > b_ + t_)                              \
			unit_test_fail(__FILE__, __LINE__,                     \
				       "%s is %g, not %g to %g", #a, a_, b_,   \
				       t_);                                    \
	} while (0)

#endif
