// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our block protocol against the header of Debian's libxen-dev.
 */
#include <stdint.h>
#include <stddef.h>

#include <xen/xen.h>

/* some names are the same */
#define blkif_request their_request
#define blkif_response their_response
#include <xen/io/blkif.h>
#undef blkif_request
#undef blkif_response
#undef BLKIF_DISCARD_SECURE

#include "../../../../split-drivers/block/protocol/blkif.h"
#include "../../../../split-drivers/ring/ring.h"
#include "unit_test.h"

#define SAME_OFFSET(theirs, field, ours, our_field)                            \
	EXPECT_EQ(offsetof(struct ours, our_field),                            \
		  offsetof(struct theirs, field))

UNIT_TEST(the_ring_is_laid_out_as_theirs)
{
	EXPECT_EQ(offsetof(struct ring_shared, req_prod),
		  offsetof(struct blkif_sring, req_prod));
	EXPECT_EQ(offsetof(struct ring_shared, req_event),
		  offsetof(struct blkif_sring, req_event));
	EXPECT_EQ(offsetof(struct ring_shared, rsp_prod),
		  offsetof(struct blkif_sring, rsp_prod));
	EXPECT_EQ(offsetof(struct ring_shared, rsp_event),
		  offsetof(struct blkif_sring, rsp_event));
	EXPECT_EQ(sizeof(struct ring_shared),
		  offsetof(struct blkif_sring, ring));
	EXPECT_EQ(BLKIF_ENTRY_BYTES, sizeof(union blkif_sring_entry));
	EXPECT_EQ(ring_slots(4096, BLKIF_ENTRY_BYTES),
		  __CONST_RING_SIZE(blkif, 4096));
}

UNIT_TEST(block_requests_are_laid_out_as_theirs)
{
	SAME_OFFSET(their_request, nr_segments, blkif_rw, nr_segments);
	SAME_OFFSET(their_request, handle, blkif_rw, handle);
	SAME_OFFSET(their_request, id, blkif_rw, id);
	SAME_OFFSET(their_request, sector_number, blkif_rw, sector);
	SAME_OFFSET(their_request, seg, blkif_rw, segments);
	SAME_OFFSET(blkif_request_segment, first_sect, blkif_segment, first);
	SAME_OFFSET(blkif_request_segment, last_sect, blkif_segment, last);
	EXPECT_EQ(sizeof(struct blkif_segment),
		  sizeof(struct blkif_request_segment));

	SAME_OFFSET(blkif_request_discard, flag, blkif_discard, flags);
	SAME_OFFSET(blkif_request_discard, id, blkif_discard, id);
	SAME_OFFSET(blkif_request_discard, sector_number, blkif_discard,
		    sector);
	SAME_OFFSET(blkif_request_discard, nr_sectors, blkif_discard,
		    nr_sectors);

	SAME_OFFSET(blkif_request_indirect, indirect_op, blkif_indirect,
		    real_op);
	SAME_OFFSET(blkif_request_indirect, nr_segments, blkif_indirect,
		    nr_segments);
	SAME_OFFSET(blkif_request_indirect, id, blkif_indirect, id);
	SAME_OFFSET(blkif_request_indirect, sector_number, blkif_indirect,
		    sector);
	SAME_OFFSET(blkif_request_indirect, indirect_grefs, blkif_indirect,
		    grefs);

	EXPECT_EQ(sizeof(struct blkif_response), sizeof(blkif_response_t));
	EXPECT_EQ(offsetof(struct blkif_response, status),
		  offsetof(blkif_response_t, status));
}

UNIT_TEST(block_numbers_are_theirs)
{
	EXPECT_EQ(BLKIF_READ, BLKIF_OP_READ);
	EXPECT_EQ(BLKIF_WRITE, BLKIF_OP_WRITE);
	EXPECT_EQ(BLKIF_BARRIER, BLKIF_OP_WRITE_BARRIER);
	EXPECT_EQ(BLKIF_FLUSH, BLKIF_OP_FLUSH_DISKCACHE);
	EXPECT_EQ(BLKIF_DISCARD, BLKIF_OP_DISCARD);
	EXPECT_EQ(BLKIF_INDIRECT, BLKIF_OP_INDIRECT);
	EXPECT_EQ(BLKIF_OKAY, BLKIF_RSP_OKAY);
	EXPECT_EQ(BLKIF_ERROR, BLKIF_RSP_ERROR);
	EXPECT_EQ(BLKIF_NOT_SUPPORTED, BLKIF_RSP_EOPNOTSUPP);
	EXPECT_EQ(BLKIF_SEGMENTS_MAX, BLKIF_MAX_SEGMENTS_PER_REQUEST);
	EXPECT_EQ(BLKIF_INDIRECT_PAGES_MAX,
		  BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST);
	EXPECT_EQ(BLKIF_INFO_READONLY, VDISK_READONLY);
}
