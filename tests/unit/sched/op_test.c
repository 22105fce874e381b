/* SPDX-License-Identifier: GPL-2.0-only */
/* sched_op and vcpu_op as a guest sees them. */
#include <errno.h>
#include <string.h>

#include <hv/evtchn.h>
#include <hv/hypercalls.h>

#include "../unit_test.h"
#include "machine.h"

static struct domain *one_running_vcpu(void)
{
	struct domain *d;

	machine_start(1);
	d = machine_domain(1, FOREVER, 0);
	machine_run(MS);
	EXPECT(current == d->vcpu[0]);
	return d;
}

UNIT_TEST(block_unmasks_events)
{
	struct domain *d = one_running_vcpu();

	worker(d, 0)->info.evtchn_upcall_mask = 1;
	schedop_block(current);
	EXPECT_EQ(worker(d, 0)->info.evtchn_upcall_mask, 0);
	machine_run(MS);
	EXPECT(is_idle_vcpu(current));
	send_vcpu_virq(d->vcpu[0], VIRQ_TIMER);
	machine_run(MS);
	EXPECT(current == d->vcpu[0]);
}

UNIT_TEST(block_with_an_event_pending_does_not_sleep)
{
	struct domain *d = one_running_vcpu();

	worker(d, 0)->info.evtchn_upcall_mask = 1;
	worker(d, 0)->info.evtchn_upcall_pending = 1;
	schedop_block(current);
	EXPECT(!d->vcpu[0]->sched.is_blocked);
	machine_run(1);
	EXPECT(current == d->vcpu[0]);
	EXPECT_EQ(worker(d, 0)->nr_events, 1);
}

UNIT_TEST(an_nmi_ends_a_block)
{
	struct domain *d = one_running_vcpu();

	schedop_block(current);
	machine_run(MS);
	vcpuop_send_nmi(d->vcpu[0], d->vcpu[0]);
	machine_run(1);
	EXPECT(current == d->vcpu[0]);
	schedop_block(current); /* not taken yet */
	machine_run(1);
	EXPECT(current == d->vcpu[0]);
}

UNIT_TEST(poll_waits_for_a_port)
{
	struct domain *d = one_running_vcpu();
	uint32_t ports[2] = {3, 7};
	struct sched_poll op = {.ports = (uint64_t)ports, .nr_ports = 2};

	worker(d, 0)->info.evtchn_upcall_mask = 1;
	EXPECT_EQ(schedop_poll(current, &op), 0);
	machine_run(10 * MS);
	EXPECT(is_idle_vcpu(current));
	ports_pending[7] = true;
	vcpu_unpoll(d->vcpu[0]);
	machine_run(1);
	EXPECT(current == d->vcpu[0]);
	EXPECT(!d->vcpu[0]->sched.is_polling);
	EXPECT_EQ(schedop_poll(current, &op), 0); /* still pending */
	machine_run(1);
	EXPECT(current == d->vcpu[0]);
}

UNIT_TEST(poll_ends_at_its_time)
{
	struct domain *d = one_running_vcpu();
	uint32_t port = 3;
	struct sched_poll op = {
		.ports = (uint64_t)&port,
		.nr_ports = 1,
		.timeout = machine_now_ns + 5 * MS,
	};

	EXPECT_EQ(schedop_poll(current, &op), 0);
	machine_run(4 * MS);
	EXPECT(is_idle_vcpu(current));
	machine_run(2 * MS);
	EXPECT(current == d->vcpu[0]);
}

UNIT_TEST(an_old_poll_timeout_does_not_end_a_new_poll)
{
	struct domain *d = one_running_vcpu();
	uint32_t port = 3;
	struct sched_poll op = {
		.ports = (uint64_t)&port,
		.nr_ports = 1,
		.timeout = machine_now_ns + 5 * MS,
	};

	EXPECT_EQ(schedop_poll(current, &op), 0);
	machine_run(MS);
	vcpu_kick(d->vcpu[0]);
	machine_run(MS);
	EXPECT(current == d->vcpu[0]);
	op.timeout = 0;
	EXPECT_EQ(schedop_poll(current, &op), 0);
	machine_run(10 * MS);
	EXPECT(is_idle_vcpu(current));
}

UNIT_TEST(poll_refuses_bad_arguments)
{
	struct domain *d = one_running_vcpu();
	uint32_t port = 99;
	struct sched_poll op = {.ports = (uint64_t)&port, .nr_ports = 1};

	EXPECT_EQ(schedop_poll(current, &op), -EINVAL);
	EXPECT(!d->vcpu[0]->sched.is_blocked && !d->vcpu[0]->sched.is_polling);
	op.ports = 8;
	EXPECT_EQ(schedop_poll(current, &op), -EFAULT);
	op.nr_ports = 129;
	EXPECT_EQ(schedop_poll(current, &op), -EINVAL);
}

UNIT_TEST(down_and_up)
{
	struct domain *d;

	machine_start(2);
	d = machine_domain(2, FOREVER, 0);
	machine_run(MS);
	EXPECT_EQ(vcpuop_down(d->vcpu[0], d->vcpu[1]), 0);
	machine_run(MS);
	EXPECT(!d->vcpu[1]->sched.is_running);
	EXPECT_EQ(vcpuop_is_up(d->vcpu[0], d->vcpu[1]), 0);
	EXPECT_EQ(d->vcpu[1]->runstate.state, RUNSTATE_offline);
	EXPECT_EQ(vcpuop_up(d->vcpu[0], d->vcpu[1]), 0);
	machine_run(MS);
	EXPECT_EQ(vcpuop_is_up(d->vcpu[0], d->vcpu[1]), 1);
	EXPECT(d->vcpu[1]->sched.is_running);
	d->vcpu[1]->is_initialised = false;
	EXPECT_EQ(vcpuop_up(d->vcpu[0], d->vcpu[1]), -EINVAL);
}

UNIT_TEST(the_last_vcpu_down_ends_the_domain)
{
	struct domain *d = one_running_vcpu();

	EXPECT_EQ(vcpuop_down(d->vcpu[0], d->vcpu[0]), 0);
	EXPECT_EQ(last_shutdown, SHUTDOWN_poweroff);
}

UNIT_TEST(singleshot_timers_belong_to_the_caller)
{
	struct vcpu_set_singleshot_timer op = {.timeout_abs_ns = 1,
					       .flags = VCPU_SSHOTTMR_future};
	struct domain *d;

	machine_start(2);
	d = machine_domain(2, FOREVER, 0);
	machine_run(MS);
	EXPECT_EQ(vcpuop_set_singleshot_timer(d->vcpu[0], d->vcpu[1], &op),
		  -EINVAL);
	EXPECT_EQ(vcpuop_set_singleshot_timer(d->vcpu[0], d->vcpu[0], &op),
		  -ETIME);
	op.flags = 0;
	EXPECT_EQ(vcpuop_set_singleshot_timer(d->vcpu[0], d->vcpu[0], &op), 0);
	machine_run(1);
	EXPECT_EQ(worker(d, 0)->nr_events, 1);
}

UNIT_TEST(set_timer_op_takes_a_wild_time_for_soon)
{
	struct domain *d = one_running_vcpu();

	EXPECT_EQ(hc_set_timer_op(1ULL << 63), 0);
	machine_run(99 * MS);
	EXPECT_EQ(worker(d, 0)->nr_events, 0);
	machine_run(2 * MS);
	EXPECT_EQ(worker(d, 0)->nr_events, 1);
	EXPECT_EQ(hc_set_timer_op(machine_now_ns + MS), 0);
	EXPECT_EQ(hc_set_timer_op(0), 0);
	machine_run(10 * MS);
	EXPECT_EQ(worker(d, 0)->nr_events, 1);
}

UNIT_TEST(periodic_timer_ticks_only_while_running)
{
	struct vcpu_set_periodic_timer op = {.period_ns = 2 * MS};
	struct domain *d = one_running_vcpu();
	struct worker *w = worker(d, 0);

	EXPECT_EQ(vcpuop_set_periodic_timer(current, current, &op), 0);
	machine_run(21 * MS);
	EXPECT_EQ(w->nr_events, 10);
	schedop_block(current);
	machine_run(50 * MS);
	EXPECT_EQ(w->nr_events, 10);
	vcpu_kick(d->vcpu[0]);
	machine_run(MS);
	EXPECT_EQ(w->nr_events, 11); /* one for all it missed */
	EXPECT_EQ(vcpuop_stop_periodic_timer(current, current), 0);
	machine_run(20 * MS);
	EXPECT_EQ(w->nr_events, 11);
	op.period_ns = MS - 1;
	EXPECT_EQ(vcpuop_set_periodic_timer(current, current, &op), -EINVAL);
}

UNIT_TEST(runstate_area_follows_the_vcpu)
{
	struct vcpu_register_runstate_memory_area op;
	struct vcpu_runstate_info area;
	struct domain *d = one_running_vcpu();

	memset(&area, 0xff, sizeof(area));
	op.addr.v = (uint64_t)&area;
	EXPECT_EQ(vcpuop_register_runstate_memory_area(current, current, &op),
		  0);
	EXPECT_EQ(area.state, RUNSTATE_running);
	schedop_block(current);
	machine_run(MS);
	EXPECT_EQ(area.state, RUNSTATE_blocked);
	d->vm_assist = 1ULL << VMASST_TYPE_runstate_update_flag;
	vcpu_kick(d->vcpu[0]);
	machine_run(3 * MS);
	EXPECT_EQ(area.state, RUNSTATE_running);
	EXPECT_EQ(area.state_entry_time & XEN_RUNSTATE_UPDATE, 0);
	EXPECT_EQ(area.time[RUNSTATE_blocked], MS);
	op.addr.v = 16;
	EXPECT_EQ(vcpuop_register_runstate_memory_area(current, current, &op),
		  -EFAULT);
}

UNIT_TEST(watchdog_bites_unless_fed)
{
	struct domain *d = one_running_vcpu();
	struct sched_watchdog op = {.id = 0, .timeout = 2};

	EXPECT_EQ(schedop_watchdog(current, &op), 1);
	EXPECT_EQ(schedop_watchdog(current, &op), 2);
	EXPECT_EQ(schedop_watchdog(current, &op), -ENOSPC);
	op = (struct sched_watchdog){.id = 2, .timeout = 0};
	EXPECT_EQ(schedop_watchdog(current, &op), 0);
	EXPECT_EQ(schedop_watchdog(current, &op), -EINVAL);
	op = (struct sched_watchdog){.id = 1, .timeout = 2};
	for (int i = 0; i < 5; i++) {
		machine_run(1500 * MS);
		EXPECT_EQ(schedop_watchdog(current, &op), 0);
	}
	EXPECT_EQ(last_shutdown, -1);
	machine_run(2001 * MS);
	EXPECT_EQ(last_shutdown, SHUTDOWN_watchdog);
	EXPECT(d->is_shut_down);
	op = (struct sched_watchdog){.id = 0, .timeout = 0};
	EXPECT_EQ(schedop_watchdog(d->vcpu[0], &op), -EINVAL);
	op.id = 77;
	EXPECT_EQ(schedop_watchdog(d->vcpu[0], &op), -EINVAL);
}

UNIT_TEST(pin_override_pins_and_lets_go)
{
	struct sched_pin_override op = {.pcpu = 1};
	struct domain *d;

	machine_start(2);
	d = machine_domain(1, FOREVER, 0);
	machine_run(MS);
	EXPECT_EQ(schedop_pin_override(d->vcpu[0], &op), 0);
	EXPECT_EQ(d->vcpu[0]->sched.hard_affinity, 2);
	EXPECT_EQ(schedop_pin_override(d->vcpu[0], &op), -EBUSY);
	op.pcpu = -1;
	EXPECT_EQ(schedop_pin_override(d->vcpu[0], &op), 0);
	EXPECT_EQ(d->vcpu[0]->sched.hard_affinity, CPUMASK_ALL);
	EXPECT_EQ(schedop_pin_override(d->vcpu[0], &op), -EINVAL);
	op.pcpu = 5;
	EXPECT_EQ(schedop_pin_override(d->vcpu[0], &op), -EINVAL);
	op.pcpu = 5000;
	EXPECT_EQ(schedop_pin_override(d->vcpu[0], &op), -EINVAL);
}
