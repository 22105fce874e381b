/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From one vcpu to another: registers to and from cpu_info, segments and
 * their bases, tables, FPU.  A vcpu has no stack in the hypervisor, so there
 * is nothing to return to: the next one starts at the top.
 */
#include <hv/assert.h>
#include <hv/cpu.h>
#include <hv/mmu.h>
#include <hv/page_alloc.h>
#include <hv/perf.h>
#include <hv/sched.h>
#include <hv/softirq.h>
#include <hv/string.h>
#include <hv/x86/context_switch.h>
#include <hv/x86/cpu_info.h>
#include <hv/x86/cpu_setup.h>
#include <hv/x86/fpu.h>
#include <hv/x86/io.h>
#include <hv/x86/mapping.h>
#include <hv/x86/platform.h>
#include <hv/x86/pv_state.h>
#include <hv/x86/traps.h>

__attribute__((noreturn)) void return_to_guest(struct cpu_info *ci);
__attribute__((noreturn)) void idle_from(struct cpu_info *ci);
int load_ds(uint16_t sel);
int load_es(uint16_t sel);
int load_fs(uint16_t sel);
int load_gs(uint16_t sel);

/* Whose state (but the general registers) this pcpu still holds. */
static struct vcpu *loaded[NR_CPUS];
static uint64_t loaded_cr4[NR_CPUS];

#define CR4_GUEST (0x4ULL | 0x8 | 0x10000) /* TSD, DE, FSGSBASE */

static uint16_t read_sel(unsigned int which)
{
	uint16_t s = 0;

	switch (which) {
	case 0:
		__asm__ volatile("mov %%ds, %0" : "=r"(s));
		break;
	case 1:
		__asm__ volatile("mov %%es, %0" : "=r"(s));
		break;
	case 2:
		__asm__ volatile("mov %%fs, %0" : "=r"(s));
		break;
	case 3:
		__asm__ volatile("mov %%gs, %0" : "=r"(s));
		break;
	default:
		break;
	}
	return s;
}

static void save_segments(struct vcpu *v)
{
	uint64_t gs = rdmsr(MSR_GS_BASE), shadow = rdmsr(MSR_KERNEL_GS_BASE);

	v->arch.ds = read_sel(0);
	v->arch.es = read_sel(1);
	v->arch.fs = read_sel(2);
	v->arch.gs = read_sel(3);
	v->arch.fs_base = rdmsr(MSR_FS_BASE);
	v->arch.gs_base_kernel = v->arch.in_kernel ? gs : shadow;
	v->arch.gs_base_user = v->arch.in_kernel ? shadow : gs;
}

/*
 * False: for some selector the guest has no descriptor any more; it became
 * null, and the guest must be told.
 */
static bool load_segments(const struct arch_vcpu *a)
{
	int failed = load_ds(a->ds) | load_es(a->es) | load_fs(a->fs) |
		     load_gs(a->gs);

	wrmsr(MSR_FS_BASE, a->fs_base);
	wrmsr(MSR_GS_BASE, a->in_kernel ? a->gs_base_kernel : a->gs_base_user);
	wrmsr(MSR_KERNEL_GS_BASE,
	      a->in_kernel ? a->gs_base_user : a->gs_base_kernel);
	return !failed;
}

static void load_debugregs(const struct vcpu *v)
{
	__asm__ volatile("mov %0, %%dr0" : : "r"(v->arch.dr[0]));
	__asm__ volatile("mov %0, %%dr1" : : "r"(v->arch.dr[1]));
	__asm__ volatile("mov %0, %%dr2" : : "r"(v->arch.dr[2]));
	__asm__ volatile("mov %0, %%dr3" : : "r"(v->arch.dr[3]));
	__asm__ volatile("mov %0, %%dr7" : : "r"(v->arch.dr7));
}

#define DR7_ACTIVE 0xff

void switch_cr4(const struct vcpu *v)
{
	unsigned int cpu = smp_processor_id();
	uint64_t cr4 = hv_cr4 | (v->arch.cr4 & CR4_GUEST);

	if (loaded_cr4[cpu] == cr4)
		return;
	loaded_cr4[cpu] = cr4;
	write_cr4(cr4);
}

/* This pcpu forgets @loaded: everything of it is in struct vcpu afterwards. */
static void unload(unsigned int cpu)
{
	struct vcpu *v = loaded[cpu];

	if (!v)
		return;
	save_segments(v);
	fpu_switch_out(v);
	if (v->arch.dr7 & DR7_ACTIVE)
		__asm__ volatile("mov %0, %%dr7" : : "r"(0x400UL));
	loaded[cpu] = NULL;
}

/* False: as load_segments(). */
static bool load(struct vcpu *v, unsigned int cpu)
{
	bool segments_ok;

	__atomic_fetch_or(&v->domain->dirty_cpus, cpumask_of(cpu),
			  __ATOMIC_SEQ_CST);
	pv_map_tables(v);
	tlb_load_cr3(v->arch.in_kernel ? v->arch.load_kernel
				       : v->arch.load_user);
	pv_load_ldt(v);
	switch_cr4(v);
	segments_ok = load_segments(&v->arch);
	if (v->arch.dr7 & DR7_ACTIVE)
		load_debugregs(v);
	fpu_switch_in(v);
	loaded[cpu] = v;
	return segments_ok;
}

void context_forget_cpu(unsigned int cpu)
{
	loaded_cr4[cpu] = 0;
	fpu_forget_cpu(cpu);
}

void context_switch(struct vcpu *prev, struct vcpu *next)
{
	struct cpu_info *ci = cpu_info();
	unsigned int cpu = ci->cpu;
	bool segments_ok;

	if (!is_idle_vcpu(prev)) {
		prev->arch.regs = ci->regs;
		unload(cpu);
		if (is_idle_vcpu(next) || next->domain != prev->domain) {
			/* nothing of prev's tables may stay in use here */
			write_cr3(idle_cr3);
			__atomic_fetch_and(&prev->domain->dirty_cpus,
					   ~cpumask_of(cpu), __ATOMIC_SEQ_CST);
		}
	}
	ci->vcpu = next;
	sched_switched_from(prev);
	if (is_idle_vcpu(next))
		idle_from(ci);
	ci->regs = next->arch.regs;
	segments_ok = load(next, cpu);
	sched_switched_to(next);
	if (!segments_ok)
		inject_failsafe(&ci->regs);
	return_to_guest(ci);
}

void idle_loop(void)
{
	for (;;) {
		while (softirq_pending())
			softirq_run();
		cpu_leave_if_told();
		if (heap_scrub()) {
			perf_this_cpu()->scrubs[0]++;
			(void)preempt_check();
			continue;
		}
		/* sti takes effect after hlt has begun: no wake-up is lost */
		__asm__ volatile("sti; hlt; cli" : : : "memory");
	}
}
