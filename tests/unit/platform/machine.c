/* SPDX-License-Identifier: GPL-2.0-only */
/* The seam of the platform files, on the host. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hv/assert.h>
#include <hv/boot.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/evtchn.h>
#include <hv/page.h>
#include <hv/printk.h>
#include <hv/time.h>
#include <hv/timer.h>
#include <hv/xalloc.h>
#include <hv/x86/apic.h>
#include <hv/x86/clock.h>
#include <hv/x86/cpu_setup.h>
#include <hv/x86/irq_desc.h>
#include <hv/x86/mapping.h>
#include <hv/x86/msi.h>

#include <abi/errno.h>

#include "machine.h"

struct cpu_features cpu_features = {.phys_bits = 40};
struct boot_info boot_info;
uint8_t firmware[FIRMWARE_SIZE];
bool line_masked[NR_IRQS];
unsigned int sent_pirq[4];
struct irq_desc irq_desc[NR_IRQS];

static void *copies[4096];
static unsigned int nr_copies;

void firmware_reset(void)
{
	while (nr_copies)
		free(copies[--nr_copies]);
	memset(firmware, 0, sizeof(firmware));
}

const void *map_firmware(uint64_t maddr, size_t len)
{
	char *p;

	if (maddr + len > 1ULL << 40)
		panic("mapped %#llx, which is no address",
		      (unsigned long long)maddr);
	if (nr_copies == ARRAY_SIZE(copies))
		return NULL;
	p = calloc(1, len ? len : 1);
	if (maddr < FIRMWARE_SIZE)
		memcpy(p, firmware + maddr, min(len, FIRMWARE_SIZE - maddr));
	copies[nr_copies++] = p;
	return p;
}

unsigned int smp_processor_id(void)
{
	return 0;
}

void cpu_poll(void)
{
	panic("one CPU waits for itself");
}

void printk(enum loglevel lvl, const char *fmt, ...)
{
	(void)lvl;
	(void)fmt;
}

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	abort();
}

void irq_mask(uint32_t irq)
{
	irq_desc[irq].is_masked = line_masked[irq] = true;
}

void irq_unmask(uint32_t irq)
{
	irq_desc[irq].is_masked = line_masked[irq] = false;
}

void irq_hold(uint32_t irq, bool hold)
{
	irq_desc[irq].is_held = hold;
	line_masked[irq] = hold || irq_desc[irq].is_masked;
}

void irq_handle(uint32_t irq)
{
	irq_guest_deliver(irq);
}

/* --- device memory --- */

bool ioapic_any_in(mfn_t first, mfn_t last)
{
	return first.v <= IOAPIC_FRAME && IOAPIC_FRAME <= last.v;
}

bool hpet_owns_mfn(mfn_t m)
{
	(void)m;
	return false;
}

bool msix_owns_mfn(mfn_t m)
{
	(void)m;
	return false;
}

/* --- frames --- */

static struct page frames[EOI_FRAME + 1];
struct page *frame_table = frames;
uint64_t max_page = EOI_FRAME + 1;
uint8_t eoi_map[4096];
unsigned int eoi_map_refs;

void *mfn_to_virt(mfn_t m)
{
	return m.v == EOI_FRAME ? eoi_map : NULL;
}

int page_get_and_type(struct page *pg, const struct domain *d, enum page_type t,
		      bool preemptible)
{
	(void)preemptible;
	if (pg != &frames[EOI_FRAME] || d->domid || t != PT_WRITABLE)
		return -EPERM;
	eoi_map_refs++;
	return 0;
}

void page_put_and_type(struct page *pg)
{
	(void)pg;
	eoi_map_refs--;
}

/* --- for irq_storm.c --- */

struct boot_options opt;
uint64_t now;
struct timer *storm_timer;

uint64_t now_ns(void)
{
	return now;
}

void timer_init(struct timer *t, void (*fn)(void *), void *data,
		unsigned int cpu)
{
	*t = (struct timer){.fn = fn, .data = data, .cpu = cpu};
	storm_timer = t;
}

void timer_set(struct timer *t, uint64_t expires_ns)
{
	t->expires_ns = expires_ns;
	t->is_active = true;
}

bool send_pirq(struct domain *d, uint32_t pirq)
{
	(void)pirq;
	sent_pirq[d->domid]++;
	return true;
}

/* --- for pirq.c: 24 pins, and devices 0 to 3 with messages --- */

bool ioapic_has_gsi(uint32_t gsi)
{
	return gsi < NR_GSIS;
}

unsigned int ioapic_nr_gsis(void)
{
	return NR_GSIS;
}

int irq_setup(uint32_t irq)
{
	struct irq_desc *desc = &irq_desc[irq];

	if (desc->kind != IRQ_UNUSED)
		return 0;
	spin_lock_init(&desc->lock, RANK_IRQ);
	desc->kind = IRQ_GSI;
	desc->is_masked = true;
	return 0;
}

void irq_set_cpu(uint32_t irq, unsigned int cpu)
{
	irq_desc[irq].cpu = cpu;
}

int msi_enable(pci_sbdf_t dev, bool is_msix, unsigned int entry,
	       uint64_t bar_hint)
{
	uint32_t irq = 100u + dev.devfn;

	(void)is_msix;
	(void)entry;
	(void)bar_hint;
	if (dev.devfn > 3)
		return -ENODEV;
	if (irq_desc[irq].kind == IRQ_MSI)
		return -EEXIST;
	irq_setup(irq);
	irq_desc[irq].kind = IRQ_MSI;
	return (int)irq;
}

void msi_disable(uint32_t irq)
{
	irq_desc[irq].kind = IRQ_UNUSED;
}

void *xzalloc_bytes(size_t size)
{
	return calloc(1, size);
}

void xfree(const void *p)
{
	free((void *)(uintptr_t)p);
}
