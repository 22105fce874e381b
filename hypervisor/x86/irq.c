/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts from the hardware: what each vector means, and how a source is
 * set up, masked and moved.
 *
 * A level-triggered pin is masked before its EOI and stays so until every
 * guest that shares it says it is done, so no guest can keep a CPU's local
 * APIC from taking other interrupts.
 */
#include <hv/assert.h>
#include <hv/cpu.h>
#include <hv/irq.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <hv/x86/irq_desc.h>
#include <hv/x86/msi.h>
#include <hv/x86/platform.h>
#include <hv/x86/smp.h>
#include <abi/errno.h>

struct irq_desc irq_desc[NR_IRQS];
static uint64_t nr_stray;

void irq_init(void)
{
	for (unsigned int i = 0; i < NR_IRQS; i++)
		spin_lock_init(&irq_desc[i].lock, RANK_IRQ);
	irq_storm_init();
}

/* --- sources --- */

static void route(uint32_t irq)
{
	struct irq_desc *desc = &irq_desc[irq];
	uint32_t apic_id = cpu_apic_id(desc->cpu);

	ASSERT(spin_is_held(&desc->lock));
	if (desc->kind == IRQ_MSI) {
		msi_write_message(desc->msi, desc->vector, apic_id);
		return;
	}
	ioapic_route(irq,
		     &(struct ioapic_route){
			     .vector = desc->vector,
			     .level = desc->level,
			     .active_low = desc->active_low,
			     .masked = desc->is_masked || desc->is_held,
			     .is_nmi = desc->is_nmi,
			     .apic_id = desc->is_nmi ? APIC_ID_ALL : apic_id,
		     });
}

/* It is masked for two reasons, by its rules and while it is held back. */
static void apply_mask(uint32_t irq)
{
	struct irq_desc *desc = &irq_desc[irq];
	bool masked = desc->is_masked || desc->is_held;

	ASSERT(spin_is_held(&desc->lock));
	if (desc->kind == IRQ_MSI)
		msi_mask(desc->msi, masked);
	else
		ioapic_mask(irq, masked);
}

void irq_mask(uint32_t irq)
{
	irq_desc[irq].is_masked = true;
	apply_mask(irq);
}

void irq_unmask(uint32_t irq)
{
	irq_desc[irq].is_masked = false;
	apply_mask(irq);
}

void irq_hold(uint32_t irq, bool hold)
{
	irq_desc[irq].is_held = hold;
	apply_mask(irq);
}

/* Messages and IO-APICs have 8 bits for an APIC id. */
static bool can_take_interrupts(unsigned int cpu)
{
	return (cpu_online_map & cpumask_of(cpu)) && cpu_apic_id(cpu) < 255;
}

void irq_set_cpu(uint32_t irq, unsigned int cpu)
{
	struct irq_desc *desc = &irq_desc[irq];

	if (!can_take_interrupts(cpu))
		cpu = 0;
	if (desc->cpu == cpu)
		return;
	desc->cpu = cpu;
	if (desc->vector)
		route(irq);
}

void irq_cpu_down(unsigned int cpu)
{
	for (uint32_t irq = 0; irq < NR_IRQS; irq++) {
		struct irq_desc *desc = &irq_desc[irq];

		spin_lock(&desc->lock);
		if (desc->cpu == cpu)
			irq_set_cpu(irq, 0);
		spin_unlock(&desc->lock);
	}
}

/* As the MADT has it; else ISA's edge, PCI's level and active low. */
static void default_trigger(uint32_t gsi, struct irq_desc *desc)
{
	desc->level = desc->active_low = gsi >= 16;
	for (unsigned int i = 0; i < acpi.nr_overrides; i++) {
		if (acpi.override[i].gsi != gsi)
			continue;
		desc->level = acpi.override[i].level;
		desc->active_low = acpi.override[i].active_low;
	}
	desc->is_configured = true;
}

int irq_setup(uint32_t irq)
{
	struct irq_desc *desc = &irq_desc[irq];
	int rc = 0;

	spin_lock(&desc->lock);
	if (desc->vector)
		goto out;
	rc = vector_alloc(irq);
	if (rc < 0)
		goto out;
	desc->vector = (uint8_t)rc;
	desc->is_masked = true;
	if (desc->kind == IRQ_UNUSED)
		desc->kind = IRQ_GSI;
	if (desc->kind == IRQ_GSI && !desc->is_configured)
		default_trigger(irq, desc);
	route(irq);
	rc = 0;
out:
	spin_unlock(&desc->lock);
	return rc;
}

int irq_configure_gsi(uint32_t gsi, bool level, bool active_low)
{
	struct irq_desc *desc = &irq_desc[gsi];
	int rc = 0;

	spin_lock(&desc->lock);
	if (desc->is_configured && desc->level == level &&
	    desc->active_low == active_low)
		goto out;
	if (desc->nr_guests || desc->fn) {
		rc = -EEXIST;
		goto out;
	}
	desc->level = level;
	desc->active_low = active_low;
	desc->is_configured = true;
	if (desc->vector)
		route(gsi);
out:
	spin_unlock(&desc->lock);
	return rc;
}

int irq_alloc_msi(struct msi_desc *msi)
{
	for (uint32_t irq = ioapic_nr_gsis(); irq < NR_IRQS; irq++) {
		struct irq_desc *desc = &irq_desc[irq];
		int rc;

		spin_lock(&desc->lock);
		if (desc->kind != IRQ_UNUSED) {
			spin_unlock(&desc->lock);
			continue;
		}
		desc->kind = IRQ_MSI;
		desc->msi = msi;
		desc->cpu = 0;
		spin_unlock(&desc->lock);
		rc = irq_setup(irq);
		if (rc)
			irq_free_msi(irq);
		return rc ? rc : (int)irq;
	}
	return -ENOSPC;
}

void irq_free_msi(uint32_t irq)
{
	struct irq_desc *desc = &irq_desc[irq];

	spin_lock(&desc->lock);
	BUG_ON(desc->kind != IRQ_MSI || desc->nr_guests);
	if (desc->vector)
		vector_free(desc->vector);
	desc->vector = 0;
	desc->msi = NULL;
	desc->kind = IRQ_UNUSED;
	desc->is_held = false;
	spin_unlock(&desc->lock);
}

static void register_gsi(uint32_t gsi, void (*fn)(void *), void *data,
			 bool is_nmi)
{
	struct irq_desc *desc;

	for (unsigned int i = 0; gsi < 16 && i < acpi.nr_overrides; i++)
		if (acpi.override[i].source == gsi) {
			gsi = acpi.override[i].gsi;
			break;
		}
	if (!ioapic_has_gsi(gsi) || irq_setup(gsi)) {
		log_warn("IRQ: GSI %u can not be used\n", gsi);
		return;
	}
	desc = &irq_desc[gsi];
	spin_lock(&desc->lock);
	desc->fn = fn;
	desc->data = data;
	desc->is_nmi = is_nmi;
	desc->is_masked = false;
	route(gsi);
	spin_unlock(&desc->lock);
}

void irq_register_gsi(uint32_t gsi, void (*fn)(void *), void *data)
{
	register_gsi(gsi, fn, data, false);
}

/* It never comes as an interrupt. */
static void no_interrupt(void *data)
{
	(void)data;
}

void irq_register_nmi(uint32_t gsi)
{
	register_gsi(gsi, no_interrupt, NULL, true);
}

void irq_dump(void)
{
	for (uint32_t irq = 0; irq < NR_IRQS; irq++) {
		const struct irq_desc *desc = &irq_desc[irq];

		if (!desc->vector)
			continue;
		log_info(" irq %3u: vector %02x CPU %u %s%s%s, %llu so far%s, "
			 "held back %u times\n",
			 irq, desc->vector, desc->cpu,
			 desc->kind == IRQ_MSI ? "MSI"
			 : desc->level	       ? "level"
					       : "edge",
			 desc->active_low ? " low" : "",
			 desc->is_masked ? " masked" : "",
			 (unsigned long long)desc->count,
			 desc->fn ? ", ours" : "", desc->nr_storms);
		for (unsigned int i = 0; i < desc->nr_guests; i++)
			log_info("   d%u pirq %u%s\n", desc->guest[i].d->domid,
				 desc->guest[i].pirq,
				 desc->guest[i].eoi_due ? " awaits EOI" : "");
	}
}

/* --- arrival --- */

void irq_handle(uint32_t irq)
{
	struct irq_desc *desc = &irq_desc[irq];

	ASSERT(spin_is_held(&desc->lock));
	if (!desc->fn) {
		irq_guest_deliver(irq);
		return;
	}
	desc->fn(desc->data);
	if (desc->level)
		irq_unmask(irq);
}

static void device_interrupt(unsigned int vector)
{
	int irq = vector_to_irq(vector);
	struct irq_desc *desc;

	if (irq < 0) {
		lapic_eoi();
		if (!nr_stray++)
			log_warn("IRQ: vector 0x%x is nobody's\n", vector);
		return;
	}
	desc = &irq_desc[irq];
	spin_lock(&desc->lock);
	desc->count++;
	irq_storm_count((uint32_t)irq);
	if (desc->level)
		irq_mask((uint32_t)irq);
	lapic_eoi();
	/* An edge waits; a message that can not be masked comes all the same.
	 */
	if (desc->level || !desc->is_held)
		irq_handle((uint32_t)irq);
	spin_unlock(&desc->lock);
}

void do_irq(unsigned int vector)
{
	switch (vector) {
	case VEC_TIMER:
		lapic_eoi();
		softirq_raise(SOFTIRQ_TIMER);
		return;
	case VEC_KICK: /* the way back to the guest looks at softirqs */
		lapic_eoi();
		return;
	case VEC_CALL:
		lapic_eoi();
		smp_serve_calls();
		return;
	case VEC_ERROR:
		lapic_handle_error();
		lapic_eoi();
		return;
	case VEC_SPURIOUS: /* SDM: takes no EOI */
		return;
	}
	if (vector >= VEC_DEVICE_FIRST)
		device_interrupt(vector);
	else
		i8259_spurious(vector);
}
