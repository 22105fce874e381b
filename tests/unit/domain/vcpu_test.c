/* SPDX-License-Identifier: GPL-2.0-only */
/* vcpu_info and the first context. */
#include <string.h>

#include <hv/evtchn.h>
#include <hv/page_alloc.h>
#include <hv/sched_op.h>

#include <abi/errno.h>

#include "machine.h"

UNIT_TEST(events_are_masked_and_vcpus_down_at_first)
{
	struct domain *d;

	machine_start();
	d = machine_domain(34, 1);
	for (unsigned int i = 0; i < 34; i++) {
		EXPECT_EQ(d->vcpu[i]->info->evtchn_upcall_mask, 1);
		EXPECT(d->vcpu[i]->is_down && !d->vcpu[i]->is_initialised);
		EXPECT_EQ(vcpu_info_is_private(d->vcpu[i]), i >= 32);
	}
	EXPECT(d->vcpu[31]->info == &d->shared_info->vcpu_info[31]);
	EXPECT(domain_vcpu(d, 33) == d->vcpu[33]);
	EXPECT(domain_vcpu(d, 34) == NULL);
	EXPECT(domain_vcpu(d, ~0u) == NULL);
}

static uint64_t a_frame(const struct domain *d)
{
	return page_to_mfn(domain_first_page(d)).v;
}

UNIT_TEST(registering_moves_the_record_and_loses_no_event)
{
	struct vcpu_register_vcpu_info op = {.offset = 256};
	struct domain *d;
	struct vcpu *v;
	struct page *pg;

	machine_start();
	d = machine_domain(2, 2);
	v = d->vcpu[0];
	op.mfn = a_frame(d);
	pg = mfn_to_page(MFN(op.mfn));
	machine_run(v);
	v->info->arch.cr2 = 0x1234;
	EXPECT_EQ(vcpuop_register_vcpu_info(v, v, &op), 0);
	EXPECT((char *)v->info == (char *)mfn_to_virt(MFN(op.mfn)) + 256);
	EXPECT_EQ(v->info->arch.cr2, 0x1234);
	EXPECT_EQ(v->info->evtchn_upcall_mask, 1);
	EXPECT_EQ(v->info->evtchn_upcall_pending, 1);
	EXPECT_EQ(v->info->evtchn_pending_sel, ~0ULL);
	EXPECT_EQ(page_type(pg), PT_WRITABLE);
	EXPECT_EQ(vcpuop_register_vcpu_info(v, v, &op), -EINVAL); /* once */
	EXPECT_EQ(page_get_and_type(pg, d, PT_L1, false), -EBUSY);
}

UNIT_TEST(bad_places_for_a_record_are_refused)
{
	struct vcpu_register_vcpu_info op = {.offset = PAGE_SIZE - 63};
	struct domain *d, *other;
	struct vcpu *v;
	uint64_t mfn;

	machine_start();
	d = machine_domain(2, 6);
	other = machine_domain(1, 1);
	v = d->vcpu[0];
	machine_run(v);
	op.mfn = mfn = a_frame(d);
	EXPECT_EQ(vcpuop_register_vcpu_info(v, v, &op), -EINVAL);
	op.offset = ~0u;
	EXPECT_EQ(vcpuop_register_vcpu_info(v, v, &op), -EINVAL);
	op.offset = 4;
	EXPECT_EQ(vcpuop_register_vcpu_info(v, v, &op), -EINVAL);
	op.offset = 64;
	op.mfn = ~0ULL;
	EXPECT_EQ(vcpuop_register_vcpu_info(v, v, &op), -EINVAL);
	op.mfn = a_frame(other);
	EXPECT_EQ(vcpuop_register_vcpu_info(v, v, &op), -EINVAL);
	op.mfn = machine_tables(d);
	EXPECT_EQ(page_pin(mfn_to_page(MFN(op.mfn)), d, PT_L4, false), 0);
	EXPECT_EQ(vcpuop_register_vcpu_info(v, v, &op), -EINVAL);
	/* another vcpu's, unless it is down */
	d->vcpu[1]->is_down = false;
	op.mfn = page_to_mfn(domain_next_page(d, domain_first_page(d))).v;
	for (struct page *pg = domain_first_page(d); pg;
	     pg = domain_next_page(d, pg))
		op.mfn = page_to_mfn(pg).v;
	EXPECT_EQ(vcpuop_register_vcpu_info(v, d->vcpu[1], &op), -EINVAL);
	d->vcpu[1]->is_down = true;
	EXPECT_EQ(vcpuop_register_vcpu_info(v, d->vcpu[1], &op), 0);
}

UNIT_TEST(a_vcpu_is_initialised_once_and_only_well)
{
	struct vcpu_guest_context c;
	struct domain *d;
	struct usage before;
	uint64_t l4;
	guest_ptr_t arg = guest_ptr((uintptr_t)&c);

	machine_start();
	d = machine_domain(34, 10);
	l4 = machine_tables(d);
	before = machine_usage();
	machine_run(d->vcpu[0]);
	EXPECT_EQ(vcpuop_initialise(d->vcpu[0], d->vcpu[1], guest_ptr(8)),
		  -EFAULT);
	machine_context(&c, 0);
	EXPECT_EQ(vcpuop_initialise(d->vcpu[0], d->vcpu[1], arg), -EINVAL);
	machine_context(&c, l4);
	EXPECT_EQ(vcpuop_initialise(d->vcpu[0], d->vcpu[33], arg), -EINVAL);
	machine_fail_alloc = 1;
	EXPECT_EQ(vcpuop_initialise(d->vcpu[0], d->vcpu[1], arg), -ENOMEM);
	EXPECT(!d->vcpu[1]->is_initialised);
	expect_usage(before);
	c.flags &= ~(uint64_t)VGCF_online;
	EXPECT_EQ(vcpuop_initialise(d->vcpu[0], d->vcpu[1], arg), 0);
	EXPECT(d->vcpu[1]->is_initialised && d->vcpu[1]->is_down);
	EXPECT_EQ(vcpuop_initialise(d->vcpu[0], d->vcpu[1], arg), -EEXIST);
	d->vcpu[2]->is_being_set = true;
	EXPECT_EQ(vcpuop_initialise(d->vcpu[0], d->vcpu[2], arg), -EBUSY);
	expect_usage(before);
}

UNIT_TEST(a_context_goes_in_and_comes_out)
{
	struct vcpu_guest_context in, out;
	struct domain *d;
	struct page *l4;

	machine_start();
	d = machine_domain(2, 10);
	machine_context(&in, machine_tables(d));
	l4 = mfn_to_page(MFN(xen_cr3_to_pfn(in.ctrlreg[3])));
	domctl.u.vcpucontext = (struct xen_domctl_vcpucontext){
		.vcpu = 0, .ctxt = (uintptr_t)&out};
	EXPECT_EQ(do_domctl(XEN_DOMCTL_getvcpucontext, d), -ENODATA);
	domctl.u.vcpucontext.ctxt = (uintptr_t)&in;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_setvcpucontext, d), 0);
	EXPECT(!d->vcpu[0]->is_down);
	EXPECT_EQ(page_type(l4), PT_L4);
	domctl.u.vcpucontext.ctxt = (uintptr_t)&out;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_getvcpucontext, d), 0);
	EXPECT_EQ(out.user_regs.rip, in.user_regs.rip);
	EXPECT_EQ(out.ctrlreg[3], in.ctrlreg[3]);

	domctl.u.vcpucontext.ctxt = 0;
	machine_preempt_every = 1;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_setvcpucontext, d), 0);
	machine_preempt_every = 0;
	EXPECT_EQ(page_type_refs(l4), 0);
	EXPECT(!d->vcpu[0]->is_initialised && d->vcpu[0]->is_down);
	EXPECT_EQ(d->pause_count, 1);

	domctl.u.vcpucontext.vcpu = 2;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_setvcpucontext, d), -EINVAL);
	EXPECT_EQ(do_domctl(XEN_DOMCTL_getvcpucontext, d), -EINVAL);
	domctl.u.vcpucontext.vcpu = 0;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_setvcpucontext, dom0), -EINVAL);
}
