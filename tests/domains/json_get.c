// SPDX-License-Identifier: GPL-2.0-only
/*
 * json-get: look into JSON on standard input.
 *
 *   json-get [PATH]
 *
 * The input must be exactly one value, strictly. PATH is like 0.config.name;
 * what is there is printed: text as it is, the rest as JSON, "length" of a list
 * as its length. Exits 1 if the input is no JSON or the path leads nowhere.
 */
#include <err.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char text[4 << 20];

static struct json_object *parse(size_t len)
{
	struct json_tokener *tok = json_tokener_new();
	struct json_object *o;

	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	o = json_tokener_parse_ex(tok, text, (int)len + 1);
	if (json_tokener_get_error(tok) != json_tokener_success)
		errx(1, "at byte %zu: %s", json_tokener_get_parse_end(tok),
		     json_tokener_error_desc(json_tokener_get_error(tok)));
	for (size_t i = json_tokener_get_parse_end(tok); i < len; i++)
		if (strchr(" \t\r\n", text[i]) == NULL)
			errx(1, "more than one value");
	json_tokener_free(tok);
	return o;
}

int main(int argc, char **argv)
{
	size_t len = fread(text, 1, sizeof(text) - 1, stdin);
	struct json_object *o = parse(len);
	char *path = argc > 1 ? argv[1] : NULL;

	if (path == NULL)
		return 0;
	for (char *p = strtok(path, "."); p != NULL; p = strtok(NULL, ".")) {
		if (json_object_is_type(o, json_type_array) &&
		    strcmp(p, "length") == 0) {
			printf("%zu\n", json_object_array_length(o));
			return 0;
		}
		if (json_object_is_type(o, json_type_array))
			o = json_object_array_get_idx(o, strtoul(p, NULL, 10));
		else if (!json_object_object_get_ex(o, p, &o))
			errx(1, "no %s", p);
	}
	printf("%s\n", json_object_is_type(o, json_type_string)
			       ? json_object_get_string(o)
			       : json_object_to_json_string(o));
	return 0;
}
