/* SPDX-License-Identifier: GPL-2.0-only */
/* Mapping of pirqs, for physdev_op; binding is in hv/irq.h. */
#ifndef HV_X86_PIRQ_H
#define HV_X86_PIRQ_H

#include <hv/types.h>
#include <hv/x86/pci.h>

struct domain;

/*
 * Give @d a pirq for @gsi: @wanted, or one of its choice when negative.  The
 * number; the same again if it is mapped already.
 * -EINVAL: no such GSI or pirq.  -EEXIST: taken otherwise.  -ENOSPC.
 */
int pirq_map_gsi(struct domain *d, uint32_t gsi, int wanted);
/* The same for a message of @dev; errors also as msi_enable. */
int pirq_map_msi(struct domain *d, pci_sbdf_t dev, bool is_msix,
		 unsigned int entry, uint64_t bar_hint, int wanted);
/* Unbinds, too.  -EINVAL: not mapped. */
int pirq_unmap(struct domain *d, uint32_t pirq);

/* The guest has handled @pirq.  -EINVAL: no such number. */
int pirq_eoi(struct domain *d, uint32_t pirq);
int pirq_status(struct domain *d, uint32_t pirq, bool *needs_eoi,
		bool *is_shared);

#endif
