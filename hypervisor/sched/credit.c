/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The credit policy (the role Xen's credit2 has): CPU time in proportion to
 * weights.
 *
 * Each pcpu has a queue of vcpus that could run, in the order of their virtual
 * time: what they have run, scaled by 256/weight.  The earliest runs, for a
 * slice or until one that lags enough behind wakes; so the virtual times of
 * those that want the CPU stay together, and their real times are as their
 * weights.  One that slept is not repaid for it: its virtual time starts again
 * a little before the queue's.  But if it has not had more than its share it
 * goes first, once, so that what sleeps much runs at once, whatever hogs do
 * among themselves.  credit_balance.c spreads vcpus over pcpus.
 */
#include <abi/domctl.h>
#include <hv/assert.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <hv/time.h>

#include "credit.h"

#define SLICE_NS (10 * NS_PER_MS)     /* longest turn when others wait    */
#define LEAD_NS (5 * NS_PER_MS)	      /* a turn ends so far ahead         */
#define WAKE_LEAD_NS (NS_PER_MS / 2)  /* a waker preempts if so far behind */
#define WAKE_BONUS_NS (3 * NS_PER_MS) /* a waker starts so far behind      */

uint32_t sched_ratelimit_us = 1000;

struct credit_queue credit_queues[NR_CPUS];

static uint64_t least_turn_ns(void)
{
	return READ_ONCE(sched_ratelimit_us) * 1000ULL;
}

static struct vcpu *head_of(const struct credit_queue *q)
{
	return list_first(&q->queue, struct vcpu, sched.queue);
}

/* --- virtual time ------------------------------------------------------- */

uint64_t credit_to_vtime(const struct vcpu *v, uint64_t ns)
{
	return ns * 256 / READ_ONCE(v->domain->sched.weight);
}

void credit_charge(unsigned int cpu, uint64_t now)
{
	struct credit_queue *q = &credit_queues[cpu];
	struct vcpu *v = sched_pcpus[cpu].curr;
	uint64_t ns, vtime;

	q->charged_ns = now;
	if (v == sched_pcpus[cpu].idle || now <= v->sched.charged_ns)
		return;
	ns = now - v->sched.charged_ns;
	v->sched.charged_ns = now;
	v->sched.vtime_ns += credit_to_vtime(v, ns);
	cap_charge(v->domain, ns);

	vtime = v->sched.vtime_ns;
	if (q->nr_queued)
		vtime = min(vtime, head_of(q)->sched.vtime_ns);
	q->vtime_ns = max(q->vtime_ns, vtime);
}

/* @v has come to @cpu: its virtual time counts in this queue's. */
static void arrive(unsigned int cpu, struct vcpu *v, uint64_t now,
		   bool is_awake)
{
	struct credit_queue *q = &credit_queues[cpu];
	uint64_t least;

	credit_charge(cpu, now);
	if (v->sched.vtime_cpu != cpu)
		credit_change_queue(cpu, v, is_awake);
	least = q->vtime_ns - credit_to_vtime(v, CREDIT_MAX_LAG_NS);
	if ((int64_t)(v->sched.vtime_ns - least) < 0)
		v->sched.vtime_ns = least;
}

/* --- the queue ---------------------------------------------------------- */

static void add_load(struct credit_queue *q, struct vcpu *v)
{
	v->sched.load = READ_ONCE(v->domain->sched.weight);
	q->load += v->sched.load;
}

static void drop_load(struct credit_queue *q, struct vcpu *v)
{
	q->load -= v->sched.load;
	v->sched.load = 0;
}

static bool is_before(const struct vcpu *a, const struct vcpu *b)
{
	if (a->sched.is_boosted != b->sched.is_boosted)
		return a->sched.is_boosted;
	return a->sched.vtime_ns < b->sched.vtime_ns;
}

void credit_reweigh(struct vcpu *v)
{
	unsigned int cpu = sched_lock(v);

	if (v->sched.load) {
		drop_load(&credit_queues[cpu], v);
		add_load(&credit_queues[cpu], v);
	}
	/* Its turn may have to end earlier, or to end at all. */
	if (v->sched.is_running)
		softirq_raise_on(cpu, SOFTIRQ_SCHEDULE);
	sched_unlock(cpu);
}

void credit_add(unsigned int cpu, struct vcpu *v, uint64_t now)
{
	struct credit_queue *q = &credit_queues[cpu];
	struct list *at = q->queue.prev;

	ASSERT(spin_is_held(&sched_pcpus[cpu].lock));
	ASSERT(!v->sched.is_queued && !v->sched.is_running);
	arrive(cpu, v, now, false);
	while (at != &q->queue &&
	       is_before(v, list_entry(at, struct vcpu, sched.queue)))
		at = at->prev;
	list_insert(&v->sched.queue, at);
	v->sched.is_queued = true;
	q->nr_queued++;
	add_load(q, v);
}

void credit_dequeue(unsigned int cpu, struct vcpu *v)
{
	struct credit_queue *q = &credit_queues[cpu];

	ASSERT(spin_is_held(&sched_pcpus[cpu].lock));
	list_del(&v->sched.queue);
	v->sched.is_queued = false;
	q->nr_queued--;
	drop_load(q, v);
}

static struct vcpu *first(unsigned int cpu)
{
	struct credit_queue *q = &credit_queues[cpu];

	return q->nr_queued ? head_of(q) : NULL;
}

/* --- turns -------------------------------------------------------------- */

/* How long @v, who runs, may do so before the one at the head is due. */
static uint64_t slice_ns(const struct credit_queue *q, const struct vcpu *v)
{
	uint64_t slice = SLICE_NS;
	int64_t lead;

	if (q->nr_queued) {
		lead = (int64_t)(head_of(q)->sched.vtime_ns -
				 v->sched.vtime_ns);
		lead = lead * (int64_t)v->domain->sched.weight / 256;
		lead += (int64_t)LEAD_NS;
		slice = (uint64_t)max(min(lead, (int64_t)SLICE_NS),
				      (int64_t)least_turn_ns());
	}
	return min(slice, cap_slice_ns(v->domain));
}

static void slice_over(void *data)
{
	(void)data;
	softirq_raise(SOFTIRQ_SCHEDULE);
}

/* The timer of a pcpu that went away was another's meanwhile. */
static void set_slice(unsigned int cpu, uint64_t until_ns)
{
	struct timer *t = &credit_queues[cpu].slice;

	timer_migrate(t, cpu);
	timer_set(t, until_ns);
}

/* @v has been chosen or has got competition: bound its turn. */
static void arm_slice(unsigned int cpu, const struct vcpu *v, uint64_t now)
{
	struct credit_queue *q = &credit_queues[cpu];

	if (v != sched_pcpus[cpu].idle &&
	    (q->nr_queued || v->domain->sched.cap))
		set_slice(cpu, now + slice_ns(q, v));
	else if (timer_is_active(&q->slice))
		timer_stop(&q->slice);
}

void credit_preempt_for(unsigned int cpu, struct vcpu *v, uint64_t now)
{
	struct credit_queue *q = &credit_queues[cpu];
	struct sched_pcpu *p = &sched_pcpus[cpu];
	uint64_t earliest;

	if (p->curr == p->idle) {
		softirq_raise_on(cpu, SOFTIRQ_SCHEDULE);
		return;
	}
	if (!v->sched.is_boosted &&
	    v->sched.vtime_ns + WAKE_LEAD_NS >= p->curr->sched.vtime_ns) {
		if (!timer_is_active(&q->slice))
			arm_slice(cpu, p->curr, now);
		return;
	}
	earliest = p->switched_ns + least_turn_ns();
	if (now >= earliest)
		softirq_raise_on(cpu, SOFTIRQ_SCHEDULE);
	else if (!timer_is_active(&q->slice) ||
		 READ_ONCE(q->slice.expires_ns) > earliest)
		set_slice(cpu, earliest);
}

static void enqueue(unsigned int cpu, struct vcpu *v, uint64_t now,
		    bool is_awake)
{
	const struct credit_queue *q = &credit_queues[cpu];
	uint64_t least;

	if (is_awake) {
		arrive(cpu, v, now, true);
		/* No more than a small claim on time it did not use. */
		least = q->vtime_ns - WAKE_BONUS_NS;
		if ((int64_t)(v->sched.vtime_ns - least) < 0)
			v->sched.vtime_ns = least;
		v->sched.is_boosted =
			(int64_t)(v->sched.vtime_ns - q->vtime_ns) <= 0;
	}
	credit_add(cpu, v, now);
	credit_preempt_for(cpu, v, now);
}

/* In turn, but not before curr had its least time. */
static struct vcpu *choose(unsigned int cpu, uint64_t now)
{
	struct credit_queue *q = &credit_queues[cpu];
	struct sched_pcpu *p = &sched_pcpus[cpu];
	struct vcpu *prev = p->curr, *head;
	bool prev_can = prev != p->idle && vcpu_runnable(prev) &&
			sched_may_run_on(prev, cpu) &&
			!credit_should_leave(cpu, prev);

	if (!(READ_ONCE(sched_cpus) & cpumask_of(cpu)))
		return p->idle;
	if (prev_can) {
		prev->sched.is_parked = cap_is_spent(prev->domain);
		prev_can = !prev->sched.is_parked;
	}
	while (q->nr_queued) {
		head = head_of(q);
		if (cap_is_spent(head->domain)) {
			credit_dequeue(cpu, head);
			head->sched.is_parked = true;
			continue;
		}
		if (!prev_can || prev->sched.is_yielding)
			return head;
		if (now - p->switched_ns < least_turn_ns())
			return prev;
		return is_before(head, prev) ? head : prev;
	}
	return prev_can ? prev : p->idle;
}

static struct vcpu *next(unsigned int cpu, uint64_t now)
{
	struct credit_queue *q = &credit_queues[cpu];
	struct sched_pcpu *p = &sched_pcpus[cpu];
	struct vcpu *v;
	bool found = true;

	credit_charge(cpu, now);
	credit_balance(cpu, now);
	while ((v = choose(cpu, now)) == p->idle && found) {
		spin_unlock(&p->lock);
		found = credit_steal_for(cpu);
		spin_lock(&p->lock);
		now = now_ns();
	}
	/* Partner: call_home. */
	__atomic_store_n(&q->preferred,
			 v == p->idle ? 0 : credit_preferred(cpu, v),
			 __ATOMIC_SEQ_CST);
	credit_set_idle(cpu, v == p->idle);
	if (v != p->curr) {
		if (p->curr != p->idle)
			drop_load(q, p->curr);
		if (v != p->idle) {
			credit_dequeue(cpu, v);
			v->sched.is_boosted = false;
			add_load(q, v);
			v->sched.charged_ns = now;
		}
	}
	arm_slice(cpu, v, now);
	return v;
}

static void rest(struct vcpu *v)
{
	(void)v;
}

static void init_cpu(unsigned int cpu)
{
	struct credit_queue *q = &credit_queues[cpu];

	list_init(&q->queue);
	q->vtime_ns = 1ULL << 40; /* nobody is further behind than that */
	timer_init(&q->slice, slice_over, NULL, cpu);
}

static void dump(unsigned int cpu)
{
	const struct credit_queue *q = &credit_queues[cpu];
	struct vcpu *v;

	log_info("  load %u, %u waiting\n", q->load, q->nr_queued);
	list_for_each (v, &q->queue, sched.queue)
		log_info("  d%uv%u %lld us behind\n", v->domain->domid, v->id,
			 (long long)(q->vtime_ns - v->sched.vtime_ns) / 1000);
}

const struct sched_policy credit_policy = {
	.name = "credit2",
	.id = XEN_SCHEDULER_CREDIT2,
	.init_cpu = init_cpu,
	.choose_cpu = credit_choose_cpu,
	.fits = sched_may_run_on,
	.enqueue = enqueue,
	.dequeue = credit_dequeue,
	.first = first,
	.next = next,
	.rest = rest,
	.remove = rest,
	.dump = dump,
};
