/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's numbers for hardware interrupts.  A pirq is mapped to an irq by
 * physdev_op, and bound to an event channel by the domain.  Dom0's first
 * pirqs are its GSIs' numbers; what has no number of its own (MSI) gets one
 * from the top down.
 */
#include <hv/assert.h>
#include <hv/irq.h>
#include <hv/page.h>
#include <hv/string.h>
#include <hv/xalloc.h>
#include <hv/x86/apic.h>
#include <hv/x86/irq_desc.h>
#include <hv/x86/msi.h>
#include <hv/x86/pirq.h>
#include <abi/event_channel.h>
#include <abi/errno.h>

struct pirq {
	int32_t irq; /* -1: not mapped */
	bool is_bound;
};

struct pirq_table {
	spinlock_t lock; /* RANK_PIRQ: all of it */
	uint32_t nr;
	struct page *eoi_page; /* the guest's: a bit for each pirq with EOIs */
	struct pirq pirq[];
};

int pirq_init_domain(struct domain *d, uint32_t nr)
{
	struct pirq_table *t =
		xzalloc_bytes(sizeof(*t) + nr * sizeof(struct pirq));

	if (!t)
		return -ENOMEM;
	spin_lock_init(&t->lock, RANK_PIRQ);
	t->nr = nr;
	for (uint32_t i = 0; i < nr; i++)
		t->pirq[i].irq = -1;
	d->pirqs = t;
	return 0;
}

uint32_t nr_pirqs(const struct domain *d)
{
	return d->pirqs ? d->pirqs->nr : 0;
}

/* The entry, or NULL: no such pirq. */
static struct pirq *lookup(struct domain *d, uint32_t pirq)
{
	if (!d->pirqs || pirq >= d->pirqs->nr)
		return NULL;
	return &d->pirqs->pirq[index_nospec(pirq, d->pirqs->nr)];
}

/* The same, mapped, and with the table locked. */
static struct pirq *lock_mapped(struct domain *d, uint32_t pirq)
{
	struct pirq *p = lookup(d, pirq);

	if (!p)
		return NULL;
	spin_lock(&d->pirqs->lock);
	if (p->irq >= 0)
		return p;
	spin_unlock(&d->pirqs->lock);
	return NULL;
}

/* --- which need an EOI, told by a page of the guest's --- */

/* Bits of other pirqs in the byte do not change meanwhile: our lock is held. */
static void tell_eoi(struct domain *d, const struct pirq *p)
{
	struct pirq_table *t = d->pirqs;
	uint32_t nr = (uint32_t)(p - t->pirq);
	uint8_t *byte;

	if (!t->eoi_page)
		return;
	byte = (uint8_t *)page_to_virt(t->eoi_page) + nr / 8;
	if (irq_desc[p->irq].level)
		*byte |= (uint8_t)(1u << nr % 8);
	else
		*byte &= (uint8_t) ~(1u << nr % 8);
}

int pirq_set_eoi_map(struct domain *d, mfn_t mfn)
{
	struct pirq_table *t = d->pirqs;
	struct page *pg;

	if (!t || t->nr > 8 * PAGE_SIZE || !mfn_valid(mfn))
		return -EINVAL;
	pg = mfn_to_page(mfn);
	if (page_get_and_type(pg, d, PT_WRITABLE, false))
		return -EINVAL;
	spin_lock(&t->lock);
	if (t->eoi_page) {
		spin_unlock(&t->lock);
		page_put_and_type(pg);
		return -EBUSY;
	}
	t->eoi_page = pg;
	memset(page_to_virt(pg), 0, PAGE_SIZE);
	for (uint32_t i = 0; i < t->nr; i++)
		if (t->pirq[i].is_bound)
			tell_eoi(d, &t->pirq[i]);
	spin_unlock(&t->lock);
	return 0;
}

void pirq_drop_eoi_map(struct domain *d)
{
	struct page *pg;

	if (!d->pirqs)
		return;
	spin_lock(&d->pirqs->lock);
	pg = d->pirqs->eoi_page;
	d->pirqs->eoi_page = NULL;
	spin_unlock(&d->pirqs->lock);
	if (pg)
		page_put_and_type(pg);
}

/* --- binding --- */

int pirq_bind(struct vcpu *v, uint32_t pirq, uint32_t flags)
{
	struct domain *d = v->domain;
	struct pirq *p = lock_mapped(d, pirq);
	struct irq_desc *desc;
	int rc;

	if (!p)
		return -EINVAL;
	desc = &irq_desc[p->irq];
	spin_lock(&desc->lock);
	if (!desc->nr_guests)
		irq_set_cpu((uint32_t)p->irq, v->sched.processor);
	rc = irq_guest_add((uint32_t)p->irq, d, pirq,
			   flags & BIND_PIRQ__WILL_SHARE);
	spin_unlock(&desc->lock);
	if (!rc) {
		p->is_bound = true;
		tell_eoi(d, p);
	}
	spin_unlock(&d->pirqs->lock);
	return rc;
}

static void unbind(struct domain *d, struct pirq *p)
{
	struct irq_desc *desc = &irq_desc[p->irq];

	spin_lock(&desc->lock);
	irq_guest_remove((uint32_t)p->irq, d);
	spin_unlock(&desc->lock);
	p->is_bound = false;
}

void pirq_unbind(struct domain *d, uint32_t pirq)
{
	struct pirq *p = lock_mapped(d, pirq);

	if (!p)
		return;
	unbind(d, p);
	spin_unlock(&d->pirqs->lock);
}

void pirq_set_affinity(struct domain *d, uint32_t pirq, struct vcpu *v)
{
	struct pirq *p = lock_mapped(d, pirq);
	struct irq_desc *desc;

	if (!p)
		return;
	desc = &irq_desc[p->irq];
	spin_lock(&desc->lock);
	irq_set_cpu((uint32_t)p->irq, v->sched.processor);
	spin_unlock(&desc->lock);
	spin_unlock(&d->pirqs->lock);
}

int pirq_eoi(struct domain *d, uint32_t pirq)
{
	struct pirq *p = lookup(d, pirq);
	struct irq_desc *desc;

	if (!p)
		return -EINVAL;
	spin_lock(&d->pirqs->lock);
	if (p->is_bound) {
		desc = &irq_desc[p->irq];
		spin_lock(&desc->lock);
		irq_guest_eoi((uint32_t)p->irq, d);
		spin_unlock(&desc->lock);
	}
	spin_unlock(&d->pirqs->lock);
	return 0;
}

int pirq_status(struct domain *d, uint32_t pirq, bool *needs_eoi,
		bool *is_shared)
{
	struct pirq *p = lookup(d, pirq);
	struct irq_desc *desc;

	*needs_eoi = *is_shared = false;
	if (!p)
		return -EINVAL;
	spin_lock(&d->pirqs->lock);
	if (p->irq >= 0) {
		desc = &irq_desc[p->irq];
		spin_lock(&desc->lock);
		*needs_eoi = desc->level;
		*is_shared = desc->nr_guests > 1;
		spin_unlock(&desc->lock);
	}
	spin_unlock(&d->pirqs->lock);
	return 0;
}

/* --- mapping --- */

static int find_pirq_of(const struct pirq_table *t, uint32_t irq)
{
	for (uint32_t i = 0; i < t->nr; i++)
		if (t->pirq[i].irq == (int32_t)irq)
			return (int)i;
	return -ENOENT;
}

static int find_free(const struct pirq_table *t)
{
	for (uint32_t i = t->nr; i-- > ioapic_nr_gsis();)
		if (t->pirq[i].irq < 0)
			return (int)i;
	return -ENOSPC;
}

int pirq_map_gsi(struct domain *d, uint32_t gsi, int wanted)
{
	struct pirq *p;
	int rc, old;

	if (!d->pirqs || !ioapic_has_gsi(gsi))
		return -EINVAL;
	if (wanted >= 0 && !lookup(d, (uint32_t)wanted))
		return -EINVAL;
	rc = irq_setup(gsi);
	if (rc)
		return rc;
	spin_lock(&d->pirqs->lock);
	old = find_pirq_of(d->pirqs, gsi);
	if (old >= 0) {
		rc = wanted < 0 || wanted == old ? old : -EEXIST;
		goto out;
	}
	rc = wanted >= 0 ? wanted
	     : gsi < d->pirqs->nr && d->pirqs->pirq[gsi].irq < 0
		     ? (int)gsi
		     : find_free(d->pirqs);
	if (rc < 0)
		goto out;
	p = lookup(d, (uint32_t)rc);
	if (p->irq >= 0)
		rc = -EEXIST;
	else
		p->irq = (int32_t)gsi;
out:
	spin_unlock(&d->pirqs->lock);
	return rc;
}

int pirq_map_msi(struct domain *d, pci_sbdf_t dev, bool is_msix,
		 unsigned int entry, uint64_t bar_hint, int wanted)
{
	struct pirq *p;
	int rc, irq;

	if (!d->pirqs || (wanted >= 0 && !lookup(d, (uint32_t)wanted)))
		return -EINVAL;
	spin_lock(&d->pirqs->lock);
	rc = wanted >= 0 ? wanted : find_free(d->pirqs);
	if (rc < 0)
		goto out;
	p = lookup(d, (uint32_t)rc);
	if (p->irq >= 0) {
		rc = -EEXIST;
		goto out;
	}
	irq = msi_enable(dev, is_msix, entry, bar_hint);
	if (irq < 0)
		rc = irq;
	else
		p->irq = irq;
out:
	spin_unlock(&d->pirqs->lock);
	return rc;
}

static void unmap(struct domain *d, struct pirq *p)
{
	if (p->is_bound)
		unbind(d, p);
	if (irq_desc[p->irq].kind == IRQ_MSI)
		msi_disable((uint32_t)p->irq);
	p->irq = -1;
}

int pirq_unmap(struct domain *d, uint32_t pirq)
{
	struct pirq *p = lock_mapped(d, pirq);

	if (!p)
		return -EINVAL;
	unmap(d, p);
	spin_unlock(&d->pirqs->lock);
	return 0;
}

void pirq_free_domain(struct domain *d)
{
	if (!d->pirqs)
		return;
	spin_lock(&d->pirqs->lock);
	for (uint32_t i = 0; i < d->pirqs->nr; i++)
		if (d->pirqs->pirq[i].irq >= 0)
			unmap(d, &d->pirqs->pirq[i]);
	spin_unlock(&d->pirqs->lock);
	xfree(d->pirqs);
	d->pirqs = NULL;
}
