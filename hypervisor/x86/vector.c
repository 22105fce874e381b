/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which interrupt vector belongs to which irq, on all CPUs alike.  There are
 * some 190; a machine with more sources in use gets -ENOSPC for the rest, and
 * drivers then make do with fewer queues.
 */
#include <hv/spinlock.h>
#include <hv/x86/apic.h>
#include <hv/x86/irq_desc.h>
#include <abi/errno.h>

static spinlock_t lock = SPINLOCK_INIT(RANK_CHIPSET); /* writers of owner */
static uint16_t owner[256];			      /* irq + 1, 0: free */

int vector_alloc(uint32_t irq)
{
	int rc = -ENOSPC;

	spin_lock(&lock);
	for (unsigned int v = VEC_DEVICE_FIRST; v <= VEC_DEVICE_LAST; v++) {
		if (v == VEC_INT80 || owner[v])
			continue;
		WRITE_ONCE(owner[v], (uint16_t)(irq + 1));
		rc = (int)v;
		break;
	}
	spin_unlock(&lock);
	return rc;
}

void vector_free(unsigned int vector)
{
	spin_lock(&lock);
	WRITE_ONCE(owner[vector], 0);
	spin_unlock(&lock);
}

int vector_to_irq(unsigned int vector)
{
	unsigned int irq = READ_ONCE(owner[vector]);

	return irq ? (int)irq - 1 : -ENOENT;
}
