// SPDX-License-Identifier: GPL-2.0-only
/*
 * A domain being built on the simulated machine.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <abi/grant_table.h>
#include <abi/shared_info.h>

#include "build_scene.h"
#include "dom.h"
#include "unit_test.h"

int scene_kernel(struct scene *s, const uint8_t *file, size_t len)
{
	int fd = memfd_create("blob", 0);
	int rc = kimage_make(&s->r, file, len, fd);

	if (rc == 0)
		rc = kimage_map(&s->r, fd, &s->kernel);
	close(fd);
	return rc;
}

void scene_domain(struct scene *s, unsigned int mib)
{
	struct xen_domctl_createdomain c = {.max_vcpus = 1};

	hv_open(&s->hv, &s->r);
	EXPECT_EQ(dom_create(&s->hv, &c, &s->domid), 0);
	EXPECT_EQ(dom_max_mem(&s->hv, s->domid, mib << 10), 0);
	s->d = fake_domain(s->domid);
	s->p.kernel = &s->kernel;
	s->p.cmdline = "console=hvc0 test";
	s->p.nr_pages = (uint64_t)mib << 8;
	s->p.store_port = 5;
	s->p.console_port = 6;
}

int scene_build(struct scene *s)
{
	struct build_target t = {&s->hv, s->domid};

	return build_domain(&s->r, &build_xen_ops, &t, &s->p, &s->result);
}

void scene_end(struct scene *s)
{
	kimage_unmap(&s->kernel);
	req_free(&s->r);
	hv_close(&s->hv);
}

void *scene_at(const struct scene *s, uint64_t va)
{
	uint64_t pte;
	xen_pfn_t mfn = fake_walk(s->d, va, &pte);

	if (mfn == 0)
		unit_test_fail(__FILE__, __LINE__, "%#lx is not mapped",
			       (unsigned long)va);
	return (char *)fake_frame(mfn) + (va & 4095);
}

const struct start_info *scene_start_info(const struct scene *s)
{
	return scene_at(s, s->d->vcpu0.user_regs.rsi);
}

uint64_t scene_p2m(const struct scene *s, uint64_t pfn)
{
	return *(uint64_t *)scene_at(s,
				     scene_start_info(s)->mfn_list + pfn * 8);
}

/* The p2m is right, so is the M2P, and the main mapping is pfn by pfn. */
static void check_p2m(const struct scene *s, uint64_t base)
{
	const struct start_info *si = scene_start_info(s);

	EXPECT_EQ(si->nr_pages, s->p.nr_pages);
	for (uint64_t pfn = 0; pfn < si->nr_pages; pfn++) {
		uint64_t mfn = scene_p2m(s, pfn), pte;
		xen_pfn_t mapped = fake_walk(s->d, base + (pfn << 12), &pte);

		EXPECT_EQ(fake_owner(mfn), s->domid);
		EXPECT_EQ(fake_m2p(mfn), pfn);
		if (mapped != 0)
			EXPECT_EQ(mapped, mfn);
	}
}

/*
 * Tables may not be mapped writable; everything else in the mapping is. The
 * block at pt_base is all tables, the L4 first.
 */
static void check_tables(const struct scene *s, uint64_t base)
{
	const struct start_info *si = scene_start_info(s);
	uint64_t first = (si->pt_base - base) >> 12, pte, pfn;

	EXPECT_EQ(scene_p2m(s, first), s->d->pinned);
	EXPECT_EQ(s->d->vcpu0.ctrlreg[3], s->d->pinned << 12);
	for (pfn = 0; fake_walk(s->d, base + (pfn << 12), &pte) != 0; pfn++) {
		int is_table = pfn >= first && pfn < first + si->nr_pt_frames;

		EXPECT_EQ((pte & 2) != 0, !is_table);
		EXPECT_EQ(pte & 0xf84, 0); /* no USER, PS, PAT, GLOBAL, AVL */
	}
	EXPECT_EQ(pfn % 1024, 0); /* ends at a multiple of 4 MiB */
	EXPECT(pfn > first + si->nr_pt_frames + 128);
}

static void check_rings(const struct scene *s)
{
	const struct start_info *si = scene_start_info(s);
	const struct grant_entry_v1 *g =
		(const struct grant_entry_v1 *)s->d->grants;
	const struct shared_info *sh = fake_frame(s->d->shared_info);
	const char *ring = fake_frame(si->store_mfn);

	EXPECT_EQ(strcmp(si->magic, "xen-3.0-x86_64"), 0);
	EXPECT_EQ(strcmp(si->cmd_line, s->p.cmdline), 0);
	EXPECT_EQ(si->store_evtchn, 5);
	EXPECT_EQ(si->console.domU.evtchn, 6);
	EXPECT_EQ(si->store_mfn, s->result.store_mfn);
	EXPECT_EQ(si->console.domU.mfn, s->result.console_mfn);
	EXPECT_EQ(g[GNTTAB_RESERVED_XENSTORE].frame, si->store_mfn);
	EXPECT_EQ(g[GNTTAB_RESERVED_XENSTORE].flags, GTF_permit_access);
	EXPECT_EQ(g[GNTTAB_RESERVED_CONSOLE].frame, si->console.domU.mfn);
	EXPECT_EQ(g[GNTTAB_RESERVED_CONSOLE].domid, 0);
	for (int i = 0; i < 4096; i++)
		EXPECT_EQ(ring[i], 0);
	EXPECT_EQ(si->shared_info, s->d->shared_info << 12);
	EXPECT_EQ(sh->vcpu_info[0].evtchn_upcall_mask, 1);
	EXPECT_EQ(sh->vcpu_info[31].evtchn_upcall_mask, 1);
	EXPECT_EQ(sh->evtchn_pending[0], 0);
}

static void check_registers(const struct scene *s)
{
	const struct vcpu_guest_context *c = &s->d->vcpu0;

	EXPECT_EQ(c->user_regs.rip, s->kernel.head->notes.entry);
	EXPECT_EQ(c->user_regs.cs, 0xe033);
	EXPECT_EQ(c->user_regs.ss, 0xe02b);
	EXPECT_EQ(c->user_regs.rflags, 0x200);
	EXPECT_EQ(c->user_regs.rsp % 4096, 0);
	EXPECT_EQ(c->flags, VGCF_IN_KERNEL | VGCF_online);
	EXPECT_EQ(c->kernel_ss, 0xe02b);
	scene_at(s, c->user_regs.rsp - 8); /* the stack is there */
	scene_at(s, c->user_regs.rsp + (512 << 10) - 1); /* and the slack */
}

/* Every page of the blob is where it belongs. */
static void check_blob(const struct scene *s, uint64_t base)
{
	const struct kimage_head *k = s->kernel.head;
	static const char zeros[4096];

	for (uint32_t i = 0; i < k->nr_runs; i++) {
		const struct kimage_run *run = &k->runs[i];

		for (uint32_t n = 0; n < run->nr; n++) {
			uint64_t va = base + ((uint64_t)(run->pfn + n) << 12);
			const char *want = run->offset == 0
						   ? zeros
						   : (const char *)k +
							     run->offset +
							     n * 4096;

			if (memcmp(scene_at(s, va), want, 4096) != 0)
				unit_test_fail(__FILE__, __LINE__,
					       "page %#lx differs",
					       (unsigned long)va);
		}
	}
}

static void check_initrd(const struct scene *s, uint64_t base)
{
	const struct start_info *si = scene_start_info(s);
	const uint8_t *initrd = s->p.initrd;
	int by_pfn = (si->flags & SIF_MOD_START_PFN) != 0;

	EXPECT_EQ(si->mod_len, s->p.initrd_bytes);
	for (size_t i = 0; i < s->p.initrd_bytes; i += 997) {
		uint64_t addr = by_pfn ? (si->mod_start << 12) + i
				       : si->mod_start - base + i;
		const uint8_t *page = fake_frame(scene_p2m(s, addr >> 12));

		EXPECT_EQ(page[addr & 4095], initrd[i]);
		if (!by_pfn)
			EXPECT_EQ(*(uint8_t *)scene_at(s, si->mod_start + i),
				  initrd[i]);
	}
}

void scene_check(const struct scene *s)
{
	uint64_t base = s->kernel.head->notes.virt_base;

	EXPECT_EQ(fake.nr_mapped, 0);
	check_registers(s);
	check_blob(s, base);
	check_p2m(s, base);
	check_tables(s, base);
	check_rings(s);
	if (s->p.initrd_bytes > 0)
		check_initrd(s, base);
}
