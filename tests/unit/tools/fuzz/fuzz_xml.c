// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of XML configurations: what the schema accepts is good syntax in the
 * other form; all else is refused with a message.
 */
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "helpers/xmlconv.h"
#include "req.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct req r = {0};
	struct config c;
	const char *cfg;

	if (xml_to_cfg(&r, "fuzz", (const char *)data, len, CFG_ALIGNED, &cfg) <
	    0) {
		if (r.what == NULL)
			abort();
	} else {
		config_init(&c);
		if (config_parse(&r, &c, "fuzz", cfg, strlen(cfg)) < 0)
			abort();
	}
	req_free(&r);
	return 0;
}
