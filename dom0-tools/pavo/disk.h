/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk of a domain: what one text of disk=[...] says, in the syntax of xl
 * (xl-disk-configuration(5)).
 */
#ifndef DISK_H
#define DISK_H

#include <stdbool.h>
#include <stdint.h>

struct req;

/* Who serves a disk. */
struct disk_backend {
	const char *name;   /* backendtype=NAME, and the node "type" */
	const char *folder; /* below the backend domain's "backend" */
	const char *script; /* hotplug script unless one is given; or NULL */
	const char *prefix; /* what it wants before a raw file's path */
};

struct disk {
	const char *target; /* a block device or file; or what script knows */
	const char *format; /* raw, or what qemu-nbd is to make of the file */
	const char *vdev;   /* as it was written: xvda */
	uint32_t devid;
	const struct disk_backend *type;
	bool is_readonly;
	bool may_share; /* w!: another domain may have it, too */
	bool no_discard;
	bool is_direct_io_safe;
	bool is_untrusted;   /* the backend is */
	const char *backend; /* name or number of its domain; NULL: Dom0 */
	const char *script;  /* NULL: the backend's */
};

bool disk_is_raw(const struct disk *d);
/* The target is a path of the backend's domain, which only it need know. */
bool disk_is_path(const struct disk *d);

/* -EINVAL or -EOPNOTSUPP: recorded. @d's texts live in the request's arena. */
int disk_parse(struct req *r, const char *text, struct disk *d);
/* A text that disk_parse makes the same disk of. */
char *disk_text(struct req *r, const struct disk *d);

#endif
