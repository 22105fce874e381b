/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupt descriptors, one an interrupt source: the GSIs first, then what
 * MSI and MSI-X get.  A vector belongs to one descriptor on every CPU, so that
 * moving an interrupt between CPUs is one write to where it is routed.
 */
#ifndef HV_X86_IRQ_DESC_H
#define HV_X86_IRQ_DESC_H

#include <hv/spinlock.h>
#include <hv/types.h>

struct domain;
struct msi_desc;

#define NR_IRQS 512
#define MAX_GSIS 256
#define IRQ_MAX_GUESTS 8

enum irq_kind { IRQ_UNUSED, IRQ_GSI, IRQ_MSI };

/* A domain's port takes this interrupt. */
struct irq_guest {
	struct domain *d;
	uint32_t pirq;
	bool eoi_due; /* delivered, and the guest has not said EOI */
};

/*
 * Life of a level-triggered one that is bound:
 *	idle --interrupt--> masked, every guest's eoi_due --last EOI--> idle
 *
 * 1. nr_eoi_due == number of guests with eoi_due
 * 2. nr_eoi_due > 0 only if level, and then the pin is masked
 * 3. nr_guests == 0 and no handler: masked
 */
struct irq_desc {
	spinlock_t lock; /* RANK_IRQ: everything below */
	uint8_t kind;	 /* enum irq_kind */
	uint8_t vector;	 /* 0: none yet */
	bool level, active_low;
	bool is_configured; /* trigger and polarity known */
	bool will_share;
	bool is_masked;
	bool is_held; /* masked until its storm timer's next run */
	bool is_nmi;  /* without the vector, to all CPUs */
	uint32_t cpu; /* where it goes */
	uint64_t count;
	/* Storms: since when it counts how many, and how often it was held. */
	uint64_t since_ns;
	uint32_t nr_since, nr_storms;
	void (*fn)(void *data); /* the hypervisor's own handler */
	void *data;
	uint8_t nr_guests, nr_eoi_due;
	struct irq_guest guest[IRQ_MAX_GUESTS];
	struct msi_desc *msi;
};

extern struct irq_desc irq_desc[NR_IRQS];

/* --- vectors (x86/vector.c) --- */

/* A free device vector for @irq, -ENOSPC: all in use. */
int vector_alloc(uint32_t irq);
void vector_free(unsigned int vector);
int vector_to_irq(unsigned int vector); /* -ENOENT: nobody's */

/* --- the source (x86/irq.c); desc->lock held --- */
void irq_mask(uint32_t irq);
void irq_unmask(uint32_t irq);
void irq_set_cpu(uint32_t irq, unsigned int cpu);
/* Masked for the sake of others, whatever the two above say. */
void irq_hold(uint32_t irq, bool hold);
/* It happened, or may have while it was held: call who handles it. */
void irq_handle(uint32_t irq);

/* --- storms (x86/irq_storm.c); desc->lock held --- */
/* One more interrupt; holds @irq back if they have been too many. */
void irq_storm_count(uint32_t irq);
void irq_storm_init(void);

/* Give it a vector and route it, masked.  -ENOSPC.  Takes the lock. */
int irq_setup(uint32_t irq);
/* GSI's trigger and polarity: -EBUSY once in use otherwise. */
int irq_configure_gsi(uint32_t gsi, bool level, bool active_low);
/* An MSI's descriptor, with a vector: the number, or -ENOSPC. */
int irq_alloc_msi(struct msi_desc *msi);
void irq_free_msi(uint32_t irq);

/* --- delivery to domains (x86/irq_guest.c); desc->lock held --- */
int irq_guest_add(uint32_t irq, struct domain *d, uint32_t pirq, bool share);
void irq_guest_remove(uint32_t irq, struct domain *d);
/* The interrupt happened. */
void irq_guest_deliver(uint32_t irq);
/* @d has handled it. */
void irq_guest_eoi(uint32_t irq, struct domain *d);

#endif
