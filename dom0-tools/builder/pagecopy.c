// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copying and clearing of pages with the widest registers there are.
 *
 * memcpy would use REP MOVSB for these sizes, which emulators and some
 * processors execute byte by byte; a builder moves tens of megabytes.
 */
#include <immintrin.h>

#include "pagecopy.h"

#define PAGE_BYTES 4096

__attribute__((target("avx"))) static void copy_avx(char *dst, const char *src,
						    size_t bytes)
{
	for (const char *end = src + bytes; src < end; src += 512, dst += 512) {
		__m256i v[8];

		for (int half = 0; half < 512; half += 256) {
			for (int i = 0; i < 8; i++)
				v[i] = _mm256_load_si256(
					(const __m256i *)(src + half) + i);
			for (int i = 0; i < 8; i++)
				_mm256_store_si256((__m256i *)(dst + half) + i,
						   v[i]);
		}
	}
}

static void copy_sse(char *dst, const char *src, size_t bytes)
{
	for (const char *end = src + bytes; src < end; src += 128, dst += 128) {
		__m128i v[8];

		for (int i = 0; i < 8; i++)
			v[i] = _mm_load_si128((const __m128i *)src + i);
		for (int i = 0; i < 8; i++)
			_mm_store_si128((__m128i *)dst + i, v[i]);
	}
}

__attribute__((target("avx"))) static void clear_avx(char *dst, size_t bytes)
{
	const __m256i zero = _mm256_setzero_si256();

	for (char *end = dst + bytes; dst < end; dst += 1024)
		for (int i = 0; i < 32; i++)
			_mm256_store_si256((__m256i *)dst + i, zero);
}

static void clear_sse(char *dst, size_t bytes)
{
	const __m128i zero = _mm_setzero_si128();

	for (char *end = dst + bytes; dst < end; dst += 256)
		for (int i = 0; i < 16; i++)
			_mm_store_si128((__m128i *)dst + i, zero);
}

void pages_copy(void *dst, const void *src, size_t nr)
{
	if (__builtin_cpu_supports("avx"))
		copy_avx(dst, src, nr * PAGE_BYTES);
	else
		copy_sse(dst, src, nr * PAGE_BYTES);
}

void pages_clear(void *dst, size_t nr)
{
	if (__builtin_cpu_supports("avx"))
		clear_avx(dst, nr * PAGE_BYTES);
	else
		clear_sse(dst, nr * PAGE_BYTES);
}
