// SPDX-License-Identifier: GPL-2.0-only
/*
 * In a guest: use memory hard, check that it keeps what is written, and say
 * how the balloon stands.
 *
 * An eighth of the memory is held all the time; as much again is mapped, used
 * and given back in each pass. Every word is the hash of its place and its
 * pass. Prints "@memload pass N has KIB wants KIB" whenever the balloon moved,
 * and "@memload bad ..." and ends when a word is not what it was.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>

#define BALLOON "/sys/devices/system/xen_memory/xen_memory0"

static unsigned long read_number(const char *path)
{
	FILE *f = fopen(path, "re");
	unsigned long n;

	if (f == NULL || fscanf(f, "%lu", &n) != 1)
		err(1, "%s", path);
	fclose(f);
	return n;
}

static uint64_t word(const uint64_t *p, uint64_t pass)
{
	uint64_t h = ((uintptr_t)p ^ pass << 48) * 0x9e3779b97f4a7c15ull;

	return h ^ h >> 29;
}

static uint64_t *get(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		err(1, "%zu bytes", bytes);
	return p;
}

static void fill(uint64_t *p, size_t bytes, uint64_t pass)
{
	for (size_t i = 0; i < bytes / 8; i++)
		p[i] = word(p + i, pass);
}

static void check(const uint64_t *p, size_t bytes, uint64_t pass)
{
	for (size_t i = 0; i < bytes / 8; i++) {
		if (p[i] == word(p + i, pass))
			continue;
		printf("@memload bad: at %p %lx, not %lx, in pass %lu\n",
		       (const void *)(p + i), (unsigned long)p[i],
		       (unsigned long)word(p + i, pass), (unsigned long)pass);
		exit(1);
	}
}

int main(void)
{
	unsigned long had = 0, wanted = 0;
	struct sysinfo info;
	size_t bytes;
	uint64_t *held;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (sysinfo(&info) < 0)
		err(1, "sysinfo");
	bytes = info.totalram / 8 & ~4095ul;
	held = get(bytes);
	fill(held, bytes, 0);
	for (uint64_t pass = 1;; pass++) {
		uint64_t *p = get(bytes);
		unsigned long has, wants;

		fill(p, bytes, pass);
		check(held, bytes, pass - 1);
		fill(held, bytes, pass);
		check(p, bytes, pass);
		munmap(p, bytes);
		has = read_number(BALLOON "/info/current_kb");
		wants = read_number(BALLOON "/target_kb");
		if (has == had && wants == wanted)
			continue;
		printf("@memload pass %lu has %lu wants %lu\n",
		       (unsigned long)pass, has, wants);
		had = has;
		wanted = wants;
	}
}
