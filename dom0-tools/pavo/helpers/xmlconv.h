/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domain configurations as XML, in libvirt's domain vocabulary, and back.
 */
#ifndef XMLCONV_H
#define XMLCONV_H

#include <stddef.h>

struct req;

enum cfg_lines {
	CFG_PLAIN,   /* a setting on each line */
	CFG_ALIGNED, /* on the line of the XML it comes from, for messages */
};

/*
 * XML of @len bytes, valid by the schema, as text in the form of xl.cfg, in
 * the arena. -EINVAL: recorded, with @file and line.
 */
int xml_to_cfg(struct req *r, const char *file, const char *xml, size_t len,
	       enum cfg_lines lines, const char **cfg);

/* The configuration text of @len bytes as XML, in the arena. */
int cfg_to_xml(struct req *r, const char *file, const char *cfg, size_t len,
	       const char **xml);

#endif
