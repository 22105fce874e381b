/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a mixed load writes to a disk, so that what is read can be checked:
 * every block of 4 KiB begins with its number and the count of writes to it,
 * and is otherwise made of these. Freestanding.
 */
#ifndef TEST_MIX_H
#define TEST_MIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MIX_BLOCK 4096u
#define MIX_WORDS (MIX_BLOCK / 8)

static inline uint64_t mix_random(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

static inline uint64_t mix_seed(uint64_t number)
{
	return number * 0x9e3779b97f4a7c15u | 1;
}

static inline void mix_fill(uint64_t *block, uint64_t number, uint64_t count)
{
	uint64_t s = mix_seed(number) ^ count << 32;

	block[0] = number;
	block[1] = count;
	for (unsigned int i = 2; i < MIX_WORDS; i++)
		block[i] = mix_random(&s);
}

static inline bool mix_is(const uint64_t *block, uint64_t number,
			  uint64_t count)
{
	uint64_t s = mix_seed(number) ^ count << 32;

	if (block[0] != number || block[1] != count)
		return false;
	for (unsigned int i = 2; i < MIX_WORDS; i++)
		if (block[i] != mix_random(&s))
			return false;
	return true;
}

/* FNV-1a over words: from MIX_HASH on. */
#define MIX_HASH 0xcbf29ce484222325u

static inline uint64_t mix_hash(uint64_t h, const uint64_t *words, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		h = (h ^ words[i]) * 0x100000001b3u;
	return h;
}

/* What comes next: reads and writes alike, and now and then the others. */
enum mix_op { MIX_READ, MIX_WRITE, MIX_FLUSH, MIX_DISCARD };

static inline enum mix_op mix_next(uint64_t *random)
{
	unsigned int n = (unsigned int)(mix_random(random) % 64);

	return n == 0	 ? MIX_DISCARD
	       : n <= 2	 ? MIX_FLUSH
	       : n <= 32 ? MIX_READ
			 : MIX_WRITE;
}

/* Where, in a part of @nr_blocks, and of how many blocks; mostly of one. */
static inline uint64_t mix_range(uint64_t *random, uint64_t nr_blocks,
				 unsigned int nr_max, unsigned int *nr)
{
	uint64_t at = mix_random(random) % nr_blocks;

	*nr = 1;
	if (mix_random(random) % 4 == 0)
		*nr += (unsigned int)(mix_random(random) % nr_max);
	if (*nr > nr_max)
		*nr = nr_max;
	if (*nr > nr_blocks - at)
		*nr = (unsigned int)(nr_blocks - at);
	return at;
}

#endif
