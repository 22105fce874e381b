/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domain configuration files: the syntax of xl.cfg.
 *
 * A file is a sequence of "key = value", one per line or parted by ";", with
 * "#" before comments. A value is a string, a number or a list of values;
 * "+=" appends to a string or a list. What the keys mean is domcfg.h's.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <stddef.h>
#include <stdint.h>

struct req;

enum config_type {
	CONFIG_STRING,
	CONFIG_NUMBER,
	CONFIG_LIST,
};

struct config_value {
	enum config_type type;
	const char *text; /* of a string; of a number, as it was written */
	int64_t number;
	struct config_value *items; /* of a list */
	size_t nr_items;
};

struct config_entry {
	struct config_entry *next;
	const char *key;
	struct config_value value;
	const char *file; /* where it was set last */
	unsigned int line;
};

struct config {
	struct config_entry *first, **end;
};

void config_init(struct config *c);

/*
 * Add what @text says; it need not be terminated. Setting a key twice in one
 * text is a mistake; setting one of an earlier text replaces its value.
 * -EINVAL: recorded, with file and line.
 */
int config_parse(struct req *r, struct config *c, const char *file,
		 const char *text, size_t len);
/* As config_parse, for a file on disk of at most 1 MiB. */
int config_read(struct req *r, struct config *c, const char *path);
/*
 * A "key=value" from the command line. A value that is neither a string, a
 * number nor a list is taken as a string as it stands.
 */
int config_override(struct req *r, struct config *c, const char *arg);

struct config_entry *config_find(const struct config *c, const char *key);

#endif
