/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ASSERT is for our own mistakes, in debug builds; BUG_ON is for states in
 * which going on would break isolation, in every build.  No guest and no
 * operator can trigger either.
 */
#ifndef HV_ASSERT_H
#define HV_ASSERT_H

__attribute__((noreturn, format(printf, 1, 2))) void panic(const char *fmt,
							   ...);

#define BUG_ON(c)                                                              \
	do {                                                                   \
		if (__builtin_expect(!!(c), 0))                                \
			panic("BUG %s:%d: %s", __FILE__, __LINE__, #c);        \
	} while (0)

#ifdef DEBUG
#define ASSERT(c)                                                              \
	do {                                                                   \
		if (__builtin_expect(!(c), 0))                                 \
			panic("ASSERT %s:%d: %s", __FILE__, __LINE__, #c);     \
	} while (0)
#else
#define ASSERT(c) ((void)(0 && (c)))
#endif

#endif
