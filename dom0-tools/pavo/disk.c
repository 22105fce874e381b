// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks in xl's syntax: up to four fields by position (target, format, vdev,
 * access), key=value and single words in between, "target=" last, as it takes
 * all that follows; and the older prefixes of the target.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "devspec.h"
#include "disk.h"
#include "req.h"
#include "vdev.h"

/* Linux's xen-blkback, and blkbackd, which needs no script. */
static const struct disk_backend backends[] = {
	{"phy", "vbd", "block", ""},
	{"qdisk", "qdisk", NULL, "aio:"},
};

/* All that can be given, as it is written. */
struct fields {
	const char *target, *format, *vdev, *access;
	const char *backendtype, *backend, *script, *devtype;
	const char *specification;
	bool is_cdrom;
};

static const struct devspec_key keys[] = {
	{"target", offsetof(struct fields, target)},
	{"format", offsetof(struct fields, format)},
	{"vdev", offsetof(struct fields, vdev)},
	{"access", offsetof(struct fields, access)},
	{"backendtype", offsetof(struct fields, backendtype)},
	{"backend", offsetof(struct fields, backend)},
	{"script", offsetof(struct fields, script)},
	{"devtype", offsetof(struct fields, devtype)},
	{"specification", offsetof(struct fields, specification)},
	{NULL, 0},
};

static int bad(struct req *r, const char *what)
{
	return req_fail(r, -EINVAL, "disk: %s", what);
}

/* Words that stand alone. */
static bool take_flag(const char *word, struct fields *f, struct disk *d)
{
	if (strcmp(word, "cdrom") == 0)
		f->is_cdrom = true;
	else if (strcmp(word, "discard") == 0)
		d->no_discard = false;
	else if (strcmp(word, "no-discard") == 0)
		d->no_discard = true;
	else if (strcmp(word, "direct-io-safe") == 0)
		d->is_direct_io_safe = true;
	else if (strcmp(word, "trusted") == 0)
		d->is_untrusted = false;
	else if (strcmp(word, "untrusted") == 0)
		d->is_untrusted = true;
	else
		return false;
	return true;
}

/* What older forms put before the target, as "phy:"; no format follows it. */
static int take_prefix(struct req *r, struct fields *f)
{
	static const struct {
		const char *prefix, *format, *script;
	} prefixes[] = {
		{"phy:", "raw", NULL},
		{"file:", "raw", NULL},
		{"raw:", "raw", NULL},
		{"qcow:", "qcow", NULL},
		{"qcow2:", "qcow2", NULL},
		{"vhd:", "vhd", NULL},
		{"iscsi:", "raw", "block-iscsi"},
		{"nbd:", "raw", "block-nbd"},
		{"drbd:", "raw", "block-drbd"},
	};

	if (strncmp(f->target, "tap:", 4) == 0 ||
	    strncmp(f->target, "tap2:", 5) == 0)
		return req_fail(r, -EOPNOTSUPP,
				"disk: \"%s\" is not supported: there is no "
				"blktap; write phy: or file: before the path",
				f->target);
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t len = strlen(prefixes[i].prefix);

		if (strncmp(f->target, prefixes[i].prefix, len) != 0)
			continue;
		f->target += len;
		if (f->format == NULL)
			f->format = prefixes[i].format;
		if (f->script == NULL)
			f->script = prefixes[i].script;
		return 0;
	}
	return 0;
}

/* The next of target, format, vdev and access. */
static int take_by_position(struct req *r, struct fields *f, int *at,
			    const char *word)
{
	const char **places[] = {&f->target, &f->format, &f->vdev, &f->access};

	while (*at < 4 && *places[*at] != NULL)
		(*at)++;
	if (*at == 4)
		return req_fail(r, -EINVAL,
				"disk: \"%s\" has no meaning here; target, "
				"format, vdev and access are given",
				word);
	*places[*at] = *word != '\0' ? word : NULL;
	return (*at)++ == 0 && *word != '\0' ? take_prefix(r, f) : 0;
}

static int take_fields(struct req *r, char *rest, struct fields *f,
		       struct disk *d)
{
	int at = 0, rc = 0;

	while (rest != NULL && rc == 0) {
		char *field;

		rest += strspn(rest, " \t");
		if (strncmp(rest, "target=", 7) == 0) {
			field = rest; /* commas and all */
			rest = NULL;
		} else {
			field = devspec_next(&rest);
		}
		if (devspec_is_setting(field))
			rc = devspec_set(r, "disk", keys, f, field);
		else if (!take_flag(field, f, d))
			rc = take_by_position(r, f, &at, field);
	}
	return rc;
}

static int take_format(struct req *r, const char *format, struct disk *d)
{
	static const char *const formats[] = {"raw", "qcow", "qcow2", "vhd",
					      "qed"};

	if (format == NULL)
		format = formats[0];
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(format, formats[i]) == 0) {
			d->format = formats[i];
			return 0;
		}
	return devspec_unknown(r, "disk", "format", format,
			       "raw, qcow2, qcow, vhd, qed");
}

bool disk_is_raw(const struct disk *d)
{
	return strcmp(d->format, "raw") == 0;
}

/* A format but raw is for blkbackd, which need not be named then. */
static int match_format(struct req *r, const struct fields *f, struct disk *d)
{
	if (disk_is_raw(d))
		return 0;
	if (f->backendtype == NULL && f->script == NULL)
		d->type = &backends[1];
	if (d->type->script != NULL || f->script != NULL) {
		req_fail(r, -EINVAL, "disk: %s serves no %s, only raw disks",
			 f->script != NULL ? f->script : "backendtype=phy",
			 d->format);
		return req_hint(r, "leave it out, and blkbackd does");
	}
	return 0;
}

static int take_access(struct req *r, const char *access, struct disk *d)
{
	if (access == NULL || strcmp(access, "w") == 0 ||
	    strcmp(access, "rw") == 0)
		return 0;
	d->is_readonly = strcmp(access, "r") == 0 || strcmp(access, "ro") == 0;
	d->may_share = strcmp(access, "w!") == 0;
	return d->is_readonly || d->may_share
		       ? 0
		       : devspec_unknown(r, "disk", "access", access,
					 "r, ro, w, rw, w!");
}

static int take_backendtype(struct req *r, const char *name, struct disk *d)
{
	size_t nr = sizeof(backends) / sizeof(backends[0]);
	const char *known = backends[0].name;

	d->type = &backends[0];
	if (name == NULL)
		return 0;
	for (size_t i = 0; i < nr; i++) {
		if (strcmp(backends[i].name, name) == 0) {
			d->type = &backends[i];
			return 0;
		}
		if (i > 0)
			known = arena_printf(&r->mem, "%s, %s", known,
					     backends[i].name);
	}
	if (strcmp(name, "tap") == 0)
		return req_fail(r, -EOPNOTSUPP,
				"disk: backendtype=tap is not supported: there "
				"is no blktap; it may be %s",
				known);
	return devspec_unknown(r, "disk", "backendtype", name, known);
}

static int check_kind(struct req *r, const struct fields *f)
{
	if (f->is_cdrom ||
	    (f->devtype != NULL && strcmp(f->devtype, "cdrom") == 0)) {
		req_fail(r, -EOPNOTSUPP,
			 "disk: cdrom is not supported: PV domains have no "
			 "CD-ROM drives");
		return req_hint(r, "give the image as a disk with access=ro");
	}
	if (f->devtype != NULL && strcmp(f->devtype, "disk") != 0)
		return devspec_unknown(r, "disk", "devtype", f->devtype,
				       "disk");
	if (f->specification != NULL && strcmp(f->specification, "xen") != 0)
		return devspec_unknown(r, "disk", "specification",
				       f->specification, "xen");
	return 0;
}

bool disk_is_path(const struct disk *d)
{
	return d->script == NULL &&
	       (d->type->script != NULL || !disk_is_raw(d) ||
		strncmp(d->target, "nbd", 3) != 0);
}

/* Paths of Dom0 are kept absolute: the domain may be started from elsewhere. */
static const char *absolute(struct req *r, const struct disk *d)
{
	char cwd[4096];

	if (d->target[0] == '/' || d->backend != NULL || !disk_is_path(d) ||
	    getcwd(cwd, sizeof(cwd)) == NULL)
		return d->target;
	return arena_printf(&r->mem, "%s/%s", cwd, d->target);
}

static int take_vdev(struct req *r, struct fields *f, struct disk *d)
{
	char *colon;
	int64_t number;

	if (f->vdev == NULL)
		return bad(r, "vdev is not given, for example vdev=xvda");
	d->vdev = arena_strdup(&r->mem, f->vdev);
	colon = strchr(d->vdev, ':'); /* "hdc:cdrom", "hda:disk" */
	if (colon != NULL) {
		if (f->devtype == NULL)
			f->devtype = colon + 1;
		*colon = '\0';
	}
	number = vdev_number(d->vdev);
	if (number < 0) {
		req_fail(r, -EINVAL, "disk: vdev=%s is no name of a disk",
			 d->vdev);
		return req_hint(r, "names are like xvda, xvdb1, sda, hda");
	}
	d->devid = (uint32_t)number;
	return 0;
}

int disk_parse(struct req *r, const char *text, struct disk *d)
{
	struct fields f = {0};
	int rc;

	*d = (struct disk){0};
	rc = take_fields(r, arena_strdup(&r->mem, text), &f, d);
	if (rc == 0)
		rc = take_vdev(r, &f, d);
	if (rc == 0)
		rc = check_kind(r, &f);
	if (rc == 0 && (f.target == NULL || *f.target == '\0'))
		rc = bad(r, "target is not given: the block device or file "
			    "the disk is kept on");
	if (rc == 0)
		rc = take_format(r, f.format, d);
	if (rc == 0)
		rc = take_access(r, f.access, d);
	if (rc == 0)
		rc = take_backendtype(r, f.backendtype, d);
	if (rc == 0)
		rc = match_format(r, &f, d);
	if (rc < 0)
		return rc;
	d->target = f.target;
	d->backend = f.backend;
	d->script = f.script;
	d->target = absolute(r, d);
	return 0;
}

char *disk_text(struct req *r, const struct disk *d)
{
	return arena_printf(
		&r->mem,
		"format=%s,vdev=%s,access=%s,backendtype=%s%s%s%s%s%s%s%s,"
		"target=%s",
		d->format, d->vdev,
		d->is_readonly ? "ro"
		: d->may_share ? "w!"
			       : "rw",
		d->type->name, d->backend != NULL ? ",backend=" : "",
		d->backend != NULL ? d->backend : "",
		d->script != NULL ? ",script=" : "",
		d->script != NULL ? d->script : "",
		d->no_discard ? ",no-discard" : "",
		d->is_direct_io_safe ? ",direct-io-safe" : "",
		d->is_untrusted ? ",untrusted" : "", d->target);
}
