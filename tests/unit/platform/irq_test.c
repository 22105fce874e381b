/* SPDX-License-Identifier: GPL-2.0-only */
/* Vectors, and the end-of-interrupt rules of lines that domains share. */
#include <string.h>

#include <hv/domain.h>
#include <hv/x86/apic.h>
#include <hv/x86/irq_desc.h>
#include <abi/errno.h>

#include "../unit_test.h"
#include "machine.h"

UNIT_TEST(every_device_vector_is_given_once_and_int80_never)
{
	bool seen[256] = {false};
	unsigned int n = 0;
	int v;

	while ((v = vector_alloc(n)) >= 0) {
		EXPECT(v >= VEC_DEVICE_FIRST && v <= VEC_DEVICE_LAST);
		EXPECT(v != VEC_INT80);
		EXPECT(!seen[v]);
		seen[v] = true;
		EXPECT_EQ(vector_to_irq((unsigned int)v), n);
		n++;
	}
	EXPECT_EQ(v, -ENOSPC);
	EXPECT_EQ(n, VEC_DEVICE_LAST - VEC_DEVICE_FIRST);
	vector_free(0x91);
	EXPECT_EQ(vector_to_irq(0x91), -ENOENT);
	EXPECT_EQ(vector_alloc(300), 0x91);
	for (unsigned int i = VEC_DEVICE_FIRST; i <= VEC_DEVICE_LAST; i++)
		vector_free(i);
}

/* --- sharing --- */

#define IRQ 5
static struct domain dom[2] = {{.domid = 0}, {.domid = 1}};

static struct irq_desc *reset(bool level)
{
	struct irq_desc *desc = &irq_desc[IRQ];

	memset(desc, 0, sizeof(*desc));
	spin_lock_init(&desc->lock, RANK_IRQ);
	desc->kind = IRQ_GSI;
	desc->level = level;
	desc->is_masked = line_masked[IRQ] = true;
	memset(sent_pirq, 0, sizeof(sent_pirq));
	return desc;
}

/* As the hardware path does it: masked at once when level-triggered. */
static void interrupt(void)
{
	if (irq_desc[IRQ].level)
		irq_mask(IRQ);
	irq_guest_deliver(IRQ);
}

UNIT_TEST(level_line_stays_masked_until_the_guest_is_done)
{
	struct irq_desc *desc = reset(true);

	spin_lock(&desc->lock);
	EXPECT_EQ(irq_guest_add(IRQ, &dom[0], 5, false), 0);
	EXPECT(!line_masked[IRQ]);
	interrupt();
	EXPECT_EQ(sent_pirq[0], 1);
	EXPECT(line_masked[IRQ]);
	irq_guest_eoi(IRQ, &dom[0]);
	EXPECT(!line_masked[IRQ]);
	irq_guest_eoi(IRQ, &dom[0]); /* one too many is harmless */
	EXPECT(!line_masked[IRQ]);
	spin_unlock(&desc->lock);
}

UNIT_TEST(edge_line_is_never_masked_while_bound)
{
	struct irq_desc *desc = reset(false);

	spin_lock(&desc->lock);
	EXPECT_EQ(irq_guest_add(IRQ, &dom[0], 5, false), 0);
	interrupt();
	interrupt();
	EXPECT(!line_masked[IRQ]);
	EXPECT_EQ(sent_pirq[0], 2);
	irq_guest_remove(IRQ, &dom[0]);
	EXPECT(line_masked[IRQ]);
	spin_unlock(&desc->lock);
}

UNIT_TEST(line_is_shared_only_if_all_agree)
{
	struct irq_desc *desc = reset(true);

	spin_lock(&desc->lock);
	EXPECT_EQ(irq_guest_add(IRQ, &dom[0], 5, true), 0);
	EXPECT_EQ(irq_guest_add(IRQ, &dom[0], 6, true), -EBUSY);
	EXPECT_EQ(irq_guest_add(IRQ, &dom[1], 5, false), -EBUSY);
	EXPECT_EQ(irq_guest_add(IRQ, &dom[1], 5, true), 0);
	spin_unlock(&desc->lock);
}

UNIT_TEST(hypervisors_own_line_can_not_be_bound)
{
	struct irq_desc *desc = reset(false);

	spin_lock(&desc->lock);
	desc->fn = (void (*)(void *))interrupt;
	EXPECT_EQ(irq_guest_add(IRQ, &dom[0], 5, true), -EBUSY);
	spin_unlock(&desc->lock);
}

/*
 * Every sequence of six steps by two domains, against a model of two facts a
 * domain: bound, and owing an EOI.
 */
enum { ADD, REMOVE, EOI, NR_STEPS };
struct model {
	bool bound[2], owes[2];
};

static void step(struct model *m, unsigned int what)
{
	unsigned int who = what & 1;

	switch (what / 2) {
	case ADD:
		EXPECT_EQ(irq_guest_add(IRQ, &dom[who], 5, true),
			  m->bound[who] ? -EBUSY : 0);
		m->bound[who] = true;
		break;
	case REMOVE:
		irq_guest_remove(IRQ, &dom[who]);
		m->bound[who] = m->owes[who] = false;
		break;
	case EOI:
		irq_guest_eoi(IRQ, &dom[who]);
		m->owes[who] = false;
		break;
	default:
		if (line_masked[IRQ])
			return;
		interrupt();
		m->owes[0] = m->bound[0];
		m->owes[1] = m->bound[1];
	}
}

UNIT_TEST(masked_means_unbound_or_owing_in_every_sequence)
{
	const unsigned int choices = 2 * NR_STEPS + 1;
	unsigned int nr = 1;

	for (unsigned int i = 0; i < 7; i++)
		nr *= choices;
	for (unsigned int seq = 0; seq < nr; seq++) {
		struct irq_desc *desc = reset(true);
		struct model m = {{false}, {false}};
		unsigned int rest = seq;

		spin_lock(&desc->lock);
		for (unsigned int i = 0; i < 7; i++, rest /= choices) {
			bool bound, owes;

			step(&m, rest % choices);
			bound = m.bound[0] || m.bound[1];
			owes = m.owes[0] || m.owes[1];
			EXPECT_EQ(line_masked[IRQ], !bound || owes);
		}
		spin_unlock(&desc->lock);
	}
}
