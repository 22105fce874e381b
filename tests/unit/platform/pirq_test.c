/* SPDX-License-Identifier: GPL-2.0-only */
/* A domain's pirq numbers: mapping, binding, and letting go in any order. */
#include <string.h>

#include <hv/irq.h>
#include <hv/x86/irq_desc.h>
#include <hv/x86/pirq.h>
#include <abi/errno.h>
#include <abi/event_channel.h>

#include "../unit_test.h"
#include "machine.h"

#define NR 40
#define MSI(n) ((pci_sbdf_t){0, 0, (n)})

static struct domain dom[2] = {{.domid = 0}, {.domid = 1}};
static struct vcpu vcpu[2] = {
	{.domain = &dom[0], .sched = {.processor = 1}},
	{.domain = &dom[1], .sched = {.processor = 0}},
};

static void start(void)
{
	memset(irq_desc, 0, sizeof(irq_desc[0]) * NR_IRQS);
	memset(sent_pirq, 0, sizeof(sent_pirq));
	for (unsigned int i = 0; i < 2; i++)
		EXPECT_EQ(pirq_init_domain(&dom[i], NR), 0);
}

static void stop(void)
{
	for (unsigned int i = 0; i < 2; i++)
		pirq_free_domain(&dom[i]);
}

static void interrupt(uint32_t irq)
{
	spin_lock(&irq_desc[irq].lock);
	if (irq_desc[irq].level)
		irq_mask(irq);
	irq_guest_deliver(irq);
	spin_unlock(&irq_desc[irq].lock);
}

UNIT_TEST(gsi_has_its_own_number_and_keeps_it)
{
	start();
	EXPECT_EQ(pirq_map_gsi(&dom[0], 9, -1), 9);
	EXPECT_EQ(pirq_map_gsi(&dom[0], 9, 9), 9);
	EXPECT_EQ(pirq_map_gsi(&dom[0], 9, 10), -EEXIST);
	EXPECT_EQ(pirq_map_gsi(&dom[0], 10, 9), -EEXIST);
	EXPECT_EQ(pirq_map_gsi(&dom[0], NR_GSIS, -1), -EINVAL);
	EXPECT_EQ(pirq_map_gsi(&dom[0], 3, NR), -EINVAL);
	stop();
}

UNIT_TEST(messages_are_numbered_from_the_top)
{
	start();
	EXPECT_EQ(pirq_map_msi(&dom[0], MSI(0), false, 0, 0, -1), NR - 1);
	EXPECT_EQ(pirq_map_msi(&dom[0], MSI(1), false, 0, 0, -1), NR - 2);
	EXPECT_EQ(pirq_map_msi(&dom[0], MSI(1), false, 0, 0, -1), -EEXIST);
	EXPECT_EQ(pirq_map_msi(&dom[0], MSI(9), false, 0, 0, -1), -ENODEV);
	EXPECT_EQ(pirq_unmap(&dom[0], NR - 1), 0);
	EXPECT_EQ(pirq_map_msi(&dom[0], MSI(2), false, 0, 0, -1), NR - 1);
	stop();
}

UNIT_TEST(numbers_run_out_with_an_error)
{
	start();
	for (uint32_t i = 0; i < NR - NR_GSIS; i++)
		EXPECT_EQ(pirq_map_gsi(&dom[0], i, (int)(NR - 1 - i)),
			  NR - 1 - i);
	EXPECT_EQ(pirq_map_msi(&dom[0], MSI(0), false, 0, 0, -1), -ENOSPC);
	stop();
}

UNIT_TEST(only_a_mapped_pirq_can_be_bound)
{
	start();
	EXPECT_EQ(pirq_bind(&vcpu[0], 5, 0), -EINVAL);
	EXPECT_EQ(pirq_bind(&vcpu[0], NR, 0), -EINVAL);
	EXPECT_EQ(pirq_map_gsi(&dom[0], 5, -1), 5);
	EXPECT_EQ(pirq_bind(&vcpu[0], 5, 0), 0);
	EXPECT_EQ(irq_desc[5].cpu, 1);
	EXPECT_EQ(pirq_bind(&vcpu[0], 5, 0), -EBUSY);
	stop();
	EXPECT(line_masked[5]);
}

UNIT_TEST(eoi_of_anything_else_is_harmless)
{
	start();
	EXPECT_EQ(pirq_eoi(&dom[0], NR), -EINVAL);
	EXPECT_EQ(pirq_eoi(&dom[0], 7), 0);
	EXPECT_EQ(pirq_map_gsi(&dom[0], 7, -1), 7);
	EXPECT_EQ(pirq_eoi(&dom[0], 7), 0);
	stop();
}

UNIT_TEST(domain_that_goes_releases_a_line_it_never_ended)
{
	start();
	for (unsigned int i = 0; i < 2; i++) {
		EXPECT_EQ(pirq_map_gsi(&dom[i], 11, -1), 11);
		irq_desc[11].level = true;
		EXPECT_EQ(pirq_bind(&vcpu[i], 11, BIND_PIRQ__WILL_SHARE), 0);
	}
	interrupt(11);
	EXPECT_EQ(sent_pirq[0] + sent_pirq[1], 2);
	EXPECT_EQ(pirq_eoi(&dom[0], 11), 0);
	EXPECT(line_masked[11]);
	pirq_free_domain(&dom[1]);
	EXPECT(!line_masked[11]);
	interrupt(11);
	EXPECT_EQ(sent_pirq[0], 2);
	EXPECT_EQ(sent_pirq[1], 1);
	stop();
}

UNIT_TEST(status_says_who_has_to_end_interrupts)
{
	bool eoi, shared;

	start();
	EXPECT_EQ(pirq_map_gsi(&dom[0], 4, -1), 4);
	EXPECT_EQ(pirq_status(&dom[0], 4, &eoi, &shared), 0);
	EXPECT(!eoi && !shared);
	irq_desc[4].level = true;
	EXPECT_EQ(pirq_status(&dom[0], 4, &eoi, &shared), 0);
	EXPECT(eoi && !shared);
	EXPECT_EQ(pirq_status(&dom[0], NR, &eoi, &shared), -EINVAL);
	stop();
}

UNIT_TEST(unmapping_a_bound_message_frees_it)
{
	start();
	EXPECT_EQ(pirq_map_msi(&dom[0], MSI(3), true, 0, 0, -1), NR - 1);
	EXPECT_EQ(pirq_bind(&vcpu[0], NR - 1, 0), 0);
	EXPECT(!line_masked[103]);
	EXPECT_EQ(pirq_unmap(&dom[0], NR - 1), 0);
	EXPECT(line_masked[103]);
	EXPECT_EQ(irq_desc[103].kind, IRQ_UNUSED);
	EXPECT_EQ(pirq_unmap(&dom[0], NR - 1), -EINVAL);
	pirq_unbind(&dom[0], NR - 1); /* the port closes later */
	stop();
}

static bool eoi_bit(uint32_t pirq)
{
	return eoi_map[pirq / 8] >> pirq % 8 & 1;
}

UNIT_TEST(a_page_says_which_bound_pirqs_need_an_eoi)
{
	start();
	memset(eoi_map, 0xff, sizeof(eoi_map));
	EXPECT_EQ(pirq_map_gsi(&dom[0], 9, -1), 9);
	EXPECT_EQ(pirq_map_gsi(&dom[0], 10, -1), 10);
	EXPECT_EQ(pirq_map_msi(&dom[0], MSI(0), false, 0, 0, -1), NR - 1);
	irq_desc[9].level = irq_desc[10].level = true;
	EXPECT_EQ(pirq_bind(&vcpu[0], 9, 0), 0);

	EXPECT_EQ(pirq_set_eoi_map(&dom[0], MFN(EOI_FRAME + 1)), -EINVAL);
	EXPECT_EQ(pirq_set_eoi_map(&dom[0], MFN(EOI_FRAME - 1)), -EINVAL);
	EXPECT_EQ(pirq_set_eoi_map(&dom[1], MFN(EOI_FRAME)), -EINVAL);
	EXPECT_EQ(pirq_set_eoi_map(&dom[0], MFN(EOI_FRAME)), 0);
	EXPECT_EQ(pirq_set_eoi_map(&dom[0], MFN(EOI_FRAME)), -EBUSY);
	EXPECT_EQ(eoi_map_refs, 1);
	EXPECT(eoi_bit(9));
	EXPECT(!eoi_bit(10));
	EXPECT_EQ(pirq_bind(&vcpu[0], 10, 0), 0);
	EXPECT_EQ(pirq_bind(&vcpu[0], NR - 1, 0), 0);
	EXPECT(eoi_bit(10));
	EXPECT(!eoi_bit(NR - 1));

	/* The same number for another source. */
	EXPECT_EQ(pirq_unmap(&dom[0], 10), 0);
	irq_desc[11].level = false;
	EXPECT_EQ(pirq_map_gsi(&dom[0], 11, 10), 10);
	EXPECT_EQ(pirq_bind(&vcpu[0], 10, 0), 0);
	EXPECT(!eoi_bit(10));
	EXPECT(eoi_bit(9));

	pirq_drop_eoi_map(&dom[0]);
	pirq_drop_eoi_map(&dom[0]);
	EXPECT_EQ(eoi_map_refs, 0);
	EXPECT_EQ(pirq_bind(&vcpu[0], 9, 0), -EBUSY);
	stop();
}
