/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as a story of clients, domains and what they send.
 */
#ifndef FUZZ_WIRE_H
#define FUZZ_WIRE_H

#include <stddef.h>
#include <stdint.h>

/* Play it; whatever it is, the store must be in order after it. */
void fuzz_wire(const uint8_t *data, size_t size);

#endif
