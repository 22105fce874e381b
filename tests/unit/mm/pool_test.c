// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pool of small objects over a heap of a few hundred pages: objects are
 * cleared and apart, and every page is given back with its last object.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hv/assert.h>
#include <hv/page_alloc.h>
#include <hv/spinlock.h>
#include <hv/xalloc.h>

#include "../unit_test.h"

#define NR_FRAMES 512

static struct page frames[NR_FRAMES];
static _Alignas(PAGE_SIZE) char memory[NR_FRAMES][PAGE_SIZE];
static bool is_used[NR_FRAMES];
static unsigned int nr_used, nr_left;
static bool is_locked; /* then the heap may not be called */

struct page *frame_table = frames;
uint64_t max_page = NR_FRAMES;

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	abort();
}

void spin_lock(spinlock_t *l)
{
	EXPECT_EQ(l->head, l->tail);
	l->tail++;
	is_locked = true;
}

void spin_unlock(spinlock_t *l)
{
	l->head++;
	is_locked = false;
}

void *mfn_to_virt(mfn_t m)
{
	return memory[m.v];
}

mfn_t virt_to_mfn(const void *va)
{
	return MFN((uint64_t)((const char *)va - memory[0]) / PAGE_SIZE);
}

/* Frame 0 stands for "none". */
void *hv_pages_alloc(unsigned int order)
{
	unsigned int nr = 1U << order;

	EXPECT(!is_locked);
	for (unsigned int m = nr; m + nr <= NR_FRAMES && nr_left >= nr;
	     m += nr) {
		bool is_free = true;

		for (unsigned int i = 0; i < nr; i++)
			is_free &= !is_used[m + i];
		if (!is_free)
			continue;
		memset(&is_used[m], true, nr);
		nr_used += nr;
		nr_left -= nr;
		return memset(memory[m], 0, nr * PAGE_SIZE);
	}
	return NULL;
}

void hv_pages_free(void *va, unsigned int order)
{
	unsigned int m = (unsigned int)virt_to_mfn(va).v, nr = 1U << order;

	EXPECT(!is_locked);
	EXPECT_EQ(m % nr, 0);
	for (unsigned int i = 0; i < nr; i++) {
		EXPECT(is_used[m + i]);
		EXPECT_EQ(frames[m + i].nr_validated, 0);
		EXPECT_EQ(frames[m + i].tlb_stamp, i ? m + i : 0);
		is_used[m + i] = false;
	}
	nr_used -= nr;
	nr_left += nr;
}

static void begin(void)
{
	nr_left = NR_FRAMES - 1;
	for (unsigned int i = 0; i < NR_FRAMES; i++)
		frames[i].tlb_stamp = i;
}

static bool is_all(const unsigned char *p, size_t size, unsigned char byte)
{
	for (size_t i = 0; i < size; i++)
		if (p[i] != byte)
			return false;
	return true;
}

UNIT_TEST(one_object_takes_one_page_and_gives_it_back)
{
	void *p;

	begin();
	for (size_t size = 0; size <= 2048; size = size ? size * 2 : 1) {
		p = xzalloc_bytes(size);
		EXPECT(p);
		EXPECT_EQ(nr_used, 1);
		xfree(p);
		EXPECT_EQ(nr_used, 0);
	}
	xfree(NULL);
}

UNIT_TEST(a_page_is_full_before_the_next_is_taken)
{
	void *p[2 * 128];

	begin();
	for (unsigned int i = 0; i < 256; i++) {
		p[i] = xzalloc_bytes(32);
		EXPECT_EQ(nr_used, i / 128 + 1);
	}
	for (unsigned int i = 0; i < 256; i += 2)
		xfree(p[i]);
	EXPECT_EQ(nr_used, 2);
	for (unsigned int i = 0; i < 256; i += 2)
		p[i] = xzalloc_bytes(20);
	EXPECT_EQ(nr_used, 2);
	for (unsigned int i = 0; i < 256; i++)
		xfree(p[i]);
	EXPECT_EQ(nr_used, 0);
}

UNIT_TEST(without_memory_there_is_no_object)
{
	void *p, *q;

	begin();
	nr_left = 1;
	p = xzalloc_bytes(2048);
	q = xzalloc_bytes(2000);
	EXPECT(p && q);
	EXPECT(!xzalloc_bytes(2048));
	EXPECT(!xzalloc_bytes(32));
	EXPECT(!xzalloc_bytes(4096));
	EXPECT(!xzalloc_array(uint64_t, 1UL << 61));
	xfree(p);
	p = xzalloc_bytes(2048);
	EXPECT(p);
	xfree(p);
	xfree(q);
	EXPECT_EQ(nr_used, 0);
}

UNIT_TEST(objects_are_cleared_and_keep_what_is_written)
{
	static struct {
		unsigned char *p;
		size_t size;
	} all[200];

	begin();
	srand(1);
	for (unsigned int turn = 0; turn < 50000; turn++) {
		unsigned int i = (unsigned int)rand() % 200;
		unsigned char mark = (unsigned char)(i + 1);

		if (all[i].p) {
			EXPECT(is_all(all[i].p, all[i].size, mark));
			xfree(all[i].p);
			all[i].p = NULL;
			continue;
		}
		all[i].size = 1 + (size_t)rand() % (32U << rand() % 8);
		all[i].p = xzalloc_bytes(all[i].size);
		EXPECT(all[i].p);
		EXPECT(is_all(all[i].p, all[i].size, 0));
		memset(all[i].p, mark, all[i].size);
	}
	for (unsigned int i = 0; i < 200; i++) {
		xfree(all[i].p);
		all[i].p = NULL;
	}
	EXPECT_EQ(nr_used, 0);
}
