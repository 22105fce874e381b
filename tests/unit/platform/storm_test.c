/* SPDX-License-Identifier: GPL-2.0-only */
/* Storms: who interrupts too often is held back, and nobody else. */
#include <string.h>

#include <hv/boot.h>
#include <hv/domain.h>
#include <hv/time.h>
#include <hv/timer.h>
#include <hv/x86/irq_desc.h>

#include "../unit_test.h"
#include "machine.h"

#define LIMIT 50

static struct domain guest;

static void start(void)
{
	memset(irq_desc, 0, sizeof(irq_desc[0]) * NR_IRQS);
	memset(sent_pirq, 0, sizeof(sent_pirq));
	memset(line_masked, 0, sizeof(line_masked[0]) * NR_IRQS);
	opt.irq_ratelimit = LIMIT;
	now = NS_PER_SEC;
	irq_storm_init();
	for (uint32_t irq = 0; irq < 3; irq++) {
		spin_lock_init(&irq_desc[irq].lock, RANK_IRQ);
		irq_desc[irq].nr_guests = 1;
		irq_desc[irq].guest[0].d = &guest;
	}
}

/* @n interrupts, one every @every_ns. */
static void interrupts(uint32_t irq, unsigned int n, uint64_t every_ns)
{
	while (n--) {
		now += every_ns;
		spin_lock(&irq_desc[irq].lock);
		irq_storm_count(irq);
		spin_unlock(&irq_desc[irq].lock);
	}
}

static void let_go(void)
{
	EXPECT(storm_timer->is_active);
	now = storm_timer->expires_ns;
	storm_timer->is_active = false;
	storm_timer->fn(storm_timer->data);
}

UNIT_TEST(source_below_the_limit_is_never_held)
{
	start();
	interrupts(1, 100 * LIMIT, 10 * NS_PER_MS / (LIMIT - 1));
	EXPECT_EQ(irq_desc[1].nr_storms, 0);
	EXPECT(!storm_timer->is_active);
}

UNIT_TEST(storm_is_held_back_and_let_go_again_and_again)
{
	start();
	interrupts(1, LIMIT, 0); /* the first ones since long ago */
	for (unsigned int i = 1; i <= 3; i++) {
		EXPECT(!line_masked[1]);
		interrupts(1, LIMIT - 1, 1000);
		EXPECT(!line_masked[1]);
		interrupts(1, 1, 1000);
		EXPECT(line_masked[1]);
		EXPECT_EQ(irq_desc[1].nr_storms, i);
		EXPECT_EQ(storm_timer->expires_ns, now + 10 * NS_PER_MS);
		now += NS_PER_MS;
		let_go();
		interrupts(1, LIMIT, 0);
		EXPECT(!line_masked[1]);
	}
}

UNIT_TEST(others_go_on_while_one_is_held)
{
	start();
	interrupts(1, 2 * LIMIT, 1000);
	interrupts(2, LIMIT - 1, 1000);
	EXPECT(line_masked[1]);
	EXPECT(!line_masked[2]);
}

UNIT_TEST(edge_that_may_be_lost_is_made_up_for)
{
	start();
	interrupts(1, 2 * LIMIT, 1000);
	let_go();
	EXPECT_EQ(sent_pirq[0], 1);
	EXPECT(!line_masked[1]);
}

UNIT_TEST(level_line_stays_masked_by_its_own_rules)
{
	start();
	irq_desc[1].level = true;
	interrupts(1, 2 * LIMIT, 1000);
	irq_desc[1].is_masked = true;
	let_go();
	EXPECT_EQ(sent_pirq[0], 0);
	EXPECT(line_masked[1]);
}

UNIT_TEST(zero_is_no_limit)
{
	start();
	opt.irq_ratelimit = 0;
	interrupts(1, 100000, 0);
	EXPECT(!line_masked[1]);
}
