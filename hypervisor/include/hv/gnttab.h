/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant tables: a domain lets another map or copy some of its frames. */
#ifndef HV_GNTTAB_H
#define HV_GNTTAB_H

#include <hv/domain.h>

int gnttab_init_domain(struct domain *d);
/* Drop every mapping @d made of others' grants; -ERESTART: call again. */
int gnttab_release_mappings(struct domain *d);
void gnttab_destroy_domain(struct domain *d);
void gnttab_free_domain(struct domain *d);

/*
 * Frame @idx of @d's table (@status: of its status frames), made if need be;
 * for XENMEM_acquire_resource and add_to_physmap.  -errno or 0.
 */
int gnttab_get_shared_frame(struct domain *d, uint32_t idx, bool status,
			    mfn_t *out);
uint32_t gnttab_nr_frames(struct domain *d, bool status);

void gnttab_dump(struct domain *d); /* debug key g */

#endif
