// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON output by json-c.
 */
#include <json-c/json.h>

#include "json.h"

struct json_object *json_new(void)
{
	return json_object_new_object();
}

struct json_object *json_new_list(void)
{
	return json_object_new_array();
}

void json_put(struct json_object *o, const char *key, struct json_object *v)
{
	json_object_object_add(o, key, v);
}

void json_text(struct json_object *o, const char *key, const char *text)
{
	json_put(o, key, text != NULL ? json_object_new_string(text) : NULL);
}

void json_number(struct json_object *o, const char *key, int64_t n)
{
	json_put(o, key, json_object_new_int64(n));
}

void json_real(struct json_object *o, const char *key, double n)
{
	json_put(o, key, json_object_new_double(n));
}

void json_flag(struct json_object *o, const char *key, bool b)
{
	json_put(o, key, json_object_new_boolean(b));
}

void json_append(struct json_object *list, struct json_object *v)
{
	json_object_array_add(list, v);
}

void json_append_text(struct json_object *list, const char *text)
{
	json_append(list, json_object_new_string(text));
}

void json_append_number(struct json_object *list, int64_t n)
{
	json_append(list, json_object_new_int64(n));
}

void json_print(struct json_object *o, FILE *f)
{
	fputs(json_object_to_json_string_ext(
		      o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
				 JSON_C_TO_STRING_NOSLASHESCAPE),
	      f);
	fputc('\n', f);
	json_object_put(o);
}
