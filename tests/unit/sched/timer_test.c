/* SPDX-License-Identifier: GPL-2.0-only */
/* Timers: order, exactness, and the heap against a plain list. */
#include <stdlib.h>

#include "../unit_test.h"
#include "machine.h"

struct probe {
	struct timer t;
	uint64_t due_ns; /* 0: must not fire */
	unsigned int fired;
	unsigned int fired_on;
	uint64_t period_ns;
};

static void fire(void *data)
{
	struct probe *p = data;

	p->fired++;
	p->fired_on = smp_processor_id();
	EXPECT_EQ(machine_now_ns, p->due_ns);
	p->due_ns = 0;
	if (p->period_ns) {
		p->due_ns = machine_now_ns + p->period_ns;
		timer_set(&p->t, p->due_ns);
	}
}

static void probe_set(struct probe *p, uint64_t due_ns)
{
	p->due_ns = due_ns;
	timer_set(&p->t, due_ns);
}

UNIT_TEST(fires_once_at_its_time)
{
	struct probe p = {0};

	machine_start(1);
	timer_init(&p.t, fire, &p, 0);
	probe_set(&p, machine_now_ns + 5 * MS);
	EXPECT(timer_is_active(&p.t));
	machine_run(4 * MS);
	EXPECT_EQ(p.fired, 0);
	machine_run(20 * MS);
	EXPECT_EQ(p.fired, 1);
	EXPECT(!timer_is_active(&p.t));
}

UNIT_TEST(may_set_itself_again)
{
	struct probe p = {.period_ns = 2 * MS};

	machine_start(1);
	timer_init(&p.t, fire, &p, 0);
	probe_set(&p, machine_now_ns + 2 * MS);
	machine_run(21 * MS);
	EXPECT_EQ(p.fired, 10);
}

UNIT_TEST(past_times_fire_at_once)
{
	struct probe p = {0};

	machine_start(1);
	timer_init(&p.t, fire, &p, 0);
	machine_now_ns += 10 * MS;
	p.due_ns = machine_now_ns;
	timer_set(&p.t, 1);
	machine_run(1);
	EXPECT_EQ(p.fired, 1);
}

UNIT_TEST(timers_of_a_pcpu_that_goes_fire_elsewhere)
{
	struct probe p = {0}, q = {0}, late = {0};

	machine_start(2);
	timer_init(&p.t, fire, &p, 1);
	timer_init(&q.t, fire, &q, 1);
	timer_init(&late.t, fire, &late, 1);
	probe_set(&p, machine_now_ns + 5 * MS);
	probe_set(&q, machine_now_ns + 3 * MS);
	EXPECT_EQ(sched_cpu_down(1), 0);
	machine_on(1);
	timer_cpu_down();
	machine_on(0);
	probe_set(&late, machine_now_ns + 4 * MS);
	machine_run(10 * MS);
	EXPECT(p.fired == 1 && q.fired == 1 && late.fired == 1);
	EXPECT(p.fired_on == 0 && q.fired_on == 0 && late.fired_on == 0);

	machine_on(1);
	sched_cpu_up(1);
	machine_on(0);
	timer_migrate(&late.t, 1);
	probe_set(&late, machine_now_ns + MS);
	machine_run(2 * MS);
	EXPECT(late.fired == 2 && late.fired_on == 1);
}

UNIT_TEST(stopped_and_dead_ones_do_not_fire)
{
	struct probe p = {0}, q = {0};

	machine_start(1);
	timer_init(&p.t, fire, &p, 0);
	timer_init(&q.t, fire, &q, 0);
	timer_set(&p.t, machine_now_ns + MS);
	timer_set(&q.t, machine_now_ns + MS);
	timer_stop(&p.t);
	timer_stop(&p.t);
	timer_kill(&q.t);
	timer_set(&q.t, machine_now_ns + MS);
	machine_run(5 * MS);
	EXPECT_EQ(p.fired + q.fired, 0);
}

UNIT_TEST(fires_on_the_cpu_it_was_moved_to)
{
	struct probe p = {0};

	machine_start(3);
	timer_init(&p.t, fire, &p, 0);
	probe_set(&p, machine_now_ns + 3 * MS);
	machine_run(MS);
	timer_migrate(&p.t, 2);
	machine_run(5 * MS);
	EXPECT_EQ(p.fired, 1);
	EXPECT_EQ(p.fired_on, 2);
}

UNIT_TEST(a_thousand_timers_at_random)
{
	enum { NR = 1000 };
	struct probe *p = calloc(NR, sizeof(*p));
	unsigned int seed = 99;

	machine_start(4);
	for (int i = 0; i < NR; i++)
		timer_init(&p[i].t, fire, &p[i], (unsigned int)i % 4);
	for (int n = 0; n < 100000; n++) {
		struct probe *x;

		seed = seed * 1103515245 + 12345;
		x = &p[(seed >> 12) % NR];
		switch ((seed >> 8) % 4) {
		case 0:
		case 1:
			probe_set(x, machine_now_ns + 1 + (seed >> 4) % 100000);
			break;
		case 2:
			timer_stop(&x->t);
			x->due_ns = 0;
			break;
		case 3:
			timer_migrate(&x->t, (seed >> 24) % 4);
			break;
		}
		if ((seed >> 16) % 8 == 0)
			machine_run((seed >> 3) % 2000);
		for (int i = 0; i < 3; i++) {
			struct probe *y = &p[(seed >> (i * 5)) % NR];

			EXPECT_EQ(timer_is_active(&y->t), y->due_ns != 0);
			EXPECT(!y->due_ns || y->due_ns > machine_now_ns);
		}
	}
	machine_run(200000);
	for (int i = 0; i < NR; i++)
		EXPECT_EQ(p[i].due_ns, 0);
	free(p);
}
