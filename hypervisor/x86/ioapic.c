/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IO-APICs: each pin is one GSI, and its redirection entry says to which CPU
 * and vector it goes.  Entries are 64 bits behind an index and a data register
 * ("82093AA I/O Advanced Programmable Interrupt Controller").
 */
#include <hv/assert.h>
#include <hv/printk.h>
#include <hv/spinlock.h>
#include <hv/x86/acpi.h>
#include <hv/x86/apic.h>
#include <hv/x86/irq_desc.h>
#include <hv/x86/mapping.h>
#include <abi/errno.h>

#define MAX_PINS 240
#define REG_VERSION 1
#define REG_ENTRY(pin) (0x10 + 2 * (pin))
#define ENTRY_NMI (4u << 8)
#define ENTRY_ACTIVE_LOW (1u << 13)
#define ENTRY_LEVEL (1u << 15)
#define ENTRY_MASKED (1u << 16)

static struct ioapic {
	volatile uint32_t *regs;
	uint64_t maddr;
	uint32_t gsi_base, nr_pins;
	uint32_t selected;	/* what the index register holds */
	uint32_t low[MAX_PINS]; /* lower halves as last written */
} ioapics[MAX_IOAPICS];
static unsigned int nr_ioapics, nr_gsis;

/*
 * Index and data registers of all of them, and what we know of their contents:
 * each access is slow, in a virtual machine above all.
 */
static spinlock_t lock = SPINLOCK_INIT(RANK_CHIPSET);

static void reg_select(struct ioapic *io, uint32_t reg)
{
	if (io->selected != reg)
		io->regs[0] = io->selected = reg;
}

static uint32_t reg_read(struct ioapic *io, uint32_t reg)
{
	reg_select(io, reg);
	return io->regs[4];
}

static void reg_write(struct ioapic *io, uint32_t reg, uint32_t v)
{
	reg_select(io, reg);
	io->regs[4] = v;
}

static struct ioapic *find(uint32_t gsi)
{
	for (unsigned int i = 0; i < nr_ioapics; i++)
		if (gsi >= ioapics[i].gsi_base &&
		    gsi - ioapics[i].gsi_base < ioapics[i].nr_pins)
			return &ioapics[i];
	return NULL;
}

static void init_one(const struct acpi_ioapic *a)
{
	struct ioapic *io = &ioapics[nr_ioapics];

	io->maddr = a->maddr;
	io->gsi_base = a->gsi_base;
	io->regs = ioremap_hv(a->maddr, PAGE_SIZE);
	if (!io->regs)
		panic("no memory to map an IO-APIC");
	io->selected = ~0u;
	io->nr_pins = (reg_read(io, REG_VERSION) >> 16 & 0xff) + 1;
	if (a->gsi_base >= MAX_GSIS || io->nr_pins > MAX_GSIS - a->gsi_base ||
	    find(a->gsi_base) || io->nr_pins > MAX_PINS) {
		log_warn("IO-APIC at 0x%x with GSIs %u+%u ignored\n", a->maddr,
			 a->gsi_base, io->nr_pins);
		return;
	}
	for (uint32_t pin = 0; pin < io->nr_pins; pin++)
		reg_write(io, REG_ENTRY(pin), ENTRY_MASKED);
	nr_ioapics++;
	nr_gsis = max(nr_gsis, io->gsi_base + io->nr_pins);
	log_info("IO-APIC %u at 0x%x: GSIs %u to %u\n", a->id, a->maddr,
		 io->gsi_base, io->gsi_base + io->nr_pins - 1);
}

void ioapic_init(void)
{
	for (unsigned int i = 0; i < acpi.nr_ioapics; i++)
		init_one(&acpi.ioapic[i]);
	if (!nr_ioapics)
		panic("no IO-APIC: the firmware's MADT lists none");
}

unsigned int ioapic_nr_gsis(void)
{
	return nr_gsis;
}

bool ioapic_has_gsi(uint32_t gsi)
{
	return find(gsi) != NULL;
}

/* Masked while the halves disagree. */
void ioapic_route(uint32_t gsi, const struct ioapic_route *r)
{
	struct ioapic *io = find(gsi);
	uint32_t low = r->vector, reg;

	if (!io)
		return;
	low |= r->is_nmi ? ENTRY_NMI : 0;
	low |= r->active_low ? ENTRY_ACTIVE_LOW : 0;
	low |= r->level ? ENTRY_LEVEL : 0;
	reg = REG_ENTRY(gsi - io->gsi_base);
	spin_lock(&lock);
	io->low[gsi - io->gsi_base] = low;
	reg_write(io, reg, low | ENTRY_MASKED);
	reg_write(io, reg + 1, r->apic_id << 24);
	if (!r->masked)
		reg_write(io, reg, low);
	spin_unlock(&lock);
}

void ioapic_mask(uint32_t gsi, bool masked)
{
	struct ioapic *io = find(gsi);
	uint32_t low, reg;

	if (!io)
		return;
	reg = REG_ENTRY(gsi - io->gsi_base);
	spin_lock(&lock);
	low = io->low[gsi - io->gsi_base];
	reg_write(io, reg, low | (masked ? ENTRY_MASKED : 0));
	/* Read back: the mask must be at the IO-APIC before an EOI is. */
	if (masked)
		(void)reg_read(io, reg);
	spin_unlock(&lock);
}

int ioapic_read_register(uint64_t maddr, uint32_t reg, uint32_t *value)
{
	for (unsigned int i = 0; i < nr_ioapics; i++) {
		if (ioapics[i].maddr != maddr)
			continue;
		spin_lock(&lock);
		*value = reg_read(&ioapics[i], reg & 0xff);
		spin_unlock(&lock);
		return 0;
	}
	return -EINVAL;
}

bool ioapic_any_in(mfn_t first, mfn_t last)
{
	for (unsigned int i = 0; i < nr_ioapics; i++) {
		uint64_t mfn = ioapics[i].maddr >> PAGE_SHIFT;

		if (first.v <= mfn && mfn <= last.v)
			return true;
	}
	return false;
}
