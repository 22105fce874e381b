/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of unsigned numbers kept as sorted ranges: permissions of a domain. */
#ifndef HV_RANGESET_H
#define HV_RANGESET_H

#include <hv/types.h>

struct range {
	uint64_t first, last; /* inclusive */
};

struct rangeset {
	struct range *r;
	unsigned int nr, max;
};

int rangeset_add(struct rangeset *rs, uint64_t first, uint64_t last);
int rangeset_remove(struct rangeset *rs, uint64_t first, uint64_t last);
bool rangeset_contains(const struct rangeset *rs, uint64_t first,
		       uint64_t last);
void rangeset_free(struct rangeset *rs);

#endif
