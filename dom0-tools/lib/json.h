/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON output: json-c, with the few shapes the tools need.
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json_object;

struct json_object *json_new(void);
struct json_object *json_new_list(void);
/* Add to an object; NULL text is null. */
void json_text(struct json_object *o, const char *key, const char *text);
void json_number(struct json_object *o, const char *key, int64_t n);
void json_real(struct json_object *o, const char *key, double n);
void json_flag(struct json_object *o, const char *key, bool b);
void json_put(struct json_object *o, const char *key, struct json_object *v);
/* Add to a list. */
void json_append(struct json_object *list, struct json_object *v);
void json_append_text(struct json_object *list, const char *text);
void json_append_number(struct json_object *list, int64_t n);
/* Print, indented, with a line end, and free. */
void json_print(struct json_object *o, FILE *f);

#endif
