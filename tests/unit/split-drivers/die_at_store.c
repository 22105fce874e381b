// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counting stores, and ending at one. See die_at_store.h.
 */
#include "die_at_store.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit_test.h"

static volatile struct {
	unsigned long taken, last;
} * steps; /* shared with the child */
static bool is_counting;

#define STORE(size)                                                            \
	void __wrap___asan_store##size(void *p);                               \
	void __real___asan_store##size(void *p);                               \
	__attribute__((no_sanitize(                                            \
		"address"))) void __wrap___asan_store##size(void *p)           \
	{                                                                      \
		if (is_counting && ++steps->taken == steps->last)              \
			_exit(0);                                              \
		__real___asan_store##size(p);                                  \
	}
STORE(1)
STORE(2)
STORE(4)
STORE(8)
STORE(16)

void __wrap___asan_storeN(void *p, size_t size);
void __real___asan_storeN(void *p, size_t size);
__attribute__((no_sanitize("address"))) void __wrap___asan_storeN(void *p,
								  size_t size)
{
	if (is_counting && ++steps->taken == steps->last)
		_exit(0);
	__real___asan_storeN(p, size);
}

unsigned long die_at_store(void (*life)(void), unsigned long last)
{
	int status;
	pid_t pid;

	if (!steps)
		steps = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	steps->taken = 0;
	steps->last = last;
	pid = fork();
	if (pid == 0) {
		is_counting = true;
		life();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	EXPECT_EQ(status, 0);
	return steps->taken;
}
