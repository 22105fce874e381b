// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of "key=value" in one text.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "devspec.h"
#include "req.h"

char *devspec_next(char **rest)
{
	char *field = strsep(rest, ",");
	size_t len;

	if (field == NULL)
		return NULL;
	while (isspace((unsigned char)*field))
		field++;
	for (len = strlen(field);
	     len > 0 && isspace((unsigned char)field[len - 1]);)
		field[--len] = '\0';
	return field;
}

bool devspec_is_setting(const char *field)
{
	const char *p = field;

	while (isalpha((unsigned char)*p) || *p == '_' || *p == '-')
		p++;
	return p > field && *p == '=';
}

int devspec_set(struct req *r, const char *what, const struct devspec_key *keys,
		void *all, char *field)
{
	char *value = strchr(field, '=');
	char *known;

	if (value == NULL)
		return req_fail(r, -EINVAL, "%s: \"%s\" is not key=value", what,
				field);
	*value++ = '\0';
	for (const struct devspec_key *k = keys; k->name != NULL; k++) {
		const char **at = (const char **)((char *)all + k->offset);

		if (strcmp(k->name, field) != 0)
			continue;
		if (*at != NULL)
			return req_fail(r, -EINVAL, "%s: %s is given twice",
					what, field);
		*at = value;
		return 0;
	}
	known = arena_strdup(&r->mem, keys->name);
	for (const struct devspec_key *k = keys + 1; k->name != NULL; k++)
		known = arena_printf(&r->mem, "%s, %s", known, k->name);
	req_fail(r, -EINVAL, "%s: there is no key \"%s\"", what, field);
	return req_hint(r, "the keys are %s", known);
}

int devspec_unknown(struct req *r, const char *what, const char *key,
		    const char *text, const char *known)
{
	return req_fail(r, -EINVAL, "%s: %s=%s is not known; it may be %s",
			what, key, text, known);
}
