/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lists of "key=value" in one text, as disks and interfaces are described.
 */
#ifndef DEVSPEC_H
#define DEVSPEC_H

#include <stdbool.h>
#include <stddef.h>

struct req;

/* A key, and where the text behind it goes in the struct of all of them. */
struct devspec_key {
	const char *name; /* NULL: end of the table */
	size_t offset;
};

/* Cut the next of the fields off *@rest; no blanks around it. NULL: none. */
char *devspec_next(char **rest);
/*
 * Put "key=value" where it belongs in @all; @what is described. -EINVAL,
 * recorded: there is no such key, or it is given twice.
 */
int devspec_set(struct req *r, const char *what, const struct devspec_key *keys,
		void *all, char *field);
/* @field begins with a word and "=". */
bool devspec_is_setting(const char *field);
/* @text, for which @known is empty or "word, word", is not known. -EINVAL. */
int devspec_unknown(struct req *r, const char *what, const char *key,
		    const char *text, const char *known);

#endif
