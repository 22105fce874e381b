// SPDX-License-Identifier: GPL-2.0-only
/*
 * The builder on a machine of our own: what a kernel would find at its first
 * instruction, found the way it would: through the page tables.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <abi/grant_table.h>
#include <abi/start_info.h>
#include <abi/shared_info.h>

#include "build.h"
#include "dom.h"
#include "fixture.h"
#include "kernels.h"
#include "req.h"

struct scene {
	struct req r;
	struct hv hv;
	domid_t domid;
	struct kimage kernel;
	struct build_params p;
	struct build_result result;
	struct fake_domain *d;
};

/* A kernel file, made into a blob and mapped. */
static void scene_kernel(struct scene *s, const uint8_t *file, size_t len)
{
	int fd = memfd_create("blob", 0);

	EXPECT_EQ(kimage_make(&s->r, file, len, fd), 0);
	EXPECT_EQ(kimage_map(&s->r, fd, &s->kernel), 0);
	close(fd);
}

static void scene_domain(struct scene *s, unsigned int mib)
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

static int scene_build(struct scene *s)
{
	struct build_target t = {&s->hv, s->domid};

	return build_domain(&s->r, &build_xen_ops, &t, &s->p, &s->result);
}

static void scene_end(struct scene *s)
{
	kimage_unmap(&s->kernel);
	req_free(&s->r);
	hv_close(&s->hv);
}

/* What the guest reads at @va. */
static void *at(const struct scene *s, uint64_t va)
{
	uint64_t pte;
	xen_pfn_t mfn = fake_walk(s->d, va, &pte);

	if (mfn == 0)
		unit_test_fail(__FILE__, __LINE__, "%#lx is not mapped",
			       (unsigned long)va);
	return (char *)fake_frame(mfn) + (va & 4095);
}

static const struct start_info *start_info(const struct scene *s)
{
	return at(s, s->d->vcpu0.user_regs.rsi);
}

static uint64_t p2m_entry(const struct scene *s, uint64_t pfn)
{
	return *(uint64_t *)at(s, start_info(s)->mfn_list + pfn * 8);
}

static void check_registers(const struct scene *s, uint64_t base)
{
	const struct vcpu_guest_context *c = &s->d->vcpu0;

	EXPECT_EQ(c->user_regs.rip, base + 0x100040);
	EXPECT_EQ(c->user_regs.cs, 0xe033);
	EXPECT_EQ(c->user_regs.ss, 0xe02b);
	EXPECT_EQ(c->user_regs.rflags, 0x200);
	EXPECT_EQ(c->user_regs.rsp % 4096, 0);
	EXPECT_EQ(c->flags, VGCF_IN_KERNEL | VGCF_online);
	EXPECT_EQ(c->kernel_ss, 0xe02b);
	at(s, c->user_regs.rsp - 8);		   /* the stack is there */
	at(s, c->user_regs.rsp + (512 << 10) - 1); /* and the slack */
}

static void check_image(const struct scene *s, uint64_t base,
			const struct kernel_options *o)
{
	uint64_t bytes = KERNEL_TEXT_PAGES * 4096 + KERNEL_DATA_BYTES;

	for (uint64_t i = 0; i < bytes; i += 61)
		EXPECT_EQ(*(uint8_t *)at(s, base + KERNEL_PADDR + i),
			  kernel_byte(KERNEL_PADDR + i));
	for (uint64_t i = 0; i < o->bss_bytes; i += 61)
		EXPECT_EQ(*(uint8_t *)at(s, base + KERNEL_PADDR + bytes + i),
			  0);
}

/* The p2m is right, so is the M2P, and the main mapping is pfn by pfn. */
static void check_p2m(const struct scene *s, uint64_t base)
{
	const struct start_info *si = start_info(s);

	EXPECT_EQ(si->nr_pages, s->p.nr_pages);
	for (uint64_t pfn = 0; pfn < si->nr_pages; pfn++) {
		uint64_t mfn = p2m_entry(s, pfn), pte;
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
	const struct start_info *si = start_info(s);
	uint64_t first = (si->pt_base - base) >> 12, pte, pfn;

	EXPECT_EQ(p2m_entry(s, first), s->d->pinned);
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
	const struct start_info *si = start_info(s);
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

static void check_initrd(const struct scene *s, uint64_t base)
{
	const struct start_info *si = start_info(s);
	const uint8_t *initrd = s->p.initrd;
	int by_pfn = (si->flags & SIF_MOD_START_PFN) != 0;

	EXPECT_EQ(si->mod_len, s->p.initrd_bytes);
	for (size_t i = 0; i < s->p.initrd_bytes; i += 997) {
		uint64_t addr = by_pfn ? (si->mod_start << 12) + i
				       : si->mod_start - base + i;
		const uint8_t *page = fake_frame(p2m_entry(s, addr >> 12));

		EXPECT_EQ(page[addr & 4095], initrd[i]);
		if (!by_pfn)
			EXPECT_EQ(*(uint8_t *)at(s, si->mod_start + i),
				  initrd[i]);
	}
}

/* Build with these options and look at everything. */
static void build_and_check(const struct kernel_options *o, unsigned int mib,
			    size_t initrd_bytes)
{
	struct scene s = {0};
	uint64_t base = o->virt_base ? o->virt_base : KERNEL_VIRT_BASE;
	size_t len;
	uint8_t *elf = kernel_elf(o, &len), *initrd;

	initrd = malloc(initrd_bytes + 1);
	for (size_t i = 0; i < initrd_bytes; i++)
		initrd[i] = (uint8_t)(i * 31 + (i >> 12));
	s.p.initrd = initrd_bytes > 0 ? initrd : NULL;
	s.p.initrd_bytes = initrd_bytes;
	scene_kernel(&s, elf, len);
	scene_domain(&s, mib);
	EXPECT_EQ(scene_build(&s), 0);
	EXPECT_EQ(fake.nr_mapped, 0);
	check_registers(&s, base);
	check_image(&s, base, o);
	check_p2m(&s, base);
	check_tables(&s, base);
	check_rings(&s);
	if (initrd_bytes > 0)
		check_initrd(&s, base);
	EXPECT_EQ(s.d->hypercall_page != 0, o->hypercall_page);
	if (o->hypercall_page)
		EXPECT_EQ(s.d->hypercall_page, p2m_entry(&s, 0x102));
	free(elf);
	free(initrd);
	scene_end(&s);
}

UNIT_TEST(a_linux_like_kernel_finds_what_it_needs)
{
	struct kernel_options o = {.bss_bytes = 300000};

	fake_reset(128);
	build_and_check(&o, 32, 100000);
}

UNIT_TEST(an_initrd_of_whole_pages_or_none)
{
	struct kernel_options o = {0};

	fake_reset(128);
	build_and_check(&o, 16, 3 << 20);
	build_and_check(&o, 16, 0);
	build_and_check(&o, 16, 1);
	build_and_check(&o, 16, 4096);
}

UNIT_TEST(a_kernel_that_wants_p2m_and_initrd_mapped_gets_them_so)
{
	struct kernel_options o = {.no_init_p2m = true,
				   .no_mod_start_pfn = true};

	fake_reset(128);
	build_and_check(&o, 16, 123456);
	o.no_init_p2m = false;
	build_and_check(&o, 16, 123456);
}

UNIT_TEST(a_kernel_at_a_low_address_of_odd_size)
{
	struct kernel_options o = {.virt_base = 0x400000000000ull,
				   .bss_bytes = 12345678};

	fake_reset(128);
	build_and_check(&o, 33, 5000);
}

UNIT_TEST(a_kernel_whose_p2m_shares_its_upper_tables)
{
	struct kernel_options o = {.virt_base =
					   KERNEL_INIT_P2M + (64ull << 20)};

	fake_reset(128);
	build_and_check(&o, 16, 5000);
	o.virt_base = KERNEL_INIT_P2M - (512ull << 20);
	build_and_check(&o, 16, 5000);
}

UNIT_TEST(a_hypercall_page_is_filled_where_it_is_asked_for)
{
	struct kernel_options o = {.hypercall_page = true};

	fake_reset(64);
	build_and_check(&o, 16, 0);
}

UNIT_TEST(hypervisors_without_extras_are_good_enough)
{
	struct kernel_options o = {.bss_bytes = 300000};

	fake_reset(128);
	fake.no_write = fake.no_clear = fake.no_resource = true;
	build_and_check(&o, 16, 100000);
	fake.no_big = true;
	build_and_check(&o, 17, 100000);
}

UNIT_TEST(every_failing_call_fails_the_build_and_leaves_no_mapping)
{
	struct kernel_options o = {.hypercall_page = true};
	unsigned int n;
	size_t len;
	uint8_t *elf = kernel_elf(&o, &len);

	for (n = 1;; n++) {
		struct scene s = {0};
		int rc;

		fake_reset(64);
		scene_kernel(&s, elf, len);
		scene_domain(&s, 8);
		s.p.initrd = elf;
		s.p.initrd_bytes = len;
		fake.no_resource = n % 2;
		fake.nr_calls = 0;
		fake.fail_at = n;
		fake.fail_rc = -EINVAL;
		rc = scene_build(&s);
		kimage_unmap(&s.kernel);
		hv_close(&s.hv);
		if (rc == 0 && fake.nr_calls < n) {
			req_free(&s.r);
			break;
		}
		EXPECT_EQ(rc, -EINVAL);
		EXPECT(s.r.what != NULL);
		EXPECT_EQ(fake.nr_mapped, 0);
		req_free(&s.r);
	}
	EXPECT(n > 10);
	free(elf);
}

UNIT_TEST(too_little_memory_is_refused_with_what_it_takes)
{
	struct kernel_options o = {.bss_bytes = 20 << 20};
	struct scene s = {0};
	size_t len;
	uint8_t *elf = kernel_elf(&o, &len);

	fake_reset(64);
	scene_kernel(&s, elf, len);
	scene_domain(&s, 16);
	EXPECT_EQ(scene_build(&s), -ENOMEM);
	EXPECT(strstr(s.r.what, "16 MiB of memory are too small") != NULL);
	EXPECT(strstr(s.r.what, "at least 25 MiB") != NULL);
	EXPECT(strstr(s.r.hint, "set memory to 25") != NULL);
	EXPECT_EQ(s.d->info.tot_pages, 0);
	free(elf);
	scene_end(&s);
}

UNIT_TEST(a_host_that_runs_out_says_how_far_it_came)
{
	struct kernel_options o = {0};
	struct scene s = {0};
	size_t len;
	uint8_t *elf = kernel_elf(&o, &len);

	fake_reset(10);
	scene_kernel(&s, elf, len);
	scene_domain(&s, 16);
	EXPECT_EQ(scene_build(&s), -ENOMEM);
	EXPECT(strstr(s.r.what, "after 10 of 16 MiB") != NULL);
	free(elf);
	scene_end(&s);
}

UNIT_TEST(a_command_line_that_does_not_fit_is_refused)
{
	static char line[1100];
	struct kernel_options o = {0};
	struct scene s = {0};
	size_t len;
	uint8_t *elf = kernel_elf(&o, &len);

	fake_reset(32);
	memset(line, 'x', sizeof(line) - 1);
	scene_kernel(&s, elf, len);
	scene_domain(&s, 16);
	s.p.cmdline = line;
	EXPECT_EQ(scene_build(&s), -E2BIG);
	line[1023] = '\0';
	EXPECT_EQ(scene_build(&s), 0);
	free(elf);
	scene_end(&s);
}

UNIT_TEST(a_kernel_without_room_for_its_p2m_is_refused)
{
	struct kernel_options o = {.virt_base = KERNEL_INIT_P2M};
	struct scene s = {0};
	size_t len;
	uint8_t *elf = kernel_elf(&o, &len);

	fake_reset(32);
	scene_kernel(&s, elf, len);
	scene_domain(&s, 16);
	EXPECT_EQ(scene_build(&s), -ENOEXEC);
	free(elf);
	scene_end(&s);
}
