/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hardware interrupts: vectors, the IO-APIC and MSI, and the pirqs by which a
 * domain knows them.  x86/ implements it.
 */
#ifndef HV_IRQ_H
#define HV_IRQ_H

#include <hv/domain.h>

int pirq_init_domain(struct domain *d, uint32_t nr_pirqs);
void pirq_free_domain(struct domain *d); /* unbinds everything first */

/*
 * evtchn/ calls these as a port is bound to, rebound or closed, with the
 * domain's port lock held.  @flags: BIND_PIRQ__WILL_SHARE.
 * -EINVAL: no such pirq.  -EPERM: not @d's.  -EBUSY: not shareable.
 */
int pirq_bind(struct vcpu *v, uint32_t pirq, uint32_t flags);
void pirq_unbind(struct domain *d, uint32_t pirq);
void pirq_set_affinity(struct domain *d, uint32_t pirq, struct vcpu *v);
uint32_t nr_pirqs(const struct domain *d);

/*
 * Keep a bitmap in @d's frame @mfn, from now on, of the bound pirqs that need
 * an EOI.  -EINVAL: no frame of @d's to write to.  -EBUSY: there is one.
 */
int pirq_set_eoi_map(struct domain *d, mfn_t mfn);
void pirq_drop_eoi_map(struct domain *d);

/* Hypervisor's own interrupts. */
void irq_register_gsi(uint32_t gsi, void (*fn)(void *), void *data);
void irq_register_nmi(uint32_t gsi); /* as an NMI on every CPU */

void irq_dump(void); /* debug key i; reads without locks */

#endif
