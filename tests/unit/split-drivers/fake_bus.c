// SPDX-License-Identifier: GPL-2.0-only
/*
 * The xenstore in memory. See fake_bus.h.
 */
#include "fake_bus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NR_NODES 256
#define NR_QUEUED 128

struct node {
	char path[XENBUS_PATH_MAX], value[XENBUS_VALUE_MAX];
};

static struct node nodes[NR_NODES];
static unsigned int nr_nodes, nr_changes;
int fake_bus_until_failure = -1, fake_bus_conflicts;

/* Of the one transaction there can be: its writes, and when it began. */
static struct node queued[NR_QUEUED];
static unsigned int nr_queued, began_at;

static int fails(void)
{
	if (fake_bus_until_failure < 0)
		return 0;
	return fake_bus_until_failure == 0 || fake_bus_until_failure-- == 0;
}

void fake_bus_reset(void)
{
	nr_nodes = nr_queued = nr_changes = 0;
	fake_bus_until_failure = -1;
	fake_bus_conflicts = 0;
}

unsigned int fake_bus_changes(void)
{
	return nr_changes;
}

static struct node *find(const char *path)
{
	for (unsigned int i = 0; i < nr_nodes; i++)
		if (strcmp(nodes[i].path, path) == 0)
			return &nodes[i];
	return NULL;
}

static void remove_below(const char *path)
{
	size_t len = strlen(path);

	for (unsigned int i = 0; i < nr_nodes;)
		if (strncmp(nodes[i].path, path, len) == 0 &&
		    (nodes[i].path[len] == '\0' || nodes[i].path[len] == '/'))
			nodes[i] = nodes[--nr_nodes];
		else
			i++;
}

void fake_bus_set(const char *path, const char *value)
{
	struct node *n = find(path);

	nr_changes++;
	if (!value) {
		remove_below(path);
		return;
	}
	if (!n) {
		if (nr_nodes == NR_NODES)
			abort();
		n = &nodes[nr_nodes++];
	}
	if (strlen(path) >= sizeof(n->path) ||
	    strlen(value) >= sizeof(n->value))
		abort();
	strcpy(n->path, path);
	strcpy(n->value, value);
}

const char *fake_bus_get(const char *path)
{
	struct node *n = find(path);

	return n ? n->value : NULL;
}

static int bus_read(void *ctx, uint32_t tx, const char *path, char *value,
		    size_t size)
{
	const char *found = fake_bus_get(path);

	(void)ctx;
	(void)tx;
	if (fails())
		return -EIO;
	if (!found)
		return -ENOENT;
	if (strlen(found) >= size)
		return -E2BIG;
	strcpy(value, found);
	return 0;
}

static int bus_write(void *ctx, uint32_t tx, const char *path,
		     const char *value)
{
	(void)ctx;
	if (fails())
		return -EIO;
	if (!tx) {
		fake_bus_set(path, value);
		return 0;
	}
	if (nr_queued == NR_QUEUED)
		abort();
	strcpy(queued[nr_queued].path, path);
	strcpy(queued[nr_queued++].value, value);
	return 0;
}

static int bus_remove(void *ctx, uint32_t tx, const char *path)
{
	(void)ctx;
	(void)tx;
	if (fails())
		return -EIO;
	if (!find(path))
		return -ENOENT;
	fake_bus_set(path, NULL);
	return 0;
}

static int bus_begin(void *ctx, uint32_t *tx)
{
	(void)ctx;
	if (fails())
		return -EIO;
	nr_queued = 0;
	began_at = nr_changes;
	*tx = 1;
	return 0;
}

static int bus_end(void *ctx, uint32_t tx, bool commit)
{
	(void)ctx;
	(void)tx;
	if (commit && fake_bus_conflicts > 0) {
		fake_bus_conflicts--;
		return -EAGAIN;
	}
	if (commit && fails())
		return -EIO;
	if (commit && began_at != nr_changes)
		return -EAGAIN;
	for (unsigned int i = 0; commit && i < nr_queued; i++)
		fake_bus_set(queued[i].path, queued[i].value);
	return 0;
}

const struct xenbus_store fake_bus = {
	.read = bus_read,
	.write = bus_write,
	.remove = bus_remove,
	.tx_begin = bus_begin,
	.tx_end = bus_end,
};
