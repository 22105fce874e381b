/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory: private, shared and copy-on-write mappings, protection changes and
 * the faults they bring, over many pages and at the ends of the address space.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "check.h"
#include "fault.h"

#define PAGE 4096UL
#define MANY 4096UL /* pages: 16 MiB, eight page tables */

static char *map(size_t pages, int prot, int flags)
{
	char *p = mmap(NULL, pages * PAGE, prot, flags | MAP_ANONYMOUS, -1, 0);

	EXPECT(p != MAP_FAILED);
	return p;
}

static char *map_private(size_t pages)
{
	return map(pages, PROT_READ | PROT_WRITE, MAP_PRIVATE);
}

static void fill(char *p, size_t pages, uint64_t seed)
{
	size_t i;

	for (i = 0; i < pages; i++)
		*(volatile uint64_t *)(void *)(p + i * PAGE) = seed + i;
}

static bool is_filled(const char *p, size_t pages, uint64_t seed)
{
	size_t i;

	for (i = 0; i < pages; i++)
		if (*(const volatile uint64_t *)(const void *)(p + i * PAGE) !=
		    seed + i)
			return false;
	return true;
}

static void store(void *p)
{
	*(volatile char *)p = 1;
}

static void load(void *p)
{
	(void)*(volatile char *)p;
}

static void call(void *p)
{
	((void (*)(void))(uintptr_t)p)();
}

CHECK(fresh_memory_is_zero)
{
	char *p = map_private(MANY);
	size_t i;

	for (i = 0; i < MANY * PAGE; i += 64)
		EXPECT(p[i] == 0);
}

CHECK(memory_keeps_what_is_written)
{
	char *p = map_private(MANY);

	fill(p, MANY, 1);
	EXPECT(is_filled(p, MANY, 1));
}

static void change_private(void *p)
{
	EXPECT(is_filled(p, MANY, 7));
	fill(p, MANY, 1000);
	EXPECT(is_filled(p, MANY, 1000));
}

CHECK(child_writes_stay_private)
{
	char *p = map_private(MANY);

	fill(p, MANY, 7);
	expect_child(change_private, p);
	EXPECT(is_filled(p, MANY, 7));
	fill(p, MANY, 8);
	EXPECT(is_filled(p, MANY, 8));
}

static void change_shared(void *p)
{
	fill(p, MANY, 2000);
}

CHECK(child_writes_to_shared_memory_are_seen)
{
	char *p = map(MANY, PROT_READ | PROT_WRITE, MAP_SHARED);

	fill(p, MANY, 7);
	expect_child(change_shared, p);
	EXPECT(is_filled(p, MANY, 2000));
}

CHECK(file_mappings_agree_with_read)
{
	int fd = memfd_create("check", 0);
	char *shared, *private, byte;

	EXPECT(fd >= 0 && ftruncate(fd, 16 * PAGE) == 0);
	shared = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		      0);
	private = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd,
		       0);
	EXPECT(shared != MAP_FAILED && private != MAP_FAILED);
	shared[5 * PAGE] = 'a';
	EXPECT(private[5 * PAGE] == 'a');
	private[5 * PAGE] = 'b';
	EXPECT(shared[5 * PAGE] == 'a');
	EXPECT(pread(fd, &byte, 1, 5 * PAGE) == 1 && byte == 'a');
}

CHECK(access_beyond_a_file_is_a_bus_error)
{
	int fd = memfd_create("check", 0);
	struct fault f;
	char *p;

	EXPECT(fd >= 0 && ftruncate(fd, PAGE) == 0);
	p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	EXPECT(p != MAP_FAILED);
	f = fault_of(load, p + PAGE);
	EXPECT(f.signo == SIGBUS && f.code == BUS_ADRERR);
	EXPECT(f.addr == (uintptr_t)p + PAGE);
}

CHECK(write_to_read_only_page_faults)
{
	char *p = map_private(4);
	struct fault f;

	fill(p, 4, 3);
	EXPECT(mprotect(p, 4 * PAGE, PROT_READ) == 0);
	EXPECT(is_filled(p, 4, 3));
	f = fault_of(store, p + PAGE + 5);
	EXPECT(f.signo == SIGSEGV && f.code == SEGV_ACCERR);
	EXPECT(f.addr == (uintptr_t)p + PAGE + 5);
	EXPECT(f.vector == VECTOR_PF);
	EXPECT(f.error == (PF_PRESENT | PF_WRITE | PF_USER));
	EXPECT(mprotect(p, 4 * PAGE, PROT_READ | PROT_WRITE) == 0);
	fill(p, 4, 4);
	EXPECT(is_filled(p, 4, 4));
}

CHECK(inaccessible_page_faults)
{
	char *p = map(1, PROT_NONE, MAP_PRIVATE);
	struct fault f = fault_of(load, p);

	EXPECT(f.signo == SIGSEGV && f.code == SEGV_ACCERR);
	EXPECT(f.vector == VECTOR_PF && f.error == PF_USER);
}

CHECK(unmapped_page_faults)
{
	char *p = map_private(MANY);
	struct fault f;

	fill(p, MANY, 1);
	EXPECT(munmap(p + PAGE, (MANY - 2) * PAGE) == 0);
	f = fault_of(store, p + 100 * PAGE + 8);
	EXPECT(f.signo == SIGSEGV && f.code == SEGV_MAPERR);
	EXPECT(f.addr == (uintptr_t)p + 100 * PAGE + 8);
	EXPECT(f.vector == VECTOR_PF && f.error == (PF_WRITE | PF_USER));
	EXPECT(is_filled(p, 1, 1));
	EXPECT(is_filled(p + (MANY - 1) * PAGE, 1, MANY));
}

CHECK(null_and_kernel_addresses_fault)
{
	struct fault f = fault_of(load, NULL);

	EXPECT(f.signo == SIGSEGV && f.addr == 0 && f.code == SEGV_MAPERR);
	/* the guest kernel's own text, and the hypervisor's area */
	f = fault_of(load, (void *)0xffffffff81000000);
	EXPECT(f.signo == SIGSEGV && f.addr == 0xffffffff81000000);
	f = fault_of(store, (void *)0xffff800000000000);
	EXPECT(f.signo == SIGSEGV && f.addr == 0xffff800000000000);
	f = fault_of(load, (void *)0xffff82d080000000);
	EXPECT(f.signo == SIGSEGV && f.addr == 0xffff82d080000000);
}

CHECK(data_is_not_executable)
{
	char *p = map_private(1);
	struct fault f;

	p[0] = (char)0xc3; /* ret */
	f = fault_of(call, p);
	EXPECT(f.signo == SIGSEGV && f.addr == (uintptr_t)p);
	EXPECT(f.rip == (uintptr_t)p && f.vector == VECTOR_PF);
	EXPECT(f.error == (PF_PRESENT | PF_USER | PF_FETCH));
	EXPECT(mprotect(p, PAGE, PROT_READ | PROT_EXEC) == 0);
	f = fault_of(call, p);
	EXPECT(f.signo == 0);
}

CHECK(dropped_pages_come_back_zero)
{
	char *p = map_private(MANY);

	fill(p, MANY, 5);
	EXPECT(madvise(p, MANY * PAGE, MADV_DONTNEED) == 0);
	EXPECT(p[0] == 0 && p[(MANY - 1) * PAGE] == 0);
}

CHECK(moved_mapping_keeps_its_contents)
{
	char *p = map_private(MANY), *to = map_private(2 * MANY), *q;
	struct fault f;

	fill(p, MANY, 9);
	q = mremap(p, MANY * PAGE, 2 * MANY * PAGE,
		   MREMAP_MAYMOVE | MREMAP_FIXED, to);
	EXPECT(q == to);
	EXPECT(is_filled(q, MANY, 9));
	EXPECT(q[MANY * PAGE] == 0);
	f = fault_of(load, p);
	EXPECT(f.signo == SIGSEGV && f.code == SEGV_MAPERR);
}

CHECK(both_ends_of_the_address_space_work)
{
	static char *const addrs[] = {(char *)0x10000, (char *)0x7ffffffee000};
	size_t i;

	for (i = 0; i < sizeof(addrs) / sizeof(addrs[0]); i++) {
		char *p =
			mmap(addrs[i], PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			     -1, 0);

		EXPECT(p == addrs[i]);
		fill(p, 1, 77);
		EXPECT(is_filled(p, 1, 77));
		EXPECT(munmap(p, PAGE) == 0);
	}
}

/* Each mapping needs page tables of its own at three levels. */
CHECK(sparse_mappings_come_and_go)
{
	int round, i;

	for (round = 0; round < 20; round++) {
		for (i = 1; i <= 32; i++) {
			char *at = (char *)((uint64_t)i << 40);
			char *p = mmap(at, PAGE, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS |
					       MAP_FIXED_NOREPLACE,
				       -1, 0);

			EXPECT(p == at && p[0] == 0);
			fill(p, 1, (uint64_t)i);
		}
		for (i = 1; i <= 32; i++) {
			char *at = (char *)((uint64_t)i << 40);

			EXPECT(is_filled(at, 1, (uint64_t)i));
			EXPECT(munmap(at, PAGE) == 0);
		}
	}
}

static uint64_t dive(unsigned int depth)
{
	volatile char frame[4000];

	frame[0] = (char)depth;
	if (depth == 0)
		return (uint64_t)(unsigned char)frame[0];
	return dive(depth - 1) + (uint64_t)(unsigned char)frame[0];
}

CHECK(stack_grows)
{
	EXPECT(dive(1500) == 187510); /* 6 MB; the sum of depth mod 256 */
}

CHECK(heap_break_moves)
{
	char *start = sbrk(0);

	EXPECT(sbrk(64 * PAGE) == start);
	fill(start + PAGE, 32, 4);
	EXPECT(is_filled(start + PAGE, 32, 4));
	EXPECT(brk(start) == 0);
}

/* Dom0 only: firmware memory is mapped machine memory. */
CHECK(dev_mem_shows_the_bios)
{
	int fd = open("/dev/mem", O_RDONLY);
	char *p;

	if (fd < 0)
		check_skip("no /dev/mem");
	p = mmap(NULL, 0x10000, PROT_READ, MAP_SHARED, fd, 0xf0000);
	EXPECT(p != MAP_FAILED);
	EXPECT(memmem(p, 0x10000, "_SM_", 4) || memmem(p, 0x10000, "BIOS", 4));
}
