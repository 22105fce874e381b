/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Are REP STOSB and REP MOVSB as fast as CPUID says?  An emulator may claim
 * ERMS and then store a byte at a time; a kernel that believes it clears a page
 * in 4096 steps where REP STOSQ takes 512.  So it is tried, and a guest is told
 * only what is true here.  SDM vol. 1, "Fast-String Operation".
 */
#include <hv/types.h>
#include <hv/x86/cpu_setup.h>
#include <hv/x86/io.h>

#define ROUNDS 4
#define MUCH_SLOWER 4

static uint64_t area[PAGE_SIZE / 8];

static uint64_t stosb_ticks(void)
{
	void *to = area;
	uint64_t n = sizeof(area), start = rdtsc();

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(0) : "memory");
	return rdtsc() - start;
}

static uint64_t stosq_ticks(void)
{
	void *to = area;
	uint64_t n = ARRAY_SIZE(area), start = rdtsc();

	__asm__ volatile("rep stosq" : "+D"(to), "+c"(n) : "a"(0) : "memory");
	return rdtsc() - start;
}

void fast_strings_init(void)
{
	uint64_t bytes = UINT64_MAX, words = UINT64_MAX;

	for (int i = 0; i < ROUNDS; i++) {
		bytes = min(bytes, stosb_ticks());
		words = min(words, stosq_ticks());
	}
	cpu_features.slow_bytes = bytes > MUCH_SLOWER * words;
}
