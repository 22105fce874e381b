/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's nodes in the xenstore.
 */
#ifndef DOMNODES_H
#define DOMNODES_H

#include "build.h"
#include "domcfg.h"
#include "tool.h"

/*
 * What lies in the xenstore before there is any guest: Dom0's nodes, and the
 * directories of the others'. 0 or -errno, recorded.
 */
int domnodes_prepare(struct tool *t);
/*
 * Write all of them in one transaction and introduce the domain to the
 * daemon. -EEXIST: recorded; the name was taken meanwhile.
 */
int domnodes_write(struct tool *t, const struct domcfg *cfg, domid_t domid,
		   const struct build_params *p, const struct build_result *b);
/* Remove its devices and them; what is missing does not matter. */
void domnodes_remove(struct tool *t, domid_t domid, const uint8_t uuid[16],
		     const char *name);
int domnodes_rename(struct tool *t, domid_t domid, const uint8_t uuid[16],
		    const char *from, const char *to);
/* The domain gets another name and UUID, to make room for its successor. */
int domnodes_set_aside(struct tool *t, domid_t domid, const uint8_t old[16],
		       const uint8_t new[16], const char *from, const char *to);

/*
 * The hypervisor's limit for a domain whose memory is @mib: a little more, as
 * xl leaves it, for pages a guest takes before it gives others back.
 */
static inline uint64_t domain_max_mem_kib(int64_t mib)
{
	return (uint64_t)mib * 1024 + 1024;
}

#endif
