// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps at which a test's daemon can be made to die: the linker puts these
 * functions around those that change what outlives a process (ld --wrap).
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "world.h"

struct journal;

#define AROUND(type, name, args, call)                                         \
	type __real_##name args;                                               \
	type __wrap_##name args;                                               \
	type __wrap_##name args                                                \
	{                                                                      \
		type rc;                                                       \
                                                                               \
		tick();                                                        \
		rc = __real_##name call;                                       \
		tick();                                                        \
		return rc;                                                     \
	}

#define AROUND_VOID(name, args, call)                                          \
	void __real_##name args;                                               \
	void __wrap_##name args;                                               \
	void __wrap_##name args                                                \
	{                                                                      \
		tick();                                                        \
		__real_##name call;                                            \
		tick();                                                        \
	}

AROUND(void *, journal_put, (struct journal * j, size_t k, size_t v), (j, k, v))
AROUND_VOID(journal_del, (struct journal * j, const void *k, size_t n),
	    (j, k, n))
AROUND(int, journal_commit, (struct journal * j), (j))
AROUND(int, ring_publish, (struct store * s, struct conn *c), (s, c))
AROUND_VOID(conn_sent, (struct conn * c, size_t n), (c, n))
AROUND(ssize_t, pwrite64, (int fd, const void *p, size_t n, off_t off),
       (fd, p, n, off))
AROUND(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t off),
       (fd, p, n, off))
AROUND(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n))
AROUND(int, ftruncate64, (int fd, off_t n), (fd, n))
AROUND(int, ftruncate, (int fd, off_t n), (fd, n))
