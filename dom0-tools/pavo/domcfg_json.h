/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's configuration as JSON, as xl prints it.
 */
#ifndef DOMCFG_JSON_H
#define DOMCFG_JSON_H

struct domcfg;
struct json_object;

/* @name: the one it has now. */
struct json_object *domcfg_json(const struct domcfg *c, const char *name);

#endif
