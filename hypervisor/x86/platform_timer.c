/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock of the chipset that the TSCs are measured against: the HPET, the
 * ACPI PM timer, or, for measuring only, the PIT's channel 2.
 */
#include <hv/assert.h>
#include <hv/cpu.h>
#include <hv/printk.h>
#include <hv/spinlock.h>
#include <hv/string.h>
#include <hv/time.h>
#include <hv/x86/acpi.h>
#include <hv/x86/clock.h>
#include <hv/x86/io.h>
#include <hv/x86/mapping.h>

/* "IA-PC HPET Specification 1.0a", in 32-bit words */
#define HPET_ID_HIGH (0x04 / 4) /* femtoseconds per tick */
#define HPET_CONFIG (0x10 / 4)
#define HPET_COUNTER (0xf0 / 4)
#define HPET_MAX_PERIOD_FS 100000000
#define PM_TIMER_HZ 3579545
#define PIT_HZ 1193182
#define PIT_CH2 0x42
#define PIT_COMMAND 0x43
#define PORT_B 0x61

static volatile uint32_t *hpet;
static uint32_t (*read_counter)(void); /* NULL: only the PIT */
static uint64_t counter_mask;
static struct clock_scale counter_scale;

/* The count so far, in 64 bits: moved on by whoever reads it. */
static spinlock_t lock = SPINLOCK_INIT(RANK_CHIPSET);
static uint64_t last_count, total_count;

static uint32_t hpet_read(void)
{
	return hpet[HPET_COUNTER];
}

static uint32_t pm_timer_read(void)
{
	return inl((uint16_t)acpi.pm_timer.address);
}

static void use_counter(uint32_t (*fn)(void), uint64_t mask, uint64_t ns,
			uint64_t ticks)
{
	read_counter = fn;
	counter_mask = mask;
	counter_scale = clock_scale_from(ns, ticks);
	last_count = fn() & mask;
}

static bool counts(uint32_t (*fn)(void))
{
	uint32_t first = fn();

	for (unsigned int i = 0; i < 100000; i++)
		if (fn() != first)
			return true;
	return false;
}

static bool hpet_init(void)
{
	uint32_t period_fs;

	if (!acpi.hpet_maddr)
		return false;
	hpet = ioremap_hv(acpi.hpet_maddr, 0x400);
	if (!hpet)
		return false;
	period_fs = hpet[HPET_ID_HIGH];
	if (!period_fs || period_fs > HPET_MAX_PERIOD_FS)
		return false;
	hpet[HPET_CONFIG] = (hpet[HPET_CONFIG] & ~2u) | 1; /* no legacy IRQs */
	if (!counts(hpet_read))
		return false;
	use_counter(hpet_read, 0xffffffff, period_fs, 1000000);
	return true;
}

static bool pm_timer_init(void)
{
	if (acpi.pm_timer.space != ACPI_IO || !acpi.pm_timer.address ||
	    !counts(pm_timer_read))
		return false;
	use_counter(pm_timer_read,
		    acpi.pm_timer_is_32bit ? 0xffffffff : 0xffffff, NS_PER_SEC,
		    PM_TIMER_HZ);
	return true;
}

static bool pit_init(void)
{
	return true;
}

const char *platform_timer_init(const char *wanted)
{
	static const struct {
		const char *option, *name;
		bool (*init)(void);
	} timers[] = {
		{"hpet", "HPET", hpet_init},
		{"acpi", "ACPI PM timer", pm_timer_init},
		{"pit", "PIT", pit_init},
	};
	unsigned int i;

	if (wanted) {
		for (i = 0; i < ARRAY_SIZE(timers); i++)
			if (!strcmp(timers[i].option, wanted) &&
			    timers[i].init())
				return timers[i].name;
		log_warn("Clock: there is no %s that works\n", wanted);
	}
	for (i = 0; !timers[i].init(); i++)
		;
	return timers[i].name;
}

bool platform_timer_is_readable(void)
{
	return read_counter != NULL;
}

uint64_t platform_timer_max_interval_ns(void)
{
	return clock_scale_ns(counter_mask / 2, counter_scale);
}

/*
 * An interruption between the two reads would look like a clock error, so
 * the closest pair of a few is taken.
 */
static uint32_t sample(uint64_t *tsc)
{
	uint64_t best = ~0ULL;
	uint32_t count = 0;

	for (unsigned int i = 0; i < 5; i++) {
		uint64_t before = rdtsc();
		uint32_t now = read_counter();
		uint64_t after = rdtsc();

		if (after - before >= best)
			continue;
		best = after - before;
		*tsc = before + best / 2;
		count = now;
	}
	return count;
}

uint64_t platform_timer_read(uint64_t *tsc)
{
	uint64_t count;

	spin_lock(&lock);
	count = sample(tsc);
	total_count += (count - last_count) & counter_mask;
	last_count = count & counter_mask;
	count = total_count;
	spin_unlock(&lock);
	return clock_scale_ns(count, counter_scale);
}

/* Mode 0 counts down once; port 0x61 has the gate (bit 0), output (bit 5). */
static void pit_measure(uint64_t *ticks, uint64_t *ns)
{
	const uint32_t count = PIT_HZ / 50;
	uint64_t start;

	outb(PORT_B, (uint8_t)((inb(PORT_B) & 0x0c) | 1));
	outb(PIT_COMMAND, 0xb0);
	outb(PIT_CH2, count & 0xff);
	outb(PIT_CH2, count >> 8);
	start = rdtsc();
	for (unsigned int i = 0; !(inb(PORT_B) & 0x20); i++)
		if (i > 10000000)
			panic("no clock works: HPET, PM timer and PIT are "
			      "dead");
	*ticks = rdtsc() - start;
	*ns = count * NS_PER_SEC / PIT_HZ;
}

void platform_timer_measure(uint64_t wait_ns, uint64_t *ticks, uint64_t *ns)
{
	uint64_t tsc0, tsc1, ns0, ns1;

	if (!read_counter) {
		pit_measure(ticks, ns);
		return;
	}
	ns0 = platform_timer_read(&tsc0);
	do {
		cpu_pause();
		ns1 = platform_timer_read(&tsc1);
	} while (ns1 - ns0 < wait_ns);
	*ticks = tsc1 - tsc0;
	*ns = ns1 - ns0;
}

bool hpet_owns_mfn(mfn_t m)
{
	return hpet && acpi.hpet_maddr >> PAGE_SHIFT == m.v;
}
