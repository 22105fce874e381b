/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * UUIDs: 16 bytes in the order they are written.
 */
#ifndef UUID_H
#define UUID_H

#include <stdbool.h>
#include <stdint.h>

#define UUID_TEXT_BYTES 37

void uuid_random(uint8_t uuid[16]);
/* With or without hyphens. */
bool uuid_parse(const char *text, uint8_t uuid[16]);
void uuid_format(const uint8_t uuid[16], char text[UUID_TEXT_BYTES]);

#endif
