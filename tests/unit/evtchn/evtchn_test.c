/* SPDX-License-Identifier: GPL-2.0-only */
/* Ports and what they are bound to, in the two-level ABI. */
#include "fixture.h"

UNIT_TEST(ports_are_given_out_from_1)
{
	struct domain *d = make(0, 1);

	EXPECT_EQ(alloc_unbound(d, 1), 1);
	EXPECT_EQ(alloc_unbound(d, 1), 2);
	EXPECT_EQ(bind_ipi(d, 0), 3);
	EXPECT_EQ(close_at(d, 2), 0);
	EXPECT_EQ(alloc_unbound(d, 1), 2);
	EXPECT_EQ(alloc_unbound(d, 1), 4);
	end(d);
	world_check_empty();
}

UNIT_TEST(port_limit_of_the_domain_holds)
{
	struct domain *d = make(0, 1);
	struct evtchn_bind_ipi ipi = {0};
	uint32_t port;

	d->max_evtchn_port = 3;
	for (int i = 0; i < 3; i++)
		bind_ipi(d, 0);
	EXPECT_EQ(evtchn_bind_ipi(d, &ipi), -ENOSPC);
	EXPECT_EQ(evtchn_alloc_for(d, 0, &port), -ENOSPC);
	EXPECT_EQ(close_at(d, 1), 0);
	EXPECT_EQ(bind_ipi(d, 0), 1);
	end(d);
	world_check_empty();
}

UNIT_TEST(two_level_abi_ends_at_4095)
{
	struct domain *d = make(0, 1);
	struct evtchn_bind_ipi ipi = {0};

	for (uint32_t i = 1; i < EVTCHN_2L_NR_CHANNELS; i++)
		EXPECT_EQ(bind_ipi(d, 0), i);
	EXPECT_EQ(evtchn_bind_ipi(d, &ipi), -ENOSPC);
	EXPECT_EQ(send_port(d, 4095), 0);
	EXPECT(pending_2l(d, 4095));
	EXPECT_EQ(send_port(d, 4096), -EINVAL);
	EXPECT_EQ(send_port(d, ~0U), -EINVAL);
	end(d);
	world_check_empty();
}

UNIT_TEST(alloc_unbound_checks_who_asks)
{
	struct domain *a = make(0, 1), *b = make(1, 1);
	struct evtchn_alloc_unbound op = {.dom = 5, .remote_dom = 0};

	EXPECT_EQ(evtchn_alloc_unbound(a, &op), -ESRCH);
	op.dom = 1; /* Dom0 may for another */
	EXPECT_EQ(evtchn_alloc_unbound(a, &op), 0);
	EXPECT_EQ(op.port, 1);
	world_run(b->vcpu[0]);
	op.dom = 0;
	EXPECT_EQ(evtchn_alloc_unbound(b, &op), -EPERM);
	op.dom = DOMID_SELF;
	op.remote_dom = DOMID_SELF;
	EXPECT_EQ(evtchn_alloc_unbound(b, &op), 0);
	EXPECT_EQ(status_of(b, op.port).u.unbound.dom, 1);
	b->is_dying = true;
	EXPECT_EQ(evtchn_alloc_unbound(b, &op), -EINVAL);
	end(b);
	world_run(a->vcpu[0]);
	end(a);
	world_check_empty();
}

UNIT_TEST(interdomain_sends_both_ways)
{
	struct domain *a = make(0, 1), *b = make(1, 1);
	uint32_t pa = alloc_unbound(a, 1), pb;

	/* until somebody binds, events are dropped */
	EXPECT_EQ(send_port(a, pa), 0);
	EXPECT(!pending_2l(a, pa));
	bind_ipi(b, 0); /* so that numbers differ */
	pb = bind_interdomain(b, 0, pa);
	EXPECT_EQ(pb, 2);
	EXPECT(pending_2l(b, pb)); /* what was dropped */
	EXPECT_EQ(take_2l(b, b->vcpu[0]), 1);
	EXPECT_EQ(send_port(a, pa), 0);
	EXPECT(pending_2l(b, pb));
	EXPECT(!pending_2l(a, pa));
	EXPECT_EQ(send_port(b, pb), 0);
	EXPECT(pending_2l(a, pa));
	EXPECT_EQ(status_of(a, pa).status, EVTCHNSTAT_interdomain);
	EXPECT_EQ(status_of(a, pa).u.interdomain.dom, 1);
	EXPECT_EQ(status_of(a, pa).u.interdomain.port, pb);
	end(b);
	end(a);
	world_check_empty();
}

UNIT_TEST(bind_interdomain_wants_a_port_left_for_it)
{
	struct domain *a = make(0, 1), *b = make(1, 1);
	struct evtchn_bind_interdomain op = {.remote_dom = 0};
	uint32_t for2 = alloc_unbound(a, 2), ipi = bind_ipi(a, 0);

	op.remote_port = for2;
	EXPECT_EQ(evtchn_bind_interdomain(b, &op), -EINVAL);
	op.remote_port = ipi;
	EXPECT_EQ(evtchn_bind_interdomain(b, &op), -EINVAL);
	op.remote_port = 0;
	EXPECT_EQ(evtchn_bind_interdomain(b, &op), -EINVAL);
	op.remote_port = 50; /* free */
	EXPECT_EQ(evtchn_bind_interdomain(b, &op), -EINVAL);
	op.remote_port = 1U << 30;
	EXPECT_EQ(evtchn_bind_interdomain(b, &op), -EINVAL);
	op.remote_dom = 7;
	EXPECT_EQ(evtchn_bind_interdomain(b, &op), -ESRCH);
	op.remote_dom = 0;
	op.remote_port = alloc_unbound(a, 1);
	b->max_evtchn_port = 0;
	EXPECT_EQ(evtchn_bind_interdomain(b, &op), -ENOSPC);
	b->max_evtchn_port = 10;
	EXPECT_EQ(evtchn_bind_interdomain(b, &op), 0);
	EXPECT_EQ(op.local_port, 1); /* failures used none */
	EXPECT_EQ(evtchn_bind_interdomain(b, &op), -EINVAL); /* taken */
	end(b);
	end(a);
	world_check_empty();
}

UNIT_TEST(a_domain_may_talk_to_itself)
{
	struct domain *d = make(0, 2);
	uint32_t p = alloc_unbound(d, DOMID_SELF);
	uint32_t q = bind_interdomain(d, DOMID_SELF, p);

	take_2l(d, d->vcpu[0]);
	EXPECT_EQ(send_port(d, p), 0);
	EXPECT(pending_2l(d, q) && !pending_2l(d, p));
	EXPECT_EQ(close_at(d, p), 0);
	EXPECT_EQ(status(d, q), EVTCHNSTAT_unbound);
	EXPECT_EQ(close_at(d, q), 0);
	p = alloc_unbound(d, DOMID_SELF);
	bind_interdomain(d, DOMID_SELF, p);
	end(d);
	world_check_empty();
}

UNIT_TEST(closing_leaves_the_peer_unbound)
{
	struct domain *a = make(0, 1), *b = make(1, 1);
	uint32_t pa = alloc_unbound(a, 1), pb;

	bind_ipi(b, 0); /* so that no numbers are the same */
	pb = bind_interdomain(b, 0, pa);
	EXPECT_EQ(send_port(a, pa), 0);
	EXPECT_EQ(close_at(b, pb), 0);
	EXPECT(!pending_2l(b, pb));
	EXPECT_EQ(status(b, pb), EVTCHNSTAT_closed);
	EXPECT_EQ(status(a, pa), EVTCHNSTAT_unbound);
	EXPECT_EQ(status_of(a, pa).u.unbound.dom, 1);
	EXPECT_EQ(send_port(a, pa), 0);
	EXPECT_EQ(close_at(b, pb), -EINVAL);
	EXPECT_EQ(close_at(b, 0), -EINVAL);
	EXPECT_EQ(close_at(b, 1000000), -EINVAL);
	EXPECT_EQ(send_port(b, pb), -EINVAL);
	EXPECT_EQ(bind_interdomain(b, 0, pa), pb);
	end(a); /* this time the peer's domain goes first */
	EXPECT(world_is_gone(0));
	world_run(b->vcpu[0]);
	EXPECT_EQ(status(b, pb), EVTCHNSTAT_unbound);
	end(b);
	world_check_empty();
}

UNIT_TEST(an_event_is_announced_once_until_it_is_taken)
{
	struct domain *d = make(0, 2);
	uint32_t p = bind_ipi(d, 1), q = bind_ipi(d, 1);
	struct vcpu *v = d->vcpu[1];

	EXPECT_EQ(send_port(d, p), 0);
	EXPECT_EQ(v->info->evtchn_upcall_pending, 1);
	EXPECT_EQ(v->info->evtchn_pending_sel, 1);
	EXPECT_EQ(world_kicks(v)->kicked, 1);
	EXPECT_EQ(send_port(d, p), 0);
	EXPECT_EQ(send_port(d, q), 0);
	EXPECT_EQ(world_kicks(v)->kicked, 1);
	EXPECT_EQ(take_2l(d, v), 2);
	EXPECT_EQ(send_port(d, q), 0);
	EXPECT_EQ(world_kicks(v)->kicked, 2);
	EXPECT_EQ(world_kicks(d->vcpu[0])->kicked, 0);
	end(d);
	world_check_empty();
}

UNIT_TEST(a_masked_event_waits_for_unmask)
{
	struct domain *d = make(0, 1);
	uint32_t p = bind_ipi(d, 0);
	struct vcpu *v = d->vcpu[0];

	bit_set(p, d->shared_info->evtchn_mask);
	EXPECT_EQ(send_port(d, p), 0);
	EXPECT(pending_2l(d, p));
	EXPECT_EQ(v->info->evtchn_upcall_pending, 0);
	EXPECT_EQ(v->info->evtchn_pending_sel, 0);
	EXPECT_EQ(world_kicks(v)->kicked, 0);
	EXPECT_EQ(unmask(d, p), 0);
	EXPECT_EQ(v->info->evtchn_upcall_pending, 1);
	EXPECT_EQ(world_kicks(v)->kicked, 1);
	EXPECT_EQ(take_2l(d, v), 1);
	/* nothing pending, or not masked: nothing to announce */
	bit_set(p, d->shared_info->evtchn_mask);
	EXPECT_EQ(unmask(d, p), 0);
	EXPECT_EQ(unmask(d, p), 0);
	EXPECT_EQ(v->info->evtchn_upcall_pending, 0);
	EXPECT_EQ(unmask(d, 90), 0); /* free */
	EXPECT_EQ(unmask(d, 1U << 20), -EINVAL);
	end(d);
	world_check_empty();
}

UNIT_TEST(vcpu_upcall_mask_does_not_stop_pending)
{
	struct domain *d = make(0, 1);
	uint32_t p = bind_ipi(d, 0);

	d->vcpu[0]->info->evtchn_upcall_mask = 1;
	EXPECT(!vcpu_has_events(d->vcpu[0]));
	EXPECT_EQ(send_port(d, p), 0);
	EXPECT_EQ(d->vcpu[0]->info->evtchn_upcall_pending, 1);
	EXPECT(!vcpu_has_events(d->vcpu[0]));
	d->vcpu[0]->info->evtchn_upcall_mask = 0;
	EXPECT(vcpu_has_events(d->vcpu[0]));
	end(d);
	world_check_empty();
}

UNIT_TEST(a_poller_is_woken_by_any_port_even_masked)
{
	struct domain *d = make(0, 3);
	uint32_t p = bind_ipi(d, 0);

	bit_set(p, d->shared_info->evtchn_mask);
	EXPECT_EQ(evtchn_port_pending(d, p), 0);
	d->vcpu[2]->sched.is_polling = true;
	EXPECT_EQ(send_port(d, p), 0);
	EXPECT_EQ(world_kicks(d->vcpu[2])->unpolled, 1);
	EXPECT_EQ(world_kicks(d->vcpu[1])->unpolled, 0);
	EXPECT_EQ(evtchn_port_pending(d, p), 1);
	EXPECT_EQ(evtchn_port_pending(d, 99), 0);
	EXPECT_EQ(evtchn_port_pending(d, 1U << 17), -EINVAL);
	end(d);
	world_check_empty();
}

UNIT_TEST(virqs_belong_to_a_vcpu_or_the_domain)
{
	struct domain *d = make(0, 2);
	struct evtchn_bind_virq op = {.virq = NR_VIRQS};
	uint32_t t0, t1, con;

	EXPECT_EQ(evtchn_bind_virq(d, &op), -EINVAL);
	op.virq = VIRQ_CONSOLE;
	op.vcpu = 1; /* global ones start on vcpu 0 */
	EXPECT_EQ(evtchn_bind_virq(d, &op), -EINVAL);
	op.virq = VIRQ_TIMER;
	op.vcpu = 2;
	EXPECT_EQ(evtchn_bind_virq(d, &op), -ENOENT);
	send_vcpu_virq(d->vcpu[1], VIRQ_TIMER); /* not bound: dropped */
	t0 = bind_virq(d, VIRQ_TIMER, 0);
	t1 = bind_virq(d, VIRQ_TIMER, 1);
	con = bind_virq(d, VIRQ_CONSOLE, 0);
	op.vcpu = 1;
	EXPECT_EQ(evtchn_bind_virq(d, &op), -EEXIST);
	EXPECT_EQ(status_of(d, t1).u.virq, VIRQ_TIMER);
	EXPECT_EQ(status_of(d, t1).vcpu, 1);
	send_vcpu_virq(d->vcpu[1], VIRQ_TIMER);
	EXPECT(pending_2l(d, t1) && !pending_2l(d, t0));
	send_domain_virq(d, VIRQ_CONSOLE);
	EXPECT(pending_2l(d, con));
	/* a guest may not raise them itself */
	EXPECT_EQ(send_port(d, con), -EINVAL);
	EXPECT_EQ(close_at(d, t1), 0);
	send_vcpu_virq(d->vcpu[1], VIRQ_TIMER);
	EXPECT(!pending_2l(d, t1));
	EXPECT_EQ(bind_virq(d, VIRQ_TIMER, 1), t1);
	EXPECT_EQ(close_at(d, con), 0);
	EXPECT_EQ(bind_virq(d, VIRQ_CONSOLE, 0), con);
	end(d);
	world_check_empty();
}

UNIT_TEST(a_virq_on_its_way_does_not_reach_the_next_user_of_the_port)
{
	struct domain *d = make(0, 1);
	uint32_t p = bind_ipi(d, 0), con = bind_virq(d, VIRQ_CONSOLE, 0);

	/* as a sender sees them that looked before the port was closed */
	d->evtchn->virq_port[VIRQ_CONSOLE] = p;
	send_domain_virq(d, VIRQ_CONSOLE);
	EXPECT(!pending_2l(d, p));
	d->evtchn->virq_port[VIRQ_DOM_EXC] = con;
	send_domain_virq(d, VIRQ_DOM_EXC);
	EXPECT(!pending_2l(d, con));
	d->evtchn->virq_port[VIRQ_CONSOLE] = con;
	end(d);
	world_check_empty();
}

UNIT_TEST(global_virqs_go_to_dom0_or_the_handler)
{
	struct domain *a = make(0, 1), *b = make(1, 1), *c = make(2, 1);
	uint32_t pa = bind_virq(a, VIRQ_DOM_EXC, 0);
	uint32_t pb = bind_virq(b, VIRQ_DOM_EXC, 0);

	send_global_virq(VIRQ_DOM_EXC);
	EXPECT(pending_2l(a, pa) && !pending_2l(b, pb));
	take_2l(a, a->vcpu[0]);
	EXPECT_EQ(evtchn_set_virq_handler(b, VIRQ_TIMER), -EINVAL);
	EXPECT_EQ(evtchn_set_virq_handler(b, NR_VIRQS), -EINVAL);
	EXPECT_EQ(evtchn_set_virq_handler(c, VIRQ_DOM_EXC), 0);
	EXPECT_EQ(evtchn_set_virq_handler(b, VIRQ_DOM_EXC), 0);
	EXPECT_EQ(c->refs, 1);
	EXPECT_EQ(evtchn_set_virq_handler(b, VIRQ_DOM_EXC), 0);
	EXPECT_EQ(b->refs, 2);
	send_global_virq(VIRQ_DOM_EXC);
	EXPECT(!pending_2l(a, pa) && pending_2l(b, pb));
	end(b);
	EXPECT(world_is_gone(1));
	send_global_virq(VIRQ_DOM_EXC);
	EXPECT(pending_2l(a, pa));
	c->is_dying = true;
	EXPECT_EQ(evtchn_set_virq_handler(c, VIRQ_DOM_EXC), -EINVAL);
	end(c);
	EXPECT_EQ(evtchn_set_virq_handler(a, VIRQ_DOM_EXC), 0);
	end(a);
	send_global_virq(VIRQ_DOM_EXC); /* nobody there */
	world_check_empty();
}

UNIT_TEST(ipi_needs_a_vcpu)
{
	struct domain *d = make(0, 2);
	struct evtchn_bind_ipi op = {.vcpu = 2};

	EXPECT_EQ(evtchn_bind_ipi(d, &op), -ENOENT);
	op.vcpu = ~0U;
	EXPECT_EQ(evtchn_bind_ipi(d, &op), -ENOENT);
	end(d);
	world_check_empty();
}

UNIT_TEST(only_some_ports_move_between_vcpus)
{
	struct domain *a = make(0, 2), *b = make(1, 1);
	struct evtchn_bind_pirq pirq = {.pirq = 3};
	uint32_t unbound = alloc_unbound(a, 1), inter = alloc_unbound(a, 1);
	uint32_t ipi = bind_ipi(a, 0), timer = bind_virq(a, VIRQ_TIMER, 0);
	uint32_t con = bind_virq(a, VIRQ_CONSOLE, 0);
	uint32_t pb = bind_interdomain(b, 0, inter);

	EXPECT_EQ(evtchn_bind_pirq(a, &pirq), 0);
	EXPECT_EQ(bind_vcpu(a, unbound, 1), 0);
	EXPECT_EQ(bind_vcpu(a, inter, 1), 0);
	EXPECT_EQ(bind_vcpu(a, con, 1), 0);
	EXPECT_EQ(bind_vcpu(a, pirq.port, 1), 0);
	EXPECT(world_pirq_vcpu == a->vcpu[1]);
	EXPECT_EQ(bind_vcpu(a, ipi, 1), -EINVAL);
	EXPECT_EQ(bind_vcpu(a, timer, 1), -EINVAL);
	EXPECT_EQ(bind_vcpu(a, 0, 1), -EINVAL);
	EXPECT_EQ(bind_vcpu(a, 77, 1), -EINVAL);
	EXPECT_EQ(bind_vcpu(a, 1U << 17, 1), -EINVAL);
	EXPECT_EQ(bind_vcpu(a, inter, 2), -ENOENT);
	EXPECT_EQ(send_port(b, pb), 0);
	EXPECT_EQ(world_kicks(a->vcpu[1])->kicked, 1);
	EXPECT_EQ(a->vcpu[1]->info->evtchn_upcall_pending, 1);
	EXPECT_EQ(a->vcpu[0]->info->evtchn_upcall_pending, 0);
	EXPECT_EQ(close_at(a, con), 0); /* from where it is now */
	EXPECT_EQ(bind_virq(a, VIRQ_CONSOLE, 0), con);
	end(b);
	end(a);
	world_check_empty();
}

UNIT_TEST(pirqs_reach_the_port_that_bound_them)
{
	struct domain *d = make(0, 1);
	struct evtchn_bind_pirq op = {.pirq = WORLD_PIRQS};
	uint32_t first;

	EXPECT(!send_pirq(d, 5));
	EXPECT_EQ(evtchn_bind_pirq(d, &op), -EINVAL);
	op.pirq = 5;
	op.flags = BIND_PIRQ__WILL_SHARE;
	world_pirq_error = -EPERM;
	EXPECT_EQ(evtchn_bind_pirq(d, &op), -EPERM);
	EXPECT(!send_pirq(d, 5));
	world_pirq_error = -EBUSY;
	EXPECT_EQ(evtchn_bind_pirq(d, &op), -EBUSY);
	world_pirq_error = 0;
	EXPECT_EQ(evtchn_bind_pirq(d, &op), 0);
	EXPECT_EQ(op.port, 1);
	EXPECT_EQ(world_pirq_flags, BIND_PIRQ__WILL_SHARE);
	first = op.port;
	EXPECT_EQ(evtchn_bind_pirq(d, &op), -EEXIST);
	EXPECT_EQ(status_of(d, first).u.pirq, 5);
	EXPECT(send_pirq(d, 5));
	EXPECT(pending_2l(d, first));
	EXPECT(!send_pirq(d, 6));
	EXPECT(!send_pirq(d, WORLD_PIRQS));
	EXPECT_EQ(close_at(d, first), 0);
	EXPECT_EQ(world_pirq_bound, 0);
	EXPECT(!send_pirq(d, 5));
	EXPECT_EQ(evtchn_bind_pirq(d, &op), 0);
	end(d);
	world_check_empty();
}

UNIT_TEST(status_is_for_the_owner_and_dom0)
{
	struct domain *a = make(0, 1), *b = make(1, 1);
	struct evtchn_status op = {.dom = 1, .port = 1};

	bind_ipi(b, 0);
	EXPECT_EQ(status(b, 1), EVTCHNSTAT_ipi);
	EXPECT_EQ(status(b, 0), EVTCHNSTAT_closed);
	op.port = 1000;
	EXPECT_EQ(evtchn_status(a, &op), -EINVAL);
	op.dom = 4;
	EXPECT_EQ(evtchn_status(a, &op), -ESRCH);
	world_run(b->vcpu[0]);
	op.dom = 0;
	EXPECT_EQ(evtchn_status(b, &op), -EPERM);
	end(b);
	world_run(a->vcpu[0]);
	end(a);
	world_check_empty();
}

UNIT_TEST(reset_closes_everything)
{
	struct domain *a = make(0, 1), *b = make(1, 1);
	uint32_t pb = alloc_unbound(b, 0), pa = bind_interdomain(a, 1, pb);

	bind_ipi(a, 0);
	bind_virq(a, VIRQ_TIMER, 0);
	EXPECT_EQ(reset(a, DOMID_SELF), 0);
	EXPECT_EQ(status(a, pa), EVTCHNSTAT_closed);
	EXPECT_EQ(status(b, pb), EVTCHNSTAT_unbound);
	EXPECT_EQ(bind_virq(a, VIRQ_TIMER, 0), 1);
	/* another domain: only while it does not run */
	EXPECT_EQ(reset(a, 1), -EINVAL);
	b->control_pause_count = 1;
	EXPECT_EQ(reset(a, 1), 0);
	EXPECT_EQ(status(b, pb), EVTCHNSTAT_closed);
	EXPECT_EQ(reset(a, 6), -ESRCH);
	world_run(b->vcpu[0]);
	EXPECT_EQ(reset(b, 0), -EPERM);
	end(b);
	world_run(a->vcpu[0]);
	end(a);
	world_check_empty();
}

static struct domain *binder;

static void bind_another(void)
{
	bind_ipi(binder, 0);
}

UNIT_TEST(reset_goes_on_after_other_work)
{
	struct domain *d = make(0, 1);
	unsigned int nr_restarts = 0;
	int rc;

	for (int i = 0; i < 1000; i++)
		bind_ipi(d, 0);
	world_preempt_every = 1;
	while ((rc = reset(d, DOMID_SELF)) == -ERESTART)
		nr_restarts++;
	EXPECT_EQ(rc, 0);
	EXPECT(nr_restarts >= 10 && nr_restarts <= 20);
	EXPECT_EQ(bind_ipi(d, 0), 1);
	/* a vcpu that binds all the while makes it fail, not hang */
	for (int i = 0; i < 200; i++)
		bind_ipi(d, 0);
	binder = d;
	world_at_preempt = bind_another;
	while ((rc = reset(d, DOMID_SELF)) == -ERESTART)
		;
	EXPECT_EQ(rc, -EAGAIN);
	world_at_preempt = NULL;
	end(d);
	world_check_empty();
}

UNIT_TEST(moving_the_vcpu_record_announces_everything)
{
	struct domain *d = make(0, 1);
	struct vcpu_info moved = {0};
	struct vcpu *v = d->vcpu[0];

	v->info = &moved;
	evtchn_info_moved(v);
	EXPECT_EQ(moved.evtchn_upcall_pending, 1);
	EXPECT_EQ(moved.evtchn_pending_sel, ~0ULL);
	EXPECT_EQ(world_kicks(v)->kicked, 1);
	end(d);
	world_check_empty();
}

UNIT_TEST(a_port_before_any_vcpu_loses_nothing_but_the_kick)
{
	struct domain *a = make(0, 1), *b = make(1, 0);
	uint32_t pb = alloc_unbound(b, 0), pa = bind_interdomain(a, 1, pb);
	struct evtchn_bind_pirq pirq = {.pirq = 1};

	EXPECT_EQ(send_port(a, pa), 0);
	EXPECT(pending_2l(b, pb));
	EXPECT_EQ(unmask(b, pb), 0);
	EXPECT_EQ(evtchn_bind_pirq(b, &pirq), -ENOENT);
	end(b);
	end(a);
	world_check_empty();
}

/* Everything that allocates, with each allocation failing in turn. */
UNIT_TEST(any_allocation_may_fail)
{
	unsigned int failures = 0;

	for (unsigned int n = 1;; n++) {
		struct domain *d = world_domain(0, 2);
		struct evtchn_bind_pirq pirq = {.pirq = 1};
		struct evtchn_bind_ipi ipi = {0};
		struct evtchn_init_control control = {0};
		int rc;

		world_fail_alloc = n;
		rc = evtchn_init_domain(d);
		for (unsigned int i = 0; !rc && i < 2; i++)
			rc = evtchn_init_vcpu(d->vcpu[i]);
		if (!rc)
			rc = evtchn_bind_pirq(d, &pirq);
		for (unsigned int i = 0; !rc && i < 300; i++)
			rc = evtchn_bind_ipi(d, &ipi);
		control.control_gfn = world_frame(d);
		if (!rc)
			rc = evtchn_init_control(d, &control);
		failures += rc != 0;
		EXPECT(!rc || rc == -ENOMEM);
		d->is_dying = true;
		world_kill(d);
		world_put(d);
		world_check_empty();
		if (world_fail_alloc) /* none was left to fail */
			break;
	}
	EXPECT_EQ(failures, 9);
	world_fail_alloc = 0;
}

UNIT_TEST(debug_dump_survives_every_state)
{
	struct domain *a = make(0, 1), *b = make(1, 1);
	struct evtchn_bind_pirq pirq = {.pirq = 1};

	EXPECT_EQ(evtchn_bind_pirq(a, &pirq), 0);
	bind_interdomain(b, 0, alloc_unbound(a, 1));
	alloc_unbound(a, 1);
	bind_ipi(a, 0);
	bind_virq(a, VIRQ_DEBUG, 0);
	evtchn_dump(a);
	evtchn_dump(b);
	end(b);
	end(a);
	world_check_empty();
}
