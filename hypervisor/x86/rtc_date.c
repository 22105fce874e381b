/* SPDX-License-Identifier: GPL-2.0-only */
/* What the battery clock's registers mean, in each mode it may be set to. */
#include <hv/x86/rtc_date.h>

#define HOUR_PM 0x80

static uint8_t from_bcd(uint8_t v)
{
	return (uint8_t)((v >> 4) * 10 + (v & 15));
}

/* Days since 1970-01-01; the year is taken to start in March. */
static uint64_t days(uint32_t year, uint32_t month, uint32_t day)
{
	if (month <= 2) {
		month += 12;
		year--;
	}
	return 365ULL * year + year / 4 - year / 100 + year / 400 +
	       (153 * (month - 3) + 2) / 5 + day - 1 - 719468;
}

uint64_t rtc_to_seconds(struct rtc_time t, uint8_t reg_b)
{
	bool pm = !(reg_b & RTC_B_24_HOURS) && (t.hour & HOUR_PM);
	uint32_t year;

	if (!(reg_b & RTC_B_24_HOURS))
		t.hour &= (uint8_t)~HOUR_PM;
	if (!(reg_b & RTC_B_BINARY)) {
		t.sec = from_bcd(t.sec);
		t.min = from_bcd(t.min);
		t.hour = from_bcd(t.hour);
		t.day = from_bcd(t.day);
		t.month = from_bcd(t.month);
		t.year = from_bcd(t.year);
	}
	if (!(reg_b & RTC_B_24_HOURS)) /* 12 is midnight or noon */
		t.hour = (uint8_t)(t.hour % 12 + (pm ? 12 : 0));
	if (t.month < 1 || t.month > 12 || t.day < 1 || t.day > 31 ||
	    t.hour > 23 || t.min > 59 || t.sec > 59 || t.year > 99)
		return 0;
	year = t.year + (t.year < 70 ? 2000u : 1900u);
	return days(year, t.month, t.day) * 86400 + t.hour * 3600u +
	       t.min * 60u + t.sec;
}
