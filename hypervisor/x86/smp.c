/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The other CPUs: which there are, starting them, and asking them to do
 * something.
 *
 * A CPU that asks others to run a function has one slot of its own for it and
 * sets its bit in each target's word; so CPUs that call each other at the same
 * time share no lock, and each serves the rest while it waits.
 */
#include <hv/assert.h>
#include <hv/boot.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/mmu.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/string.h>
#include <hv/time.h>
#include <hv/trace.h>
#include <hv/x86/clock.h>
#include <hv/x86/context_switch.h>
#include <hv/x86/cpu_info.h>
#include <hv/x86/cpu_setup.h>
#include <hv/x86/io.h>
#include <hv/x86/mapping.h>
#include <hv/x86/nmi.h>
#include <hv/x86/platform.h>
#include <hv/x86/smp.h>

#define START_TIMEOUT_NS (5 * NS_PER_SEC)

cpumask_t cpu_online_map = 1;

static struct acpi_cpu cpus[NR_CPUS]; /* by our number; 0 is the boot CPU */
static unsigned int nr_cpus = 1;

static struct call {
	void (*fn)(void *);
	void *arg;
	cpumask_t pending; /* atomic: who has not run it yet */
} __attribute__((aligned(64))) calls[NR_CPUS]; /* by caller */

static struct {
	cpumask_t from; /* atomic: whose calls this CPU has to serve */
} __attribute__((aligned(64))) inbox[NR_CPUS];

static bool stopping; /* the machine goes down: answer no more, halt */

/* --- which CPUs there are --- */

/* Firmware's order, but the boot CPU first. */
void smp_enumerate(void)
{
	uint32_t boot_id = lapic_id();

	cpus[0].apic_id = boot_id;
	for (unsigned int i = 0; i < acpi.nr_cpus; i++) {
		const struct acpi_cpu *c = &acpi.cpu[i];

		if (c->apic_id == boot_id) {
			cpus[0].acpi_id = c->acpi_id;
		} else if (c->apic_id >= 255 && !lapic_is_x2apic()) {
			log_warn("SMP: CPU with APIC id %u needs x2APIC mode, "
				 "not used\n",
				 c->apic_id);
		} else if (nr_cpus < NR_CPUS) {
			cpus[nr_cpus++] = *c;
		}
	}
}

unsigned int nr_present_cpus(void)
{
	return nr_cpus;
}

uint32_t cpu_apic_id(unsigned int cpu)
{
	return cpus[cpu].apic_id;
}

uint32_t cpu_acpi_id(unsigned int cpu)
{
	return cpus[cpu].acpi_id;
}

/* --- calls --- */

static __attribute__((noreturn)) void halt_cpu(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

void smp_serve_calls(void)
{
	unsigned int self = smp_processor_id(), caller;
	cpumask_t from;

	if (READ_ONCE(stopping))
		halt_cpu();
	if (likely(!READ_ONCE(inbox[self].from)))
		return;
	/* acquire pairs with the or in smp_call: the slot is complete */
	from = __atomic_exchange_n(&inbox[self].from, 0, __ATOMIC_ACQUIRE);
	for_each_cpu (caller, from) {
		struct call *c = &calls[caller];

		c->fn(c->arg);
		/* release pairs with the caller's acquire: fn's work is done */
		__atomic_fetch_and(&c->pending, ~cpumask_of(self),
				   __ATOMIC_RELEASE);
	}
}

void cpu_poll(void)
{
	cpu_pause();
	smp_serve_calls();
}

/* @fn takes no lock: its CPU may be anywhere, waiting for one. */
void smp_call(cpumask_t mask, void (*fn)(void *), void *arg)
{
	unsigned int self = smp_processor_id(), cpu;
	struct call *c = &calls[self];
	cpumask_t others;

	mask &= READ_ONCE(cpu_online_map);
	others = mask & ~cpumask_of(self);
	c->fn = fn;
	c->arg = arg;
	__atomic_store_n(&c->pending, others, __ATOMIC_RELEASE);
	for_each_cpu (cpu, others) {
		cpumask_t before = __atomic_fetch_or(
			&inbox[cpu].from, cpumask_of(self), __ATOMIC_SEQ_CST);

		/* Not empty: whoever came first has sent the interrupt. */
		if (!before)
			lapic_send_ipi(cpus[cpu].apic_id, VEC_CALL);
	}
	if (mask & cpumask_of(self))
		fn(arg);
	while (__atomic_load_n(&c->pending, __ATOMIC_ACQUIRE))
		cpu_poll();
}

void smp_kick(unsigned int cpu)
{
	if (cpu != smp_processor_id())
		lapic_send_ipi(cpus[cpu].apic_id, VEC_KICK);
}

/* INIT stops an AP; the boot CPU would start the BIOS, so it is asked. */
void smp_stop_others(void)
{
	unsigned int self = smp_processor_id(), cpu;

	WRITE_ONCE(stopping, true);
	for_each_cpu (cpu, cpu_online_map & ~cpumask_of(self))
		lapic_send_icr(cpus[cpu].apic_id,
			       cpu ? ICR_INIT : 0x4000 | VEC_CALL);
}

/* --- starting --- */

/* The start-up code and its variables (trampoline.S). */
extern char ap_trampoline[], ap_trampoline_end[], ap_gdt[], ap_gdt_base[],
	ap_jump32[], ap_jump64[], ap_code32[], ap_code64[], ap_cr3[];
extern struct cpu_info *ap_stack;
extern uint32_t ap_cpu;
struct cpu_info *ap_stack;
uint32_t ap_cpu;

static bool ap_alive, ap_go; /* the AP being started says; is told */
static uint64_t newest_tsc;  /* of the two that compare theirs */
static bool tsc_stepped_back;

/*
 * Each turn: a TSC that another CPU has written before we read ours must not
 * be ahead of ours.
 */
static void compare_tscs(void)
{
	for (unsigned int i = 0; i < 20000; i++) {
		uint64_t seen = __atomic_load_n(&newest_tsc, __ATOMIC_SEQ_CST);
		uint64_t mine;

		__asm__ volatile("lfence" : : : "memory");
		mine = rdtsc();
		__asm__ volatile("lfence" : : : "memory");
		if (mine < seen)
			WRITE_ONCE(tsc_stepped_back, true);
		else
			__atomic_compare_exchange_n(&newest_tsc, &seen, mine,
						    false, __ATOMIC_SEQ_CST,
						    __ATOMIC_SEQ_CST);
	}
}

void ap_start(unsigned int cpu)
{
	struct cpu_info *ci = cpu_info();

	ci->vcpu = dom_idle->vcpu[cpu];
	cpu_setup(cpu, ci);
	tlb_flush_local();
	lapic_init_cpu();
	mce_init_cpu();
	__atomic_store_n(&ap_alive, true, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&ap_go, __ATOMIC_ACQUIRE))
		cpu_pause();
	if (time_tsc_is_global())
		compare_tscs();
	time_cpu_init();
	sched_cpu_up(cpu);
	__atomic_fetch_or(&cpu_online_map, cpumask_of(cpu), __ATOMIC_SEQ_CST);
	idle_loop();
}

static void delay(uint64_t ns)
{
	uint64_t end = now_ns() + ns;

	while (now_ns() < end)
		cpu_poll();
}

static bool wait_for(const bool *flag, uint64_t ns)
{
	uint64_t end = now_ns() + ns;

	while (!__atomic_load_n(flag, __ATOMIC_ACQUIRE)) {
		if (now_ns() > end)
			return false;
		cpu_poll();
	}
	return true;
}

/* A page of RAM below 640 KiB that firmware left alone; 0: there is none. */
static uint32_t find_low_page(void)
{
	for (unsigned int i = 0; i < boot_info.nr_e820; i++) {
		const struct e820_entry *e = &boot_info.e820[i];
		uint64_t end = min(e->addr + e->size, 0xa0000UL);

		end = round_down(end, PAGE_SIZE);
		if (e->type == E820_RAM && end >= 2 * PAGE_SIZE &&
		    end - PAGE_SIZE >= e->addr)
			return (uint32_t)(end - PAGE_SIZE);
	}
	return 0;
}

static void put32(char *page, const char *label, uint32_t v)
{
	memcpy(page + (label - ap_trampoline), &v, sizeof(v));
}

static void install_trampoline(char *page, uint32_t maddr)
{
	memcpy(page, ap_trampoline,
	       (size_t)(ap_trampoline_end - ap_trampoline));
	put32(page, ap_gdt_base, maddr + (uint32_t)(ap_gdt - ap_trampoline));
	put32(page, ap_jump32, maddr + (uint32_t)(ap_code32 - ap_trampoline));
	put32(page, ap_jump64, maddr + (uint32_t)(ap_code64 - ap_trampoline));
	put32(page, ap_cr3, (uint32_t)idle_cr3);
}

static bool start_one(unsigned int cpu, uint32_t trampoline)
{
	uint32_t apic_id = cpus[cpu].apic_id;

	ap_cpu = cpu;
	ap_alive = ap_go = false;
	ap_stack = cpu_prepare(cpu);
	if (!ap_stack) {
		log_err("SMP: no memory for CPU %u\n", cpu);
		return false;
	}
	trace_init_cpu(cpu);
	lapic_send_icr(apic_id, ICR_STARTUP | trampoline >> PAGE_SHIFT);
	if (!wait_for(&ap_alive, 200000)) {
		lapic_send_icr(apic_id, ICR_STARTUP | trampoline >> PAGE_SHIFT);
		if (!wait_for(&ap_alive, START_TIMEOUT_NS)) {
			log_err("SMP: CPU %u (APIC id %u) does not start\n",
				cpu, apic_id);
			lapic_send_icr(apic_id, ICR_INIT);
			return false;
		}
	}
	newest_tsc = 0;
	__atomic_store_n(&ap_go, true, __ATOMIC_RELEASE);
	if (time_tsc_is_global())
		compare_tscs();
	while (!(__atomic_load_n(&cpu_online_map, __ATOMIC_ACQUIRE) &
		 cpumask_of(cpu)))
		cpu_poll();
	if (tsc_stepped_back)
		time_tsc_disagrees();
	return true;
}

/* SDM vol. 3, "MP Initialization Protocol": INIT, 10 ms, then start-up. */
void smp_start(cpumask_t mask)
{
	static char saved[PAGE_SIZE];
	uint32_t maddr = find_low_page();
	unsigned int cpu;
	char *page = maddr_to_virt(maddr);

	if (!maddr || idle_cr3 >> 32) {
		log_err("SMP: no memory below 640 KiB to start CPUs from\n");
		return;
	}
	memcpy(saved, page, PAGE_SIZE);
	install_trampoline(page, maddr);
	mapping_identity_low(true);
	for_each_cpu (cpu, mask)
		lapic_send_icr(cpus[cpu].apic_id, ICR_INIT);
	delay(10 * NS_PER_MS);
	for_each_cpu (cpu, mask)
		start_one(cpu, maddr);
	mapping_identity_low(false);
	memcpy(page, saved, PAGE_SIZE);
}

unsigned int smp_boot_aps(unsigned int maxcpus)
{
	unsigned int nr = nr_cpus;

	if (maxcpus && maxcpus < nr)
		nr = maxcpus;
	if (nr_cpus > 1)
		smp_start((CPUMASK_ALL >> (NR_CPUS - nr)) & ~cpumask_of(0));
	time_start_resync(cpu_online_map);
	return cpumask_weight(cpu_online_map);
}
