/* SPDX-License-Identifier: GPL-2.0-only */
/* The null policy: a pcpu for each vcpu, and who gets one that is free. */
#include <abi/domctl.h>

#include "../unit_test.h"
#include "machine.h"

static void start(unsigned int nr_cpus)
{
	EXPECT(sched_choose_policy("null"));
	machine_start(nr_cpus);
	EXPECT_EQ(sched_policy_id(), XEN_SCHEDULER_NULL);
}

/* Percent of a pcpu that vcpu @i of @d gets in the next 100 ms. */
static double percent(struct domain *d, unsigned int i)
{
	uint64_t before = vcpu_cpu_time(d->vcpu[i]);

	machine_run(100 * MS);
	return (double)(vcpu_cpu_time(d->vcpu[i]) - before) / 1e6;
}

UNIT_TEST(null_gives_each_vcpu_a_pcpu_of_its_own)
{
	struct domain *d;
	cpumask_t all = 0;

	start(4);
	d = machine_domain(3, 2 * MS, MS);
	machine_domain(1, FOREVER, 0);
	machine_run(1000 * MS);
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_EQ(cpumask_weight(worker(d, i)->seen_on), 1);
		EXPECT_EQ(worker(d, i)->max_delay_ns, 0);
		EXPECT_NEAR((double)vcpu_cpu_time(d->vcpu[i]) / 1e6, 667, 1);
		all |= worker(d, i)->seen_on;
	}
	EXPECT_EQ(cpumask_weight(all), 3);
}

UNIT_TEST(null_makes_a_vcpu_without_a_pcpu_wait)
{
	struct domain *d;

	start(2);
	d = machine_domain(3, FOREVER, 0);
	EXPECT_NEAR(percent(d, 2), 0, 0);
	EXPECT_EQ(d->vcpu[2]->runstate.state, RUNSTATE_runnable);
	EXPECT_NEAR(percent(d, 0), 100, 0);
}

UNIT_TEST(null_keeps_the_pcpu_of_a_vcpu_that_sleeps_or_is_paused)
{
	struct domain *d, *other;

	start(1);
	d = machine_domain(1, MS, 9 * MS);
	other = machine_domain(1, FOREVER, 0);
	EXPECT_NEAR(percent(other, 0), 0, 0);
	domain_pause_nosync(d);
	EXPECT_NEAR(percent(other, 0), 0, 0);
	domain_unpause(d);
	EXPECT_NEAR(percent(d, 0), 10, 1);
}

UNIT_TEST(null_gives_the_pcpu_of_a_vcpu_that_goes_down_to_the_next)
{
	struct domain *d, *other;

	start(1);
	d = machine_domain(2, FOREVER, 0);
	other = machine_domain(1, FOREVER, 0);
	machine_run(MS);
	EXPECT_EQ(vcpuop_down(d->vcpu[0], d->vcpu[0]), 0);
	EXPECT_NEAR(percent(d, 1), 100, 0);
	EXPECT_EQ(vcpuop_up(d->vcpu[0], d->vcpu[0]), 0);
	EXPECT_NEAR(percent(d, 0), 0, 0);
	/* It waits behind the other one now. */
	EXPECT_EQ(vcpuop_down(d->vcpu[1], d->vcpu[1]), 0);
	EXPECT_NEAR(percent(other, 0), 100, 0);
	EXPECT_NEAR(percent(d, 0), 0, 0);
}

UNIT_TEST(null_gives_the_pcpu_of_a_domain_that_ends_to_the_next)
{
	struct domain *d, *other;

	start(1);
	d = machine_domain(1, FOREVER, 0);
	other = machine_domain(1, FOREVER, 0);
	machine_run(MS);
	domain_pause_nosync(d);
	machine_run(MS);
	sched_remove_vcpu(d->vcpu[0]);
	EXPECT_NEAR(percent(other, 0), 100, 0);
}

UNIT_TEST(null_lets_a_vcpu_that_waits_and_ends_go)
{
	struct domain *d, *other;

	start(1);
	d = machine_domain(1, FOREVER, 0);
	other = machine_domain(1, FOREVER, 0);
	machine_run(MS);
	domain_pause_nosync(other);
	machine_run(MS);
	sched_remove_vcpu(other->vcpu[0]);
	EXPECT_EQ(vcpuop_down(d->vcpu[0], d->vcpu[0]), 0);
	machine_run(MS);
}

UNIT_TEST(null_obeys_hard_affinity)
{
	struct domain *d, *other;

	start(3);
	d = machine_domain(1, FOREVER, 0);
	other = machine_domain(1, FOREVER, 0);
	machine_run(MS);
	/* to one that is free, at once */
	EXPECT_EQ(vcpu_set_affinity(d->vcpu[0], 4, CPUMASK_ALL), 0);
	worker(d, 0)->seen_on = 0;
	EXPECT_NEAR(percent(d, 0), 100, 0);
	EXPECT_EQ(worker(d, 0)->seen_on, 4);
	/* to one that is taken: waits until it is given up */
	EXPECT_EQ(vcpu_set_affinity(other->vcpu[0], 4, CPUMASK_ALL), 0);
	EXPECT_NEAR(percent(other, 0), 0, 0);
	EXPECT_EQ(vcpu_set_affinity(d->vcpu[0], 3, CPUMASK_ALL), 0);
	EXPECT_NEAR(percent(other, 0), 100, 0);
	EXPECT_NEAR(percent(d, 0), 100, 0);
}

UNIT_TEST(null_moves_a_sleeping_vcpu_as_well)
{
	struct domain *d, *other;

	start(2);
	d = machine_domain(1, MS, 1000 * MS);
	machine_run(10 * MS); /* it sleeps, and has its pcpu */
	other = machine_domain(2, FOREVER, 0);
	EXPECT_EQ(vcpu_set_affinity(other->vcpu[1], 1, 1), 0);
	EXPECT_NEAR(percent(other, 1), 0, 0);
	EXPECT_EQ(vcpu_set_affinity(d->vcpu[0], 2, 2), 0);
	EXPECT_NEAR(percent(other, 1), 100, 0);
}

UNIT_TEST(null_prefers_soft_affinity)
{
	struct domain *d, *late;

	start(4);
	d = machine_domain(1, FOREVER, 0);
	machine_run(MS);
	EXPECT_EQ(vcpu_set_affinity(d->vcpu[0], 0xe, 8), 0);
	worker(d, 0)->seen_on = 0;
	EXPECT_NEAR(percent(d, 0), 100, 0);
	EXPECT_EQ(worker(d, 0)->seen_on, 8);

	/* Of two that wait, the one that had better be there gets it. */
	machine_domain(3, FOREVER, 0);
	late = machine_domain(2, FOREVER, 0);
	EXPECT_EQ(vcpu_set_affinity(late->vcpu[0], 15, 1), 0);
	EXPECT_EQ(vcpu_set_affinity(late->vcpu[1], 15, 8), 0);
	machine_run(MS);
	domain_pause_nosync(d);
	machine_run(MS);
	sched_remove_vcpu(d->vcpu[0]);
	EXPECT_NEAR(percent(late, 1), 100, 0);
	EXPECT_NEAR(percent(late, 0), 0, 0);
}

UNIT_TEST(null_uses_pcpus_that_come_and_does_without_those_that_go)
{
	struct domain *d;

	start(3);
	d = machine_domain(3, FOREVER, 0);
	machine_run(MS);
	machine_cpu_down(2);
	EXPECT_NEAR(percent(d, 0) + percent(d, 1) + percent(d, 2), 200, 0);
	machine_cpu_up(2);
	EXPECT_NEAR(percent(d, 0) + percent(d, 1) + percent(d, 2), 300, 0);
}

UNIT_TEST(null_needs_no_timer)
{
	start(2);
	machine_domain(2, FOREVER, 0);
	machine_run(10 * MS);
	EXPECT_EQ(machine_next_timer(), ~0ULL);
}
