/* SPDX-License-Identifier: GPL-2.0-only */
/* domctl: what the tools ask, and what they are refused. */
#include <stdlib.h>
#include <string.h>

#include <hv/hypercalls.h>
#include <hv/page_alloc.h>
#include <hv/x86/cpuid_limit.h>
#include <hv/x86/fpu.h>
#include <hv/x86/pte.h>

#include <abi/errno.h>

#include "machine.h"

#define PTR(p) ((uintptr_t)(p))

UNIT_TEST(only_dom0_with_the_right_version_is_heard)
{
	struct domain *d;

	machine_start();
	d = machine_domain(1, 1);
	domctl = (struct xen_domctl){
		.cmd = XEN_DOMCTL_pausedomain,
		.interface_version = XEN_DOMCTL_INTERFACE_VERSION,
		.domain = d->domid,
	};
	EXPECT_EQ(hc_domctl(guest_ptr(16)), -EFAULT);
	domctl.interface_version--;
	EXPECT_EQ(hc_domctl(guest_ptr(PTR(&domctl))), -EACCES);
	machine_run(d->vcpu[0]);
	EXPECT_EQ(do_domctl(XEN_DOMCTL_pausedomain, d), -EPERM);
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_physinfo), -EPERM);
	machine_run(dom0->vcpu[0]);
	EXPECT_EQ(do_domctl(XEN_DOMCTL_gdbsx_domstatus, d), -ENOSYS);
	domctl.domain = 4711;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_pausedomain, NULL), -ESRCH);
}

static struct xen_domctl_createdomain good_create(void)
{
	return (struct xen_domctl_createdomain){
		.handle = {1, 2, 3},
		.max_vcpus = 2,
		.max_evtchn_port = 1023,
		.max_grant_frames = -1,
		.max_maptrack_frames = -1,
		.grant_opts = 2,
	};
}

static long create(struct xen_domctl_createdomain c)
{
	domctl.domain = 0;
	domctl.u.createdomain = c;
	return do_domctl(XEN_DOMCTL_createdomain, NULL);
}

UNIT_TEST(a_domain_made_by_the_tools_is_empty_and_paused)
{
	const struct xen_domctl_getdomaininfo *i = &domctl.u.getdomaininfo;
	struct domain *d;

	machine_start();
	EXPECT_EQ(create(good_create()), 0);
	d = domain_get(domctl.domain);
	EXPECT(d && d->domid != 0);
	domain_put(d);
	domctl.u.max_vcpus.max = 1;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_max_vcpus, d), -EINVAL);
	domctl.u.max_vcpus.max = 2;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_max_vcpus, d), 0);
	EXPECT_EQ(do_domctl(XEN_DOMCTL_max_vcpus, d), 0); /* they are there */
	domctl.u.max_mem.max_memkb = 4096;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_max_mem, d), 0);
	EXPECT_EQ(do_domctl(XEN_DOMCTL_getdomaininfo, d), 0);
	EXPECT_EQ(i->domain, d->domid);
	EXPECT_EQ(i->flags & 0xffff, XEN_DOMINF_paused);
	EXPECT_EQ(i->tot_pages, 0);
	EXPECT_EQ(i->max_pages, 1024);
	EXPECT_EQ(i->max_vcpu_id, 1);
	EXPECT_EQ(i->nr_online_vcpus, 0);
	EXPECT_EQ(i->handle[2], 3);
	EXPECT_EQ(i->shared_info_frame, virt_to_mfn(d->shared_info).v);
}

UNIT_TEST(what_is_not_offered_is_refused_by_name)
{
	struct xen_domctl_createdomain c;
	struct usage before;

	machine_start();
	before = machine_usage();
#define REFUSED(field, value, rc, text)                                        \
	c = good_create();                                                     \
	c.field = value;                                                       \
	machine_log[0] = '\0';                                                 \
	EXPECT_EQ(create(c), rc);                                              \
	EXPECT(strstr(machine_log, text) != NULL);

	REFUSED(flags, XEN_DOMCTL_CDF_hvm, -EINVAL, "fully virtualized");
	REFUSED(flags, XEN_DOMCTL_CDF_iommu, -EINVAL, "flags");
	REFUSED(flags, 1u << 30, -EINVAL, "flags");
	REFUSED(iommu_opts, 1, -EINVAL, "iommu_opts");
	REFUSED(max_vcpus, 0, -EINVAL, "max_vcpus");
	REFUSED(max_vcpus, 129, -EINVAL, "max_vcpus");
	REFUSED(max_grant_frames, 0, -EINVAL, "max_grant_frames");
	REFUSED(grant_opts, 3, -EINVAL, "grant_opts");
	REFUSED(grant_opts, 0, -EINVAL, "grant_opts");
	REFUSED(grant_opts, 0x12, -EINVAL, "grant_opts");
	REFUSED(vmtrace_size, 4096, -EINVAL, "vmtrace_size");
	REFUSED(arch.emulation_flags, 1, -EINVAL, "emulation_flags");
	REFUSED(arch.misc_flags, 2, -EINVAL, "misc_flags");
	REFUSED(cpupool_id, 1, -ENOENT, "");
	expect_usage(before);
}

UNIT_TEST(the_list_of_domains_goes_on_where_it_is_told)
{
	struct xen_domctl_getdomaininfo info[8];
	struct domain *a, *b;

	machine_start();
	a = machine_domain(1, 3);
	b = machine_domain(1, 4);
	sysctl.u.getdomaininfolist = (struct xen_sysctl_getdomaininfolist){
		.max_domains = 8, .buffer = PTR(info)};
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_getdomaininfolist), 0);
	EXPECT_EQ(sysctl.u.getdomaininfolist.num_domains, 3);
	EXPECT_EQ(info[0].domain, 0);
	EXPECT_EQ(info[2].domain, b->domid);
	EXPECT_EQ(info[2].tot_pages, 4);
	sysctl.u.getdomaininfolist =
		(struct xen_sysctl_getdomaininfolist){.first_domain = a->domid,
						      .max_domains = 1,
						      .buffer = PTR(info)};
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_getdomaininfolist), 0);
	EXPECT_EQ(sysctl.u.getdomaininfolist.num_domains, 1);
	EXPECT_EQ(info[0].domain, a->domid);
	EXPECT_EQ(a->refs, 2); /* its own, and its frames' */
	sysctl.u.getdomaininfolist.buffer = 1;
	EXPECT_EQ(do_sysctl(XEN_SYSCTL_getdomaininfolist), -EFAULT);
	EXPECT_EQ(a->refs, 2);
	EXPECT_EQ(b->refs, 2);
	domctl.domain = (domid_t)(b->domid + 1);
	EXPECT_EQ(do_domctl(XEN_DOMCTL_getdomaininfo, NULL), -ESRCH);
	domctl.domain = 1;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_getdomaininfo, NULL), 0);
	EXPECT_EQ(domctl.domain, a->domid);
}

UNIT_TEST(affinities_pass_through_bitmaps_of_any_length)
{
	uint8_t hard[16], soft[1];
	struct domain *d;
	struct xen_domctl_vcpuaffinity *op = &domctl.u.vcpuaffinity;

	machine_start();
	d = machine_domain(1, 1);
	memset(hard, 0xee, sizeof(hard));
	hard[0] = 0xfe;
	soft[0] = 0xff;
	*op = (struct xen_domctl_vcpuaffinity){
		.flags = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT,
		.cpumap_hard = {PTR(hard), 100, 0},
		.cpumap_soft = {PTR(soft), 2, 0},
	};
	EXPECT_EQ(do_domctl(XEN_DOMCTL_setvcpuaffinity, d), 0);
	EXPECT_EQ(hard[0], 2); /* what of it is on line */
	for (unsigned int i = 1; i < 13; i++)
		EXPECT_EQ(hard[i], 0);
	EXPECT_EQ(hard[13], 0xee); /* not ours */
	EXPECT_EQ(soft[0], 2);
	EXPECT_EQ(d->vcpu[0]->sched.soft_affinity, 3);

	hard[0] = 0xf0; /* nowhere on line */
	op->flags = XEN_VCPUAFFINITY_HARD;
	op->cpumap_hard.nr_bits = 8;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_setvcpuaffinity, d), -EINVAL);
	op->flags = 0;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_getvcpuaffinity, d), -EINVAL);
	op->flags = XEN_VCPUAFFINITY_HARD;
	op->cpumap_hard.nr_bits = ~0u;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_getvcpuaffinity, d), -EINVAL);
	op->cpumap_hard.nr_bits = 0;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_getvcpuaffinity, d), 0);
	op->vcpu = 1;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_getvcpuaffinity, d), -EINVAL);
	op->vcpu = 0;
	d->vcpu[0]->sched.is_pinned = true;
	hard[0] = 1;
	op->cpumap_hard.nr_bits = 8;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_setvcpuaffinity, d), -EBUSY);
	op->flags |= XEN_VCPUAFFINITY_FORCE;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_setvcpuaffinity, d), 0);
}

UNIT_TEST(weight_and_cap_by_the_name_of_credit2)
{
	struct xen_domctl_scheduler_op *op = &domctl.u.scheduler_op;
	struct domain *d;

	machine_start();
	d = machine_domain(1, 1);
	*op = (struct xen_domctl_scheduler_op){
		.sched_id = XEN_SCHEDULER_CREDIT2,
		.cmd = XEN_DOMCTL_SCHEDOP_putinfo,
		.u.credit2 = {.weight = 512, .cap = 50},
	};
	EXPECT_EQ(do_domctl(XEN_DOMCTL_scheduler_op, d), 0);
	op->cmd = XEN_DOMCTL_SCHEDOP_getinfo;
	op->u.credit2.weight = 0;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_scheduler_op, d), 0);
	EXPECT_EQ(op->u.credit2.weight, 512);
	EXPECT_EQ(op->u.credit2.cap, 50);
	op->sched_id = XEN_SCHEDULER_CREDIT;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_scheduler_op, d), -EINVAL);
	d->sched.weight = 256;
}

UNIT_TEST(the_null_scheduler_has_no_weights)
{
	struct xen_domctl_scheduler_op *op = &domctl.u.scheduler_op;
	struct domain *d;

	machine_start();
	machine_sched_policy = XEN_SCHEDULER_NULL;
	d = machine_domain(1, 1);
	*op = (struct xen_domctl_scheduler_op){
		.sched_id = XEN_SCHEDULER_CREDIT2,
		.cmd = XEN_DOMCTL_SCHEDOP_putinfo,
		.u.credit2 = {.weight = 512, .cap = 50},
	};
	EXPECT_EQ(do_domctl(XEN_DOMCTL_scheduler_op, d), -EINVAL);
	EXPECT_EQ(d->sched.weight, 256);
	op->sched_id = XEN_SCHEDULER_NULL;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_scheduler_op, d), 0);
	EXPECT_EQ(d->sched.weight, 256);
	op->cmd = XEN_DOMCTL_SCHEDOP_getvcpuinfo;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_scheduler_op, d), -EINVAL);
}

UNIT_TEST(nobody_gets_more_than_dom0_has)
{
	struct domain *d;

	machine_start();
	d = machine_domain(1, 1);
	domctl.u.iomem_permission = (struct xen_domctl_iomem_permission){
		.first_mfn = 0x80000, .nr_mfns = 16, .allow_access = 1};
	EXPECT_EQ(do_domctl(XEN_DOMCTL_iomem_permission, d), 0);
	EXPECT(rangeset_contains(&d->iomem, 0x80000, 0x8000f));
	EXPECT(!rangeset_contains(&d->iomem, 0x80000, 0x80010));
	domctl.u.iomem_permission.nr_mfns = 0x20000;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_iomem_permission, d), -EPERM);
	domctl.u.iomem_permission.nr_mfns = ~0ULL;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_iomem_permission, d), -EINVAL);
	domctl.u.iomem_permission.nr_mfns = 0;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_iomem_permission, d), -EINVAL);
	domctl.u.iomem_permission.nr_mfns = 16;
	domctl.u.iomem_permission.allow_access = 0;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_iomem_permission, d), 0);
	EXPECT_EQ(d->iomem.nr, 0);

	domctl.u.ioport_permission = (struct xen_domctl_ioport_permission){
		.first_port = 0x3f8, .nr_ports = 8, .allow_access = 1};
	EXPECT_EQ(do_domctl(XEN_DOMCTL_ioport_permission, d), 0);
	EXPECT_EQ(do_domctl(XEN_DOMCTL_ioport_permission, dom0), -EINVAL);
	domctl.u.ioport_permission.nr_ports = 0x10000;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_ioport_permission, d), -EINVAL);
	domctl.u.irq_permission = (struct xen_domctl_irq_permission){
		.pirq = 9, .allow_access = 1};
	EXPECT_EQ(do_domctl(XEN_DOMCTL_irq_permission, d), 0);
	EXPECT(rangeset_contains(&d->irqs, 9, 9));
	domctl.u.irq_permission.pirq = 32;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_irq_permission, d), -EINVAL);
	EXPECT_EQ(d->pause_count, 1);
}

UNIT_TEST(frames_tell_what_they_are_used_for)
{
	uint64_t word[6], *l4, *l3, *l2;
	struct domain *d, *other;

	machine_start();
	d = machine_domain(1, 8);
	other = machine_domain(1, 1);
	word[0] = machine_tables(d);
	l4 = mfn_to_virt(MFN(word[0]));
	word[1] = l4[0] >> 12;
	l3 = mfn_to_virt(MFN(word[1]));
	word[2] = l3[0] >> 12;
	l2 = mfn_to_virt(MFN(word[2]));
	word[3] = l2[0] >> 12;
	word[4] = page_to_mfn(domain_first_page(other)).v;
	word[5] = 1ULL << 60;
	EXPECT_EQ(page_pin(mfn_to_page(MFN(word[0])), d, PT_L4, false), 0);
	domctl.u.getpageframeinfo3 =
		(struct xen_domctl_getpageframeinfo3){6, PTR(word)};
	EXPECT_EQ(do_domctl(XEN_DOMCTL_getpageframeinfo3, d), 0);
	EXPECT_EQ(word[0], XEN_DOMCTL_PFINFO_L4TAB | XEN_DOMCTL_PFINFO_LPINTAB);
	EXPECT_EQ(word[1], XEN_DOMCTL_PFINFO_L3TAB);
	EXPECT_EQ(word[2], XEN_DOMCTL_PFINFO_L2TAB);
	EXPECT_EQ(word[3], XEN_DOMCTL_PFINFO_L1TAB);
	EXPECT_EQ(word[4], XEN_DOMCTL_PFINFO_XTAB);
	EXPECT_EQ(word[5], XEN_DOMCTL_PFINFO_XTAB);
	domctl.u.getpageframeinfo3.num = 1025;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_getpageframeinfo3, d), -E2BIG);
}

static long memio(struct domain *d, uint64_t va, void *buf, uint32_t len,
		  bool write)
{
	domctl.u.gdbsx_guest_memio = (struct xen_domctl_gdbsx_memio){
		.gva = va,
		.uva = PTR(buf),
		.len = len,
		.gwr = write,
	};
	return do_domctl(XEN_DOMCTL_gdbsx_guestmemio, d);
}

UNIT_TEST(memory_is_reached_by_the_kernels_addresses)
{
	const uint32_t *remain = &domctl.u.gdbsx_guest_memio.remain;
	uint64_t l4, *l1, spare = 0;
	char text[16] = "";
	struct domain *d;

	machine_start();
	d = machine_domain(1, 8);
	l4 = machine_tables(d);
	EXPECT_EQ(page_pin(mfn_to_page(MFN(l4)), d, PT_L4, false), 0);
	/* nothing to walk, or nothing there */
	d->vcpu[0]->arch.cr3_kernel = 0;
	EXPECT_EQ(memio(d, 0x20, text, 8, false), -EFAULT);
	EXPECT_EQ(*remain, 8);
	d->vcpu[0]->arch.cr3_kernel = l4 << 12;
	EXPECT_EQ(memio(d, 0x1000, text, 8, false), -EFAULT);
	/* entries 0 and 7 of the L1 map one frame */
	EXPECT_EQ(memio(d, 0x20, (char[]){"written"}, 8, true), 0);
	EXPECT_EQ(*remain, 0);
	EXPECT_EQ(memio(d, 0x7020, text, 8, false), 0);
	EXPECT_EQ(memcmp(text, "written", 8), 0);
	/* up to the hole behind it */
	EXPECT_EQ(memio(d, 0xffc, text, 8, false), -EFAULT);
	EXPECT_EQ(*remain, 4);
	/* a table can be read but not written */
	for (struct page *pg = domain_first_page(d); pg;
	     pg = domain_next_page(d, pg))
		if (page_type(pg) == PT_L1)
			spare = page_to_mfn(pg).v;
	l1 = mfn_to_virt(MFN(spare));
	l1[1] = spare << 12 | PTE_P | PTE_US;
	EXPECT_EQ(memio(d, 0x1000, text, 8, false), 0);
	EXPECT_EQ(memcmp(text, l1, 8), 0);
	EXPECT_EQ(memio(d, 0x1000, text, 8, true), -EFAULT);
	EXPECT_EQ(*remain, 8);
	l1[1] = 0;
	/* nor what is not the domain's, nor with 32-bit tables */
	EXPECT_EQ(memio(d, 0x20, (void *)16, 8, false), -EFAULT);
	domctl.u.gdbsx_guest_memio.pgd3val = 1;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_gdbsx_guestmemio, d), -EOPNOTSUPP);
}

UNIT_TEST(a_hypercall_page_is_written_only_into_writable_frames)
{
	struct domain *d;
	uint64_t l4;

	machine_start();
	d = machine_domain(1, 8);
	l4 = machine_tables(d);
	EXPECT_EQ(page_pin(mfn_to_page(MFN(l4)), d, PT_L4, false), 0);
	domctl.u.hypercall_init.gmfn = l4;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_hypercall_init, d), -EACCES);
	domctl.u.hypercall_init.gmfn = ~0ULL;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_hypercall_init, d), -EACCES);
}

static char xstate[16 + 832];

static long set_xstate(struct domain *d, uint64_t size)
{
	domctl.u.vcpuextstate = (struct xen_domctl_vcpuextstate){
		.xfeature_mask = 7, .size = size, .buffer = PTR(xstate)};
	return do_domctl(XEN_DOMCTL_setvcpuextstate, d);
}

static void put_word(size_t at, uint64_t v)
{
	memcpy(xstate + at, &v, sizeof(v));
}

UNIT_TEST(a_bad_xsave_area_never_reaches_the_processor)
{
	struct usage before;
	struct domain *d;

	machine_start();
	d = machine_domain(1, 1);
	before = machine_usage();
	domctl.u.vcpuextstate = (struct xen_domctl_vcpuextstate){0};
	EXPECT_EQ(do_domctl(XEN_DOMCTL_getvcpuextstate, d), 0);
	EXPECT_EQ(domctl.u.vcpuextstate.size, sizeof(xstate));
	EXPECT_EQ(domctl.u.vcpuextstate.xfeature_mask, 7);
	domctl.u.vcpuextstate.buffer = PTR(xstate);
	EXPECT_EQ(do_domctl(XEN_DOMCTL_getvcpuextstate, d), 0);
	EXPECT_EQ(xstate[0], 1);

	put_word(0, 7);
	put_word(8, 7);
	put_word(16 + 512, 7);
	EXPECT_EQ(set_xstate(d, sizeof(xstate)), 0);
	EXPECT_EQ(d->vcpu[0]->arch.xcr0, 7);
	EXPECT_EQ(set_xstate(d, sizeof(xstate) + 1), -EINVAL);
	EXPECT_EQ(set_xstate(d, 16 + 575), -EINVAL);
	put_word(0, 5); /* AVX without SSE */
	EXPECT_EQ(set_xstate(d, sizeof(xstate)), -EINVAL);
	put_word(0, 0xf);
	EXPECT_EQ(set_xstate(d, sizeof(xstate)), -EINVAL);
	put_word(0, 6); /* no x87 */
	EXPECT_EQ(set_xstate(d, sizeof(xstate)), -EINVAL);
	put_word(0, 7);
	put_word(8, 3); /* has now what it never had */
	EXPECT_EQ(set_xstate(d, sizeof(xstate)), -EINVAL);
	put_word(8, 7);
	put_word(16 + 512, 0x107); /* state that does not exist */
	EXPECT_EQ(set_xstate(d, sizeof(xstate)), -EINVAL);
	put_word(16 + 512, 7);
	put_word(16 + 520, 1ULL << 63); /* compacted */
	EXPECT_EQ(set_xstate(d, sizeof(xstate)), -EINVAL);
	put_word(16 + 520, 0);
	put_word(16 + 536, 1); /* reserved */
	EXPECT_EQ(set_xstate(d, sizeof(xstate)), -EINVAL);
	put_word(16 + 536, 0);
	put_word(16 + 24, 1u << 17); /* MXCSR */
	EXPECT_EQ(set_xstate(d, sizeof(xstate)), -EINVAL);
	put_word(16 + 24, 0x1f80);
	EXPECT_EQ(set_xstate(d, sizeof(xstate)), 0);
	expect_usage(before);
}

UNIT_TEST(a_policy_takes_features_away_and_adds_none)
{
	static struct xen_cpuid_leaf leaves[128];
	struct xen_domctl_cpu_policy *op = &domctl.u.cpu_policy;
	struct cpuid_regs r = {~0u, ~0u, ~0u, ~0u};
	struct domain *d;
	uint32_t used;

	machine_start();
	d = machine_domain(1, 1);
	*op = (struct xen_domctl_cpu_policy){0};
	EXPECT_EQ(do_domctl(XEN_DOMCTL_get_cpu_policy, d), 0);
	EXPECT_EQ(op->nr_leaves, 128);
	EXPECT_EQ(op->nr_msrs, 2);
	op->leaves = PTR(leaves);
	EXPECT_EQ(do_domctl(XEN_DOMCTL_get_cpu_policy, d), 0);
	used = op->nr_leaves;
	EXPECT(used > 20 && used < 60);
	op->nr_leaves = used - 1;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_get_cpu_policy, d), -ENOBUFS);

	leaves[0] = (struct xen_cpuid_leaf){1, ~0u, 0, 0, ~(1u << 26), ~0u};
	leaves[1] = (struct xen_cpuid_leaf){7, 0, 0, ~(1u << 5), ~0u, ~0u};
	*op = (struct xen_domctl_cpu_policy){.nr_leaves = 2,
					     .leaves = PTR(leaves)};
	EXPECT_EQ(do_domctl(XEN_DOMCTL_set_cpu_policy, d), 0);
	cpuid_limit_apply(d, 1, 0, &r);
	EXPECT_EQ(r.a, ~0u);
	EXPECT_EQ(r.b, ~0u);
	/* XSAVE is gone, and with it what can not be without */
	EXPECT_EQ(r.c, ~(7u << 26 | 1u << 12 | 1u << 29));
	r = (struct cpuid_regs){0, ~0u, 0, 0};
	cpuid_limit_apply(d, 7, 0, &r);
	EXPECT_EQ(r.b, ~(1u << 5));
	EXPECT_EQ(r.c, 0); /* not added */
	r = (struct cpuid_regs){9, 9, 9, 9};
	cpuid_limit_apply(d, 0x80000005, 0, &r);
	EXPECT_EQ(r.a & r.b & r.c & r.d, 9);

	leaves[1].leaf = 0x12345678;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_set_cpu_policy, d), -ERANGE);
	EXPECT_EQ(op->err_leaf, 0x12345678);
	EXPECT_EQ(do_domctl(XEN_DOMCTL_unpausedomain, d), 0);
	EXPECT_EQ(do_domctl(XEN_DOMCTL_set_cpu_policy, d), -EEXIST);
}

UNIT_TEST(msrs_that_would_be_lost_are_refused)
{
	struct xen_domctl_vcpu_msr msr[2] = {{.index = 0x48},
					     {.index = 0xc0000103, .value = 1}};
	struct domain *d;

	machine_start();
	d = machine_domain(1, 1);
	domctl.u.vcpu_msrs = (struct xen_domctl_vcpu_msrs){0, 0, 0};
	EXPECT_EQ(do_domctl(XEN_DOMCTL_get_vcpu_msrs, d), 0);
	EXPECT_EQ(domctl.u.vcpu_msrs.msr_count, 0);
	domctl.u.vcpu_msrs = (struct xen_domctl_vcpu_msrs){0, 2, PTR(msr)};
	EXPECT_EQ(do_domctl(XEN_DOMCTL_set_vcpu_msrs, d), -EINVAL);
	EXPECT_EQ(domctl.u.vcpu_msrs.msr_count, 1);
}

/* --- anything at all ----------------------------------------------------- */

static uint8_t scratch[16384];

static uint64_t any(void)
{
	switch (rand() % 6) {
	case 0:
		return (uint64_t)(rand() % 8);
	case 1:
		return PTR(scratch) + (uint64_t)(rand() % (int)sizeof(scratch));
	case 2:
		return ~0ULL >> rand() % 64;
	case 3:
		return (uint64_t)rand() << 32 | (uint64_t)rand();
	case 4:
		return (uint64_t)(rand() % 64) << 32 | (uint64_t)(rand() % 4);
	default:
		return 0;
	}
}

static void scramble(void *p, size_t n)
{
	for (size_t i = 0; i + 8 <= n; i += 8) {
		uint64_t v = any();

		memcpy((char *)p + i, &v, 8);
	}
}

/* Handlers see whatever bytes there are; ASan, UBSan and EXPECTs watch. */
UNIT_TEST(no_domctl_or_sysctl_trips_over_its_arguments)
{
	struct usage before;

	machine_start();
	before = machine_usage();
	srand(1);
	for (unsigned int i = 0; i < 60000; i++) {
		struct domain *d = domain_next(1);
		guest_ptr_t arg = guest_ptr(PTR(scratch));
		struct xen_domctl op = {.cmd = (uint32_t)(rand() % 90)};
		struct xen_sysctl sop = {.cmd = (uint32_t)(rand() % 30)};

		if (!d)
			d = machine_domain(2, 12);
		else
			domain_put(d);
		op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
		op.domain = d->domid;
		scramble(&op.u, sizeof(op.u));
		scramble(scratch, sizeof(scratch));
		machine_guest_first = PTR(scratch);
		machine_guest_end = PTR(scratch) + sizeof(scratch);
		memcpy(scratch, &op, sizeof(op));
		(void)hc_domctl(arg);
		sop.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
		scramble(&sop.u, sizeof(sop.u));
		memcpy(scratch, &sop, sizeof(sop));
		(void)hc_sysctl(arg);
		machine_softirqs();
		machine_log[0] = '\0';
		/* what it did to the weight is not the point */
		d = domain_next(1);
		if (d) {
			d->sched.weight = 256;
			domain_put(d);
		}
		machine_softirqs();
	}
	for (struct domain *d; (d = domain_next(1)) != NULL;) {
		d->sched.weight = 256;
		machine_kill(d);
		domain_put(d);
		machine_softirqs();
	}
	expect_usage(before);
}
