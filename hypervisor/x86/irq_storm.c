/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupt storms: a source that never rests (a line that nobody's driver
 * quietens, a device gone mad) must not take all of a CPU's time. After
 * irq_ratelimit= interrupts within 10 ms it is masked until a timer, some
 * 10 ms later, lets it go on.
 */
#include <hv/assert.h>
#include <hv/boot.h>
#include <hv/printk.h>
#include <hv/time.h>
#include <hv/timer.h>
#include <hv/x86/irq_desc.h>

#define WINDOW_NS 10000000ULL

static void release(void *data);
static struct timer timer; /* CPU 0's */

void irq_storm_init(void)
{
	timer_init(&timer, release, NULL, 0);
}

/*
 * A level-triggered line that is still active interrupts at once. An edge or
 * a message may have been lost meanwhile, so its handler runs in any case.
 */
static void release_one(uint32_t irq)
{
	struct irq_desc *desc = &irq_desc[irq];

	spin_lock(&desc->lock);
	if (desc->is_held) {
		irq_hold(irq, false);
		if (!desc->level)
			irq_handle(irq);
	}
	spin_unlock(&desc->lock);
}

static void release(void *data)
{
	(void)data;
	for (uint32_t irq = 0; irq < NR_IRQS; irq++)
		if (READ_ONCE(irq_desc[irq].is_held))
			release_one(irq);
}

/* The clock is read only once in so many interrupts. */
void irq_storm_count(uint32_t irq)
{
	struct irq_desc *desc = &irq_desc[irq];
	uint64_t now, since = desc->since_ns;

	ASSERT(spin_is_held(&desc->lock));
	if (desc->is_held || !opt.irq_ratelimit ||
	    ++desc->nr_since < opt.irq_ratelimit)
		return;
	now = now_ns();
	desc->nr_since = 0;
	desc->since_ns = now;
	if (now - since >= WINDOW_NS)
		return;
	if (!desc->nr_storms++)
		log_warn("IRQ %u: %u interrupts in %llu us, held back\n", irq,
			 opt.irq_ratelimit,
			 (unsigned long long)(now - since) / 1000);
	irq_hold(irq, true);
	timer_set(&timer, now + WINDOW_NS);
}
