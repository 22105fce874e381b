/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What somebody who mistyped a word may have meant.
 */
#ifndef NEAREST_H
#define NEAREST_H

#include <stddef.h>

/*
 * Of the words that @word_at gives for 0, 1, ... until NULL, the one that
 * differs from @word in the fewest letters; NULL if all differ in too many.
 */
const char *nearest_word(const char *word, const char *(*word_at)(size_t i));

#endif
