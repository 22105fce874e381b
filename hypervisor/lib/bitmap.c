/* SPDX-License-Identifier: GPL-2.0-only */
/* Searching bitmaps a word at a time. */
#include <hv/bitmap.h>

static unsigned int next_bit(const uint64_t *map, unsigned int nbits,
			     unsigned int from, uint64_t invert)
{
	while (from < nbits) {
		uint64_t w = (map[from / 64] ^ invert) >> (from % 64);

		if (w) {
			from += (unsigned int)__builtin_ctzll(w);
			return from < nbits ? from : nbits;
		}
		from = (from / 64 + 1) * 64;
	}
	return nbits;
}

unsigned int bitmap_next_set(const uint64_t *map, unsigned int nbits,
			     unsigned int from)
{
	return next_bit(map, nbits, from, 0);
}

unsigned int bitmap_next_clear(const uint64_t *map, unsigned int nbits,
			       unsigned int from)
{
	return next_bit(map, nbits, from, ~0ULL);
}
