// SPDX-License-Identifier: GPL-2.0-only
/*
 * mem-set, mem-max: how much memory domains have.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "domains.h"
#include "domnodes.h"

/* "512", "512m", "1g", "524288k": KiB; 0 if it is none of these. */
static uint64_t amount_kib(const char *arg)
{
	char *unit;
	unsigned long long n;
	unsigned int shift;

	if (*arg < '0' || *arg > '9')
		return 0;
	errno = 0;
	n = strtoull(arg, &unit, 10);
	switch (*unit) {
	case '\0':
	case 'm':
	case 'M':
		shift = 10;
		break;
	case 'k':
	case 'K':
		shift = 0;
		break;
	case 'g':
	case 'G':
		shift = 20;
		break;
	case 't':
	case 'T':
		shift = 30;
		break;
	case 'b':
	case 'B':
		return unit[1] == '\0' ? n >> 10 : 0;
	default:
		return 0;
	}
	if ((*unit != '\0' && unit[1] != '\0') || errno != 0 ||
	    n > (1ull << 40 >> shift))
		return 0;
	return n << shift;
}

static int mem_args(struct tool *t, int argc, char **argv, domid_t *domid,
		    struct xen_domctl_getdomaininfo *info, uint64_t *kib)
{
	int rc = cmd_plain(t, argc, argv, 2, 2);

	if (rc < 0)
		return rc;
	*kib = amount_kib(argv[optind + 1]);
	if (*kib < 1024)
		return cmd_usage(t, argv[0],
				 arena_printf(&t->r.mem,
					      "\"%s\" is no amount of memory "
					      "(512, 512m, 2g; at least 1 MiB)",
					      argv[optind + 1]));
	rc = domain_find(t, argv[optind], domid, info);
	return rc < 0 ? rc : tool_both(t);
}

static uint64_t static_max_kib(struct tool *t, domid_t domid)
{
	char path[80];
	const char *text;
	int rc;

	snprintf(path, sizeof(path), "/local/domain/%u/memory/static-max",
		 domid);
	text = xs_read(&t->xs, 0, path, &rc);
	return text != NULL ? strtoull(text, NULL, 10) : 0;
}

static int write_target(struct tool *t, domid_t domid, uint64_t kib)
{
	char path[80];

	snprintf(path, sizeof(path), "/local/domain/%u/memory/target", domid);
	xs_queue_writef(&t->xs, 0, path, "%lu", (unsigned long)kib);
	return xs_flush(&t->xs, NULL, 0);
}

int cmd_mem_set(struct tool *t, int argc, char **argv)
{
	struct xen_domctl_getdomaininfo info;
	struct xen_sysctl_physinfo host;
	uint64_t kib, max, have, room;
	domid_t domid;
	int rc = mem_args(t, argc, argv, &domid, &info, &kib);

	if (rc < 0)
		return rc;
	max = static_max_kib(t, domid);
	if (max != 0 && kib > max)
		return req_fail(&t->r, -EINVAL,
				"%lu MiB are more than domain %u may have; it "
				"was started with maxmem = %lu",
				(unsigned long)(kib >> 10), domid,
				(unsigned long)(max >> 10));
	have = pages_kib(info.tot_pages);
	if (kib > have && host_physinfo(&t->hv, &host) == 0) {
		room = pages_kib(host.free_pages - host.outstanding_pages);
		if (kib - have > room)
			return req_fail(&t->r, -ENOMEM,
					"domain %u would need %lu MiB more, "
					"the host has %lu MiB free",
					domid,
					(unsigned long)((kib - have) >> 10),
					(unsigned long)(room >> 10));
	}
	/* growing: the limit first; shrinking: it follows all the same */
	rc = dom_max_mem(&t->hv, domid, kib + 1024);
	if (rc < 0)
		return req_fail_rc(&t->r, rc,
				   "cannot set the limit of domain "
				   "%u",
				   domid);
	rc = write_target(t, domid, kib);
	return rc < 0 ? req_fail_rc(&t->r, rc,
				    "cannot ask domain %u to change "
				    "its memory",
				    domid)
		      : 0;
}

int cmd_mem_max(struct tool *t, int argc, char **argv)
{
	struct xen_domctl_getdomaininfo info;
	uint64_t kib;
	char path[80];
	domid_t domid;
	int rc = mem_args(t, argc, argv, &domid, &info, &kib);

	if (rc < 0)
		return rc;
	if (kib < pages_kib(info.tot_pages))
		return req_fail(
			&t->r, -EINVAL,
			"domain %u has %lu MiB; take some away with "
			"mem-set first",
			domid,
			(unsigned long)(pages_kib(info.tot_pages) >> 10));
	rc = dom_max_mem(&t->hv, domid, kib + 1024);
	if (rc < 0)
		return req_fail_rc(&t->r, rc,
				   "cannot set the limit of domain "
				   "%u",
				   domid);
	snprintf(path, sizeof(path), "/local/domain/%u/memory/static-max",
		 domid);
	xs_queue_writef(&t->xs, 0, path, "%lu", (unsigned long)kib);
	rc = xs_flush(&t->xs, NULL, 0);
	return rc < 0 ? req_fail_rc(&t->r, rc,
				    "cannot note the limit of "
				    "domain %u",
				    domid)
		      : 0;
}
