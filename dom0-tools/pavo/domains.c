// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains by name and number: the directory of names, held against the
 * hypervisor's list.
 */
#include <errno.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domains.h"

#define CHUNK 64 /* domains per sysctl: fits the argument buffer */

/* Characters a xenstore path may have; others are written as "@hh". */
static bool is_plain(char c)
{
	return isalnum((uint8_t)c) || c == '-' || c == '_';
}

const char *domain_entry(struct req *r, domid_t domid, const uint8_t u[16],
			 const char *name)
{
	char *coded = arena_alloc(&r->mem, 3 * strlen(name) + 1), *out = coded;

	for (; *name != '\0'; name++) {
		if (is_plain(*name))
			*out++ = *name;
		else
			out += sprintf(out, "@%02x", (uint8_t)*name);
	}
	return arena_printf(&r->mem, DOMAINS_PATH "/%u-%02x%02x%02x%02x-%s",
			    domid, u[0], u[1], u[2], u[3], coded);
}

/* The name in an entry, decoded in place of a copy. */
static const char *entry_name(struct req *r, const char *coded)
{
	char *name = arena_strdup(&r->mem, coded), *out = name;

	for (; *coded != '\0'; coded++) {
		char hex[3] = {0};

		if (*coded == '@' && coded[1] != '\0' && coded[2] != '\0') {
			memcpy(hex, coded + 1, 2);
			*out++ = (char)strtoul(hex, NULL, 16);
			coded += 2;
		} else {
			*out++ = *coded;
		}
	}
	*out = '\0';
	return name;
}

static struct domain *domain_at(const struct domains *d, unsigned long domid)
{
	size_t lo = 0, hi = d->nr;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (d->all[mid].info.domain == domid)
			return &d->all[mid];
		if (d->all[mid].info.domain < domid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static int load_infos(struct tool *t, struct domains *d)
{
	size_t max = 0;

	*d = (struct domains){0};
	for (domid_t next = 0;;) {
		struct xen_domctl_getdomaininfo part[CHUNK];
		int nr = dom_list(&t->hv, next, CHUNK, part);

		if (nr < 0)
			return req_fail_rc(&t->r, nr, "cannot list domains");
		if (d->nr + (size_t)nr > max) {
			struct domain *more;

			/* what is not full is the last: no more than it */
			max = d->nr + (size_t)nr;
			if (nr == CHUNK)
				max += d->nr / 2;
			more = ARENA_ARRAY(&t->r.mem, struct domain, max);
			if (d->nr > 0)
				memcpy(more, d->all, d->nr * sizeof(*more));
			d->all = more;
		}
		for (int i = 0; i < nr; i++) {
			d->all[d->nr].info = part[i];
			d->all[d->nr++].name = "";
		}
		if (nr < CHUNK)
			return 0;
		next = (domid_t)(part[nr - 1].domain + 1);
	}
}

/* The number @entry begins with; *@rest is what follows it. */
static unsigned long entry_domid(const char *entry, const char **rest)
{
	unsigned long n = 0;

	for (; isdigit((uint8_t)*entry) && n < DOMID_FIRST_RESERVED; entry++)
		n = n * 10 + (unsigned long)(*entry - '0');
	*rest = entry;
	return n;
}

/* The text is @byte in two hexadecimal digits. */
static bool is_hex(const char *text, uint8_t byte)
{
	static const char digits[] = "0123456789abcdef";

	return text[0] == digits[byte >> 4] && text[1] == digits[byte & 15];
}

/*
 * An entry is <domid>-<8 hex digits>-<name>. The name, coded, if @info is of
 * the domain it means; else NULL. This runs for every domain there is.
 */
static const char *entry_match(const char *entry,
			       const struct xen_domctl_getdomaininfo *info)
{
	const char *p;

	if (entry_domid(entry, &p) != info->domain || *p++ != '-')
		return NULL;
	for (int i = 0; i < 4; i++, p += 2)
		if (!is_hex(p, info->handle[i]))
			return NULL;
	return *p == '-' ? p + 1 : NULL;
}

static void take_entry(struct tool *t, struct domains *d, const char *entry)
{
	const char *rest;
	struct domain *dom = domain_at(d, entry_domid(entry, &rest));
	const char *coded = dom != NULL ? entry_match(entry, &dom->info) : NULL;

	if (coded == NULL)
		return;
	dom->name = entry_name(&t->r, coded);
	dom->has_entry = true;
}

bool domains_stale(struct tool *t, const char *name)
{
	struct xen_domctl_getdomaininfo info;
	const char *rest;
	unsigned long domid = entry_domid(name, &rest);
	int rc = domid < DOMID_FIRST_RESERVED
			 ? dom_info(&t->hv, (domid_t)domid, &info)
			 : -ESRCH;

	return rc == -ESRCH || (rc == 0 && entry_match(name, &info) == NULL);
}

/* Ask for the names of those that have no entry, all in one batch. */
static void load_other_names(struct tool *t, struct domains *d)
{
	size_t nr = 0, i = 0;
	struct xs_reply *replies;

	for (size_t k = 0; k < d->nr; k++) {
		char path[48];

		if (d->all[k].has_entry || d->all[k].info.domain == 0)
			continue;
		snprintf(path, sizeof(path), "/local/domain/%u/name",
			 d->all[k].info.domain);
		xs_queue(&t->xs, XS_READ, 0, path, NULL, 0);
		nr++;
	}
	if (nr == 0)
		return;
	replies = ARENA_ARRAY(&t->r.mem, struct xs_reply, nr);
	xs_flush(&t->xs, replies, (unsigned int)nr);
	for (size_t k = 0; k < d->nr; k++) {
		if (d->all[k].has_entry || d->all[k].info.domain == 0)
			continue;
		if (replies[i].rc == 0)
			d->all[k].name = replies[i].body;
		i++;
	}
}

int domains_load(struct tool *t, struct domains *d)
{
	const char *entries;
	size_t len;
	int rc = tool_both(t);

	if (rc == 0)
		rc = load_infos(t, d);
	if (rc < 0)
		return rc;
	if (d->nr > 0 && d->all[0].info.domain == 0)
		d->all[0].name = "Domain-0";
	rc = xs_directory(&t->xs, 0, DOMAINS_PATH, &entries, &len);
	for (size_t at = 0; rc == 0 && at < len; at += strlen(entries + at) + 1)
		take_entry(t, d, entries + at);
	load_other_names(t, d);
	return 0;
}

/* What a new domain must not share with one there is. */
struct identity {
	const char *name;
	const char *coded; /* the name as entries have it */
	const uint8_t *uuid;
};

/* As far as its text tells, without asking for the domain. */
static bool may_share(const char *entry, const struct identity *id)
{
	bool same_uuid = true;
	const char *p;

	entry_domid(entry, &p);
	if (*p++ != '-')
		return false;
	for (int i = 0; i < 4; i++, p += 2) {
		if (p[0] == '\0' || p[1] == '\0')
			return false;
		same_uuid &= is_hex(p, id->uuid[i]);
	}
	return *p == '-' && (same_uuid || strcmp(p + 1, id->coded) == 0);
}

/* Ask for the domain; one that is going needs its name, but no UUID. */
static bool does_share(struct tool *t, domid_t domid, const char *entry,
		       const struct identity *id, struct domain *out)
{
	const char *coded = NULL;

	if (dom_info(&t->hv, domid, &out->info) < 0)
		return false;
	out->has_entry = entry != NULL;
	if (entry != NULL)
		coded = entry_match(entry, &out->info);
	if (entry != NULL && coded == NULL)
		return false;
	out->name = coded != NULL ? entry_name(&t->r, coded)
				  : domain_name(t, domid);
	return strcmp(out->name, id->name) == 0 ||
	       (!(out->info.flags & XEN_DOMINF_dying) &&
		memcmp(out->info.handle, id->uuid, 16) == 0);
}

/*
 * Entries that cannot be meant are passed over; domains without an entry,
 * which other tools made, are asked for.
 */
int domains_taken(struct tool *t, const char *name, const uint8_t uuid[16],
		  struct domain *out)
{
	uint8_t has_entry[DOMID_FIRST_RESERVED / 8 + 1] = {0};
	struct identity id = {name, NULL, uuid};
	const char *list, *rest;
	size_t len;
	int rc = tool_both(t);

	if (rc < 0)
		return rc;
	id.coded = strrchr(domain_entry(&t->r, 0, uuid, name), '/') +
		   sizeof("/0-00000000-") - 1;
	rc = xs_directory(&t->xs, 0, DOMAINS_PATH, &list, &len);
	for (size_t at = 0; rc == 0 && at < len; at += strlen(list + at) + 1) {
		unsigned long domid = entry_domid(list + at, &rest);

		if (domid >= DOMID_FIRST_RESERVED)
			continue;
		has_entry[domid / 8] |= (uint8_t)(1 << domid % 8);
		if (may_share(list + at, &id) &&
		    does_share(t, (domid_t)domid, list + at, &id, out))
			return 1;
	}
	rc = xs_directory(&t->xs, 0, "/local/domain", &list, &len);
	for (size_t at = 0; rc == 0 && at < len; at += strlen(list + at) + 1) {
		unsigned long domid = entry_domid(list + at, &rest);

		if (domid < DOMID_FIRST_RESERVED &&
		    !(has_entry[domid / 8] & 1 << domid % 8) &&
		    does_share(t, (domid_t)domid, NULL, &id, out))
			return 1;
	}
	return 0;
}

const struct domain *domains_by_name(const struct domains *d, const char *name,
				     domid_t except)
{
	for (size_t i = 0; i < d->nr; i++)
		if (d->all[i].info.domain != except &&
		    strcmp(d->all[i].name, name) == 0)
			return &d->all[i];
	return NULL;
}

/* Records so, with the name that differs from @arg by case only. */
static int no_domain(struct tool *t, const struct domains *d, const char *arg)
{
	req_fail(&t->r, -ESRCH, "there is no domain \"%s\"", arg);
	for (size_t i = 0; i < d->nr; i++)
		if (strcasecmp(d->all[i].name, arg) == 0)
			req_hint(&t->r, "did you mean %s?", d->all[i].name);
	if (t->r.hint == NULL)
		req_hint(&t->r, "`pavo list` shows the domains there are");
	return -ESRCH;
}

int domains_choose(struct tool *t, struct domains *d, char **args, int nr)
{
	struct domains kept = {
		ARENA_ARRAY(&t->r.mem, struct domain, (size_t)nr + 1), 0};

	if (nr == 0)
		return 0;
	for (int i = 0; i < nr; i++) {
		size_t k;

		for (k = 0; k < d->nr; k++) {
			char number[8];

			snprintf(number, sizeof(number), "%u",
				 d->all[k].info.domain);
			if (strcmp(args[i], d->all[k].name) == 0 ||
			    strcmp(args[i], number) == 0)
				break;
		}
		if (k == d->nr)
			return no_domain(t, d, args[i]);
		kept.all[kept.nr++] = d->all[k];
	}
	*d = kept;
	return 0;
}

static int find_by_number(struct tool *t, const char *arg, domid_t *domid,
			  struct xen_domctl_getdomaininfo *info)
{
	struct xen_domctl_getdomaininfo mine;
	char *rest;
	unsigned long n = strtoul(arg, &rest, 10);
	int rc = tool_hv(t);

	if (rc < 0)
		return rc;
	rc = n < DOMID_FIRST_RESERVED
		     ? dom_info(&t->hv, (domid_t)n, info ? info : &mine)
		     : -ESRCH;
	if (rc < 0)
		return req_fail_rc(&t->r, rc, "domain %s", arg);
	*domid = (domid_t)n;
	return 0;
}

int domain_find(struct tool *t, const char *arg, domid_t *domid,
		struct xen_domctl_getdomaininfo *info)
{
	const struct domain *dom;
	struct domains d;
	int rc;

	if (arg[0] != '\0' && strspn(arg, "0123456789") == strlen(arg))
		return find_by_number(t, arg, domid, info);
	rc = domains_load(t, &d);
	if (rc < 0)
		return rc;
	dom = arg[0] != '\0' ? domains_by_name(&d, arg, DOMID_INVALID) : NULL;
	if (dom == NULL)
		return no_domain(t, &d, arg);
	*domid = dom->info.domain;
	if (info != NULL)
		*info = dom->info;
	return 0;
}

const char *domain_name(struct tool *t, domid_t domid)
{
	char path[48];
	const char *name;
	int rc;

	if (domid == 0)
		return "Domain-0";
	if (tool_xs(t) < 0)
		return "";
	snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
	name = xs_read(&t->xs, 0, path, &rc);
	return name != NULL ? name : "";
}
