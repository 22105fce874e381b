// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer's way in.
 */
#include "../fuzz_wire.h"
#include "server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	server_log_to_syslog();
	fuzz_wire(data, size);
	return 0;
}
