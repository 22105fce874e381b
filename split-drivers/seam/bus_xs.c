// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store's operations as the xenbus wants them. See bus_xs.h.
 */
#include "bus_xs.h"

#include <errno.h>
#include <string.h>

#include "../../dom0-tools/lib/xs.h"

static int bus_read(void *ctx, uint32_t tx, const char *path, char *value,
		    size_t size)
{
	int rc;
	const char *found = xs_read(ctx, tx, path, &rc);

	if (!found)
		return rc;
	if (strlen(found) >= size)
		return -E2BIG;
	strcpy(value, found);
	return 0;
}

static int bus_write(void *ctx, uint32_t tx, const char *path,
		     const char *value)
{
	return xs_write(ctx, tx, path, value);
}

static int bus_remove(void *ctx, uint32_t tx, const char *path)
{
	return xs_rm(ctx, tx, path);
}

static int bus_begin(void *ctx, uint32_t *tx)
{
	return xs_tx_begin(ctx, tx);
}

static int bus_end(void *ctx, uint32_t tx, bool commit)
{
	return xs_tx_end(ctx, tx, commit);
}

const struct xenbus_store bus_xs = {
	.read = bus_read,
	.write = bus_write,
	.remove = bus_remove,
	.tx_begin = bus_begin,
	.tx_end = bus_end,
};
