/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A directory of its own, a machine and a xenstore for each test.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <stddef.h>

#include "fake_hv.h"
#include "fake_store.h"
#include "unit_test.h"

/* Made anew for the calling test, and removed when it ends. */
const char *fixture_root(void);
/* A file below the root; returns its path, which lives as long as the test. */
const char *fixture_file(const char *name, const void *data, size_t len);
const char *fixture_text(const char *name, const char *text);

/*
 * What @fn prints on standard output, up to 64 KiB, terminated; lives until
 * the next call.
 */
const char *fixture_capture(int (*fn)(void *ctx), void *ctx, int *rc);

#endif
