/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Configuration files in either form: xl.cfg's, or XML in libvirt's words.
 */
#ifndef CFGFILE_H
#define CFGFILE_H

#include "config.h"

/*
 * Read @path into @c. XML is turned into the other form by the program
 * pavo-xml, so that nothing else needs an XML library.
 */
int cfgfile_read(struct req *r, struct config *c, const char *path);

/* The path of a program that belongs to this one. */
const char *helper_path(struct req *r, const char *name);

#endif
