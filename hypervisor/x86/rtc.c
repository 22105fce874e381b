/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The battery clock (MC146818 and its many copies).  The hypervisor reads it
 * at boot and Dom0 drives it afterwards; both go through one index register,
 * so each access sets index and data under one lock.
 */
#include <hv/printk.h>
#include <hv/spinlock.h>
#include <hv/x86/io.h>
#include <hv/x86/platform.h>
#include <hv/x86/rtc_date.h>

#define RTC_INDEX 0x70
#define RTC_DATA 0x71
#define INDEX_NMI_OFF 0x80

enum { SECONDS = 0, MINUTES = 2, HOURS = 4, DAY = 7, MONTH = 8, YEAR = 9 };
#define REG_A 10
#define A_UPDATING 0x80
#define REG_B 11

static spinlock_t lock = SPINLOCK_INIT(RANK_CHIPSET);

void rtc_lock(void)
{
	spin_lock(&lock);
}

void rtc_unlock(void)
{
	spin_unlock(&lock);
}
static uint8_t dom0_index; /* what Dom0 last wrote to port 0x70 */

static uint8_t cmos_read(uint8_t reg)
{
	uint8_t v;

	spin_lock(&lock);
	outb(RTC_INDEX, reg);
	v = inb(RTC_DATA);
	spin_unlock(&lock);
	return v;
}

static struct rtc_time read_raw(void)
{
	return (struct rtc_time){cmos_read(SECONDS), cmos_read(MINUTES),
				 cmos_read(HOURS),   cmos_read(DAY),
				 cmos_read(MONTH),   cmos_read(YEAR)};
}

static bool same(const struct rtc_time *a, const struct rtc_time *b)
{
	return a->sec == b->sec && a->min == b->min && a->hour == b->hour &&
	       a->day == b->day && a->month == b->month && a->year == b->year;
}

/* Twice the same, and no update in between: a consistent reading. */
uint64_t rtc_read(void)
{
	struct rtc_time t, again;
	uint64_t seconds;

	for (unsigned int i = 0; i < 1000; i++) {
		for (unsigned int n = 0; n < 100000; n++)
			if (!(cmos_read(REG_A) & A_UPDATING))
				break;
		t = read_raw();
		again = read_raw();
		if (!same(&t, &again))
			continue;
		seconds = rtc_to_seconds(t, cmos_read(REG_B));
		if (!seconds)
			log_warn("RTC: its date is none; the clock starts at "
				 "1970\n");
		return seconds;
	}
	log_warn("RTC: no consistent reading; the clock starts at 1970\n");
	return 0;
}

uint8_t rtc_port_in(uint16_t port)
{
	uint8_t v;

	if (port == RTC_INDEX)
		return dom0_index;
	spin_lock(&lock);
	outb(RTC_INDEX, dom0_index);
	v = inb(RTC_DATA);
	spin_unlock(&lock);
	return v;
}

void rtc_port_out(uint16_t port, uint8_t value)
{
	spin_lock(&lock);
	if (port == RTC_INDEX) {
		dom0_index = (uint8_t)(value & ~INDEX_NMI_OFF);
	} else {
		outb(RTC_INDEX, dom0_index);
		outb(RTC_DATA, value);
	}
	spin_unlock(&lock);
}
