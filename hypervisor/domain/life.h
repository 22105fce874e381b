/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files that make, keep and end domains. */
#ifndef DOMAIN_LIFE_H
#define DOMAIN_LIFE_H

#include <hv/domain.h>

#define SHUTDOWN_NONE (~0u)

/*
 * Give @d the number @domid (DOMID_INVALID: a free one) before it has frames;
 * it is not found by it while it has no references.
 * -EEXIST: in use.  -ENOMEM: none is free.  -EINVAL: no such number.
 */
int domain_table_add(struct domain *d, domid_t domid);
/* The same for one of ours, whose number no domain_get finds. */
void domain_table_add_system(struct domain *d, domid_t domid);
/* It has no frames any more. */
void domain_table_remove(struct domain *d);

/* SOFTIRQ_CONTINUE: free the domains that have lost their last reference. */
void domain_reap(void);
/* @d, of which nobody knows any more, is freed and Dom0 told. */
void domain_end(struct domain *d);

/* @v never ran, or is paused for good; its timers stop. */
void vcpu_free(struct vcpu *v);

#endif
