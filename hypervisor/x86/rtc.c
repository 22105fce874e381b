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

#define RTC_INDEX 0x70
#define RTC_DATA 0x71
#define INDEX_NMI_OFF 0x80

enum { SECONDS = 0, MINUTES = 2, HOURS = 4, DAY = 7, MONTH = 8, YEAR = 9 };
#define REG_A 10
#define A_UPDATING 0x80
#define REG_B 11
#define B_24_HOURS 0x02
#define B_BINARY 0x04
#define HOUR_PM 0x80

static spinlock_t lock = SPINLOCK_INIT(RANK_CHIPSET);
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

struct rtc_time {
	uint8_t sec, min, hour, day, month, year;
};

static struct rtc_time read_raw(void)
{
	return (struct rtc_time){ cmos_read(SECONDS), cmos_read(MINUTES),
				  cmos_read(HOURS),   cmos_read(DAY),
				  cmos_read(MONTH),   cmos_read(YEAR) };
}

static bool same(const struct rtc_time *a, const struct rtc_time *b)
{
	return a->sec == b->sec && a->min == b->min && a->hour == b->hour &&
	       a->day == b->day && a->month == b->month && a->year == b->year;
}

static uint8_t from_bcd(uint8_t v)
{
	return (uint8_t)((v >> 4) * 10 + (v & 15));
}

static uint8_t to_24_hours(uint8_t hour, bool binary)
{
	bool pm = hour & HOUR_PM;

	hour &= (uint8_t)~HOUR_PM;
	if (!binary)
		hour = from_bcd(hour);
	return (uint8_t)(hour % 12 + (pm ? 12 : 0));
}

/* Days since 1970-01-01 of a Gregorian date; the year starts in March. */
static uint64_t days(uint32_t year, uint32_t month, uint32_t day)
{
	if (month <= 2) {
		month += 12;
		year--;
	}
	return 365ULL * year + year / 4 - year / 100 + year / 400 +
	       (153 * (month - 3) + 2) / 5 + day - 1 - 719468;
}

static uint64_t to_seconds(struct rtc_time t, uint8_t b)
{
	bool binary = b & B_BINARY;
	uint32_t year;

	t.hour = b & B_24_HOURS ? (binary ? t.hour : from_bcd(t.hour))
				: to_24_hours(t.hour, binary);
	if (!binary) {
		t.sec = from_bcd(t.sec);
		t.min = from_bcd(t.min);
		t.day = from_bcd(t.day);
		t.month = from_bcd(t.month);
		t.year = from_bcd(t.year);
	}
	year = t.year + (t.year < 70 ? 2000u : 1900u);
	if (t.month < 1 || t.month > 12 || t.day < 1 || t.day > 31) {
		log_warn("RTC: %u-%u-%u is no date; the clock starts at 1970\n",
			 year, t.month, t.day);
		return 0;
	}
	return days(year, t.month, t.day) * 86400 + t.hour * 3600u +
	       t.min * 60u + t.sec;
}

/* Twice the same, and no update in between: a consistent reading. */
uint64_t rtc_read(void)
{
	struct rtc_time t, again;

	for (unsigned int i = 0; i < 1000; i++) {
		for (unsigned int n = 0; n < 100000; n++)
			if (!(cmos_read(REG_A) & A_UPDATING))
				break;
		t = read_raw();
		again = read_raw();
		if (same(&t, &again))
			return to_seconds(t, cmos_read(REG_B));
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
