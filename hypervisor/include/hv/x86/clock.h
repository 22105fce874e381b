/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts system time is made of: counters of the chipset, and the scaling
 * of TSC ticks to nanoseconds that guests do, too.
 */
#ifndef HV_X86_CLOCK_H
#define HV_X86_CLOCK_H

#include <hv/cpu.h>
#include <hv/types.h>

/*
 * ns = ((ticks << shift) * mul) >> 32, shifting right when shift < 0; the form
 * is the ABI's (vcpu_time_info).
 */
struct clock_scale {
	uint32_t mul;
	int8_t shift;
};

uint64_t clock_scale_ns(uint64_t ticks, struct clock_scale s);
/* So that @ticks are @ns; both above 0. */
struct clock_scale clock_scale_from(uint64_t ns, uint64_t ticks);

/* One CPU's system time: it was @ns when the TSC was @tsc. */
struct clock_base {
	uint64_t tsc, ns;
	struct clock_scale scale;
};

static inline uint64_t clock_base_ns(const struct clock_base *b, uint64_t tsc)
{
	/* the TSC of a CPU does not go back; another's may be behind */
	return tsc > b->tsc ? b->ns + clock_scale_ns(tsc - b->tsc, b->scale)
			    : b->ns;
}

/*
 * The platform's clock showed @plt_ns at @tsc, and @last_plt_ns when @b was
 * made: continue @b from there without a step back, with a rate that meets
 * the platform's clock one such interval later.
 */
void clock_base_adjust(struct clock_base *b, uint64_t last_plt_ns, uint64_t tsc,
		       uint64_t plt_ns);

/* --- the platform's clock (x86/platform_timer.c) --- */

/*
 * Choose HPET, PM timer or PIT, @wanted (as in clocksource=; or NULL) if it
 * works; the name.
 */
const char *platform_timer_init(const char *wanted);
/* Whether it can be read at any time (the PIT only measures intervals). */
bool platform_timer_is_readable(void);
/* ns since platform_timer_init, and the TSC at that moment. */
uint64_t platform_timer_read(uint64_t *tsc);
/* How often it must be read at least so that no wrap is missed. */
uint64_t platform_timer_max_interval_ns(void);
/* TSC ticks and ns of @wait_ns or more, measured by busy waiting. */
void platform_timer_measure(uint64_t wait_ns, uint64_t *ticks, uint64_t *ns);
bool hpet_owns_mfn(mfn_t m);

/* --- the TSCs (x86/time.c) --- */

/* One rate and base serves all CPUs; until a CPU's TSC is found to differ. */
bool time_tsc_is_global(void);
void time_tsc_disagrees(void);
/* @cpus are up: begin to steer their clocks, if they need it. */
void time_start_resync(cpumask_t cpus);
void time_cpu_down(void); /* this one's no more */

#endif
