// SPDX-License-Identifier: GPL-2.0-only
/*
 * The domain builder. build_domain() at the end is the list of what happens.
 */
#include <errno.h>
#include <string.h>

#include <abi/arch.h>
#include <abi/grant_table.h>
#include <abi/shared_info.h>
#include <abi/start_info.h>

#include "build.h"
#include "pagecopy.h"
#include "ptwriter.h"
#include "req.h"

/* Pages that are put together here before they are written. */
#define BUILD_PAGES 8

struct build {
	struct guestmem g;
	const struct build_params *p;
	struct layout l;
	void *pages; /* BUILD_PAGES of them, page aligned */
};

static int load_kernel(struct build *b)
{
	const struct kimage_head *k = b->p->kernel->head;
	const char *blob = (const char *)k;
	int rc = 0;

	for (uint32_t i = 0; i < k->nr_runs && rc == 0; i++) {
		const struct kimage_run *run = &k->runs[i];

		if (run->offset == 0)
			rc = guestmem_clear(&b->g, run->pfn, run->nr);
		else
			rc = guestmem_write(
				&b->g, run->pfn, layout_va(&b->l, run->pfn),
				blob + run->offset, (size_t)run->nr << 12);
	}
	return rc;
}

static int load_initrd(struct build *b)
{
	uint64_t pfn = b->l.initrd.pfn;

	return guestmem_write(&b->g, pfn,
			      b->l.initrd_is_apart ? 0 : layout_va(&b->l, pfn),
			      b->p->initrd, b->p->initrd_bytes);
}

/* p2m[pfn] is the frame behind each page; the rest of its last page is ~0. */
static int write_p2m(struct build *b)
{
	const size_t per_page = 4096 / sizeof(xen_pfn_t);
	xen_pfn_t *buf = b->pages;
	uint64_t next = 0;
	int rc = 0;

	for (uint64_t done = 0; done < b->l.p2m.nr && rc == 0;) {
		uint64_t left = b->l.p2m.nr - done;
		size_t pages = left < BUILD_PAGES ? (size_t)left : BUILD_PAGES;
		size_t entries = pages * per_page;

		if (entries > b->g.nr_pages - next) {
			entries = b->g.nr_pages - next;
			memset(buf, 0xff, pages << 12);
		}
		guestmem_mfns(&b->g, next, entries, buf);
		rc = guestmem_write(&b->g, b->l.p2m.pfn + done,
				    b->l.p2m_va.first + (done << 12), buf,
				    pages << 12);
		next += entries;
		done += pages;
	}
	return rc;
}

/* start_info and the rings lie next to each other. */
static int write_start_info(struct build *b, xen_pfn_t shared_info)
{
	const struct layout *l = &b->l;
	struct start_info *si = b->pages;

	memset(si, 0, 3 << 12);
	strcpy(si->magic, "xen-3.0-x86_64");
	si->nr_pages = b->g.nr_pages;
	si->shared_info = shared_info << 12;
	si->store_mfn = guestmem_mfn(&b->g, l->store.pfn);
	si->store_evtchn = b->p->store_port;
	si->console.domU.mfn = guestmem_mfn(&b->g, l->console.pfn);
	si->console.domU.evtchn = b->p->console_port;
	si->pt_base = layout_va(l, l->tables.pfn);
	si->nr_pt_frames = l->tables.nr;
	si->mfn_list = l->p2m_va.first;
	if (l->p2m_is_apart) {
		si->first_p2m_pfn = l->p2m.pfn;
		si->nr_p2m_frames = l->p2m.nr + l->p2m_tables.nr;
	}
	if (b->p->initrd_bytes > 0) {
		if (l->initrd_is_apart)
			si->flags |= SIF_MOD_START_PFN;
		si->mod_start = l->initrd_is_apart
					? l->initrd.pfn
					: layout_va(l, l->initrd.pfn);
		si->mod_len = b->p->initrd_bytes;
	}
	strcpy(si->cmd_line, b->p->cmdline); /* length checked before */
	return guestmem_write(&b->g, l->start_info.pfn,
			      layout_va(l, l->start_info.pfn), si, 3 << 12);
}

/* No event may be delivered before the kernel asks for it. */
static int init_shared_info(struct build *b, xen_pfn_t mfn)
{
	struct shared_info *s;
	int rc;

	s = b->g.ops->map(b->g.ctx, &mfn, 1, &rc);
	if (s == NULL)
		return req_fail_rc(b->g.r, rc,
				   "cannot map the shared info "
				   "page");
	pages_clear(s, 1);
	for (int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		s->vcpu_info[i].evtchn_upcall_mask = 1;
	b->g.ops->unmap(b->g.ctx, s, 1);
	return 0;
}

/* The rings are granted to those who serve them, under reserved references. */
static int seed_grants(struct build *b)
{
	struct grant_entry_v1 *table;
	int rc;

	table = b->g.ops->map_grants(b->g.ctx, &rc);
	if (table == NULL)
		return req_fail_rc(b->g.r, rc, "cannot map the grant table");
	table[GNTTAB_RESERVED_CONSOLE].domid = b->p->console_domid;
	table[GNTTAB_RESERVED_CONSOLE].frame =
		(uint32_t)guestmem_mfn(&b->g, b->l.console.pfn);
	table[GNTTAB_RESERVED_CONSOLE].flags = GTF_permit_access;
	table[GNTTAB_RESERVED_XENSTORE].domid = b->p->store_domid;
	table[GNTTAB_RESERVED_XENSTORE].frame =
		(uint32_t)guestmem_mfn(&b->g, b->l.store.pfn);
	table[GNTTAB_RESERVED_XENSTORE].flags = GTF_permit_access;
	b->g.ops->unmap(b->g.ctx, table, 1);
	return 0;
}

static int fill_hypercall_page(struct build *b)
{
	const struct kimage_notes *n = &b->p->kernel->head->notes;
	uint64_t pfn = (n->hypercall_page - n->virt_base) >> 12;
	int rc;

	if (!n->has_hypercall_page)
		return 0;
	if (n->hypercall_page < n->virt_base || pfn >= b->l.nr_mapped)
		return req_fail(b->g.r, -ENOEXEC,
				"the kernel's hypercall page lies outside of "
				"its image");
	rc = b->g.ops->hypercall_page(b->g.ctx, guestmem_mfn(&b->g, pfn));
	return rc < 0 ? req_fail_rc(b->g.r, rc,
				    "cannot make the kernel's "
				    "hypercall page")
		      : 0;
}

static int start_vcpu(struct build *b)
{
	const struct layout *l = &b->l;
	struct vcpu_guest_context *c =
		ARENA_NEW(&b->g.r->mem, struct vcpu_guest_context);
	int rc;

	c->flags = VGCF_IN_KERNEL | VGCF_online;
	c->user_regs.rip = b->p->kernel->head->notes.entry;
	c->user_regs.rsp = layout_va(l, l->stack.pfn + 1);
	c->user_regs.rsi = layout_va(l, l->start_info.pfn);
	c->user_regs.rflags = 1 << 9; /* IF */
	c->user_regs.cs = FLAT_KERNEL_CS;
	c->user_regs.ss = FLAT_KERNEL_SS;
	c->kernel_ss = c->user_regs.ss;
	c->kernel_sp = c->user_regs.rsp;
	c->ctrlreg[3] = xen_pfn_to_cr3(guestmem_mfn(&b->g, l->tables.pfn));
	rc = b->g.ops->set_vcpu(b->g.ctx, 0, c);
	return rc < 0 ? req_fail_rc(b->g.r, rc, "cannot set up the first vcpu")
		      : 0;
}

static int pin_tables(struct build *b)
{
	int rc = b->g.ops->pin_l4(b->g.ctx,
				  guestmem_mfn(&b->g, b->l.tables.pfn));

	return rc < 0 ? req_fail_rc(b->g.r, rc,
				    "the hypervisor does not accept "
				    "the first page tables")
		      : 0;
}

static int check_params(struct req *r, const struct build_params *p)
{
	size_t len = strlen(p->cmdline);

	if (len >= MAX_GUEST_CMDLINE)
		return req_fail(r, -E2BIG,
				"the kernel's command line has %zu characters; "
				"%d fit",
				len, MAX_GUEST_CMDLINE - 1);
	return 0;
}

int build_domain(struct req *r, const struct build_ops *ops, void *ctx,
		 const struct build_params *p, struct build_result *out)
{
	static _Alignas(4096) char pages[BUILD_PAGES << 12];
	struct build b = {
		.g = {.r = r, .ops = ops, .ctx = ctx},
		.p = p,
		.pages = pages,
	};
	xen_pfn_t shared_info;
	int rc;

	rc = check_params(r, p);
	if (rc == 0)
		rc = layout_make(r, p->kernel->head, p->initrd_bytes,
				 p->nr_pages, &b.l);
	if (rc == 0)
		rc = guestmem_populate(&b.g, p->nr_pages);
	/* the tables come first: the rest is written through them */
	if (rc == 0)
		rc = ptwriter_run(&b.g, &b.l);
	if (rc == 0)
		rc = pin_tables(&b);
	if (rc == 0)
		rc = start_vcpu(&b);
	if (rc == 0)
		rc = load_kernel(&b);
	if (rc == 0)
		rc = load_initrd(&b);
	if (rc == 0)
		rc = write_p2m(&b);
	if (rc == 0) {
		rc = ops->shared_info(ctx, &shared_info);
		if (rc < 0)
			req_fail_rc(r, rc, "cannot find the shared info page");
	}
	if (rc == 0)
		rc = write_start_info(&b, shared_info);
	if (rc == 0)
		rc = init_shared_info(&b, shared_info);
	if (rc == 0)
		rc = fill_hypercall_page(&b);
	if (rc == 0)
		rc = seed_grants(&b);
	if (rc < 0)
		return rc;
	out->store_mfn = guestmem_mfn(&b.g, b.l.store.pfn);
	out->console_mfn = guestmem_mfn(&b.g, b.l.console.pfn);
	return 0;
}
