/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bits in memory.  The plain forms are for memory only we touch; the atomic
 * forms are also safe against the guest that shares the memory.
 */
#ifndef HV_BITMAP_H
#define HV_BITMAP_H

#include <hv/types.h>

#define BITS_PER_LONG 64
#define BITMAP_LONGS(n) (((n) + 63) / 64)

static inline bool test_bit(unsigned int nr, const uint64_t *map)
{
	return (READ_ONCE(map[nr / 64]) >> (nr % 64)) & 1;
}

static inline void bit_set(unsigned int nr, uint64_t *map)
{
	map[nr / 64] |= 1ULL << (nr % 64);
}

static inline void bit_clear(unsigned int nr, uint64_t *map)
{
	map[nr / 64] &= ~(1ULL << (nr % 64));
}

static inline bool atomic_test_and_set_bit(unsigned int nr, uint64_t *map)
{
	uint64_t bit = 1ULL << (nr % 64);

	return __atomic_fetch_or(&map[nr / 64], bit, __ATOMIC_SEQ_CST) & bit;
}

static inline bool atomic_test_and_clear_bit(unsigned int nr, uint64_t *map)
{
	uint64_t bit = 1ULL << (nr % 64);

	return __atomic_fetch_and(&map[nr / 64], ~bit, __ATOMIC_SEQ_CST) & bit;
}

/* First set (clear) bit at or after @from, or @nbits when there is none. */
unsigned int bitmap_next_set(const uint64_t *map, unsigned int nbits,
			     unsigned int from);
unsigned int bitmap_next_clear(const uint64_t *map, unsigned int nbits,
			       unsigned int from);

#endif
