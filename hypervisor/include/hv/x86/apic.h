/* SPDX-License-Identifier: GPL-2.0-only */
/* Interrupt controllers: local APIC, IO-APICs, and the old PIC (off). */
#ifndef HV_X86_APIC_H
#define HV_X86_APIC_H

#include <hv/types.h>

/*
 * Vectors.  The PIC is masked but can still raise a spurious interrupt; 0x80
 * is a guest's system call; the hypervisor's own are above the devices'.
 */
#define VEC_PIC 0x20
#define VEC_DEVICE_FIRST 0x30
#define VEC_INT80 0x80
#define VEC_DEVICE_LAST 0xef
#define VEC_TIMER 0xf0
#define VEC_KICK 0xfb
#define VEC_CALL 0xfc
#define VEC_ERROR 0xfe
#define VEC_SPURIOUS 0xff

/* Boot CPU first, then each other one for itself. */
void lapic_init_bsp(void);
void lapic_init_cpu(void);
uint32_t lapic_id(void); /* of this CPU */
bool lapic_is_x2apic(void);
void lapic_eoi(void);
/* Highest-priority vector in service here, or 0. */
unsigned int lapic_in_service(void);
/* Interrupt @vector of type fixed; or a whole ICR low half for start-up. */
void lapic_send_ipi(uint32_t apic_id, unsigned int vector);
void lapic_send_icr(uint32_t apic_id, uint32_t icr);
#define ICR_INIT 0x4500
#define ICR_STARTUP 0x4600
#define ICR_NMI 0x4400
void lapic_handle_error(void);

/* The timer, one shot: interrupt VEC_TIMER after @count ticks; 0: never. */
void lapic_timer_init(void);
void lapic_timer_set(uint32_t count);
uint32_t lapic_timer_count(void); /* what is left */
/* The same by the TSC's value, where the CPU can (TSC-deadline mode). */
bool lapic_has_tsc_deadline(void);
void lapic_timer_set_tsc(uint64_t tsc);

/* IO-APICs.  A pin is named by its GSI. */
void ioapic_init(void);
unsigned int ioapic_nr_gsis(void); /* 1 + the highest */
bool ioapic_has_gsi(uint32_t gsi);
struct ioapic_route {
	uint8_t vector;
	bool level, active_low, masked;
	bool is_nmi; /* no vector */
	uint32_t apic_id;
};
#define APIC_ID_ALL 0xff
void ioapic_route(uint32_t gsi, const struct ioapic_route *r);
void ioapic_mask(uint32_t gsi, bool masked);
/* Register @reg of the IO-APIC at @maddr; -EINVAL: none there. */
int ioapic_read_register(uint64_t maddr, uint32_t reg, uint32_t *value);
/* Is one of them in frames @first to @last? */
bool ioapic_any_in(mfn_t first, mfn_t last);

/* The 8259 pair: moved to VEC_PIC and masked for good. */
void i8259_disable(void);
/* A vector of theirs arrived: account for it. */
void i8259_spurious(unsigned int vector);

#endif
