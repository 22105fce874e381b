/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The portable frontends' way to Xen and the store from a test kernel, by
 * hypercalls. See front.h.
 */
#include "front.h"

#include "../../../split-drivers/seam/front_xen.h"
#include "domu.h"
#include "guest.h"

#include <abi/errno.h>
#include <abi/event_channel.h>
#include <abi/grant_table.h>
#include <abi/sched.h>

#define NR_PAGES 4096u
#define TABLE_FRAMES 16u
#define FIRST_GREF 8u /* those below are the tools' */
#define NR_GREFS (TABLE_FRAMES * PAGE_SIZE / sizeof(struct grant_entry_v1))

/* --- pages --- */

static char pool[NR_PAGES][PAGE_SIZE] __attribute__((aligned(4096)));
static bool is_used[NR_PAGES];
static unsigned int next_page;

static bool is_run_free(unsigned int first, unsigned int nr)
{
	for (unsigned int i = first; i < first + nr; i++)
		if (is_used[i])
			return false;
	return true;
}

void *front_pages_alloc(unsigned int nr)
{
	for (unsigned int tried = 0; tried < NR_PAGES; tried++) {
		unsigned int at = next_page;

		if (at + nr > NR_PAGES) {
			next_page = 0;
			continue;
		}
		next_page++;
		if (!is_run_free(at, nr))
			continue;
		next_page = at + nr;
		memset(&is_used[at], true, nr);
		return memset(pool[at], 0, nr * PAGE_SIZE);
	}
	return NULL;
}

void front_pages_free(void *pages, unsigned int nr)
{
	size_t at = (size_t)((char *)pages - pool[0]) / PAGE_SIZE;

	memset(&is_used[at], false, nr);
}

/* --- grants --- */

static char table_pages[TABLE_FRAMES][PAGE_SIZE] __attribute__((aligned(4096)));
static struct grant_entry_v1 *const table =
	(struct grant_entry_v1 *)(void *)table_pages;
static uint32_t free_grefs[NR_GREFS];
static unsigned int nr_free_grefs;

/* Granted pages of nobody's, which the backend still has mapped. */
static struct {
	uint32_t gref;
	void *page;
} dropped[NR_GREFS];
static unsigned int nr_dropped;

void front_start(void)
{
	xen_pfn_t frames[TABLE_FRAMES];
	struct gnttab_setup_table op = {
		.dom = DOMID_SELF,
		.nr_frames = TABLE_FRAMES,
		.frame_list = (uint64_t)frames,
	};

	EXPECT_EQ(HYPERVISOR_grant_table_op(GNTTABOP_setup_table, &op, 1), 0);
	EXPECT_EQ(op.status, GNTST_okay);
	/* the table takes the place of pages of ours */
	for (unsigned int i = 0; i < TABLE_FRAMES; i++)
		EXPECT_EQ(HYPERVISOR_update_va_mapping((uint64_t)table_pages[i],
						       frames[i] * PAGE_SIZE |
							       PTE_P | PTE_RW |
							       PTE_US,
						       UVMF_INVLPG),
			  0);
	for (uint32_t gref = FIRST_GREF; gref < NR_GREFS; gref++)
		free_grefs[nr_free_grefs++] = gref;
}

static void end_dropped(void)
{
	for (unsigned int i = nr_dropped; i-- > 0;)
		if (front_grant_end(dropped[i].gref) == 0) {
			front_pages_free(dropped[i].page, 1);
			dropped[i] = dropped[--nr_dropped];
		}
}

int64_t front_grant(uint16_t domid, const void *page, int is_readonly)
{
	struct grant_entry_v1 *e;

	end_dropped();
	if (!nr_free_grefs)
		return -ENOSPC;
	e = &table[free_grefs[--nr_free_grefs]];
	e->domid = domid;
	e->frame = (uint32_t)mfn_of(page);
	__atomic_store_n(&e->flags,
			 GTF_permit_access | (is_readonly ? GTF_readonly : 0),
			 __ATOMIC_RELEASE);
	return e - table;
}

int front_grant_end(uint32_t gref)
{
	uint16_t flags = __atomic_load_n(&table[gref].flags, __ATOMIC_RELAXED);

	do
		if (flags & (GTF_reading | GTF_writing))
			return -EBUSY;
	while (!__atomic_compare_exchange_n(&table[gref].flags, &flags, 0,
					    false, __ATOMIC_SEQ_CST,
					    __ATOMIC_RELAXED));
	free_grefs[nr_free_grefs++] = gref;
	return 0;
}

void front_grant_drop(uint32_t gref, void *page)
{
	dropped[nr_dropped].gref = gref;
	dropped[nr_dropped++].page = page;
	end_dropped();
}

unsigned int front_nr_grants(void)
{
	end_dropped();
	return (unsigned int)(NR_GREFS - FIRST_GREF) - nr_free_grefs;
}

/* --- events --- */

int front_evtchn_alloc(uint16_t domid)
{
	struct evtchn_alloc_unbound op = {.dom = DOMID_SELF,
					  .remote_dom = domid};
	int rc = (int)HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &op);

	return rc ? rc : (int)op.port;
}

void front_evtchn_close(uint32_t port)
{
	struct evtchn_close op = {.port = port};

	(void)HYPERVISOR_event_channel_op(EVTCHNOP_close, &op);
}

void front_notify(uint32_t port)
{
	struct evtchn_send op = {.port = port};

	(void)HYPERVISOR_event_channel_op(EVTCHNOP_send, &op);
}

void front_wait(const uint32_t *ports, unsigned int nr)
{
	struct sched_poll poll = {.ports = (uint64_t)ports, .nr_ports = nr};
	bool any = false;

	for (;;) {
		for (unsigned int i = 0; i < nr; i++)
			any |= take_event(ports[i]);
		if (any)
			return;
		(void)HYPERVISOR_sched_op(SCHEDOP_poll, &poll);
	}
}

/* --- the store --- */

static int rc_of(uint32_t type)
{
	if (type != XS_ERROR)
		return 0;
	return text_equal(store_error(), "ENOENT")   ? -ENOENT
	       : text_equal(store_error(), "EAGAIN") ? -EAGAIN
						     : -EIO;
}

static int bus_read(void *ctx, uint32_t tx, const char *path, char *value,
		    size_t size)
{
	static char reply[XENSTORE_PAYLOAD_MAX + 1];
	uint32_t type = store_call(XS_READ, tx, path, text_len(path) + 1, reply,
				   sizeof(reply));

	(void)ctx;
	if (type == XS_ERROR)
		return rc_of(type);
	if (text_len(reply) >= size)
		return -E2BIG;
	memcpy(value, reply, text_len(reply) + 1);
	return 0;
}

static int bus_write(void *ctx, uint32_t tx, const char *path,
		     const char *value)
{
	(void)ctx;
	return rc_of(store_write(tx, path, value));
}

static int bus_remove(void *ctx, uint32_t tx, const char *path)
{
	char reply[16];

	(void)ctx;
	return rc_of(store_call(XS_RM, tx, path, text_len(path) + 1, reply,
				sizeof(reply)));
}

static int bus_begin(void *ctx, uint32_t *tx)
{
	char reply[16];
	uint64_t number = 0;
	int rc = rc_of(store_call(XS_TRANSACTION_START, 0, "", 1, reply,
				  sizeof(reply)));

	(void)ctx;
	if (!rc)
		rc = xenbus_number(reply, UINT32_MAX, &number);
	*tx = (uint32_t)number;
	return rc;
}

static int bus_end(void *ctx, uint32_t tx, bool commit)
{
	char reply[16];

	(void)ctx;
	return rc_of(store_call(XS_TRANSACTION_END, tx, commit ? "T" : "F", 2,
				reply, sizeof(reply)));
}

const struct xenbus_store bus_domu = {
	.read = bus_read,
	.write = bus_write,
	.remove = bus_remove,
	.tx_begin = bus_begin,
	.tx_end = bus_end,
};
