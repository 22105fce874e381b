/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine: what boot calls to bring it up, and what Dom0 may and may not
 * touch of it.  In this order:
 *
 *	acpi_init(rsdp)		after mapping_init
 *	i8259_disable()
 *	irq_init()
 *	lapic_init_bsp()	the IDT's vectors 0x20 and up go to do_irq
 *	time_early_init()	polls a clock; from here now_ns() works
 *	smp_enumerate()		idle vcpus are wanted for nr_present_cpus()
 *	ioapic_init()		irq_register_gsi() may be used
 *	timer_subsys_init()
 *	time_cpu_init()		this CPU's clock
 *	wallclock_init()
 *	sched_cpu_up(0)
 *	smp_boot_aps(maxcpus)	on one CPU, too: starts what keeps time right
 */
#ifndef HV_X86_PLATFORM_H
#define HV_X86_PLATFORM_H

#include <hv/types.h>
#include <hv/x86/acpi.h>
#include <hv/x86/apic.h>

struct domain;
struct vcpu;

void irq_init(void);
/* Interrupts that go to @cpu, which is off line from now on, go to CPU 0. */
void irq_cpu_down(unsigned int cpu);

/* IDT entries 0x20 to 0xff but 0x80 come here: interrupts off, no lock. */
void do_irq(unsigned int vector);

/* Number the CPUs; the boot CPU is 0. */
void smp_enumerate(void);
unsigned int nr_present_cpus(void);
/*
 * Start the other CPUs, at most @maxcpus in all (0: every one).  Each takes
 * dom_idle->vcpu[cpu], which must exist, and goes into the idle loop.  Returns
 * the number of CPUs on line.
 */
unsigned int smp_boot_aps(unsigned int maxcpus);
/* C entry of a started CPU, on its own stack. */
void ap_start(unsigned int cpu) __attribute__((noreturn));
/*
 * At run time, from a hypercall (x86/cpu_hotplug.c); Dom0 is told.  -EINVAL: no
 * such CPU, or to take CPU 0 down.  -EEXIST, -ENODEV: it is up or down already.
 * -EBUSY: one is coming or going.  -EIO: it does not start.  -ERESTART and
 * -EADDRINUSE: see sched_cpu_down.
 */
int cpu_bring_up(unsigned int cpu);
int cpu_take_down(unsigned int cpu);
/* In the idle loop: does not return if this CPU is to go. */
void cpu_leave_if_told(void);
uint32_t cpu_apic_id(unsigned int cpu);
uint32_t cpu_acpi_id(unsigned int cpu);
/* Stop every other CPU for good (panic, reset); any context. */
void smp_stop_others(void);

/*
 * Port I/O of a guest that its IOPL or bitmap allows: pass it on, emulate it,
 * or ignore it (reads give all ones).  @bytes: 1, 2 or 4.
 */
uint32_t guest_port_in(struct vcpu *v, uint16_t port, unsigned int bytes);
void guest_port_out(struct vcpu *v, uint16_t port, unsigned int bytes,
		    uint32_t value);
/* The @i-th range of ports Dom0 must not reach directly; false: no more. */
bool ioport_dom0_denied(unsigned int i, uint16_t *first, uint16_t *last);

/* Seconds since 1970 by the battery clock. */
uint64_t rtc_read(void);
/* While firmware uses its ports. */
void rtc_lock(void);
void rtc_unlock(void);
/* Dom0's view of the RTC's index and data ports. */
uint8_t rtc_port_in(uint16_t port);
void rtc_port_out(uint16_t port, uint8_t value);

/* These do not return. */
__attribute__((noreturn)) void machine_restart(void);
__attribute__((noreturn)) void machine_power_off(void);
__attribute__((noreturn)) void machine_halt(void);
/* Go to ACPI state @state by writing SLP_TYP values to PM1a and PM1b. */
int acpi_enter_sleep(unsigned int state, uint16_t val_a, uint16_t val_b);

#endif
