/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first page tables of a domain.
 */
#ifndef PTWRITER_H
#define PTWRITER_H

#include "guestmem.h"
#include "layout.h"

/*
 * Write the tables laid out in @l: the main mapping, in which the tables
 * themselves are read-only, and the p2m's. -errno: recorded.
 */
int ptwriter_run(struct guestmem *g, const struct layout *l);

#endif
