// SPDX-License-Identifier: GPL-2.0-only
/*
 * UUIDs (RFC 4122): random ones, and their written form.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "uuid.h"

void uuid_random(uint8_t uuid[16])
{
	if (getrandom(uuid, 16, 0) != 16)
		abort(); /* Linux: 256 bytes or less never fail */
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40); /* version 4: random */
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80); /* variant: RFC 4122 */
}

static int hex_value(char c)
{
	if (!isxdigit((uint8_t)c))
		return -1;
	return isdigit((uint8_t)c) ? c - '0' : (c | 32) - 'a' + 10;
}

bool uuid_parse(const char *text, uint8_t uuid[16])
{
	for (int i = 0; i < 16; i++) {
		int hi, lo;

		if (*text == '-' && (i == 4 || i == 6 || i == 8 || i == 10))
			text++;
		hi = hex_value(text[0]);
		lo = hi < 0 ? -1 : hex_value(text[1]);
		if (lo < 0)
			return false;
		uuid[i] = (uint8_t)(hi << 4 | lo);
		text += 2;
	}
	return *text == '\0';
}

void uuid_format(const uint8_t u[16], char text[UUID_TEXT_BYTES])
{
	snprintf(text, UUID_TEXT_BYTES,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
		 "%02x%02x%02x%02x%02x%02x",
		 u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9],
		 u[10], u[11], u[12], u[13], u[14], u[15]);
}
