/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The local APIC, through its page of registers or, where the CPU has
 * x2APIC mode, through MSRs.  SDM vol. 3, "Advanced Programmable Interrupt
 * Controller".  Interrupts are off in the hypervisor, so nothing on this CPU
 * comes between two accesses.
 */
#include <hv/assert.h>
#include <hv/boot.h>
#include <hv/cpu.h>
#include <hv/printk.h>
#include <hv/x86/acpi.h>
#include <hv/x86/apic.h>
#include <hv/x86/cpu_setup.h>
#include <hv/x86/io.h>
#include <hv/x86/mapping.h>

#define MSR_APIC_BASE 0x1b
#define APIC_BASE_X2APIC (1u << 10)
#define APIC_BASE_ENABLE (1u << 11)
#define MSR_X2APIC 0x800
#define MSR_TSC_DEADLINE 0x6e0

/* Register offsets; MSR number is MSR_X2APIC + offset / 16 */
enum {
	REG_ID = 0x20,
	REG_VERSION = 0x30,
	REG_TPR = 0x80,
	REG_EOI = 0xb0,
	REG_LDR = 0xd0,
	REG_DFR = 0xe0,
	REG_SVR = 0xf0,
	REG_ISR = 0x100,
	REG_ESR = 0x280,
	REG_LVT_CMCI = 0x2f0,
	REG_ICR = 0x300,
	REG_ICR_HIGH = 0x310,
	REG_LVT_TIMER = 0x320,
	REG_LVT_THERMAL = 0x330,
	REG_LVT_PERF = 0x340,
	REG_LVT_LINT0 = 0x350,
	REG_LVT_LINT1 = 0x360,
	REG_LVT_ERROR = 0x370,
	REG_TIMER_INITIAL = 0x380,
	REG_TIMER_CURRENT = 0x390,
	REG_TIMER_DIVIDE = 0x3e0,
};
#define SVR_ENABLE 0x100
#define LVT_MASKED 0x10000
#define LVT_NMI 0x400
#define LVT_TSC_DEADLINE 0x40000
#define DIVIDE_BY_1 0xb
#define ICR_PENDING 0x1000
#define ICR_ASSERT 0x4000

static volatile uint32_t *regs; /* NULL: x2APIC */
static bool use_tsc_deadline;
static uint64_t nr_errors;

static uint32_t reg_read(unsigned int reg)
{
	return regs ? regs[reg / 4] : (uint32_t)rdmsr(MSR_X2APIC + reg / 16);
}

static void reg_write(unsigned int reg, uint32_t v)
{
	if (regs)
		regs[reg / 4] = v;
	else
		wrmsr(MSR_X2APIC + reg / 16, v);
}

bool lapic_is_x2apic(void)
{
	return !regs;
}

uint32_t lapic_id(void)
{
	uint32_t id = reg_read(REG_ID);

	return regs ? id >> 24 : id;
}

void lapic_eoi(void)
{
	reg_write(REG_EOI, 0);
}

unsigned int lapic_in_service(void)
{
	for (unsigned int i = 8; i-- > 0;) {
		uint32_t bits = reg_read(REG_ISR + 0x10 * i);

		if (bits)
			return 32 * i + 31 - (unsigned int)__builtin_clz(bits);
	}
	return 0;
}

void lapic_send_icr(uint32_t apic_id, uint32_t icr)
{
	if (!regs) {
		/* the MSR write does not order earlier stores by itself */
		__asm__ volatile("mfence; lfence" : : : "memory");
		wrmsr(MSR_X2APIC + REG_ICR / 16, (uint64_t)apic_id << 32 | icr);
		return;
	}
	while (regs[REG_ICR / 4] & ICR_PENDING)
		cpu_pause();
	regs[REG_ICR_HIGH / 4] = apic_id << 24;
	regs[REG_ICR / 4] = icr;
}

void lapic_send_ipi(uint32_t apic_id, unsigned int vector)
{
	lapic_send_icr(apic_id, ICR_ASSERT | vector);
}

/* A written LVT keeps its mask bit only while the APIC is software-enabled. */
void lapic_init_cpu(void)
{
	uint64_t base = rdmsr(MSR_APIC_BASE);
	unsigned int last_lvt;

	if (!(base & APIC_BASE_ENABLE))
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
	if (!regs && !(base & APIC_BASE_X2APIC)) /* as the boot CPU is */
		wrmsr(MSR_APIC_BASE,
		      base | APIC_BASE_ENABLE | APIC_BASE_X2APIC);
	reg_write(REG_SVR, SVR_ENABLE | VEC_SPURIOUS);
	reg_write(REG_TPR, 0);
	last_lvt = reg_read(REG_VERSION) >> 16 & 0xff;
	reg_write(REG_LVT_TIMER, LVT_MASKED | VEC_TIMER);
	reg_write(REG_LVT_LINT0, LVT_MASKED);
	reg_write(REG_LVT_LINT1, smp_processor_id() ? LVT_MASKED : LVT_NMI);
	if (last_lvt >= 4)
		reg_write(REG_LVT_PERF, LVT_MASKED);
	if (last_lvt >= 5)
		reg_write(REG_LVT_THERMAL, LVT_MASKED);
	if (last_lvt >= 6)
		reg_write(REG_LVT_CMCI, LVT_MASKED);
	reg_write(REG_ESR, 0);
	reg_write(REG_LVT_ERROR, VEC_ERROR);
	/* What a boot loader left in service would block its class for ever. */
	for (unsigned int i = 0; i < 256 && lapic_in_service(); i++)
		lapic_eoi();
	lapic_timer_init();
}

void lapic_init_bsp(void)
{
	uint64_t base = rdmsr(MSR_APIC_BASE);

	if (!(cpuid(1, 0).d & 1u << 9))
		panic("this CPU has no local APIC");
	if ((base & APIC_BASE_ENABLE) && (base & APIC_BASE_X2APIC)) {
		log_info("APIC: x2APIC mode, as firmware set it\n");
	} else if (opt.x2apic && (cpuid(1, 0).c & 1u << 21)) {
		log_info("APIC: x2APIC mode\n");
	} else {
		uint64_t maddr = base & 0x000ffffffffff000ULL;

		regs = ioremap_hv(maddr, PAGE_SIZE);
		if (!regs)
			panic("no memory to map the local APIC");
		log_info("APIC: xAPIC mode\n");
	}
	use_tsc_deadline = cpu_features.tsc_deadline;
	lapic_init_cpu();
}

/* --- timer --- */

void lapic_timer_init(void)
{
	if (use_tsc_deadline) {
		reg_write(REG_LVT_TIMER, LVT_TSC_DEADLINE | VEC_TIMER);
		/* SDM: the mode must be set before the MSR is written */
		__asm__ volatile("mfence" : : : "memory");
		wrmsr(MSR_TSC_DEADLINE, 0);
		return;
	}
	reg_write(REG_TIMER_DIVIDE, DIVIDE_BY_1);
	reg_write(REG_LVT_TIMER, VEC_TIMER);
	reg_write(REG_TIMER_INITIAL, 0);
}

void lapic_timer_set(uint32_t count)
{
	reg_write(REG_TIMER_INITIAL, count);
}

uint32_t lapic_timer_count(void)
{
	return reg_read(REG_TIMER_CURRENT);
}

bool lapic_has_tsc_deadline(void)
{
	return use_tsc_deadline;
}

void lapic_timer_set_tsc(uint64_t tsc)
{
	wrmsr(MSR_TSC_DEADLINE, tsc);
}

/* --- errors --- */

void lapic_handle_error(void)
{
	uint32_t esr;

	reg_write(REG_ESR, 0); /* latches what has happened since */
	esr = reg_read(REG_ESR);
	if (nr_errors++ < 10)
		log_warn("APIC: error 0x%x on CPU %u\n", esr,
			 smp_processor_id());
}
