/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Delivery of an interrupt to the domains that bound it, and their EOIs.  The
 * rules are at struct irq_desc; nothing here touches hardware.
 */
#include <hv/assert.h>
#include <hv/evtchn.h>
#include <hv/x86/irq_desc.h>
#include <abi/errno.h>

static void check(const struct irq_desc *desc)
{
	unsigned int due = 0;

	for (unsigned int i = 0; i < desc->nr_guests; i++)
		due += desc->guest[i].eoi_due;
	ASSERT(due == desc->nr_eoi_due);
	ASSERT(!due || (desc->level && desc->is_masked));
	ASSERT(desc->nr_guests || desc->fn || desc->is_masked);
	(void)due;
}

static struct irq_guest *find(struct irq_desc *desc, const struct domain *d)
{
	for (unsigned int i = 0; i < desc->nr_guests; i++)
		if (desc->guest[i].d == d)
			return &desc->guest[i];
	return NULL;
}

/* A line with an EOI outstanding stays masked: the last EOI opens it. */
int irq_guest_add(uint32_t irq, struct domain *d, uint32_t pirq, bool share)
{
	struct irq_desc *desc = &irq_desc[irq];

	ASSERT(spin_is_held(&desc->lock));
	if (desc->fn || find(desc, d) || desc->nr_guests == IRQ_MAX_GUESTS)
		return -EBUSY;
	if (desc->nr_guests && !(share && desc->will_share))
		return -EBUSY;
	desc->will_share = share;
	desc->guest[desc->nr_guests++] = (struct irq_guest){d, pirq, false};
	if (desc->nr_guests == 1)
		irq_unmask(irq);
	check(desc);
	return 0;
}

void irq_guest_eoi(uint32_t irq, struct domain *d)
{
	struct irq_desc *desc = &irq_desc[irq];
	struct irq_guest *g = find(desc, d);

	ASSERT(spin_is_held(&desc->lock));
	if (!g || !g->eoi_due)
		return;
	g->eoi_due = false;
	if (--desc->nr_eoi_due == 0)
		irq_unmask(irq);
	check(desc);
}

void irq_guest_remove(uint32_t irq, struct domain *d)
{
	struct irq_desc *desc = &irq_desc[irq];
	struct irq_guest *g = find(desc, d);

	ASSERT(spin_is_held(&desc->lock));
	if (!g)
		return;
	irq_guest_eoi(irq, d);
	*g = desc->guest[--desc->nr_guests];
	if (!desc->nr_guests)
		irq_mask(irq);
	check(desc);
}

void irq_guest_deliver(uint32_t irq)
{
	struct irq_desc *desc = &irq_desc[irq];

	ASSERT(spin_is_held(&desc->lock));
	for (unsigned int i = 0; i < desc->nr_guests; i++) {
		struct irq_guest *g = &desc->guest[i];

		if (desc->level && !g->eoi_due) {
			g->eoi_due = true;
			desc->nr_eoi_due++;
		}
		(void)send_pirq(g->d, g->pirq);
	}
	check(desc);
}
