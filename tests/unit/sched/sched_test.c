/* SPDX-License-Identifier: GPL-2.0-only */
/* The scheduler's promises, in simulated time. */
#include <errno.h>
#include <hv/evtchn.h>
#include <hv/softirq.h>

#include "../unit_test.h"
#include "machine.h"

/* Percent of one pcpu that @d got in the next @ns. */
static double percent(struct domain *d, uint64_t ns)
{
	uint64_t before = run_ns(d);

	machine_run(ns);
	return 100.0 * (double)(run_ns(d) - before) / (double)ns;
}

UNIT_TEST(two_hogs_share_a_pcpu_equally)
{
	struct domain *a, *b;

	machine_start(1);
	a = machine_domain(1, FOREVER, 0);
	b = machine_domain(1, FOREVER, 0);
	EXPECT_NEAR(percent(a, 1000 * MS), 50, 1);
	EXPECT_NEAR((double)run_ns(b) / 1e7, 50, 1);
}

UNIT_TEST(shares_are_as_weights)
{
	struct domain *d[3];

	machine_start(1);
	for (int i = 0; i < 3; i++) {
		d[i] = machine_domain(1, FOREVER, 0);
		EXPECT_EQ(sched_set_params(d[i], 100u << i, 0), 0);
	}
	machine_run(7000 * MS);
	EXPECT_NEAR((double)run_ns(d[0]) / 1e6, 1000, 30);
	EXPECT_NEAR((double)run_ns(d[1]) / 1e6, 2000, 30);
	EXPECT_NEAR((double)run_ns(d[2]) / 1e6, 4000, 30);
}

UNIT_TEST(cap_holds_on_an_idle_machine)
{
	struct domain *d;

	machine_start(1);
	d = machine_domain(1, FOREVER, 0);
	EXPECT_EQ(sched_set_params(d, 256, 25), 0);
	machine_run(100 * MS);
	EXPECT_NEAR(percent(d, 2000 * MS), 25, 0.5);
	EXPECT_EQ(sched_set_params(d, 256, 0), 0);
	EXPECT_NEAR(percent(d, 100 * MS), 100, 0.1);
}

UNIT_TEST(cap_of_a_domain_covers_all_its_vcpus)
{
	struct domain *d;

	machine_start(4);
	d = machine_domain(4, FOREVER, 0);
	EXPECT_EQ(sched_set_params(d, 256, 150), 0);
	machine_run(100 * MS);
	EXPECT_NEAR(percent(d, 2000 * MS), 150, 3);
}

UNIT_TEST(what_a_cap_leaves_goes_to_the_others)
{
	struct domain *a, *b;

	machine_start(1);
	a = machine_domain(1, FOREVER, 0);
	b = machine_domain(1, FOREVER, 0);
	EXPECT_EQ(sched_set_params(a, 256, 10), 0);
	machine_run(100 * MS);
	EXPECT_NEAR(percent(b, 2000 * MS), 90, 0.5);
}

UNIT_TEST(three_hogs_share_two_pcpus_equally)
{
	struct domain *d[3];

	machine_start(2);
	for (int i = 0; i < 3; i++)
		d[i] = machine_domain(1, FOREVER, 0);
	machine_run(6000 * MS);
	for (int i = 0; i < 3; i++)
		EXPECT_NEAR((double)run_ns(d[i]) / 1e6, 4000, 150);
}

UNIT_TEST(no_pcpu_idles_while_a_vcpu_waits)
{
	struct domain *d;

	machine_start(4);
	d = machine_domain(9, FOREVER, 0);
	machine_run(MS);
	EXPECT_NEAR(percent(d, 1000 * MS), 400, 0.01);
	for (unsigned int i = 0; i < 9; i++)
		EXPECT_NEAR((double)vcpu_cpu_time(d->vcpu[i]) / 1e6,
			    1000 * 4.0 / 9, 60);
}

UNIT_TEST(a_pcpu_out_of_work_takes_some)
{
	struct domain *d;

	machine_start(2);
	d = machine_domain(3, FOREVER, 0);
	vcpu_set_affinity(d->vcpu[0], 2, 2);
	machine_run(50 * MS);
	vcpu_pause_nosync(d->vcpu[0]);
	EXPECT_NEAR(percent(d, 50 * MS), 200, 0.01);
}

UNIT_TEST(a_waker_runs_within_the_rate_limit)
{
	struct domain *io, *hogs;

	machine_start(1);
	hogs = machine_domain(3, FOREVER, 0);
	io = machine_domain(1, MS / 10, 3 * MS);
	machine_run(2000 * MS);
	EXPECT(worker(io, 0)->nr_bursts > 450);
	EXPECT(worker(io, 0)->max_delay_ns <= MS);
	EXPECT(run_ns(hogs) > 1900 * MS);
}

UNIT_TEST(sleepers_are_not_repaid_for_their_sleep)
{
	struct domain *a, *b;

	machine_start(1);
	a = machine_domain(1, FOREVER, 0);
	b = machine_domain(1, FOREVER, 0);
	vcpu_pause_nosync(b->vcpu[0]);
	machine_run(5000 * MS);
	vcpu_unpause(b->vcpu[0]);
	EXPECT_NEAR(percent(a, 100 * MS), 50, 10);
}

UNIT_TEST(hard_affinity_is_kept)
{
	struct domain *d, *other;

	machine_start(4);
	d = machine_domain(4, FOREVER, 0);
	other = machine_domain(4, 7 * MS, 3 * MS);
	for (unsigned int i = 0; i < 4; i++) {
		EXPECT_EQ(vcpu_set_affinity(d->vcpu[i], 6, CPUMASK_ALL), 0);
		worker(d, i)->seen_on = 0;
	}
	machine_run(2000 * MS);
	for (unsigned int i = 0; i < 4; i++)
		EXPECT_EQ(worker(d, i)->seen_on & ~6ULL, 0);
	EXPECT(run_ns(other) > 0);
}

UNIT_TEST(a_running_vcpu_leaves_a_forbidden_pcpu)
{
	struct domain *d;

	machine_start(2);
	d = machine_domain(1, FOREVER, 0);
	machine_run(10 * MS);
	EXPECT_EQ(vcpu_set_affinity(d->vcpu[0], 3 & ~worker(d, 0)->seen_on, 3),
		  0);
	worker(d, 0)->seen_on = 0;
	EXPECT_NEAR(percent(d, 10 * MS), 100, 0.01);
	EXPECT_EQ(cpumask_weight(worker(d, 0)->seen_on), 1);
	EXPECT_EQ(vcpu_set_affinity(d->vcpu[0], 0xf0, 3), -EINVAL);
}

UNIT_TEST(a_pcpu_that_goes_is_given_nothing)
{
	struct domain *busy, *sleepers;

	machine_start(4);
	busy = machine_domain(4, FOREVER, 0);
	sleepers = machine_domain(8, MS, 5 * MS);
	machine_run(100 * MS);
	EXPECT_EQ(sched_cpu_down(2), 0);
	for (unsigned int i = 0; i < 8; i++)
		worker(sleepers, i)->seen_on = 0;
	for (unsigned int i = 0; i < 4; i++)
		worker(busy, i)->seen_on = 0;
	machine_run(500 * MS);
	for (unsigned int i = 0; i < 8; i++)
		EXPECT_EQ(worker(sleepers, i)->seen_on & 4, 0);
	for (unsigned int i = 0; i < 4; i++)
		EXPECT_EQ(worker(busy, i)->seen_on & 4, 0);
	EXPECT_EQ(sched_idle_ns(2), 0);

	machine_on(2);
	sched_cpu_up(2);
	machine_on(0);
	machine_run(500 * MS);
	EXPECT(worker(busy, 0)->seen_on & 4 || worker(busy, 1)->seen_on & 4 ||
	       worker(busy, 2)->seen_on & 4 || worker(busy, 3)->seen_on & 4);
	/* what it was away it was not idle */
	EXPECT(sched_idle_ns(2) < 400 * MS);
}

UNIT_TEST(affinity_to_pcpus_that_are_gone_is_broken)
{
	struct domain *d;

	machine_start(4);
	d = machine_domain(3, FOREVER, 0);
	EXPECT_EQ(vcpu_set_affinity(d->vcpu[0], 4, CPUMASK_ALL), 0);
	EXPECT_EQ(vcpu_set_affinity(d->vcpu[1], 12, CPUMASK_ALL), 0);
	domain_pause_nosync(d);
	machine_run(MS);
	EXPECT_EQ(sched_cpu_down(2), 0);
	EXPECT_EQ(d->vcpu[0]->sched.hard_affinity, CPUMASK_ALL);
	EXPECT_EQ(d->vcpu[1]->sched.hard_affinity, 12);
	EXPECT_EQ(vcpu_set_affinity(d->vcpu[2], 4, CPUMASK_ALL), -EINVAL);
	domain_unpause(d);
	machine_run(100 * MS);
	EXPECT(vcpu_cpu_time(d->vcpu[0]) > 0);
	EXPECT(worker(d, 1)->seen_on == 8);
}

UNIT_TEST(a_pinned_vcpu_keeps_its_pcpu)
{
	struct sched_pin_override op = {.pcpu = 1};
	struct domain *d;

	machine_start(2);
	d = machine_domain(1, FOREVER, 0);
	EXPECT_EQ(schedop_pin_override(d->vcpu[0], &op), 0);
	EXPECT_EQ(sched_cpu_down(1), -EADDRINUSE);
	machine_run(10 * MS);
	EXPECT(worker(d, 0)->seen_on & 2);
	op.pcpu = -1;
	EXPECT_EQ(schedop_pin_override(d->vcpu[0], &op), 0);
	EXPECT_EQ(sched_cpu_down(1), 0);
}

UNIT_TEST(who_takes_down_its_own_pcpu_moves_first)
{
	struct domain *d;

	machine_start(2);
	d = machine_domain(1, FOREVER, 0);
	EXPECT_EQ(vcpu_set_affinity(d->vcpu[0], 2, CPUMASK_ALL), 0);
	machine_run(10 * MS);
	machine_on(1);
	EXPECT_EQ(sched_cpu_down(1), -ERESTART);
	machine_run(MS);
	EXPECT_EQ(d->vcpu[0]->sched.processor, 0);
	machine_on(0);
	EXPECT_EQ(sched_cpu_down(1), 0);
}

UNIT_TEST(soft_affinity_is_preferred_while_there_is_room)
{
	struct domain *d;

	machine_start(4);
	d = machine_domain(1, MS, MS);
	EXPECT_EQ(vcpu_set_affinity(d->vcpu[0], 15, 8), 0);
	machine_run(20 * MS);
	worker(d, 0)->seen_on = 0;
	machine_run(100 * MS);
	EXPECT_EQ(worker(d, 0)->seen_on, 8);
}

UNIT_TEST(paused_means_stopped)
{
	struct domain *d;

	machine_start(2);
	d = machine_domain(2, FOREVER, 0);
	machine_run(10 * MS);
	domain_pause_nosync(d);
	domain_pause_nosync(d);
	machine_run(MS);
	EXPECT_NEAR(percent(d, 10 * MS), 0, 0);
	EXPECT(!d->vcpu[0]->sched.is_running);
	domain_unpause(d);
	EXPECT_NEAR(percent(d, 10 * MS), 0, 0);
	domain_unpause(d);
	EXPECT_NEAR(percent(d, 10 * MS), 200, 0.01);
}

UNIT_TEST(events_during_a_pause_are_kept)
{
	struct domain *d;

	machine_start(1);
	d = machine_domain(1, MS, 5 * MS);
	machine_run(2 * MS); /* it sleeps */
	EXPECT(d->vcpu[0]->sched.is_blocked);
	vcpu_pause(d->vcpu[0]);
	machine_run(20 * MS);
	EXPECT_EQ(worker(d, 0)->nr_bursts, 1);
	vcpu_unpause(d->vcpu[0]);
	machine_run(2 * MS);
	EXPECT_EQ(worker(d, 0)->nr_bursts, 2);
}

UNIT_TEST(yield_lets_the_other_run)
{
	struct domain *d;
	uint64_t before;

	machine_start(1);
	d = machine_domain(2, FOREVER, 0);
	machine_run(100 * MS);
	for (int i = 0; i < 20; i++) {
		struct vcpu *v = current, *other;

		other = d->vcpu[v == d->vcpu[0]];
		before = vcpu_cpu_time(other);
		schedop_yield(v);
		machine_run(MS / 10);
		EXPECT(vcpu_cpu_time(other) > before);
	}
}

UNIT_TEST(yield_without_competition_goes_on)
{
	struct domain *d;

	machine_start(1);
	d = machine_domain(1, FOREVER, 0);
	machine_run(MS);
	schedop_yield(current);
	EXPECT_NEAR(percent(d, MS), 100, 0.01);
}

UNIT_TEST(run_states_add_up_to_the_time_passed)
{
	struct domain *d, *hog;
	uint64_t start;

	machine_start(2);
	start = machine_now_ns;
	d = machine_domain(3, 3 * MS, 2 * MS);
	hog = machine_domain(1, FOREVER, 0);
	machine_run(777 * MS);
	for (unsigned int i = 0; i < 3; i++) {
		struct vcpu_runstate_info rs;

		vcpu_runstate_get(d->vcpu[i], &rs);
		EXPECT_EQ(rs.time[0] + rs.time[1] + rs.time[2] + rs.time[3],
			  machine_now_ns - start);
		EXPECT(rs.time[RUNSTATE_running] > 100 * MS);
		EXPECT(rs.time[RUNSTATE_blocked] > 100 * MS);
		EXPECT(rs.time[RUNSTATE_runnable] > 10 * MS);
	}
	vcpu_pause_nosync(hog->vcpu[0]);
	machine_run(MS);
	EXPECT_EQ(hog->vcpu[0]->runstate.state, RUNSTATE_offline);
	EXPECT_EQ(sched_idle_ns(0) + sched_idle_ns(1) + run_ns(d) + run_ns(hog),
		  2 * (machine_now_ns - start));
}

UNIT_TEST(parameters_out_of_range_are_refused)
{
	struct domain *d;

	machine_start(1);
	d = machine_domain(1, FOREVER, 0);
	EXPECT_EQ(sched_set_params(d, 0, 0), -EINVAL);
	EXPECT_EQ(sched_set_params(d, 65536, 0), -EINVAL);
	EXPECT_EQ(sched_set_params(d, 256, 100 * NR_CPUS + 1), -EINVAL);
	EXPECT_EQ(d->sched.weight, 256);
}

UNIT_TEST(a_lone_vcpu_needs_no_timer)
{
	machine_start(1);
	machine_domain(1, FOREVER, 0);
	machine_run(1000 * MS);
	EXPECT_EQ(machine_next_timer(), ~0ULL);
}

/* Everything at once, for long; the invariants are ASSERTs in the code. */
UNIT_TEST(random_mix_keeps_the_invariants)
{
	struct domain *d[6];
	unsigned int seed = 12345;

	machine_start(3);
	for (unsigned int i = 0; i < 6; i++)
		d[i] = machine_domain(1 + i % 4, (i + 1) * MS / 2,
				      (6 - i) * MS / 2);
	for (int n = 0; n < 20000; n++) {
		struct domain *x;
		struct vcpu *v;

		seed = seed * 1103515245 + 12345;
		x = d[(seed >> 16) % 6];
		v = x->vcpu[(seed >> 20) % x->max_vcpus];
		switch ((seed >> 24) % 7) {
		case 0:
			if (!v->sched.pause_count)
				vcpu_pause_nosync(v);
			break;
		case 1:
		case 2:
			if (v->sched.pause_count)
				vcpu_unpause(v);
			break;
		case 3:
			vcpu_set_affinity(v, 1 + (seed >> 16) % 7, CPUMASK_ALL);
			break;
		case 4:
			sched_set_params(x, 1 + (seed >> 8) % 1000,
					 (seed >> 12) % 2 * 70);
			break;
		case 5:
			send_vcpu_virq(v, VIRQ_TIMER);
			break;
		case 6:
			if (v->is_down)
				vcpuop_up(v, v);
			else
				vcpuop_down(v, v);
			break;
		}
		machine_run((seed >> 10) % 700000);
	}
	for (unsigned int i = 0; i < 6; i++) {
		struct vcpu *v;

		sched_set_params(d[i], 256, 0);
		for_each_vcpu (d[i], v) {
			while (v->sched.pause_count)
				vcpu_unpause(v);
			while (d[i]->pause_count)
				domain_unpause(d[i]);
			vcpuop_up(v, v);
			vcpu_set_affinity(v, CPUMASK_ALL, CPUMASK_ALL);
		}
	}
	/* Everyone is alive still. */
	for (unsigned int i = 0; i < 6; i++)
		EXPECT(percent(d[i], 500 * MS) > 5);
}
