/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The harness of the Dom0 self-check.
 *
 * Each check runs in a process of its own, so one that crashes or hangs fails
 * alone.  EXPECT ends the process of a check at the first thing that is wrong;
 * processes that a check forks use it, too, and have their status expected.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>

struct check {
	const char *name;
	void (*run)(void);
	struct check *next;
};

void check_register(struct check *c);

/* Print what was wrong and exit with status 1. */
_Noreturn void check_fail(const char *file, int line, const char *what);

/* End the check as skipped, saying @why. */
_Noreturn void check_skip(const char *why);

/* Run @fn in a child and expect it to return or exit with status 0. */
void expect_child(void (*fn)(void *), void *arg);

/* Is this Dom0 of a Xen-like hypervisor? */
bool is_dom0(void);

#define CHECK(fn)                                                              \
	static void fn(void);                                                  \
	__attribute__((constructor)) static void register_##fn(void)           \
	{                                                                      \
		static struct check c = {#fn, fn, NULL};                       \
		check_register(&c);                                            \
	}                                                                      \
	static void fn(void)

#define EXPECT(cond) ((cond) ? (void)0 : check_fail(__FILE__, __LINE__, #cond))

#endif
