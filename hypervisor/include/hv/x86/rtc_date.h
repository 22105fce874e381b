/* SPDX-License-Identifier: GPL-2.0-only */
/* The battery clock's date registers as a number of seconds. */
#ifndef HV_X86_RTC_DATE_H
#define HV_X86_RTC_DATE_H

#include <hv/types.h>

/* As read from the chip. */
struct rtc_time {
	uint8_t sec, min, hour, day, month, year;
};

/* Bits of register B: how the others are to be read. */
#define RTC_B_24_HOURS 0x02
#define RTC_B_BINARY 0x04 /* else decimal digits */

/* Seconds since 1970; 0: no such date.  Years are 1970 to 2069. */
uint64_t rtc_to_seconds(struct rtc_time t, uint8_t reg_b);

#endif
