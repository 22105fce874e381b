/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The domain builder: from an empty, paused domain to one whose first vcpu
 * stands at the kernel's entry.
 */
#ifndef BUILD_H
#define BUILD_H

#include "guestmem.h"
#include "kimage.h"
#include "layout.h"

struct build_params {
	const struct kimage *kernel;
	const void *initrd; /* NULL: none */
	size_t initrd_bytes;
	const char *cmdline;
	uint64_t nr_pages;
	uint32_t store_port, console_port;
	domid_t store_domid, console_domid; /* who serves the rings */
};

struct build_result {
	xen_pfn_t store_mfn, console_mfn;
};

/*
 * Build the domain behind @ops. -errno: recorded, and the domain is only good
 * to be destroyed.
 */
int build_domain(struct req *r, const struct build_ops *ops, void *ctx,
		 const struct build_params *p, struct build_result *out);

/* The real thing: @ctx is a struct build_target. */
struct build_target {
	struct hv *hv;
	domid_t domid;
};
extern const struct build_ops build_xen_ops;

#endif
