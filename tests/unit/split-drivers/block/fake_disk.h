/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk in memory that does what it was asked in an order of its own, some of
 * it late, and some wrongly if told so. Its contents outlive a backend.
 */
#ifndef FAKE_DISK_H
#define FAKE_DISK_H

#include "../../../../split-drivers/block/backend/disk.h"

#define FAKE_DISK_SECTORS 8192u

struct fake_disk {
	struct disk d;
	uint8_t *data;	     /* shared with processes forked later */
	uint64_t random;     /* decides what is done when */
	bool is_in_order;    /* all at once, as submitted */
	bool is_held;	     /* nothing is done */
	uint64_t bad_sector; /* operations that touch it fail; none: -1 */
	int bad_rc;
	unsigned int nr_pending;
	struct disk_io *pending[4096];
	/* What was done, as "W R F D" and the sector it began at. */
	unsigned int nr_log;
	struct {
		char what;
		uint64_t sector;
	} log[256];
};

void fake_disk_open(struct fake_disk *f);
void fake_disk_close(struct fake_disk *f);
/* The backend has died: what was asked for is half done or not at all. */
void fake_disk_backend_died(struct fake_disk *f);
uint64_t fake_random(uint64_t *state);

#endif
