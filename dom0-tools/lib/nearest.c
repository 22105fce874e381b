// SPDX-License-Identifier: GPL-2.0-only
/*
 * Edit distance between words: letters changed, left out, put in, or swapped
 * with their neighbour.
 */
#include <string.h>

#include "nearest.h"

#define LETTERS_MAX 32

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Row by row of the usual table; two rows back are needed for a swap. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int rows[3][LETTERS_MAX + 1] = {{0}};
	size_t nr_a = strlen(a), nr_b = strlen(b);

	for (size_t k = 0; k <= nr_b; k++)
		rows[0][k] = (unsigned int)k;
	for (size_t i = 1; i <= nr_a; i++) {
		const unsigned int *up = rows[(i - 1) % 3];
		const unsigned int *up2 = rows[(i + 1) % 3];
		unsigned int *row = rows[i % 3];

		row[0] = (unsigned int)i;
		for (size_t k = 1; k <= nr_b; k++) {
			row[k] = least(up[k], row[k - 1]) + 1;
			row[k] = least(row[k],
				       up[k - 1] + (a[i - 1] != b[k - 1]));
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] &&
			    a[i - 2] == b[k - 1])
				row[k] = least(row[k], up2[k - 2] + 1);
		}
	}
	return rows[nr_a % 3][nr_b];
}

const char *nearest_word(const char *word, const char *(*word_at)(size_t i))
{
	size_t len = strlen(word);
	/* of a short word hardly anything may be wrong */
	unsigned int best = len < 4 ? 2 : 3;
	const char *other, *found = NULL;

	if (len == 0 || len > LETTERS_MAX)
		return NULL;
	for (size_t i = 0; (other = word_at(i)) != NULL; i++) {
		unsigned int d = strlen(other) > LETTERS_MAX
					 ? best
					 : distance(word, other);

		if (d < best) {
			best = d;
			found = other;
		}
	}
	return found;
}
