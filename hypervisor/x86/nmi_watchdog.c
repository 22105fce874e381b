/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The watchdog: the PIT interrupts all CPUs some eighteen times a second by
 * NMI.  A CPU makes progress if it is found in a guest or with interrupts on,
 * if its trace has grown, if it clears free memory, or while the console
 * prints.  One that does not for watchdog_timeout seconds gets a crash report.
 */
#include <hv/assert.h>
#include <hv/boot.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/irq.h>
#include <hv/perf.h>
#include <hv/printk.h>
#include <hv/time.h>
#include <hv/trace.h>
#include <hv/x86/io.h>
#include <hv/x86/nmi.h>
#include <hv/x86/traps.h>

#define PIT_IRQ 0
#define PIT_CH0 0x40
#define PIT_COMMAND 0x43
#define PIT_CH0_RATE 0x34 /* both bytes, mode 2 */
#define PIT_HZ 1193182
#define PIT_DIVISOR 0x10000
/* "System control port B": parity and bus errors, each an NMI's reason */
#define PORT_B 0x61
#define PORT_B_ERRORS 0xc0

static struct {
	uint64_t seen;	  /* its progress at the last NMI */
	uint32_t ticks;	  /* since it changed             */
	uint32_t nr_nmis; /* in all                       */
} __attribute__((aligned(64))) cpus[NR_CPUS];

static bool is_on;

static bool ticks(void)
{
	uint32_t before = READ_ONCE(cpus[0].nr_nmis);
	uint64_t end = now_ns() + NS_PER_SEC / 4;

	while (now_ns() < end)
		if (READ_ONCE(cpus[0].nr_nmis) != before)
			return true;
	return false;
}

void nmi_watchdog_init(void)
{
	if (!opt.watchdog)
		return;
	outb(PIT_COMMAND, PIT_CH0_RATE);
	outb(PIT_CH0, PIT_DIVISOR & 0xff);
	outb(PIT_CH0, PIT_DIVISOR >> 8 & 0xff);
	is_on = true;
	irq_register_nmi(PIT_IRQ);
	if (!ticks()) {
		is_on = false;
		log_warn("Watchdog: the PIT gives no NMIs, off\n");
		return;
	}
	log_info("Watchdog: on, %u s\n", opt.watchdog_timeout_s);
}

static uint64_t progress(void)
{
	return trace_ring()->next + perf_this_cpu()->scrubs[0] + conring_end();
}

bool nmi_watchdog_tick(const struct regs *r)
{
	unsigned int cpu = smp_processor_id();
	uint64_t seen = progress();

	if (!is_on || (inb(PORT_B) & PORT_B_ERRORS))
		return false;
	cpus[cpu].nr_nmis++;
	if ((r->cs & 3) || (r->rflags & RFLAGS_IF) || seen != cpus[cpu].seen) {
		cpus[cpu].seen = seen;
		cpus[cpu].ticks = 0;
		return true;
	}
	if (++cpus[cpu].ticks < opt.watchdog_timeout_s * (PIT_HZ / PIT_DIVISOR))
		return true;
	is_on = false;
	console_start_panic();
	show_regs(r);
	panic("watchdog: CPU %u stands still for %u s", cpu,
	      opt.watchdog_timeout_s);
}
