/* SPDX-License-Identifier: GPL-2.0-only */
/* The battery clock's registers against the C library's calendar. */
#include <time.h>

#include <hv/x86/rtc_date.h>

#include "../unit_test.h"

static uint8_t digits(int v, uint8_t reg_b)
{
	return (uint8_t)(reg_b & RTC_B_BINARY ? v : v / 10 * 16 + v % 10);
}

static struct rtc_time registers(time_t when, uint8_t reg_b)
{
	struct tm tm;
	uint8_t hour, pm = 0;

	gmtime_r(&when, &tm);
	if (!(reg_b & RTC_B_24_HOURS)) {
		pm = tm.tm_hour >= 12 ? 0x80 : 0;
		tm.tm_hour = tm.tm_hour % 12 ? tm.tm_hour % 12 : 12;
	}
	hour = (uint8_t)(digits(tm.tm_hour, reg_b) | pm);
	return (struct rtc_time){
		.sec = digits(tm.tm_sec, reg_b),
		.min = digits(tm.tm_min, reg_b),
		.hour = hour,
		.day = digits(tm.tm_mday, reg_b),
		.month = digits(tm.tm_mon + 1, reg_b),
		.year = digits(tm.tm_year % 100, reg_b),
	};
}

UNIT_TEST(every_mode_gives_the_calendars_seconds)
{
	/* a century in steps that meet every hour, weekday and month end */
	for (time_t t = 1; t < 3155760000; t += 40009)
		for (unsigned int b = 0; b < 4; b++)
			EXPECT_EQ(
				rtc_to_seconds(registers(t, (uint8_t)(b << 1)),
					       (uint8_t)(b << 1)),
				t);
}

UNIT_TEST(registers_of_a_dead_battery_are_no_date)
{
	static const struct rtc_time ones = {0xff, 0xff, 0xff,
					     0xff, 0xff, 0xff};
	static const struct rtc_time zeroes;

	for (unsigned int b = 0; b < 4; b++) {
		EXPECT_EQ(rtc_to_seconds(ones, (uint8_t)(b << 1)), 0);
		EXPECT_EQ(rtc_to_seconds(zeroes, (uint8_t)(b << 1)), 0);
	}
}
