// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domain configurations between xl.cfg and XML: both are read into, or made
 * from, the keys of domcfg.def, which say where in the XML they have their
 * place.
 */
#include <ctype.h>
#include <errno.h>
#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/tree.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../config.h"
#include "../domcfg.h"
#include "../tool.h"
#include "req.h"
#include "xmlconv.h"
#include "xmldev.h"

extern const char domain_schema[], domain_schema_end[];

/* libxml2 spells its strings with unsigned characters. */
static const xmlChar *x(const char *s)
{
	return (const xmlChar *)s;
}

static const char *from_x(const xmlChar *s)
{
	return (const char *)s;
}

/* "key = value" */
struct setting {
	struct setting *next;
	const char *text;
	unsigned int line; /* of the XML it comes from */
};

struct reader {
	struct req *r;
	const char *file;
	xmlNode *root;
	struct setting *first, **end;
};

/* The first complaint of libxml2 is kept; those after it follow from it. */
static void keep_error(void *ctx, xmlErrorPtr e)
{
	struct reader *rd = ctx;
	char *what, *line_end;
	size_t len;

	if (rd->r->rc != 0)
		return;
	what = arena_strdup(&rd->r->mem,
			    e->message != NULL ? e->message : "not valid");
	len = strlen(what);
	while (len > 0 && (what[len - 1] == '\n' || what[len - 1] == ' '))
		what[--len] = '\0';
	while ((line_end = strchr(what, '\n')) != NULL)
		*line_end = ' ';
	req_fail(rd->r, -EINVAL, "%s", what);
	req_where(rd->r, rd->file, e->line > 0 ? (unsigned int)e->line : 0);
}

static xmlNode *child(xmlNode *node, const char *name, size_t len)
{
	for (xmlNode *n = node->children; n != NULL; n = n->next)
		if (n->type == XML_ELEMENT_NODE &&
		    strncmp(from_x(n->name), name, len) == 0 &&
		    n->name[len] == '\0')
			return n;
	return NULL;
}

/*
 * The text at a path like "os/kernel" or "vcpu/@current" below @node; NULL if
 * it is not there. *@at: the element.
 */
static const char *text_at(struct req *r, xmlNode *node, const char *path,
			   xmlNode **at)
{
	xmlChar *value;
	size_t len;
	char *copy;

	while (node != NULL && *path != '\0' && *path != '@') {
		len = strcspn(path, "/");
		node = child(node, path, len);
		path += len + (path[len] == '/');
	}
	if (node == NULL)
		return NULL;
	*at = node;
	value = *path == '@' ? xmlGetProp(node, x(path + 1))
			     : xmlNodeGetContent(node);
	if (value == NULL)
		return NULL;
	copy = arena_strdup(&r->mem, from_x(value));
	xmlFree(value);
	copy += strspn(copy, " \t\r\n");
	for (len = strlen(copy); len > 0 && isspace((uint8_t)copy[len - 1]);)
		copy[--len] = '\0';
	return copy;
}

/* Kilobytes are libvirt's default. */
static uint64_t unit_bytes(const char *unit)
{
	static const struct {
		const char *name;
		uint64_t bytes;
	} units[] = {
		{"b", 1},	   {"bytes", 1},	{"KB", 1000},
		{"k", 1ull << 10}, {"KiB", 1ull << 10}, {"MB", 1000000},
		{"M", 1ull << 20}, {"MiB", 1ull << 20}, {"GB", 1000000000},
		{"G", 1ull << 30}, {"GiB", 1ull << 30}, {"TB", 1000000000000},
		{"T", 1ull << 40}, {"TiB", 1ull << 40},
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(units[i].name, unit) == 0)
			return units[i].bytes;
	return 1ull << 10;
}

static uint64_t amount_mib(struct req *r, xmlNode *node, const char *text)
{
	xmlNode *at = NULL;
	const char *unit = text_at(r, node, "@unit", &at);
	uint64_t bytes = unit_bytes(unit != NULL ? unit : "KiB");
	uint64_t n = strtoull(text, NULL, 10);

	if (n > UINT64_MAX / bytes - (1 << 20))
		return UINT64_MAX >> 20;
	return (n * bytes + (1 << 20) - 1) >> 20;
}

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

static void add_setting(struct reader *rd, const xmlNode *at, const char *key,
			const char *value)
{
	struct setting *s = ARENA_NEW(&rd->r->mem, struct setting);

	/* "+" is part of the sign */
	s->text = arena_printf(&rd->r->mem, "%s%s= %s", key,
			       key[strlen(key) - 1] == '+' ? "" : " ", value);
	s->line = (unsigned int)xmlGetLineNo(at);
	*rd->end = s;
	rd->end = &s->next;
}

/* In XML 010 is ten and +5 is five, what they are not in a configuration. */
static void add_number(struct reader *rd, const xmlNode *at, const char *key,
		       const char *text)
{
	long long n;

	errno = 0;
	n = strtoll(text, NULL, 10);
	if (errno == 0) {
		add_setting(rd, at, key, arena_printf(&rd->r->mem, "%lld", n));
	} else if (rd->r->rc == 0) {
		req_fail(rd->r, -EINVAL, "%s: the number %s is too large", key,
			 text);
		req_where(rd->r, rd->file, (unsigned int)xmlGetLineNo(at));
	}
}

/* The key's value, if the XML has one at its place. */
static void read_key(void *ctx, const char *key, const char *type,
		     const char *xml, const char *help)
{
	struct reader *rd = ctx;
	xmlNode *at = NULL;
	const char *text;

	(void)help;
	if (xml == NULL || strcmp(type, "disks") == 0 ||
	    strcmp(type, "interfaces") == 0)
		return; /* there may be many of these: read_devices */
	text = text_at(rd->r, rd->root, xml, &at);
	if (text == NULL)
		return;
	if (strcmp(key, "memory") == 0 || strcmp(key, "maxmem") == 0)
		add_setting(rd, at, key,
			    arena_printf(&rd->r->mem, "%lu",
					 (unsigned long)amount_mib(rd->r, at,
								   text)));
	else if (strcmp(type, "number") == 0)
		add_number(rd, at, key, text);
	else
		add_setting(rd, at, key, quoted(rd->r, text));
}

/* What the XML says in other words, or leaves out. */
static void read_rest(struct reader *rd)
{
	xmlNode *at = NULL, *vcpu = NULL;
	const char *vcpus = text_at(rd->r, rd->root, "vcpu", &vcpu);
	const char *current = text_at(rd->r, rd->root, "vcpu/@current", &at);
	const char *offset = text_at(rd->r, rd->root, "clock/@offset", &at);
	const char *adjust = text_at(rd->r, rd->root, "clock/@adjustment", &at);
	const char *mode = text_at(rd->r, rd->root, "clock/timer/@mode", &at);

	if (vcpus != NULL && current == NULL)
		add_number(rd, vcpu, "vcpus", vcpus);
	if (offset != NULL && strcmp(offset, "localtime") == 0)
		add_setting(rd, at, "localtime", "1");
	if (adjust != NULL && strcmp(adjust, "reset") != 0)
		add_number(rd, at, "rtc_timeoffset", adjust);
	if (mode != NULL && strcmp(mode, "auto") != 0)
		add_setting(rd, at, "tsc_mode",
			    strcmp(mode, "native") == 0 ? "\"native\""
							: "\"always_emulate\"");
}

static void read_devices(struct reader *rd)
{
	xmlNode *devices = child(rd->root, "devices", strlen("devices"));

	for (xmlNode *n = devices ? devices->children : NULL; n != NULL;
	     n = n->next) {
		const char *name = from_x(n->name), *text = NULL;

		if (n->type == XML_ELEMENT_NODE && strcmp(name, "disk") == 0)
			text = xmldev_disk_text(rd->r, n);
		else if (n->type == XML_ELEMENT_NODE &&
			 strcmp(name, "interface") == 0)
			text = xmldev_vif_text(rd->r, n);
		if (text == NULL)
			continue;
		add_setting(
			rd, n, *name == 'd' ? "disk +" : "vif +",
			arena_printf(&rd->r->mem, "[%s]", quoted(rd->r, text)));
	}
}

static const char *settings_text(struct reader *rd)
{
	char *text = arena_strdup(&rd->r->mem, "");

	for (struct setting *s = rd->first; s != NULL; s = s->next)
		text = arena_printf(&rd->r->mem, "%s%s\n", text, s->text);
	return text;
}

/* Each setting on the line that it has in the XML. */
static const char *aligned_text(struct reader *rd)
{
	unsigned int last = 1;
	size_t bytes = 1;
	char *text, *out;

	for (struct setting *s = rd->first; s != NULL; s = s->next) {
		bytes += strlen(s->text) + 2;
		if (s->line > last)
			last = s->line;
	}
	text = out = arena_alloc(&rd->r->mem, bytes + last);
	for (unsigned int line = 1; line <= last; line++) {
		for (struct setting *s = rd->first; s != NULL; s = s->next)
			if (s->line == line)
				out += sprintf(out, "%s; ", s->text);
		*out++ = '\n';
	}
	*out = '\0';
	return text;
}

/* What people will try, said better than by the schema. */
static int check_kind(struct reader *rd)
{
	xmlNode *at = NULL;
	const char *os = text_at(rd->r, rd->root, "os/type", &at);

	if (os == NULL || strcmp(os, "linux") == 0)
		return 0;
	req_fail(rd->r, -EINVAL,
		 "os type \"%s\" is not supported: only PV guests "
		 "(<type>linux</type>) can run",
		 os);
	return req_where(rd->r, rd->file, (unsigned int)xmlGetLineNo(at));
}

/*
 * Validation says that a description is wrong, but of unordered elements only
 * that "one is extra". So on failure we look for what cannot be right.
 */
static const char *const other_places[] = {
	"@type",
	"@id",
	"title",
	"description",
	"memory/@unit",
	"currentMemory/@unit",
	"vcpu/@placement",
	"os/type/@arch",
	"os/type/@machine",
	"clock/@offset",
	"clock/@adjustment",
	"clock/@basis",
	"clock/timer/@name",
	"clock/timer/@mode",
	"devices/emulator",
	"devices/console/@type",
	"devices/console/@tty",
	"devices/console/source/@path",
	"devices/console/target/@type",
	"devices/console/target/@port",
	"devices/input/@type",
	"devices/input/@bus",
	"devices/memballoon/@model",
	"devices/controller/@type",
	"devices/controller/@index",
	"devices/disk/@type",
	"devices/disk/@device",
	"devices/disk/driver/@name",
	"devices/disk/driver/@type",
	"devices/disk/driver/@discard",
	"devices/disk/source/@file",
	"devices/disk/source/@dev",
	"devices/disk/target/@dev",
	"devices/disk/target/@bus",
	"devices/disk/readonly",
	"devices/disk/shareable",
	"devices/disk/backenddomain/@name",
	"devices/interface/@type",
	"devices/interface/mac/@address",
	"devices/interface/source/@bridge",
	"devices/interface/script/@path",
	"devices/interface/target/@dev",
	"devices/interface/ip/@address",
	"devices/interface/ip/@family",
	"devices/interface/model/@type",
	"devices/interface/mtu/@size",
	"devices/interface/bandwidth/outbound/@average",
	"devices/interface/backenddomain/@name",
};

struct place {
	const char *path;
	bool is_known;
};

/* @known leads to, or past, the place. */
static void compare_place(struct place *p, const char *known)
{
	size_t len = strlen(p->path);

	if (strncmp(known, p->path, len) == 0 &&
	    (known[len] == '\0' || known[len] == '/'))
		p->is_known = true;
}

static void compare_key(void *ctx, const char *key, const char *type,
			const char *xml, const char *help)
{
	(void)key;
	(void)type;
	(void)help;
	if (xml != NULL)
		compare_place(ctx, xml);
}

static bool is_place(const char *path)
{
	struct place p = {.path = path};

	domcfg_describe(compare_key, &p);
	for (size_t i = 0; i < sizeof(other_places) / sizeof(other_places[0]);
	     i++)
		compare_place(&p, other_places[i]);
	return p.is_known;
}

static int unknown(struct reader *rd, xmlNode *node, const char *what,
		   const char *name)
{
	req_fail(rd->r, -EINVAL, "%s%s is not supported here", what, name);
	return req_where(rd->r, rd->file, (unsigned int)xmlGetLineNo(node));
}

/* The first element or attribute that has no meaning where it stands. */
static int find_unknown(struct reader *rd, xmlNode *node, const char *base)
{
	struct arena *a = &rd->r->mem;

	for (xmlAttr *at = node->properties; at != NULL; at = at->next) {
		const char *path =
			arena_printf(a, "%s@%s", base, from_x(at->name));

		if (!is_place(path))
			return unknown(rd, node, "the attribute ",
				       from_x(at->name));
	}
	for (xmlNode *n = node->children; n != NULL; n = n->next) {
		const char *path;
		int rc;

		if (n->type != XML_ELEMENT_NODE)
			continue;
		path = arena_printf(a, "%s%s", base, from_x(n->name));
		if (!is_place(path))
			return unknown(
				rd, n, "",
				arena_printf(a, "<%s>", from_x(n->name)));
		rc = find_unknown(rd, n, arena_printf(a, "%s/", path));
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* "Extra element vcpu in interleave" means that vcpu's content is wrong. */
static void explain(struct reader *rd)
{
	static const char extra[] = "Extra element ";
	const char *name = strstr(rd->r->what, extra);
	xmlNode *node;
	size_t len;

	if (find_unknown(rd, rd->root, "") < 0 || name == NULL)
		return;
	name += strlen(extra);
	len = strcspn(name, " ");
	node = child(rd->root, name, len);
	if (node == NULL)
		return;
	req_fail(rd->r, -EINVAL,
		 "<%.*s> has a value, or an attribute's value, that is not "
		 "allowed, or stands there twice",
		 (int)len, name);
	req_where(rd->r, rd->file, (unsigned int)xmlGetLineNo(node));
}

static int check_schema(struct reader *rd, xmlDoc *doc)
{
	xmlRelaxNGParserCtxt *parser;
	xmlRelaxNGValidCtxt *valid;
	xmlRelaxNG *schema;
	int bad;

	parser = xmlRelaxNGNewMemParserCtxt(
		domain_schema, (int)(domain_schema_end - domain_schema));
	schema = xmlRelaxNGParse(parser);
	xmlRelaxNGFreeParserCtxt(parser);
	if (schema == NULL)
		return req_fail(rd->r, -EIO, "the schema is damaged");
	valid = xmlRelaxNGNewValidCtxt(schema);
	xmlRelaxNGSetValidStructuredErrors(valid, keep_error, rd);
	bad = xmlRelaxNGValidateDoc(valid, doc);
	xmlRelaxNGFreeValidCtxt(valid);
	xmlRelaxNGFree(schema);
	if (bad == 0)
		return 0;
	if (rd->r->rc == 0)
		req_fail(rd->r, -EINVAL, "not a valid domain description");
	explain(rd);
	return rd->r->rc;
}

int xml_to_cfg(struct req *r, const char *file, const char *xml, size_t len,
	       enum cfg_lines lines, const char **cfg)
{
	struct reader rd = {.r = r, .file = file};
	xmlDoc *doc;
	int rc;

	req_clear(r);
	xmlSetStructuredErrorFunc(&rd, keep_error);
	/* no entities from elsewhere, no network, no huge trees */
	doc = len > INT32_MAX ? NULL
			      : xmlReadMemory(xml, (int)len, file, NULL,
					      XML_PARSE_NONET);
	xmlSetStructuredErrorFunc(NULL, NULL);
	if (doc == NULL || r->rc != 0) {
		xmlFreeDoc(doc);
		return r->rc != 0 ? r->rc
				  : req_fail(r, -EINVAL, "%s is no XML", file);
	}
	rd.root = xmlDocGetRootElement(doc);
	rd.end = &rd.first;
	add_setting(&rd, rd.root, "type", "\"pv\"");
	rc = check_kind(&rd);
	if (rc == 0)
		rc = check_schema(&rd, doc);
	if (rc == 0) {
		domcfg_describe(read_key, &rd);
		read_rest(&rd);
		read_devices(&rd);
		rc = r->rc;
	}
	if (rc == 0)
		*cfg = lines == CFG_ALIGNED ? aligned_text(&rd)
					    : settings_text(&rd);
	xmlFreeDoc(doc);
	return rc;
}

struct writer {
	struct req *r;
	xmlNode *root;
	const struct config *config; /* in canonical form */
};

static xmlNode *make_child(xmlNode *node, const char *path, size_t len)
{
	char name[64];
	xmlNode *n = child(node, path, len);

	snprintf(name, sizeof(name), "%.*s", (int)len, path);
	return n != NULL ? n : xmlNewChild(node, NULL, x(name), NULL);
}

/* Put @text at @path below the root, making the elements on the way. */
static void put_at(struct writer *w, const char *path, const char *text)
{
	xmlNode *node = w->root;

	while (*path != '\0' && *path != '@') {
		size_t len = strcspn(path, "/");

		node = make_child(node, path, len);
		path += len + (path[len] == '/');
	}
	if (*path == '@')
		xmlSetProp(node, x(path + 1), x(text));
	else
		xmlNodeAddContent(node, x(text));
}

/* Keys whose value stands in several places, or in other words. */
static int write_special(struct writer *w, const struct config_entry *e)
{
	const char *text = e->value.text;

	if (strcmp(e->key, "memory") == 0) {
		put_at(w, "currentMemory/@unit", "MiB");
		put_at(w, "currentMemory", text);
	} else if (strcmp(e->key, "maxmem") == 0) {
		put_at(w, "memory/@unit", "MiB");
		put_at(w, "memory", text);
	} else if (strcmp(e->key, "localtime") == 0) {
		put_at(w, "clock/@offset", "localtime");
	} else if (strcmp(e->key, "rtc_timeoffset") == 0) {
		put_at(w, "clock/@offset", "variable");
		put_at(w, "clock/@adjustment", text);
	} else if (strcmp(e->key, "tsc_mode") == 0) {
		if (config_find(w->config, "localtime") == NULL &&
		    config_find(w->config, "rtc_timeoffset") == NULL)
			put_at(w, "clock/@offset", "utc");
		put_at(w, "clock/timer/@name", "tsc");
		put_at(w, "clock/timer/@mode",
		       strcmp(text, "native") == 0 ? "native" : "emulate");
	} else if (strncmp(e->key, "max_", 4) == 0 &&
		   e->value.type == CONFIG_NUMBER) {
		put_at(w, "devices/controller/@type", "xenbus");
		return 0; /* and its own place */
	} else {
		return 0;
	}
	return 1;
}

static void write_key(void *ctx, const char *key, const char *type,
		      const char *xml, const char *help)
{
	struct writer *w = ctx;
	const struct config_entry *e = config_find(w->config, key);

	(void)help;
	if (e == NULL || strcmp(key, "type") == 0 ||
	    strcmp(key, "builder") == 0 || strcmp(key, "vcpus") == 0 ||
	    strcmp(type, "disks") == 0 || strcmp(type, "interfaces") == 0)
		return; /* it is in the frame, or write_devices' */
	if (xml == NULL && strncmp(key, "max_", 4) != 0 && write_special(w, e))
		return;
	if (xml == NULL || e->value.type == CONFIG_LIST) {
		if (w->r->rc == 0) {
			req_fail(w->r, -EOPNOTSUPP,
				 "%s has no place in the XML form", key);
			req_where(w->r, e->file, e->line);
		}
		return;
	}
	if (!write_special(w, e))
		put_at(w, xml, e->value.text);
}

static void write_devices(struct writer *w, const struct domcfg *d)
{
	xmlNode *devices = make_child(w->root, "devices", strlen("devices"));

	for (size_t i = 0; i < d->nr_disks && w->r->rc == 0; i++)
		if (xmldev_add_disk(w->r, devices, &d->disks[i]) < 0)
			domcfg_where(w->r, d, "disk");
	for (size_t i = 0; i < d->nr_vifs && w->r->rc == 0; i++)
		if (xmldev_add_vif(w->r, devices, &d->vifs[i]) < 0)
			domcfg_where(w->r, d, "vif");
}

/* The element first in libvirt's own order, so that files compare well. */
static void write_frame(struct writer *w, const struct domcfg *d)
{
	xmlSetProp(w->root, x("type"), x("xen"));
	put_at(w, "name", "");
	put_at(w, "uuid", "");
	put_at(w, "memory", "");
	put_at(w, "currentMemory", "");
	put_at(w, "vcpu/@placement", "static");
	put_at(w, "vcpu/@current",
	       arena_printf(&w->r->mem, "%ld", (long)d->vcpus));
	put_at(w, "os/type/@arch", "x86_64");
	put_at(w, "os/type/@machine", "xenpv");
	put_at(w, "os/type", "linux");
}

int cfg_to_xml(struct req *r, const char *file, const char *cfg, size_t len,
	       const char **xml)
{
	struct config given, full;
	struct writer w = {.r = r, .config = &full};
	struct domcfg d;
	const char *text;
	xmlChar *out = NULL;
	xmlDoc *doc;
	int rc, size;

	config_init(&given);
	config_init(&full);
	rc = config_parse(r, &given, file, cfg, len);
	if (rc == 0)
		rc = domcfg_make(r, &given, &d, REFUSE_UNKNOWN);
	if (rc < 0)
		return rc;
	/* the canonical text: every value checked, paths absolute */
	text = domcfg_text(r, &d);
	rc = config_parse(r, &full, file, text, strlen(text));
	if (rc < 0)
		return rc;
	doc = xmlNewDoc(x("1.0"));
	w.root = xmlNewDocNode(doc, NULL, x("domain"), NULL);
	xmlDocSetRootElement(doc, w.root);
	write_frame(&w, &d);
	domcfg_describe(write_key, &w);
	write_devices(&w, &d);
	put_at(&w, "devices/console/@type", "pty");
	xmlDocDumpFormatMemory(doc, &out, &size, 1);
	*xml = arena_strdup(&r->mem, from_x(out));
	xmlFree(out);
	xmlFreeDoc(doc);
	return r->rc;
}
