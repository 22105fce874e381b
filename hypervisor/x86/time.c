/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System time, from the TSC.
 *
 * Where the TSC is invariant and the CPUs' agree, one base serves every CPU
 * and never changes.  Elsewhere each CPU has its own base, which it steers
 * towards the platform's clock once a second; it never steps back.
 */
#include <hv/assert.h>
#include <hv/boot.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/printk.h>
#include <hv/time.h>
#include <hv/timer.h>
#include <hv/x86/apic.h>
#include <hv/x86/clock.h>
#include <hv/x86/cpu_setup.h>
#include <hv/x86/io.h>

#define RESYNC_NS NS_PER_SEC
/* The first look at the TSC's rate; one that is steered is looked at again. */
#define MEASURE_NS (10 * NS_PER_MS)
#define MEASURE_STEERED_NS NS_PER_MS
#define MAX_TIMER_NS (4 * NS_PER_SEC) /* longer ones fire early, set anew */

uint32_t tsc_khz;

/* Written and read by its own CPU only. */
static struct cpu_clock {
	struct clock_base base;
	uint64_t plt_ns; /* platform's clock when base was made */
	struct timer resync;
} __attribute__((aligned(64))) clocks[NR_CPUS];

static struct clock_base boot_base;
static uint64_t first_tsc, first_plt_ns; /* of what rates are measured over */
static const char *platform_timer;
static bool tsc_is_global;	       /* all CPUs use boot_base */
static struct clock_scale ns_to_lapic; /* used as ticks = scale(ns) */

uint64_t now_ns(void)
{
	return clock_base_ns(&clocks[smp_processor_id()].base, rdtsc());
}

static void set_rate(uint64_t ticks, uint64_t ns)
{
	boot_base.scale = clock_scale_from(ns, ticks);
	tsc_khz = (uint32_t)(ticks * 1000000 / ns);
}

/* The LAPIC's timer counts down from ~0 since the TSC was @start. */
static void calibrate_lapic_timer(uint64_t start)
{
	uint64_t tsc = rdtsc();
	uint32_t ticks = ~0u - lapic_timer_count();

	ns_to_lapic = clock_scale_from(
		ticks, clock_scale_ns(tsc - start, boot_base.scale));
	lapic_timer_set(0);
}

void time_early_init(void)
{
	bool use_lapic = !lapic_has_tsc_deadline();
	uint64_t ticks, ns, start;

	platform_timer = platform_timer_init(opt.clocksource);
	tsc_is_global = cpu_features.tsc_invariant;
	if (platform_timer_is_readable())
		first_plt_ns = platform_timer_read(&first_tsc);
	if (use_lapic)
		lapic_timer_set(~0u);
	start = rdtsc();
	platform_timer_measure(tsc_is_global ? MEASURE_NS : MEASURE_STEERED_NS,
			       &ticks, &ns);
	set_rate(ticks, ns);
	if (use_lapic)
		calibrate_lapic_timer(start);
	if (platform_timer_is_readable())
		boot_base.ns = platform_timer_read(&boot_base.tsc);
	else
		boot_base.tsc = rdtsc();
	clocks[0].base = boot_base;
	clocks[0].plt_ns = boot_base.ns;
}

/* Over all that has passed since, while this is the only CPU. */
static void measure_again(void)
{
	uint64_t tsc, plt_ns = platform_timer_read(&tsc);
	uint64_t old_ns = clock_base_ns(&boot_base, tsc);

	set_rate(tsc - first_tsc, plt_ns - first_plt_ns);
	boot_base.ns = max(plt_ns, old_ns); /* no step back */
	boot_base.tsc = tsc;
	clocks[0].base = boot_base;
	clocks[0].plt_ns = plt_ns;
}

void time_cpu_init(void)
{
	struct cpu_clock *c = &clocks[smp_processor_id()];

	if (smp_processor_id() == 0) {
		if (!tsc_is_global && platform_timer_is_readable())
			measure_again();
		log_info("Clock: %s; TSC %u.%03u MHz%s\n", platform_timer,
			 tsc_khz / 1000, tsc_khz % 1000,
			 tsc_is_global ? ", invariant" : "");
		return;
	}
	c->base = boot_base;
	if (tsc_is_global || !platform_timer_is_readable())
		return;
	c->plt_ns = c->base.ns = platform_timer_read(&c->base.tsc);
}

bool time_tsc_is_global(void)
{
	return tsc_is_global;
}

void time_tsc_disagrees(void)
{
	if (tsc_is_global)
		log_warn("Clock: the CPUs' TSCs differ, synchronised by "
			 "software\n");
	tsc_is_global = false;
}

static void resync(void *unused)
{
	struct cpu_clock *c = &clocks[smp_processor_id()];
	uint64_t tsc, plt_ns = platform_timer_read(&tsc);

	(void)unused;
	clock_base_adjust(&c->base, c->plt_ns, tsc, plt_ns);
	c->plt_ns = plt_ns;
	timer_set(&c->resync, now_ns() + RESYNC_NS);
	if (!is_idle_vcpu(current))
		time_update_vcpu(current);
}

void time_start_resync(cpumask_t cpus)
{
	unsigned int cpu;

	if (tsc_is_global)
		return;
	if (!platform_timer_is_readable()) {
		log_warn("Clock: nothing to check the TSC against; time will "
			 "drift if its rate changes\n");
		return;
	}
	for_each_cpu (cpu, cpus) {
		timer_init(&clocks[cpu].resync, resync, NULL, cpu);
		timer_set(&clocks[cpu].resync, now_ns() + RESYNC_NS);
	}
}

void time_cpu_down(void)
{
	timer_stop(&clocks[smp_processor_id()].resync);
}

/* --- timer interrupts --- */

void timer_program(uint64_t deadline_ns)
{
	uint64_t now = now_ns(), delta_ns;

	if (deadline_ns == ~0ULL) {
		if (lapic_has_tsc_deadline())
			lapic_timer_set_tsc(0);
		else
			lapic_timer_set(0);
		return;
	}
	delta_ns = deadline_ns > now ? min(deadline_ns - now, MAX_TIMER_NS) : 0;
	/* One tick more: early would mean a second interrupt. */
	if (lapic_has_tsc_deadline())
		lapic_timer_set_tsc(rdtsc() + delta_ns * tsc_khz / 1000000 + 1);
	else
		lapic_timer_set(
			(uint32_t)min(clock_scale_ns(delta_ns, ns_to_lapic) + 1,
				      0xffffffffULL));
}

/* --- guests' records --- */

static struct vcpu_time_info record_of(const struct clock_base *b)
{
	return (struct vcpu_time_info){
		.tsc_timestamp = b->tsc,
		.system_time = b->ns,
		.tsc_to_system_mul = b->scale.mul,
		.tsc_shift = b->scale.shift,
		.flags = tsc_is_global ? XEN_PVCLOCK_TSC_STABLE_BIT : 0,
	};
}

static bool is_current(const struct vcpu_time_info *t,
		       const struct vcpu_time_info *n)
{
	return t->tsc_timestamp == n->tsc_timestamp &&
	       t->system_time == n->system_time &&
	       t->tsc_to_system_mul == n->tsc_to_system_mul &&
	       t->tsc_shift == n->tsc_shift && t->flags == n->flags;
}

/*
 * The fences pair with the reader's: an odd version is seen before anything
 * new, the even one after everything new.
 */
static void write_primary(struct vcpu_time_info *t,
			  const struct vcpu_time_info *n)
{
	uint32_t version = READ_ONCE(t->version) & ~1u;

	WRITE_ONCE(t->version, version + 1);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	WRITE_ONCE(t->tsc_timestamp, n->tsc_timestamp);
	WRITE_ONCE(t->system_time, n->system_time);
	WRITE_ONCE(t->tsc_to_system_mul, n->tsc_to_system_mul);
	WRITE_ONCE(t->tsc_shift, n->tsc_shift);
	WRITE_ONCE(t->flags, n->flags);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	WRITE_ONCE(t->version, version + 2);
}

/* By the guest's address: it may have unmapped it, and then loses it. */
static void write_secondary(guest_ptr_t area, const struct vcpu_time_info *n)
{
	struct vcpu_time_info old, odd = *n;
	uint32_t version;

	if (copy_from_guest(&old, area, sizeof(old)) || is_current(&old, n))
		return;
	version = old.version & ~1u;
	odd.version = version + 1;
	if (copy_to_guest(area, &odd.version, sizeof(odd.version)))
		return;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (copy_to_guest(area, &odd, sizeof(odd)))
		return;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	version += 2;
	if (copy_to_guest(area, &version, sizeof(version)))
		return;
}

void time_update_vcpu(struct vcpu *v)
{
	struct vcpu_time_info n = record_of(&clocks[smp_processor_id()].base);

	if (!is_current(&v->info->time, &n))
		write_primary(&v->info->time, &n);
	if (v == current && !guest_ptr_is_null(v->time_guest))
		write_secondary(v->time_guest, &n);
}
