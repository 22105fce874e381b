// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a domain is to be: domcfg.def, applied.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <abi/start_info.h>

#include "domcfg.h"
#include "nearest.h"
#include "req.h"
#include "uuid.h"

static const char *const action_words[NR_ACTIONS + 1] = {
	[ACTION_DESTROY] = "destroy",
	[ACTION_RESTART] = "restart",
	[ACTION_RENAME_RESTART] = "rename-restart",
	[ACTION_PRESERVE] = "preserve",
	[ACTION_COREDUMP_DESTROY] = "coredump-destroy",
	[ACTION_COREDUMP_RESTART] = "coredump-restart",
};

static const char *const tsc_mode_words[NR_TSC_MODES + 1] = {
	[TSC_DEFAULT] = "default",
	[TSC_ALWAYS_EMULATE] = "always_emulate",
	[TSC_NATIVE] = "native",
};

enum key_type {
	KEY_TEXT,
	KEY_PATH,
	KEY_NUM,
	KEY_ENUM,
	KEY_CPUS,
	KEY_DISKS,
	KEY_VIFS,
	KEY_REFUSED,
};

struct key {
	const char *name;
	enum key_type type;
	size_t offset; /* in struct domcfg */
	int64_t min, max, preset;
	const char *const *words;
	const char *xml;
	const char *help; /* of a refused key: why */
};

#define CFG_TEXT(key, member, xml, help)                                       \
	{#key, KEY_TEXT, offsetof(struct domcfg, member), 0, 0, 0, NULL,       \
	 xml,  help},
#define CFG_PATH(key, member, xml, help)                                       \
	{#key, KEY_PATH, offsetof(struct domcfg, member), 0, 0, 0, NULL,       \
	 xml,  help},
#define CFG_NUM(key, member, min, max, preset, xml, help)                      \
	{                                                                      \
		#key, KEY_NUM, offsetof(struct domcfg, member),                \
		min,  max,     preset,                                         \
		NULL, xml,     help},
#define CFG_ENUM(key, member, words, preset, xml, help)                        \
	{#key,                                                                 \
	 KEY_ENUM,                                                             \
	 offsetof(struct domcfg, member),                                      \
	 0,                                                                    \
	 0,                                                                    \
	 preset,                                                               \
	 words##_words,                                                        \
	 xml,                                                                  \
	 help},
#define CFG_CPUS(key, member, xml, help)                                       \
	{#key, KEY_CPUS, offsetof(struct domcfg, member), 0, 0, 0, NULL,       \
	 xml,  help},
#define CFG_DISKS(key, xml, help)                                              \
	{#key, KEY_DISKS, 0, 0, 0, 0, NULL, xml, help},
#define CFG_VIFS(key, xml, help) {#key, KEY_VIFS, 0, 0, 0, 0, NULL, xml, help},
#define CFG_REFUSED(key, why) {#key, KEY_REFUSED, 0, 0, 0, 0, NULL, NULL, why},

static const struct key keys[] = {
#include "domcfg.def"
};

#define NR_KEYS (sizeof(keys) / sizeof(keys[0]))

static const struct key *key_find(const char *name)
{
	for (size_t i = 0; i < NR_KEYS; i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static void *member(const struct domcfg *d, const struct key *k)
{
	return (char *)(uintptr_t)d + k->offset;
}

static int wrong_type(struct req *r, const struct config_entry *e,
		      const char *wanted)
{
	static const char *const is[] = {"a string", "a number", "a list"};

	req_fail(r, -EINVAL, "%s must be %s, not %s", e->key, wanted,
		 is[e->value.type]);
	return req_where(r, e->file, e->line);
}

/* A number in quotes is a number too: xl takes memory="512". */
static int take_number(struct req *r, const struct key *k,
		       const struct config_entry *e, int64_t *out)
{
	int64_t n = e->value.number;
	char *rest;

	if (e->value.type == CONFIG_LIST)
		return wrong_type(r, e, "a number");
	if (e->value.type == CONFIG_STRING) {
		errno = 0;
		n = strtoll(e->value.text, &rest, 0);
		if (rest == e->value.text || *rest != '\0' || errno != 0)
			return wrong_type(r, e, "a number");
	}
	if (n < k->min || n > k->max) {
		req_fail(r, -EINVAL,
			 "%s = %s is out of range; it may be %ld "
			 "to %ld",
			 e->key, e->value.text, (long)k->min, (long)k->max);
		return req_where(r, e->file, e->line);
	}
	*out = n;
	return 0;
}

static int take_word(struct req *r, const struct key *k,
		     const struct config_entry *e, int64_t *out)
{
	char *known;
	int64_t n;

	if (e->value.type == CONFIG_LIST)
		return wrong_type(r, e, "a string");
	for (n = 0; k->words[n] != NULL; n++) {
		if (strcmp(k->words[n], e->value.text) == 0) {
			*out = n;
			return 0;
		}
	}
	known = arena_strdup(&r->mem, k->words[0]);
	for (n = 1; k->words[n] != NULL; n++)
		known = arena_printf(&r->mem, "%s, %s", known, k->words[n]);
	req_fail(r, -EINVAL, "%s = \"%s\" is not known; it may be %s", e->key,
		 e->value.text, known);
	return req_where(r, e->file, e->line);
}

static int take_cpus(struct req *r, const struct config_entry *e,
		     struct cpus_setting *out)
{
	const struct config_value *v = &e->value;

	if (v->type != CONFIG_LIST) {
		out->all = v->text;
		return 0;
	}
	out->each = ARENA_ARRAY(&r->mem, const char *, v->nr_items + 1);
	out->nr_each = v->nr_items;
	for (size_t i = 0; i < v->nr_items; i++) {
		if (v->items[i].type == CONFIG_LIST)
			return wrong_type(r, e,
					  "a string or a list of "
					  "strings");
		out->each[i] = v->items[i].text;
	}
	return 0;
}

int domcfg_add_disk(struct req *r, struct domcfg *d, const struct disk *disk)
{
	struct disk *all;

	for (size_t i = 0; i < d->nr_disks; i++)
		if (d->disks[i].devid == disk->devid)
			return req_fail(r, -EEXIST,
					"disk: there are two disks %s",
					disk->vdev);
	all = ARENA_ARRAY(&r->mem, struct disk, d->nr_disks + 1);
	if (d->nr_disks > 0)
		memcpy(all, d->disks, d->nr_disks * sizeof(*all));
	all[d->nr_disks++] = *disk;
	d->disks = all;
	return 0;
}

static bool has_vif(const struct domcfg *d, int64_t devid)
{
	for (size_t i = 0; i < d->nr_vifs; i++)
		if (d->vifs[i].devid == devid)
			return true;
	return false;
}

int domcfg_add_vif(struct req *r, struct domcfg *d, struct vif *vif)
{
	struct vif *all;

	if (vif->devid >= 0 && has_vif(d, vif->devid))
		return req_fail(r, -EEXIST,
				"vif: there are two interfaces with devid=%ld",
				(long)vif->devid);
	if (vif->devid < 0)
		for (vif->devid = 0; has_vif(d, vif->devid);)
			vif->devid++;
	all = ARENA_ARRAY(&r->mem, struct vif, d->nr_vifs + 1);
	if (d->nr_vifs > 0)
		memcpy(all, d->vifs, d->nr_vifs * sizeof(*all));
	all[d->nr_vifs++] = *vif;
	d->vifs = all;
	return 0;
}

void domcfg_remove_disk(struct domcfg *d, uint32_t devid)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->nr_disks; i++)
		if (d->disks[i].devid != devid)
			d->disks[kept++] = d->disks[i];
	d->nr_disks = kept;
}

void domcfg_remove_vif(struct domcfg *d, int64_t devid)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->nr_vifs; i++)
		if (d->vifs[i].devid != devid)
			d->vifs[kept++] = d->vifs[i];
	d->nr_vifs = kept;
}

static int add_device(struct req *r, const struct key *k, const char *text,
		      struct domcfg *d)
{
	struct disk disk;
	struct vif vif;
	int rc;

	if (k->type == KEY_DISKS) {
		rc = disk_parse(r, text, &disk);
		return rc < 0 ? rc : domcfg_add_disk(r, d, &disk);
	}
	rc = vif_parse(r, text, &vif);
	return rc < 0 ? rc : domcfg_add_vif(r, d, &vif);
}

static int take_devices(struct req *r, const struct key *k,
			const struct config_entry *e, struct domcfg *d)
{
	const struct config_value *v = &e->value;

	if (v->type != CONFIG_LIST)
		return wrong_type(r, e, "a list of strings");
	for (size_t i = 0; i < v->nr_items; i++) {
		if (v->items[i].type == CONFIG_LIST)
			return wrong_type(r, e, "a list of strings");
		if (add_device(r, k, v->items[i].text, d) < 0)
			return req_where(r, e->file, e->line);
	}
	return 0;
}

/* Paths are kept absolute: the domain may be started again from elsewhere. */
static const char *absolute(struct req *r, const char *path)
{
	char cwd[4096];

	if (path[0] == '/' || path[0] == '\0' ||
	    getcwd(cwd, sizeof(cwd)) == NULL)
		return path;
	return arena_printf(&r->mem, "%s/%s", cwd, path);
}

/* xl's ways to say that something is not wanted; then nothing is refused. */
static bool is_off(const struct config_value *v)
{
	switch (v->type) {
	case CONFIG_LIST:
		return v->nr_items == 0;
	case CONFIG_NUMBER:
		return v->number == 0;
	default:
		return v->text[0] == '\0' || strcmp(v->text, "0") == 0;
	}
}

static int take(struct req *r, const struct key *k,
		const struct config_entry *e, struct domcfg *d)
{
	switch (k->type) {
	case KEY_TEXT:
	case KEY_PATH:
		if (e->value.type == CONFIG_LIST)
			return wrong_type(r, e, "a string");
		*(const char **)member(d, k) =
			k->type == KEY_PATH ? absolute(r, e->value.text)
					    : e->value.text;
		return 0;
	case KEY_NUM:
		return take_number(r, k, e, member(d, k));
	case KEY_ENUM:
		return take_word(r, k, e, member(d, k));
	case KEY_CPUS:
		return take_cpus(r, e, member(d, k));
	case KEY_DISKS:
	case KEY_VIFS:
		return take_devices(r, k, e, d);
	case KEY_REFUSED:
		if (is_off(&e->value))
			return 0;
		req_fail(r, -EOPNOTSUPP, "%s is not supported: %s", e->key,
			 k->help);
		return req_where(r, e->file, e->line);
	}
	return -EINVAL;
}

int domcfg_where(struct req *r, const struct domcfg *d, const char *key)
{
	const struct config_entry *e =
		d->source != NULL ? config_find(d->source, key) : NULL;

	return e != NULL ? req_where(r, e->file, e->line) : r->rc;
}

static int bad(struct req *r, const struct domcfg *d, const char *key,
	       const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static int bad(struct req *r, const struct domcfg *d, const char *key,
	       const char *fmt, ...)
{
	const char *what;
	va_list ap;

	va_start(ap, fmt);
	what = arena_vprintf(&r->mem, fmt, ap);
	va_end(ap);
	req_fail(r, -EINVAL, "%s", what);
	return domcfg_where(r, d, key);
}

static int missing(struct req *r, const struct domcfg *d, const char *key,
		   const char *example)
{
	req_fail(r, -EINVAL, "%s is not set", key);
	if (d->source->first != NULL)
		req_where(r, d->source->first->file, 0);
	return req_hint(r, "add a line like: %s = %s", key, example);
}

/* Names are used in paths of the xenstore, in file names and as arguments. */
int domcfg_check_name(struct req *r, const char *name)
{
	const char *p;

	if (name[0] == '\0' || strlen(name) > 127)
		return req_fail(r, -EINVAL,
				"name must have 1 to 127 characters");
	if (strspn(name, "0123456789") == strlen(name))
		return req_fail(r, -EINVAL,
				"name = \"%s\" would be taken for a domain "
				"number",
				name);
	for (p = name; *p > ' ' && *p < 0x7f && *p != '/'; p++)
		;
	if (*p != '\0')
		return req_fail(r, -EINVAL,
				"name = \"%s\" has a character that is not "
				"allowed: use letters, digits and . _ - + : @",
				name);
	if (strcmp(name, "Domain-0") == 0)
		return req_fail(r, -EINVAL, "Domain-0 is Dom0's name");
	return 0;
}

static int check_name(struct req *r, const struct domcfg *d)
{
	if (d->name == NULL)
		return missing(r, d, "name", "\"web\"");
	return domcfg_check_name(r, d->name) < 0 ? domcfg_where(r, d, "name")
						 : 0;
}

static int check_type(struct req *r, const struct domcfg *d)
{
	if (d->type != NULL && strcmp(d->type, "pv") != 0)
		return bad(r, d, "type",
			   "type = \"%s\" is not supported: only \"pv\" can "
			   "run",
			   d->type);
	if (d->builder != NULL && strcmp(d->builder, "generic") != 0 &&
	    strcmp(d->builder, "linux") != 0)
		return bad(r, d, "builder",
			   "builder = \"%s\" is not supported: only PV guests "
			   "(\"generic\") can run",
			   d->builder);
	if (d->pool != NULL && strcmp(d->pool, "Pool-0") != 0 &&
	    strcmp(d->pool, "0") != 0)
		return bad(r, d, "pool",
			   "pool = \"%s\" does not exist; the only cpupool is "
			   "Pool-0",
			   d->pool);
	return 0;
}

static int check_sizes(struct req *r, struct domcfg *d)
{
	if (d->memory_mib == 0)
		d->memory_mib = d->maxmem_mib;
	if (d->memory_mib == 0)
		return missing(r, d, "memory", "512");
	if (d->maxmem_mib == 0)
		d->maxmem_mib = d->memory_mib;
	if (d->maxmem_mib < d->memory_mib)
		return bad(r, d, "maxmem",
			   "maxmem = %ld is less than memory = %ld",
			   (long)d->maxmem_mib, (long)d->memory_mib);
	if (d->maxvcpus == 0)
		d->maxvcpus = d->vcpus;
	if (d->maxvcpus < d->vcpus)
		return bad(r, d, "maxvcpus",
			   "maxvcpus = %ld is less than vcpus = %ld",
			   (long)d->maxvcpus, (long)d->vcpus);
	if (d->cpus.nr_each > (size_t)d->maxvcpus)
		return bad(r, d, "cpus",
			   "cpus lists %zu vcpus, the domain has %ld",
			   d->cpus.nr_each, (long)d->maxvcpus);
	return 0;
}

static int check_kernel(struct req *r, struct domcfg *d)
{
	if (d->kernel == NULL || d->kernel[0] == '\0')
		return missing(r, d, "kernel", "\"/boot/vmlinuz\"");
	if (d->ramdisk != NULL && d->ramdisk[0] == '\0')
		d->ramdisk = NULL;
	if (d->cmdline == NULL)
		d->cmdline = arena_printf(
			&r->mem, "%s%s%s%s", d->root != NULL ? "root=" : "",
			d->root != NULL ? d->root : "",
			d->root != NULL && d->extra != NULL ? " " : "",
			d->extra != NULL ? d->extra : "");
	if (strlen(d->cmdline) >= MAX_GUEST_CMDLINE)
		return bad(r, d, d->extra != NULL ? "extra" : "cmdline",
			   "the kernel's command line has %zu characters; %d "
			   "fit",
			   strlen(d->cmdline), MAX_GUEST_CMDLINE - 1);
	return 0;
}

static int check_uuid(struct req *r, struct domcfg *d)
{
	if (d->uuid_text == NULL) {
		uuid_random(d->uuid);
		return 0;
	}
	if (!uuid_parse(d->uuid_text, d->uuid))
		return bad(r, d, "uuid", "uuid = \"%s\" is not a UUID",
			   d->uuid_text);
	return 0;
}

static const char *key_name(size_t i)
{
	return i < NR_KEYS ? keys[i].name : NULL;
}

static int unknown_key(struct req *r, const struct config_entry *e)
{
	const char *near = nearest_word(e->key, key_name);

	req_fail(r, -EINVAL, "there is no key \"%s\"", e->key);
	req_where(r, e->file, e->line);
	if (near != NULL)
		return req_hint(r, "did you mean %s?", near);
	return req_hint(r, "pavo.cfg(5) lists the keys");
}

int domcfg_make(struct req *r, const struct config *c, struct domcfg *d,
		enum unknown_keys unknown)
{
	int rc = 0;

	*d = (struct domcfg){.source = c};
	for (size_t i = 0; i < NR_KEYS; i++)
		if (keys[i].type == KEY_NUM || keys[i].type == KEY_ENUM)
			*(int64_t *)member(d, &keys[i]) = keys[i].preset;
	for (const struct config_entry *e = c->first; e != NULL && rc == 0;
	     e = e->next) {
		const struct key *k = key_find(e->key);

		if (k != NULL)
			rc = take(r, k, e, d);
		else if (unknown == REFUSE_UNKNOWN)
			rc = unknown_key(r, e);
	}
	if (rc == 0)
		rc = check_name(r, d);
	if (rc == 0)
		rc = check_type(r, d);
	if (rc == 0)
		rc = check_kernel(r, d);
	if (rc == 0)
		rc = check_sizes(r, d);
	if (rc == 0)
		rc = check_uuid(r, d);
	return rc;
}

/* @s in quotes, readable by the parser. */
static const char *quoted(struct req *r, const char *s)
{
	char *buf = arena_alloc(&r->mem, 4 * strlen(s) + 3), *out = buf;

	*out++ = '"';
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			*out++ = '\\';
		if ((uint8_t)*s < ' ')
			out += sprintf(out, "\\x%02x", (uint8_t)*s);
		else
			*out++ = *s;
	}
	*out = '"';
	return buf;
}

static char *cpus_text(struct req *r, const char *name,
		       const struct cpus_setting *c)
{
	char *text = arena_printf(&r->mem, "%s = [", name);

	if (c->all != NULL)
		return arena_printf(&r->mem, "%s = %s\n", name,
				    quoted(r, c->all));
	for (size_t i = 0; i < c->nr_each; i++)
		text = arena_printf(&r->mem, "%s%s%s", text, i > 0 ? ", " : "",
				    quoted(r, c->each[i]));
	return arena_printf(&r->mem, "%s]\n", text);
}

/* "name = [" and the rest, or NULL if there are none. */
static char *devices_text(struct req *r, const struct key *k,
			  const struct domcfg *d)
{
	size_t nr = k->type == KEY_DISKS ? d->nr_disks : d->nr_vifs;
	char *text = arena_printf(&r->mem, "%s = [", k->name);

	for (size_t i = 0; i < nr; i++)
		text = arena_printf(
			&r->mem, "%s%s%s", text, i > 0 ? ", " : "",
			quoted(r, k->type == KEY_DISKS
					  ? disk_text(r, &d->disks[i])
					  : vif_text(r, &d->vifs[i])));
	return nr > 0 ? arena_printf(&r->mem, "%s]\n", text) : NULL;
}

/* One line for a key that differs from its default, or NULL. */
static char *key_text(struct req *r, const struct domcfg *d,
		      const struct key *k)
{
	const int64_t *n = member(d, k);
	const char *s;

	switch (k->type) {
	case KEY_TEXT:
	case KEY_PATH:
		s = *(const char **)member(d, k);
		return s == NULL ? NULL
				 : arena_printf(&r->mem, "%s = %s\n", k->name,
						quoted(r, s));
	case KEY_NUM:
		return *n == k->preset ? NULL
				       : arena_printf(&r->mem, "%s = %ld\n",
						      k->name, (long)*n);
	case KEY_ENUM:
		return *n == k->preset ? NULL
				       : arena_printf(&r->mem, "%s = \"%s\"\n",
						      k->name, k->words[*n]);
	case KEY_CPUS: {
		const struct cpus_setting *c = member(d, k);

		return c->all == NULL && c->nr_each == 0
			       ? NULL
			       : cpus_text(r, k->name, c);
	}
	case KEY_DISKS:
	case KEY_VIFS:
		return devices_text(r, k, d);
	case KEY_REFUSED:
		break;
	}
	return NULL;
}

char *domcfg_text(struct req *r, const struct domcfg *d)
{
	struct domcfg full = *d;
	char uuid[UUID_TEXT_BYTES], *text = arena_strdup(&r->mem, "");

	uuid_format(d->uuid, uuid);
	full.uuid_text = uuid;
	full.root = full.extra = NULL; /* they are in cmdline by now */
	for (size_t i = 0; i < NR_KEYS; i++) {
		char *line = key_text(r, &full, &keys[i]);

		if (line != NULL)
			text = arena_printf(&r->mem, "%s%s", text, line);
	}
	return text;
}

const char *action_name(int64_t a)
{
	return action_words[a];
}

const char *tsc_mode_name(int64_t m)
{
	return tsc_mode_words[m];
}

static const char *words_text(struct req *r, const struct key *k)
{
	const char *text = k->words[0];

	for (size_t i = 1; k->words[i] != NULL; i++)
		text = arena_printf(&r->mem, "%s, %s", text, k->words[i]);
	return arena_printf(&r->mem, "%s; default: %s", text,
			    k->words[k->preset]);
}

const char *domcfg_values(struct req *r, const char *name)
{
	const struct key *k = key_find(name);

	if (k != NULL && k->type == KEY_ENUM)
		return words_text(r, k);
	if (k == NULL || k->type != KEY_NUM)
		return "";
	if (k->preset < k->min) /* another setting decides */
		return arena_printf(&r->mem, "%ld to %ld", (long)k->min,
				    (long)k->max);
	return arena_printf(&r->mem, "%ld to %ld; default: %ld", (long)k->min,
			    (long)k->max, (long)k->preset);
}

void domcfg_describe(void (*each)(void *ctx, const char *key, const char *type,
				  const char *xml, const char *help),
		     void *ctx)
{
	static const char *const types[] = {
		[KEY_TEXT] = "string",	   [KEY_PATH] = "path",
		[KEY_NUM] = "number",	   [KEY_ENUM] = "word",
		[KEY_CPUS] = "cpus",	   [KEY_DISKS] = "disks",
		[KEY_VIFS] = "interfaces", [KEY_REFUSED] = "refused",
	};

	for (size_t i = 0; i < NR_KEYS; i++)
		each(ctx, keys[i].name, types[keys[i].type], keys[i].xml,
		     keys[i].help);
}
