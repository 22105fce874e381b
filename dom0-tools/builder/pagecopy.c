// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copying and clearing of whole pages of a domain, past the caches: we do not
 * look at them again, and what we work with should stay there. (memcpy would
 * use REP MOVSB, which emulators execute byte by byte.)
 */
#include <emmintrin.h>

#include "pagecopy.h"

#define PAGE_BYTES 4096

void pages_copy(void *dst, const void *src, size_t nr)
{
	const __m128i *from = src, *end = from + nr * PAGE_BYTES / 16;

	for (__m128i *to = dst; from < end; from += 8, to += 8) {
		__m128i v[8];

		for (int i = 0; i < 8; i++)
			v[i] = _mm_load_si128(from + i);
		for (int i = 0; i < 8; i++)
			_mm_stream_si128(to + i, v[i]);
	}
	_mm_sfence();
}

void pages_clear(void *dst, size_t nr)
{
	const __m128i zero = _mm_setzero_si128();
	__m128i *to = dst, *end = to + nr * PAGE_BYTES / 16;

	for (; to < end; to += 16)
		for (int i = 0; i < 16; i++)
			_mm_stream_si128(to + i, zero);
	_mm_sfence();
}
