/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains are made, found, referred to and killed, and nothing is left. */
#include <string.h>

#include <hv/evtchn.h>
#include <hv/gnttab.h>
#include <hv/hypercalls.h>
#include <hv/page_alloc.h>
#include <hv/sched_op.h>

#include "../../../hypervisor/mm/page_table.h"

#include <abi/errno.h>

#include "machine.h"

UNIT_TEST(killing_a_domain_gives_everything_back)
{
	struct usage before;

	machine_start();
	before = machine_usage();
	for (unsigned int i = 0; i < 3; i++) {
		struct domain *d = machine_domain(3, 40);

		EXPECT_EQ(machine_usage().pages < before.pages, 1);
		machine_kill(d);
		expect_usage(before);
	}
}

static int make_whole(void)
{
	struct domain_config c = machine_config(3);
	struct domain *d;
	int rc;

	c.nr_pirqs = 16;
	rc = domain_create(DOMID_INVALID, &c, &d);
	if (rc)
		return rc;
	for (uint32_t i = 0; i < 3 && !rc; i++)
		if (!vcpu_create(d, i))
			rc = -ENOMEM;
	machine_fail_alloc = 0;
	machine_kill(d);
	return rc;
}

UNIT_TEST(each_allocation_may_fail_and_nothing_is_left)
{
	struct usage before;
	unsigned int nr;

	machine_start();
	before = machine_usage();
	nr = machine_nr_allocs;
	EXPECT_EQ(make_whole(), 0);
	nr = machine_nr_allocs - nr;
	EXPECT(nr > 10);
	for (unsigned int i = 1; i <= nr; i++) {
		machine_fail_alloc = i;
		EXPECT_EQ(make_whole(), -ENOMEM);
		expect_usage(before);
	}
}

UNIT_TEST(numbers_rise_and_a_taken_one_is_refused)
{
	struct domain_config c = machine_config(1);
	struct domain *a, *b, *x;
	struct usage before;

	machine_start();
	a = machine_domain(1, 1);
	b = machine_domain(1, 1);
	EXPECT_EQ(b->domid, a->domid + 1);
	machine_kill(a);
	a = machine_domain(1, 1);
	EXPECT_EQ(a->domid, b->domid + 1);
	before = machine_usage();
	EXPECT_EQ(domain_create(b->domid, &c, &x), -EEXIST);
	EXPECT_EQ(domain_create(DOMID_FIRST_RESERVED, &c, &x), -EINVAL);
	expect_usage(before);
	EXPECT_EQ(domain_create(77, &c, &x), 0);
	EXPECT_EQ(x->domid, 77);
}

UNIT_TEST(bad_limits_are_refused)
{
	struct domain *x;
	struct usage before;
	struct domain_config c;

	machine_start();
	before = machine_usage();
	c = machine_config(0);
	EXPECT_EQ(domain_create(DOMID_INVALID, &c, &x), -EINVAL);
	c = machine_config(MAX_VCPUS + 1);
	EXPECT_EQ(domain_create(DOMID_INVALID, &c, &x), -EINVAL);
	c = machine_config(1);
	c.max_grant_version = 3;
	EXPECT_EQ(domain_create(DOMID_INVALID, &c, &x), -EINVAL);
	c = machine_config(1);
	c.max_grant_frames = 0;
	EXPECT_EQ(domain_create(DOMID_INVALID, &c, &x), -EINVAL);
	expect_usage(before);
}

UNIT_TEST(a_reference_keeps_a_killed_domain)
{
	struct usage before;
	struct domain *d, *found;
	domid_t domid;

	machine_start();
	before = machine_usage();
	d = machine_domain(1, 4);
	domid = d->domid;
	found = domain_get(domid);
	EXPECT(found == d);
	machine_kill(d);
	EXPECT(domain_is_dead(d));
	EXPECT(domain_get(domid) == d); /* the second one */
	domain_put(d);
	domain_put(d);
	EXPECT(domain_get(domid) == NULL); /* even before it is freed */
	machine_softirqs();
	expect_usage(before);
}

UNIT_TEST(a_frame_mapped_elsewhere_makes_a_zombie)
{
	struct usage before;
	struct domain *d;
	struct page *pg;
	domid_t domid;

	machine_start();
	before = machine_usage();
	d = machine_domain(1, 8);
	domid = d->domid;
	pg = domain_first_page(d);
	EXPECT_EQ(page_get_and_type(pg, d, PT_WRITABLE, false), 0);
	machine_kill(d);
	EXPECT_EQ(machine_dom_exc, 1);
	EXPECT_EQ(d->tot_pages, 1);
	EXPECT_EQ(do_domctl(XEN_DOMCTL_getdomaininfo, d), 0);
	EXPECT_EQ(domctl.domain, domid);
	EXPECT(domctl.u.getdomaininfo.flags & XEN_DOMINF_dying);
	EXPECT_EQ(domctl.u.getdomaininfo.tot_pages, 1);
	EXPECT_EQ(do_domctl(XEN_DOMCTL_destroydomain, d), 0);

	page_put_and_type(pg);
	EXPECT_EQ(do_domctl(XEN_DOMCTL_pausedomain, NULL), -ESRCH);
	EXPECT_EQ(machine_dom_exc, 2);
	expect_usage(before);
}

UNIT_TEST(a_mapped_shared_info_outlives_its_domain)
{
	struct usage before;
	struct domain *d;
	struct page *pg;

	machine_start();
	before = machine_usage();
	d = machine_domain(1, 1);
	pg = mfn_to_page(virt_to_mfn(d->shared_info));
	EXPECT_EQ(page_get_and_type(pg, d, PT_WRITABLE, false), 0);
	machine_kill(d);
	EXPECT_EQ(machine_usage().pages, before.pages - 1);
	/* a later domain at the same address is not its owner */
	d = machine_domain(1, 1);
	EXPECT_EQ(page_get(pg, d), -EPERM);
	machine_kill(d);
	page_put_and_type(pg);
	expect_usage(before);
}

UNIT_TEST(the_list_survives_kills_while_it_is_walked)
{
	struct domain *d, *made[4];
	unsigned int n = 0;

	machine_start();
	for (unsigned int i = 0; i < 4; i++)
		made[i] = machine_domain(1, 1);
	for_each_domain (d) {
		if (n == 1)
			machine_kill(made[0]); /* the one we are at */
		if (n == 2)
			machine_kill(made[2]); /* the one to come   */
		n++;
	}
	EXPECT_EQ(n, 4); /* Dom0 and three of four */
	machine_softirqs();
	EXPECT(domain_next(made[3]->domid) == made[3]);
	EXPECT(domain_next((domid_t)(made[3]->domid + 1)) == NULL);
}

UNIT_TEST(only_dom0_may_name_other_domains)
{
	struct domain *a, *b, *x;

	machine_start();
	a = machine_domain(1, 1);
	b = machine_domain(1, 1);
	EXPECT_EQ(domain_get_remote(a->domid, &x), 0);
	domain_put(x);
	machine_run(a->vcpu[0]);
	EXPECT_EQ(domain_get_remote(b->domid, &x), -EPERM);
	EXPECT_EQ(domain_get_remote(0, &x), -EPERM);
	EXPECT_EQ(domain_get_remote(a->domid, &x), 0);
	EXPECT(x == a);
	domain_put(x);
	EXPECT_EQ(domain_get_remote(DOMID_SELF, &x), 0);
	EXPECT(x == a);
	domain_put(x);
	EXPECT(domain_get(DOMID_IO) == NULL);
	EXPECT(domain_get(DOMID_XEN) == NULL);
	EXPECT(domain_get(DOMID_INVALID) == NULL);
}

UNIT_TEST(a_dying_domain_gets_no_more_memory)
{
	struct domain *d;

	machine_start();
	d = machine_domain(1, 4);
	d->max_pages = 100;
	domain_get_again(d);
	machine_kill(d);
	EXPECT(domain_alloc_pages(d, 0, ANY_ADDRESS) == NULL);
	domain_put(d);
	machine_softirqs();
}

/* A domain with something of everything that must be given back. */
static struct domain *busy_domain(void)
{
	struct domain *d = machine_domain(2, 230);
	struct evtchn_alloc_unbound port = {.dom = d->domid};
	struct vcpu_register_vcpu_info reg = {.offset = 128};
	struct vcpu_guest_context c;
	uint64_t l4 = machine_tables(d);
	mfn_t frame;

	EXPECT_EQ(page_pin(mfn_to_page(MFN(l4)), d, PT_L4, false), 0);
	machine_context(&c, l4);
	domctl.u.vcpucontext =
		(struct xen_domctl_vcpucontext){.ctxt = (uintptr_t)&c};
	EXPECT_EQ(do_domctl(XEN_DOMCTL_setvcpucontext, d), 0);
	for (unsigned int i = 0; i < 5; i++)
		EXPECT_EQ(evtchn_alloc_unbound(dom0, &port), 0);
	EXPECT_EQ(gnttab_get_shared_frame(d, 3, false, &frame), 0);
	d->max_pages += 10;
	EXPECT_EQ(domain_claim_pages(d, 235), 0);
	for (struct page *pg = domain_first_page(d); pg;
	     pg = domain_next_page(d, pg))
		reg.mfn = page_to_mfn(pg).v; /* the last: no table */
	machine_run(d->vcpu[0]);
	EXPECT_EQ(vcpuop_register_vcpu_info(d->vcpu[0], d->vcpu[1], &reg), 0);
	machine_run(dom0->vcpu[0]);
	return d;
}

UNIT_TEST(a_busy_domain_leaves_nothing_however_often_preempted)
{
	struct usage before;

	machine_start();
	before = machine_usage();
	for (unsigned int every = 0; every < 6; every++) {
		struct domain *d = busy_domain();
		domid_t domid = d->domid;
		unsigned int preempted;

		machine_preempt_every = every;
		preempted = machine_kill(d);
		machine_preempt_every = 0;
		EXPECT(every != 1 || preempted > 3);
		EXPECT(domain_get(domid) == NULL);
		expect_usage(before);
	}
}

UNIT_TEST(nobody_kills_a_domain_while_another_call_is_at_it)
{
	struct domain *d;

	machine_start();
	d = machine_domain(1, 1);
	d->domctl_busy = true;
	domctl = (struct xen_domctl){
		.cmd = XEN_DOMCTL_destroydomain,
		.interface_version = XEN_DOMCTL_INTERFACE_VERSION,
		.domain = d->domid,
	};
	EXPECT_EQ(hc_domctl(guest_ptr((uintptr_t)&domctl)), -ERESTART);
	domctl.cmd = XEN_DOMCTL_getdomaininfo;
	EXPECT_EQ(hc_domctl(guest_ptr((uintptr_t)&domctl)), 0);
	d->domctl_busy = false;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_destroydomain, d), 0);
	EXPECT_EQ(do_domctl(XEN_DOMCTL_destroydomain, NULL), -ESRCH);
	domctl.domain = 0;
	EXPECT_EQ(do_domctl(XEN_DOMCTL_destroydomain, NULL), -EINVAL);
}

/* Dom0 unpins its tables and is preempted twice: two levels are half gone. */
UNIT_TEST(what_another_vcpu_has_begun_to_release_it_also_finishes)
{
	struct usage before;
	struct vcpu *v;
	struct domain *d;
	struct page *l4;
	domid_t domid;

	machine_start();
	before = machine_usage();
	d = machine_domain(1, 20);
	domid = d->domid;
	v = current;
	l4 = mfn_to_page(MFN(machine_tables(d)));
	EXPECT_EQ(page_pin(l4, d, PT_L4, false), 0);
	EXPECT(page_clear_pin(l4));
	machine_preempt_every = 1;
	EXPECT_EQ(page_put_and_type_preemptible(l4, true), -ERESTART);
	table_put_later(l4);
	EXPECT_EQ(table_put_pending(v), -ERESTART);
	machine_preempt_every = 0;

	machine_kill(d);
	EXPECT(domain_get(domid) == d); /* Dom0 still holds some of it */
	domain_put(d);
	EXPECT_EQ(table_put_pending(v), 0);
	machine_softirqs();
	EXPECT(domain_get(domid) == NULL);
	expect_usage(before);
}

UNIT_TEST(a_validation_that_was_preempted_is_undone)
{
	struct usage before;
	struct domain *d;
	struct page *l4;

	machine_start();
	before = machine_usage();
	d = machine_domain(1, 20);
	l4 = mfn_to_page(MFN(machine_tables(d)));
	machine_preempt_every = 1;
	EXPECT_EQ(page_pin(l4, d, PT_L4, true), -ERESTART);
	EXPECT_EQ(page_pin(l4, d, PT_L4, true), -ERESTART);
	machine_kill(d);
	machine_preempt_every = 0;
	expect_usage(before);
}

UNIT_TEST(a_zombie_can_not_be_pinned)
{
	struct usage before;
	struct domain *d;
	struct page *pg;

	machine_start();
	before = machine_usage();
	d = machine_domain(1, 20);
	pg = domain_first_page(d);
	EXPECT_EQ(page_get(pg, d), 0);
	machine_kill(d);
	EXPECT_EQ(page_pin(pg, d, PT_L1, true), -EINVAL);
	page_put(pg);
	machine_softirqs();
	expect_usage(before);
}

/* Three at once, as one entry write can leave behind. */
UNIT_TEST(several_tables_are_put_off)
{
	struct domain *d;
	struct page *l4[3];
	struct usage before;

	machine_start();
	before = machine_usage();
	for (unsigned int i = 0; i < 3; i++) {
		d = machine_domain(1, 20);
		l4[i] = mfn_to_page(MFN(machine_tables(d)));
		EXPECT_EQ(page_get_and_type(l4[i], d, PT_L4, false), 0);
	}
	machine_preempt_every = 1;
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_EQ(page_put_and_type_preemptible(l4[i], true),
			  -ERESTART);
		table_put_later(l4[i]);
	}
	machine_preempt_every = 0;
	EXPECT_EQ(table_put_pending(current), 0);
	for (d = domain_next(1); d; d = domain_next(1)) {
		machine_kill(d);
		domain_put(d);
		machine_softirqs();
	}
	expect_usage(before);
}
