/* SPDX-License-Identifier: GPL-2.0-only */
/* The seam of the platform files, on the host. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hv/assert.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/evtchn.h>
#include <hv/printk.h>
#include <hv/x86/irq_desc.h>
#include <hv/x86/mapping.h>

#include "machine.h"

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

	if (nr_copies == ARRAY_SIZE(copies) || maddr + len < maddr)
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

bool send_pirq(struct domain *d, uint32_t pirq)
{
	(void)pirq;
	sent_pirq[d->domid]++;
	return true;
}
