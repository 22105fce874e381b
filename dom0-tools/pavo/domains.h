/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains by name and number.
 *
 * The names of all domains lie in one xenstore directory, DOMAINS_PATH, as
 * "<domid>-<start of the UUID>-<name>", so that any number of domains is
 * looked through in one request. An entry counts only if the hypervisor has a
 * domain of that number and UUID. Domains that other tools made have no entry
 * there, and are asked for one by one.
 */
#ifndef DOMAINS_H
#define DOMAINS_H

#include "tool.h"

#define DOMAINS_PATH "/tool/pavo/domains"

struct domain {
	struct xen_domctl_getdomaininfo info;
	const char *name; /* "Domain-0" for Dom0; "" if it has none */
	bool has_entry;
};

struct domains {
	struct domain *all; /* by number */
	size_t nr;
};

/* All domains that are not yet completely gone. */
int domains_load(struct tool *t, struct domains *d);

/*
 * The domain that @arg names, by number or name. -ESRCH: recorded. With
 * @info not NULL, what the hypervisor says of it.
 */
int domain_find(struct tool *t, const char *arg, domid_t *domid,
		struct xen_domctl_getdomaininfo *info);
/* Keep those that @args name, in that order; all if there are none. */
int domains_choose(struct tool *t, struct domains *d, char **args, int nr);
/* The name of @domid, "" if it has none. */
const char *domain_name(struct tool *t, domid_t domid);
/* @d holds a domain of this name other than @except. */
const struct domain *domains_by_name(const struct domains *d, const char *name,
				     domid_t except);

/*
 * The domain that has this name or UUID, without looking at all the others:
 * 1 and *@out, 0 if there is none, or -errno, recorded.
 */
int domains_taken(struct tool *t, const char *name, const uint8_t uuid[16],
		  struct domain *out);

/* The path of a domain's entry. */
const char *domain_entry(struct req *r, domid_t domid, const uint8_t uuid[16],
			 const char *name);

/* The hypervisor has no domain that the entry @name could mean. */
bool domains_stale(struct tool *t, const char *name);

/* The hypervisor's number for why a domain shut down. */
static inline unsigned int
domain_shutdown_code(const struct xen_domctl_getdomaininfo *i)
{
	return i->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
}

/* Pages to KiB. */
static inline uint64_t pages_kib(uint64_t pages)
{
	return pages << 2;
}

#endif
