/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's grant table as the files of gnttab/ see it.  One half is what
 * the domain grants to others: entries it writes in pages it shares with us,
 * and our active entries beside them, which count the uses.  The other half,
 * map tracking, is what the domain has mapped of others' grants.
 *
 * Locks.  grant_table.lock: the first half.  Map tracking: see maptrack.c.
 * No grant lock is held while page tables change or memory is copied.
 */
#ifndef GNTTAB_TABLE_H
#define GNTTAB_TABLE_H

#include <hv/assert.h>
#include <hv/domain.h>
#include <hv/spinlock.h>
#include <hv/types.h>

#include <abi/grant_table.h>

#define V1_PER_PAGE (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define V2_PER_PAGE (PAGE_SIZE / sizeof(union grant_entry_v2))
#define STATUS_PER_PAGE (PAGE_SIZE / sizeof(grant_status_t))
#define ACTIVE_PER_PAGE (PAGE_SIZE / sizeof(struct active))
/* Frames of v2 entries whose status words share a frame. */
#define FRAMES_PER_STATUS (STATUS_PER_PAGE / V2_PER_PAGE)

enum grant_kind {
	GRANT_PAGE,
	GRANT_PART,	  /* offset and length within the page; copy only   */
	GRANT_TRANSITIVE, /* trans_ref of trans_domid; copy only            */
};

/*
 * One per grant entry.  A pin is a use of the entry: one mapping (a handle),
 * or one side of a copy.
 *
 * 1. The entry (v2: its status word) has GTF_writing iff nr_write > 0, and
 *    GTF_reading iff there is any pin, for as long as the guest leaves those
 *    bits alone.
 * 2. While there is a pin the rest says what was granted when the first one
 *    was made; what the guest writes into the entry then changes nothing.
 */
struct active {
	mfn_t frame;
	uint32_t nr_read;  /* pins that only read  */
	uint32_t nr_write; /* pins that also write */
	grant_ref_t trans_ref;
	domid_t trans_domid;
	domid_t grantee;
	uint16_t offset, length;
	uint8_t kind; /* enum grant_kind */
};
_Static_assert(sizeof(struct active) == 32, "128 in a page");

struct maptrack; /* maptrack.c */

#define MAPTRACK_SHARDS 8
#define MAPTRACK_GROUPS 64

struct grant_table {
	spinlock_t lock; /* RANK_GRANT: down to active */
	uint32_t version;
	uint32_t max_frames;
	uint32_t nr_frames, nr_status;
	bool is_closed; /* the domain is dying: shared and status are gone */
	void **shared;	/* [max_frames] pages of entries */
	void **status;	/* [max_frames / FRAMES_PER_STATUS, up] v2 only */
	struct active **active; /* pages of them, each made when first used */

	spinlock_t map_lock; /* RANK_MAPTRACK: growing of map_page */
	uint32_t nr_map_pages;
	uint32_t release_next; /* progress of gnttab_release_mappings() */
	struct {
		spinlock_t lock; /* RANK_MAPTRACK */
		uint32_t free;	 /* handle, linked by next_free */
	} shard[MAPTRACK_SHARDS];
	struct maptrack **map_page[MAPTRACK_GROUPS];
};

static inline bool is_pinned(const struct active *act)
{
	return act->nr_read || act->nr_write;
}

/* -------- grant_table.c -------- */

/* Entries of the table in its version; table locked. */
static inline uint32_t nr_entries(const struct grant_table *gt)
{
	return gt->nr_frames *
	       (uint32_t)(gt->version == 1 ? V1_PER_PAGE : V2_PER_PAGE);
}

/* @ref is below nr_entries(); table locked. */
static inline struct grant_entry_v1 *entry_v1(const struct grant_table *gt,
					      grant_ref_t ref)
{
	return (struct grant_entry_v1 *)gt->shared[ref / V1_PER_PAGE] +
	       ref % V1_PER_PAGE;
}

static inline union grant_entry_v2 *entry_v2(const struct grant_table *gt,
					     grant_ref_t ref)
{
	return (union grant_entry_v2 *)gt->shared[ref / V2_PER_PAGE] +
	       ref % V2_PER_PAGE;
}

static inline grant_status_t *entry_status(const struct grant_table *gt,
					   grant_ref_t ref)
{
	return (grant_status_t *)gt->status[ref / STATUS_PER_PAGE] +
	       ref % STATUS_PER_PAGE;
}

/* The active entry of @ref, or NULL when that was never used; table locked. */
static inline struct active *active_at(const struct grant_table *gt,
				       grant_ref_t ref)
{
	struct active *page = gt->active[ref / ACTIVE_PER_PAGE];

	return page ? page + ref % ACTIVE_PER_PAGE : NULL;
}

/*
 * Make the table at least @nr_frames long.  -EINVAL: over the limit, or the
 * domain is dying.  -ENOMEM: as long as it could be made.  Table locked.
 */
int grant_table_grow(struct domain *d, uint32_t nr_frames);
int grant_table_add_status(struct domain *d);	/* as many as v2 needs */
void grant_table_drop_status(struct domain *d); /* all of them */

/* -------- grant_pin.c -------- */

/*
 * Count one use of entry @ref of @owner by @grantee, to read or also to write,
 * and say in @what what is granted.  @copies: parts of pages and transitive
 * grants are fine, too.  GNTST_*.
 */
int grant_pin(struct domain *owner, grant_ref_t ref, domid_t grantee,
	      bool write, bool copies, struct active *what);
void grant_unpin(struct domain *owner, grant_ref_t ref, bool write);

/* -------- maptrack.c -------- */

struct maptrack {
	struct domain *owner; /* of the frame; a reference held */
	mfn_t frame;
	grant_ref_t ref;
	uint32_t next_free; /* handle */
	uint16_t flags;	    /* 0: free; else GNTMAP_* and MAPTRACK_BUSY */
};

/* Somebody works on this handle; nobody else may.  No GNTMAP_* bit. */
#define MAPTRACK_BUSY (1U << 15)
#define NO_HANDLE (~0U)

int maptrack_init(struct grant_table *gt);
void maptrack_free_all(struct grant_table *gt);
/* A free handle, claimed.  NULL: at the domain's limit, or out of memory. */
struct maptrack *maptrack_alloc(struct domain *d, grant_handle_t *handle);
/* The entry of a handle in use, claimed; NULL: there is none. */
struct maptrack *maptrack_claim(struct domain *d, grant_handle_t handle);
/* End a claim, leaving the handle in use with @flags ... */
void maptrack_unclaim(struct maptrack *mt, uint32_t flags);
/* ... or free. */
void maptrack_free(struct domain *d, struct maptrack *mt,
		   grant_handle_t handle);
/* Handles ever made. */
uint32_t maptrack_nr_handles(const struct grant_table *gt);

#endif
