// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of configurations: any text is read or refused with a message, and
 * what was read, written out and read again, is the same.
 */
#include <stdlib.h>
#include <string.h>

#include "domcfg.h"
#include "req.h"
#include "tool.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int make(struct req *r, struct config *c, const char *text, size_t len,
		struct domcfg *d)
{
	int rc;

	config_init(c);
	rc = config_parse(r, c, "fuzz", text, len);
	if (rc == 0)
		rc = domcfg_make(r, c, d, REFUSE_UNKNOWN);
	if (rc < 0 && r->what == NULL)
		abort();
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct req r = {0};
	struct config a, b;
	struct domcfg da, db;

	if (make(&r, &a, (const char *)data, len, &da) == 0) {
		char *text = domcfg_text(&r, &da);

		if (make(&r, &b, text, strlen(text), &db) < 0 ||
		    strcmp(domcfg_text(&r, &db), text) != 0)
			abort();
	}
	req_free(&r);
	return 0;
}
