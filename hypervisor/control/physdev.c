/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * physdev_op: Dom0 tells which interrupts and devices it drives, and every
 * domain ends the interrupts it was given.
 */
#include <hv/domain.h>
#include <hv/irq.h>
#include <hv/physdev.h>
#include <hv/x86/apic.h>
#include <hv/x86/irq_desc.h>
#include <hv/x86/msi.h>
#include <hv/x86/pirq.h>
#include <abi/errno.h>

/* --- running interrupts --- */

int physdev_eoi(struct domain *d, struct physdev_eoi *op)
{
	return pirq_eoi(d, op->irq);
}

/* Only a level-triggered line waits for the guest, so only it needs EOIs. */
int physdev_irq_status_query(struct domain *d,
			     struct physdev_irq_status_query *op)
{
	bool needs_eoi, is_shared;
	int rc = pirq_status(d, op->irq, &needs_eoi, &is_shared);

	op->flags = (needs_eoi ? XENIRQSTAT_needs_eoi : 0) |
		    (is_shared ? XENIRQSTAT_shared : 0);
	return rc;
}

/* Its unmasking of ports was for kernels before Linux 2.6.32. */
int physdev_pirq_eoi_gmfn_v1(struct domain *d, struct physdev_pirq_eoi_gmfn *op)
{
	(void)d;
	(void)op;
	return -ENOSYS;
}

int physdev_pirq_eoi_gmfn_v2(struct domain *d, struct physdev_pirq_eoi_gmfn *op)
{
	return pirq_set_eoi_map(d, MFN(op->gmfn));
}

/* --- IO-APIC --- */

int physdev_apic_read(struct domain *d, struct physdev_apic *op)
{
	(void)d;
	return ioapic_read_register(op->apic_physbase, op->reg, &op->value);
}

/* Kernels that wrote redirection entries themselves left with Linux 2.6. */
int physdev_apic_write(struct domain *d, struct physdev_apic *op)
{
	(void)d;
	(void)op;
	return -ENOSYS;
}

int physdev_alloc_irq_vector(struct domain *d, struct physdev_irq *op)
{
	(void)d;
	if (!ioapic_has_gsi(op->irq))
		return -EINVAL;
	op->vector = op->irq;
	return 0;
}

int physdev_setup_gsi(struct domain *d, struct physdev_setup_gsi *op)
{
	(void)d;
	if (op->gsi < 0 || !ioapic_has_gsi((uint32_t)op->gsi))
		return -EINVAL;
	return irq_configure_gsi(
		(uint32_t)index_nospec((uint64_t)op->gsi, MAX_GSIS),
		op->triggering, op->polarity);
}

/* --- mapping --- */

static bool may_use_gsi(struct domain *caller, uint32_t gsi)
{
	bool ok;

	if (caller->is_privileged)
		return true;
	spin_lock(&caller->lock);
	ok = rangeset_contains(&caller->irqs, gsi, gsi);
	spin_unlock(&caller->lock);
	return ok;
}

static int map_gsi(struct domain *caller, struct domain *d,
		   const struct physdev_map_pirq *op)
{
	if (op->index < 0 || !ioapic_has_gsi((uint32_t)op->index))
		return -EINVAL;
	if (!may_use_gsi(caller, (uint32_t)op->index))
		return -EPERM;
	return pirq_map_gsi(
		d, (uint32_t)index_nospec((uint64_t)op->index, MAX_GSIS),
		op->pirq);
}

static int map_msi(struct domain *caller, struct domain *d,
		   const struct physdev_map_pirq *op)
{
	pci_sbdf_t dev = {.bus = (uint8_t)op->bus, .devfn = (uint8_t)op->devfn};

	if (!caller->is_privileged)
		return -EPERM;
	if (op->type == MAP_PIRQ_TYPE_MULTI_MSI && op->entry_nr > 1)
		return -EOPNOTSUPP;
	if (op->type != MAP_PIRQ_TYPE_MSI)
		dev.seg = (uint16_t)((uint32_t)op->bus >> 16);
	if (op->entry_nr < 0 || op->entry_nr > 2047)
		return -EINVAL;
	return pirq_map_msi(d, dev, op->table_base != 0,
			    op->table_base ? (unsigned int)op->entry_nr : 0,
			    op->table_base, op->pirq);
}

int physdev_map_pirq(struct domain *caller, struct physdev_map_pirq *op)
{
	struct domain *d;
	int rc = domain_get_remote(op->domid, &d);

	if (rc)
		return rc;
	switch (op->type) {
	case MAP_PIRQ_TYPE_GSI:
		rc = map_gsi(caller, d, op);
		break;
	case MAP_PIRQ_TYPE_MSI:
	case MAP_PIRQ_TYPE_MSI_SEG:
	case MAP_PIRQ_TYPE_MULTI_MSI:
		rc = map_msi(caller, d, op);
		break;
	default:
		rc = -EINVAL;
	}
	domain_put(d);
	if (rc < 0)
		return rc;
	op->pirq = rc;
	return 0;
}

int physdev_unmap_pirq(struct domain *caller, struct physdev_unmap_pirq *op)
{
	struct domain *d;
	int rc = domain_get_remote(op->domid, &d);

	(void)caller;
	if (rc)
		return rc;
	rc = op->pirq < 0 ? -EINVAL : pirq_unmap(d, (uint32_t)op->pirq);
	domain_put(d);
	return rc;
}

/* For kernels that number MSIs themselves (HVM guests); PV ones map first. */
int physdev_get_free_pirq(struct domain *d, struct physdev_get_free_pirq *op)
{
	(void)d;
	(void)op;
	return -ENOSYS;
}

/* --- PCI devices --- */

/*
 * The hypervisor keeps no list of devices: what it needs of one, it reads from
 * the device.  So "add" says whether MSIs of that device can work.  A virtual
 * function shows no vendor id of its own.
 */
static int add(pci_sbdf_t dev)
{
	return pci_is_present(dev) ? 0 : -ENODEV;
}

int physdev_pci_device_add(struct domain *d, struct physdev_pci_device_add *op)
{
	pci_sbdf_t dev = {op->seg, op->bus, op->devfn};

	(void)d;
	if (op->flags & XEN_PCI_DEV_VIRTFN) {
		dev.bus = op->physfn.bus;
		dev.devfn = op->physfn.devfn;
	}
	return add(dev);
}

int physdev_manage_pci_add(struct domain *d, struct physdev_manage_pci *op)
{
	(void)d;
	return add((pci_sbdf_t){0, op->bus, op->devfn});
}

int physdev_manage_pci_add_ext(struct domain *d,
			       struct physdev_manage_pci_ext *op)
{
	(void)d;
	if (op->is_virtfn)
		return add((pci_sbdf_t){0, op->physfn.bus, op->physfn.devfn});
	return add((pci_sbdf_t){0, op->bus, op->devfn});
}

/* Its messages go when their pirqs are unmapped. */
int physdev_pci_device_remove(struct domain *d, struct physdev_pci_device *op)
{
	(void)d;
	(void)op;
	return 0;
}

int physdev_manage_pci_remove(struct domain *d, struct physdev_manage_pci *op)
{
	(void)d;
	(void)op;
	return 0;
}

int physdev_restore_msi(struct domain *d, struct physdev_restore_msi *op)
{
	(void)d;
	return msi_restore((pci_sbdf_t){0, op->bus, op->devfn});
}

int physdev_restore_msi_ext(struct domain *d, struct physdev_pci_device *op)
{
	(void)d;
	return msi_restore((pci_sbdf_t){op->seg, op->bus, op->devfn});
}

int physdev_prepare_msix(struct domain *d, struct physdev_pci_device *op)
{
	(void)d;
	return msix_prepare((pci_sbdf_t){op->seg, op->bus, op->devfn});
}

int physdev_release_msix(struct domain *d, struct physdev_pci_device *op)
{
	(void)d;
	return msix_release((pci_sbdf_t){op->seg, op->bus, op->devfn});
}

/* Configuration space is read through ports; Dom0 may map ECAM by itself. */
int physdev_pci_mmcfg_reserved(struct domain *d,
			       struct physdev_pci_mmcfg_reserved *op)
{
	(void)d;
	(void)op;
	return 0;
}
