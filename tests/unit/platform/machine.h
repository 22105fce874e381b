/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tested files see of a machine: firmware memory, pins, ports. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The first MiB as firmware filled it.  map_firmware() hands out a copy of
 * exactly the bytes asked for, so that the sanitizer sees one read too many.
 */
#define FIRMWARE_SIZE 0x100000
extern uint8_t firmware[FIRMWARE_SIZE];
void firmware_reset(void);

#define NR_GSIS 24
#define IOAPIC_FRAME 0xfec00

extern bool line_masked[];	  /* by irq; start masked   */
extern unsigned int sent_pirq[4]; /* by domid: interrupts sent */

/* The clock, and the timer of irq_storm.c. */
extern uint64_t now;
extern struct timer *storm_timer;

/* Frame 7 is domain 0's, and this is in it. */
#define EOI_FRAME 7
extern uint8_t eoi_map[4096];
extern unsigned int eoi_map_refs;

#endif
