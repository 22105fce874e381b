/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain being built on the simulated machine, and what every domain must
 * look like when it is done: found the way its kernel would, through the page
 * tables.
 */
#ifndef BUILD_SCENE_H
#define BUILD_SCENE_H

#include <abi/start_info.h>

#include "build.h"
#include "fake_hv.h"
#include "hv.h"
#include "req.h"

struct scene {
	struct req r;
	struct hv hv;
	domid_t domid;
	struct kimage kernel;
	struct build_params p;
	struct build_result result;
	struct fake_domain *d;
};

/* Make @file into a blob and map it; 0, or -errno with the message in s->r. */
int scene_kernel(struct scene *s, const uint8_t *file, size_t len);
/* An empty domain, with parameters to build it by. */
void scene_domain(struct scene *s, unsigned int mib);
int scene_build(struct scene *s);
void scene_end(struct scene *s);

/* What the guest reads at @va. */
void *scene_at(const struct scene *s, uint64_t va);
const struct start_info *scene_start_info(const struct scene *s);
uint64_t scene_p2m(const struct scene *s, uint64_t pfn);

/* Expect what does not depend on the kernel. */
void scene_check(const struct scene *s);

#endif
