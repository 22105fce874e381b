/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant tables: a domain lets another map or copy some of its frames. */
#ifndef HV_GNTTAB_H
#define HV_GNTTAB_H

#include <hv/domain.h>

/*
 * The sub-operations of grant_table_op, for the domain @d that asks: @count
 * structs at @ops, in its memory.  Each gets its own GNTST_* status.  Returns
 * 0: all done, whatever their status.  -errno: stopped at one.  n > 0: stopped
 * for other work with the last n not begun; call again for those.
 */
#define OP(cmd, name, handler, type, copy, callers, doc)                       \
	long handler(struct domain *d, guest_ptr_t ops, uint32_t count);
#include "../../../hypercalls/grant.def"
#undef OP

/*
 * After max_grant_frames, max_maptrack_frames and max_grant_version are set.
 * -EINVAL: a limit out of range.  -ENOMEM.
 */
int gnttab_init_domain(struct domain *d);
/*
 * @d is dying and its vcpus do not run: let go of everything it has mapped of
 * others' grants.  -ERESTART: call again.
 */
int gnttab_release_mappings(struct domain *d);
/*
 * @d is dying: nothing more can be mapped of it.  What others have mapped
 * stays until they unmap it; each such mapping holds a reference to @d.
 */
void gnttab_destroy_domain(struct domain *d);
void gnttab_free_domain(struct domain *d); /* at the last put, or unused   */

/*
 * Frame @idx of @d's table (@status: of its status frames), made if need be;
 * for XENMEM_acquire_resource and add_to_physmap.  -EINVAL: over the limit, or
 * no such frames in this version.  -ENOMEM.
 */
int gnttab_get_shared_frame(struct domain *d, uint32_t idx, bool status,
			    mfn_t *out);

void gnttab_dump(struct domain *d); /* debug key g */

#endif
