/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler.
 *
 * Each pcpu has a queue of vcpus that could run, in the order of their virtual
 * time: what they have run, scaled by 256/weight.  The earliest runs, for a
 * slice or until one that lags enough behind wakes; so the virtual times of
 * those that want the CPU stay together, and their real times are as their
 * weights.  One that slept is not repaid for it: its virtual time starts again
 * a little before the queue's.
 *
 * Between pcpus: a waking vcpu goes to an idle pcpu if there is one, a pcpu
 * that runs out of work takes some from the longest queue, and one with a queue
 * pushes a vcpu away now and then if the other pcpu has no more load with it
 * than this one has now.  That also rotates three vcpus over two pcpus, because
 * the one that has stayed longest is the one to go.
 *
 * Life of a vcpu, by (is_queued, is_running):
 *
 *   (no, no)  asleep  --vcpu_wake--> (yes, no) --schedule--> (no, yes)
 *      ^--------------------------sched_switched_from--------------'
 *
 * 1. is_queued: on the queue of processor, and can run.
 * 2. is_running: it or its registers are on processor, which stays the same.
 * 3. processor changes only while neither holds, under the lock of the queue
 *    that is left.  So one lock at a time is enough, even to migrate; whoever
 *    locks the new queue first queues it.
 * 4. Nobody is forgotten: whoever makes a vcpu able to run calls vcpu_wake
 *    afterwards, and whoever takes it off a pcpu looks again afterwards.
 */
#include <abi/errno.h>
#include <abi/vcpu.h>
#include <hv/assert.h>
#include <hv/evtchn.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/softirq.h>
#include <hv/string.h>
#include <hv/time.h>

#include "sched_internal.h"

#define SLICE_NS (10 * NS_PER_MS)     /* longest turn when others wait    */
#define LEAD_NS (5 * NS_PER_MS)	      /* a turn ends so far ahead         */
#define WAKE_LEAD_NS (NS_PER_MS / 2)  /* a waker preempts if so far behind */
#define WAKE_BONUS_NS (3 * NS_PER_MS) /* a waker starts so far behind      */
#define MAX_LAG_NS (100 * NS_PER_MS)  /* that survives a migration         */
#define BALANCE_NS (30 * NS_PER_MS)

uint32_t sched_ratelimit_us = 1000;

struct run_queue {
	spinlock_t lock;
	struct list queue; /* by vtime_ns */
	uint32_t nr_queued;
	uint32_t load; /* sum of the weights of queue and curr */
	struct vcpu *curr, *idle;
	struct timer slice;
	uint64_t vtime_ns;    /* never falls; curr and queue are not far off */
	uint64_t switched_ns; /* when curr started */
	uint64_t next_balance_ns;
} __attribute__((aligned(64)));

static struct run_queue run_queues[NR_CPUS];
/* Have an idle vcpu and take others; a bit falls under its queue's lock. */
static cpumask_t sched_cpus;
static cpumask_t idle_cpus; /* atomic hint: run nothing, were given nothing */

bool vcpu_runnable(const struct vcpu *v)
{
	return READ_ONCE(v->is_initialised) && !READ_ONCE(v->is_down) &&
	       !READ_ONCE(v->sched.is_blocked) &&
	       READ_ONCE(v->sched.pause_count) == 0 &&
	       READ_ONCE(v->domain->pause_count) == 0;
}

static bool may_run_on(const struct vcpu *v, unsigned int cpu)
{
	return v->sched.hard_affinity & READ_ONCE(sched_cpus) & cpumask_of(cpu);
}

static struct run_queue *lock_queue_of(const struct vcpu *v)
{
	for (;;) {
		unsigned int cpu = READ_ONCE(v->sched.processor);

		spin_lock(&run_queues[cpu].lock);
		if (v->sched.processor == cpu)
			return &run_queues[cpu];
		spin_unlock(&run_queues[cpu].lock);
	}
}

/* Under its queue's lock: able to run, and not queued yet. */
static bool wants_queue(const struct vcpu *v)
{
	return !v->sched.is_queued && !v->sched.is_running &&
	       !v->sched.is_parked && vcpu_runnable(v);
}

static unsigned int cpu_of(const struct run_queue *rq)
{
	return (unsigned int)(rq - run_queues);
}

/* --- time: run states, virtual time, caps ------------------------------- */

static void runstate_change(struct vcpu *v, int32_t state, uint64_t now)
{
	struct vcpu_runstate_info *rs = &v->runstate;

	if (rs->state == state)
		return;
	if (now > rs->state_entry_time) {
		rs->time[rs->state] += now - rs->state_entry_time;
		rs->state_entry_time = now;
	}
	rs->state = state;
}

/* The state of a @v that neither runs nor waits for a pcpu. */
static int32_t resting_state(const struct vcpu *v)
{
	if (vcpu_runnable(v)) /* parked */
		return RUNSTATE_runnable;
	return READ_ONCE(v->sched.is_blocked) ? RUNSTATE_blocked
					      : RUNSTATE_offline;
}

static uint64_t to_vtime(const struct vcpu *v, uint64_t ns)
{
	return ns * 256 / READ_ONCE(v->domain->sched.weight);
}

/* Charge curr for its time since the last charge. */
static void charge(struct run_queue *rq, uint64_t now)
{
	struct vcpu *v = rq->curr;
	struct vcpu *head;
	uint64_t ns, vtime;

	if (v == rq->idle || now <= v->sched.charged_ns)
		return;
	ns = now - v->sched.charged_ns;
	v->sched.charged_ns = now;
	v->sched.vtime_ns += to_vtime(v, ns);
	cap_charge(v->domain, ns);

	vtime = v->sched.vtime_ns;
	if (!list_empty(&rq->queue)) {
		head = list_first(&rq->queue, struct vcpu, sched.queue);
		vtime = min(vtime, head->sched.vtime_ns);
	}
	rq->vtime_ns = max(rq->vtime_ns, vtime);
}

/* --- the queue ---------------------------------------------------------- */

static void add_load(struct run_queue *rq, struct vcpu *v)
{
	v->sched.load = READ_ONCE(v->domain->sched.weight);
	rq->load += v->sched.load;
}

static void drop_load(struct run_queue *rq, struct vcpu *v)
{
	rq->load -= v->sched.load;
	v->sched.load = 0;
}

/* @v has come to @rq: its virtual time counts in this queue's. */
static void arrive(struct run_queue *rq, struct vcpu *v, uint64_t now)
{
	ASSERT(spin_is_held(&rq->lock));
	charge(rq, now);
	if (v->sched.is_moving)
		v->sched.vtime_ns = rq->vtime_ns + (uint64_t)v->sched.lag_ns;
	v->sched.is_moving = false;
}

static void enqueue(struct run_queue *rq, struct vcpu *v, uint64_t now)
{
	struct list *at = rq->queue.prev;

	ASSERT(!v->sched.is_queued && !v->sched.is_running);
	arrive(rq, v, now);
	while (at != &rq->queue &&
	       list_entry(at, struct vcpu, sched.queue)->sched.vtime_ns >
		       v->sched.vtime_ns)
		at = at->prev;
	list_insert(&v->sched.queue, at);
	v->sched.is_queued = true;
	rq->nr_queued++;
	add_load(rq, v);
}

static void dequeue(struct run_queue *rq, struct vcpu *v)
{
	ASSERT(spin_is_held(&rq->lock));
	list_del(&v->sched.queue);
	v->sched.is_queued = false;
	rq->nr_queued--;
	drop_load(rq, v);
}

/* @v, in no queue, moves from @rq to @cpu, keeping its lead or lag. */
static void move_to(struct run_queue *rq, struct vcpu *v, unsigned int cpu)
{
	int64_t lag = (int64_t)(v->sched.vtime_ns - rq->vtime_ns);

	ASSERT(spin_is_held(&rq->lock));
	ASSERT(!v->sched.is_queued && !v->sched.is_running);
	if (!v->sched.is_moving) {
		lag = min(lag, (int64_t)MAX_LAG_NS);
		v->sched.lag_ns = max(lag, -(int64_t)MAX_LAG_NS);
		v->sched.is_moving = true;
	}
	v->sched.moved_ns = now_ns();
	/* Release: the new owner of @v's fields sees them as we left them. */
	__atomic_store_n(&v->sched.processor, cpu, __ATOMIC_RELEASE);
}

/* How long curr may run before the one at the head is due. */
static uint64_t slice_ns(const struct run_queue *rq)
{
	const struct vcpu *v = rq->curr;
	uint64_t least = sched_ratelimit_us * 1000ULL, slice = SLICE_NS;
	int64_t lead;

	if (rq->nr_queued) {
		const struct vcpu *head =
			list_first(&rq->queue, struct vcpu, sched.queue);

		lead = (int64_t)(head->sched.vtime_ns - v->sched.vtime_ns);
		lead = lead * (int64_t)v->domain->sched.weight / 256;
		lead += (int64_t)LEAD_NS;
		slice = (uint64_t)max(min(lead, (int64_t)SLICE_NS),
				      (int64_t)least);
	}
	return min(slice, cap_slice_ns(v->domain));
}

/* curr has been chosen or has got competition: bound its turn. */
static void arm_slice(struct run_queue *rq, uint64_t now)
{
	if (rq->curr != rq->idle &&
	    (rq->nr_queued || rq->curr->domain->sched.cap))
		timer_set(&rq->slice, now + slice_ns(rq));
	else if (timer_is_active(&rq->slice))
		timer_stop(&rq->slice);
}

/* @v has just been queued on @rq: does it run at once, soon, or in turn? */
static void preempt_for(struct run_queue *rq, struct vcpu *v, uint64_t now)
{
	uint64_t earliest;

	if (rq->curr == rq->idle) {
		softirq_raise_on(cpu_of(rq), SOFTIRQ_SCHEDULE);
		return;
	}
	if (v->sched.vtime_ns + WAKE_LEAD_NS >= rq->curr->sched.vtime_ns) {
		if (!timer_is_active(&rq->slice))
			arm_slice(rq, now);
		return;
	}
	earliest = rq->switched_ns + sched_ratelimit_us * 1000ULL;
	if (now >= earliest)
		softirq_raise_on(cpu_of(rq), SOFTIRQ_SCHEDULE);
	else if (!timer_is_active(&rq->slice) ||
		 READ_ONCE(rq->slice.expires_ns) > earliest)
		timer_set(&rq->slice, earliest);
}

/* --- where to run ------------------------------------------------------- */

/* Take one of @mask out of the idle pcpus; NR_CPUS: none there. */
static unsigned int claim_idle(cpumask_t mask)
{
	unsigned int cpu;

	for_each_cpu (cpu, mask & READ_ONCE(idle_cpus)) {
		cpumask_t old = __atomic_fetch_and(&idle_cpus, ~cpumask_of(cpu),
						   __ATOMIC_SEQ_CST);

		if (old & cpumask_of(cpu))
			return cpu;
	}
	return NR_CPUS;
}

static unsigned int least_loaded(cpumask_t mask)
{
	unsigned int cpu, best = NR_CPUS;

	for_each_cpu (cpu, mask)
		if (best == NR_CPUS || READ_ONCE(run_queues[cpu].load) <
					       READ_ONCE(run_queues[best].load))
			best = cpu;
	return best;
}

/* The pcpu for @v, which wants to run: idle before busy, where it was first. */
static unsigned int choose_cpu(const struct vcpu *v)
{
	cpumask_t hard = v->sched.hard_affinity & sched_cpus;
	cpumask_t soft = hard & v->sched.soft_affinity;
	cpumask_t here = cpumask_of(v->sched.processor);
	unsigned int cpu;

	if (!soft)
		soft = hard;
	if ((cpu = claim_idle(soft & here)) != NR_CPUS ||
	    (cpu = claim_idle(soft)) != NR_CPUS ||
	    (cpu = claim_idle(hard)) != NR_CPUS)
		return cpu;
	cpu = least_loaded(soft);
	if (cpu == NR_CPUS)
		return v->sched.processor;
	/* Its caches are here, if anywhere: worth one more to wait behind. */
	if (soft & here &&
	    READ_ONCE(run_queues[v->sched.processor].load) <=
		    READ_ONCE(run_queues[cpu].load) + v->domain->sched.weight)
		return v->sched.processor;
	return cpu;
}

static bool is_up(const struct run_queue *rq)
{
	return READ_ONCE(sched_cpus) & cpumask_of(cpu_of(rq));
}

/*
 * @v, locked by @rq, neither queued nor running, is to wait for its turn.
 * Drops the lock.
 */
static void queue_and_unlock(struct run_queue *rq, struct vcpu *v)
{
	uint64_t now = now_ns();
	unsigned int cpu;

	runstate_change(v, RUNSTATE_runnable, now);
	/* again if that pcpu has gone meanwhile */
	while ((cpu = choose_cpu(v)) != v->sched.processor) {
		move_to(rq, v, cpu);
		spin_unlock(&rq->lock);
		rq = lock_queue_of(v);
		/* Somebody was faster, or it stopped being able to run. */
		if (!wants_queue(v)) {
			spin_unlock(&rq->lock);
			/* It may believe that it was given something. */
			softirq_raise_on(cpu, SOFTIRQ_SCHEDULE);
			return;
		}
		if (is_up(rq))
			break;
	}
	enqueue(rq, v, now);
	preempt_for(rq, v, now);
	spin_unlock(&rq->lock);
}

/* @v has been moved to @cpu on purpose: queue it there if that still holds. */
static void arrive_moved(struct vcpu *v, bool preempts)
{
	struct run_queue *rq = lock_queue_of(v);
	uint64_t now = now_ns();

	if (!wants_queue(v)) {
		spin_unlock(&rq->lock);
	} else if (!is_up(rq)) {
		queue_and_unlock(rq, v);
	} else {
		enqueue(rq, v, now);
		if (preempts)
			preempt_for(rq, v, now);
		spin_unlock(&rq->lock);
	}
}

/*
 * Have @cpu, which has nothing to do, take the next in turn from the queue
 * with the most load.  No lock held.  false: there is none.
 */
static bool steal_for(unsigned int cpu)
{
	cpumask_t candidates = sched_cpus & ~cpumask_of(cpu);

	while (candidates) {
		unsigned int from = NR_CPUS, c;
		struct run_queue *rq;
		struct vcpu *v;

		for_each_cpu (c, candidates)
			if (READ_ONCE(run_queues[c].nr_queued) &&
			    (from == NR_CPUS ||
			     run_queues[c].load > run_queues[from].load))
				from = c;
		if (from == NR_CPUS)
			return false;
		candidates &= ~cpumask_of(from);

		rq = &run_queues[from];
		spin_lock(&rq->lock);
		list_for_each (v, &rq->queue, sched.queue)
			if (may_run_on(v, cpu))
				goto found;
		spin_unlock(&rq->lock);
		continue;
	found:
		dequeue(rq, v);
		move_to(rq, v, cpu);
		spin_unlock(&rq->lock);
		arrive_moved(v, false);
		return true;
	}
	return false;
}

/*
 * Too much waits here: the vcpu that could go, and where to.  That is the one
 * that has stayed longest; if that one runs, its turn to wait will come.
 */
static struct vcpu *choose_push(struct run_queue *rq, unsigned int *to)
{
	cpumask_t others = sched_cpus & ~cpumask_of(cpu_of(rq));
	struct vcpu *v, *best = NULL;
	unsigned int cpu;

	list_for_each (v, &rq->queue, sched.queue)
		if (v->sched.hard_affinity & others &&
		    (!best || v->sched.moved_ns < best->sched.moved_ns))
			best = v;
	if (!best || (rq->curr->sched.hard_affinity & others &&
		      rq->curr->sched.moved_ns < best->sched.moved_ns))
		return NULL;
	cpu = least_loaded(best->sched.hard_affinity & others);
	if (READ_ONCE(run_queues[cpu].load) + best->sched.load > rq->load)
		return NULL;
	*to = cpu;
	return best;
}

/* With @rq's lock held, which is dropped meanwhile. */
static void balance(struct run_queue *rq, uint64_t now)
{
	struct vcpu *v;
	unsigned int to;

	if (!rq->nr_queued || now < rq->next_balance_ns ||
	    !vcpu_runnable(rq->curr))
		return;
	v = choose_push(rq, &to);
	if (!v)
		return;
	rq->next_balance_ns = now + BALANCE_NS;
	dequeue(rq, v);
	move_to(rq, v, to);
	spin_unlock(&rq->lock);
	arrive_moved(v, true);
	spin_lock(&rq->lock);
}

/* --- choosing ----------------------------------------------------------- */

/* Who runs next here: in turn, but not before curr had its least time. */
static struct vcpu *choose_next(struct run_queue *rq, uint64_t now)
{
	struct vcpu *prev = rq->curr, *head;
	bool prev_can = prev != rq->idle && vcpu_runnable(prev) &&
			may_run_on(prev, cpu_of(rq));

	if (!is_up(rq))
		return rq->idle;
	if (prev_can) {
		prev->sched.is_parked = cap_is_spent(prev->domain);
		prev_can = !prev->sched.is_parked;
	}
	while (!list_empty(&rq->queue)) {
		head = list_first(&rq->queue, struct vcpu, sched.queue);
		if (cap_is_spent(head->domain)) {
			dequeue(rq, head);
			head->sched.is_parked = true;
			continue;
		}
		if (!prev_can || prev->sched.is_yielding)
			return head;
		if (now - rq->switched_ns < sched_ratelimit_us * 1000ULL)
			return prev;
		return head->sched.vtime_ns < prev->sched.vtime_ns ? head
								   : prev;
	}
	return prev_can ? prev : rq->idle;
}

static void set_idle(struct run_queue *rq, bool is_idle)
{
	if (is_idle)
		__atomic_fetch_or(&idle_cpus, cpumask_of(cpu_of(rq)),
				  __ATOMIC_SEQ_CST);
	else if (READ_ONCE(idle_cpus) & cpumask_of(cpu_of(rq)))
		__atomic_fetch_and(&idle_cpus, ~cpumask_of(cpu_of(rq)),
				   __ATOMIC_SEQ_CST);
}

static void make_current(struct run_queue *rq, struct vcpu *next, uint64_t now)
{
	struct vcpu *prev = rq->curr;

	if (prev == rq->idle)
		runstate_change(prev, RUNSTATE_runnable, now);
	else
		runstate_change(prev, resting_state(prev), now);
	if (next != rq->idle) {
		dequeue(rq, next);
		add_load(rq, next);
	}
	runstate_change(next, RUNSTATE_running, now);
	next->sched.charged_ns = now;
	next->sched.is_running = true;
	rq->curr = next;
	rq->switched_ns = now;
}

void schedule(void)
{
	unsigned int cpu = smp_processor_id();
	struct run_queue *rq = &run_queues[cpu];
	struct vcpu *prev = current, *next;
	uint64_t now;

	spin_lock(&rq->lock);
	ASSERT(prev == rq->curr);
	now = now_ns();
	charge(rq, now);
	balance(rq, now);
	next = choose_next(rq, now);
	while (next == rq->idle) {
		bool found;

		spin_unlock(&rq->lock);
		found = steal_for(cpu);
		spin_lock(&rq->lock);
		now = now_ns();
		next = choose_next(rq, now);
		if (!found)
			break;
	}
	prev->sched.is_yielding = false;
	set_idle(rq, next == rq->idle);
	if (next == prev) {
		arm_slice(rq, now);
		spin_unlock(&rq->lock);
		return;
	}
	make_current(rq, next, now);
	arm_slice(rq, now);
	spin_unlock(&rq->lock);

	/*
	 * Full: is_running is seen before @next looks for events on its way
	 * out; partner: vcpu_kick.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (prev != rq->idle)
		runstate_update_guest(prev);
	context_switch(prev, next);
}

void sched_switched_from(struct vcpu *prev)
{
	struct run_queue *rq = &run_queues[smp_processor_id()];
	struct vcpu *v = prev;

	if (prev == rq->idle) {
		prev->sched.is_running = false;
		return;
	}
	timer_stop(&prev->periodic);
	spin_lock(&rq->lock);
	drop_load(rq, v);
	/* Release, for those who wait without the lock: registers are saved. */
	__atomic_store_n(&v->sched.is_running, false, __ATOMIC_RELEASE);
	if (vcpu_runnable(v) && !v->sched.is_parked) {
		queue_and_unlock(rq, v);
		return;
	}
	runstate_change(v, resting_state(v), now_ns());
	spin_unlock(&rq->lock);
}

void sched_switched_to(struct vcpu *next)
{
	if (is_idle_vcpu(next))
		return;
	time_update_vcpu(next);
	runstate_update_guest(next);
	vcpu_periodic_tick(next);
}

static void slice_over(void *data)
{
	(void)data;
	softirq_raise(SOFTIRQ_SCHEDULE);
}

/* --- sleeping and waking ------------------------------------------------ */

void vcpu_wake(struct vcpu *v)
{
	struct run_queue *rq = lock_queue_of(v);

	if (v->sched.is_queued || v->sched.is_running) {
		spin_unlock(&rq->lock);
		return;
	}
	if (!vcpu_runnable(v) || v->sched.is_parked) {
		runstate_change(v, resting_state(v), now_ns());
		spin_unlock(&rq->lock);
		return;
	}
	arrive(rq, v, now_ns());
	/* It slept: no more than a small claim on time it did not use. */
	if ((int64_t)(v->sched.vtime_ns + WAKE_BONUS_NS - rq->vtime_ns) < 0)
		v->sched.vtime_ns = rq->vtime_ns - WAKE_BONUS_NS;
	queue_and_unlock(rq, v);
}

void sched_unpark(struct vcpu *v)
{
	struct run_queue *rq = lock_queue_of(v);

	if (!v->sched.is_parked) {
		spin_unlock(&rq->lock);
		return;
	}
	v->sched.is_parked = false;
	if (!v->sched.is_running && vcpu_runnable(v))
		queue_and_unlock(rq, v);
	else
		spin_unlock(&rq->lock);
}

void vcpu_sleep_nosync(struct vcpu *v)
{
	struct run_queue *rq = lock_queue_of(v);

	if (!vcpu_runnable(v)) {
		if (v->sched.is_running) {
			softirq_raise_on(cpu_of(rq), SOFTIRQ_SCHEDULE);
		} else {
			if (v->sched.is_queued)
				dequeue(rq, v);
			runstate_change(v, resting_state(v), now_ns());
		}
	}
	spin_unlock(&rq->lock);
}

void vcpu_sleep_sync(struct vcpu *v)
{
	ASSERT(v != current);
	vcpu_sleep_nosync(v);
	/* Acquire: its registers are as sched_switched_from's caller left. */
	while (__atomic_load_n(&v->sched.is_running, __ATOMIC_ACQUIRE) &&
	       !vcpu_runnable(v))
		cpu_poll();
}

void vcpu_pause_nosync(struct vcpu *v)
{
	__atomic_fetch_add(&v->sched.pause_count, 1, __ATOMIC_SEQ_CST);
	vcpu_sleep_nosync(v);
}

void vcpu_pause(struct vcpu *v)
{
	__atomic_fetch_add(&v->sched.pause_count, 1, __ATOMIC_SEQ_CST);
	vcpu_sleep_sync(v);
}

void vcpu_unpause(struct vcpu *v)
{
	uint32_t old =
		__atomic_fetch_sub(&v->sched.pause_count, 1, __ATOMIC_SEQ_CST);

	BUG_ON(old == 0);
	if (old == 1)
		vcpu_wake(v);
}

void domain_pause_nosync(struct domain *d)
{
	struct vcpu *v;

	__atomic_fetch_add(&d->pause_count, 1, __ATOMIC_SEQ_CST);
	for_each_vcpu (d, v)
		vcpu_sleep_nosync(v);
}

void domain_pause(struct domain *d)
{
	struct vcpu *v;

	domain_pause_nosync(d);
	for_each_vcpu (d, v)
		vcpu_sleep_sync(v);
}

void domain_unpause(struct domain *d)
{
	uint32_t old = __atomic_fetch_sub(&d->pause_count, 1, __ATOMIC_SEQ_CST);
	struct vcpu *v;

	BUG_ON(old == 0);
	if (old == 1)
		for_each_vcpu (d, v)
			vcpu_wake(v);
}

void vcpu_unblock(struct vcpu *v)
{
	if (!__atomic_exchange_n(&v->sched.is_blocked, false, __ATOMIC_SEQ_CST))
		return;
	__atomic_store_n(&v->sched.is_polling, false, __ATOMIC_SEQ_CST);
	vcpu_wake(v);
}

void vcpu_kick(struct vcpu *v)
{
	/*
	 * Full: the caller's pending bit is seen before we look whether anyone
	 * sleeps or runs; partners: vcpu_block and schedule.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (READ_ONCE(v->sched.is_blocked))
		vcpu_unblock(v);
	else if (v != current && READ_ONCE(v->sched.is_running))
		smp_kick(READ_ONCE(v->sched.processor));
}

void vcpu_unpoll(struct vcpu *v)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* partner: schedop_poll */
	if (READ_ONCE(v->sched.is_polling) &&
	    __atomic_exchange_n(&v->sched.is_polling, false, __ATOMIC_SEQ_CST))
		vcpu_unblock(v);
}

void vcpu_block(void)
{
	struct vcpu *v = current;

	/* Full: set before the events are looked at; partner: vcpu_kick. */
	__atomic_store_n(&v->sched.is_blocked, true, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (vcpu_has_events(v) || READ_ONCE(v->nmi_pending))
		__atomic_store_n(&v->sched.is_blocked, false, __ATOMIC_SEQ_CST);
	else
		softirq_raise(SOFTIRQ_SCHEDULE);
}

void vcpu_yield(void)
{
	current->sched.is_yielding = true;
	softirq_raise(SOFTIRQ_SCHEDULE);
}

int vcpu_set_affinity(struct vcpu *v, cpumask_t hard, cpumask_t soft)
{
	struct run_queue *rq = lock_queue_of(v);

	/* Under the lock; partner: break_affinities. */
	if (!(hard & READ_ONCE(sched_cpus))) {
		spin_unlock(&rq->lock);
		return -EINVAL;
	}
	v->sched.hard_affinity = hard;
	v->sched.soft_affinity = soft;
	if (may_run_on(v, cpu_of(rq))) {
		spin_unlock(&rq->lock);
	} else if (v->sched.is_queued) {
		dequeue(rq, v);
		queue_and_unlock(rq, v);
	} else {
		if (v->sched.is_running)
			softirq_raise_on(cpu_of(rq), SOFTIRQ_SCHEDULE);
		spin_unlock(&rq->lock);
	}
	return 0;
}

/* --- accounts ----------------------------------------------------------- */

void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *out)
{
	struct run_queue *rq = lock_queue_of(v);
	uint64_t now = now_ns();

	*out = v->runstate;
	spin_unlock(&rq->lock);
	if (now > out->state_entry_time)
		out->time[out->state] += now - out->state_entry_time;
}

uint64_t vcpu_cpu_time(struct vcpu *v)
{
	struct vcpu_runstate_info rs;

	vcpu_runstate_get(v, &rs);
	return rs.time[RUNSTATE_running];
}

uint64_t sched_idle_ns(unsigned int cpu)
{
	struct vcpu *idle = run_queues[cpu].idle;

	return idle && (READ_ONCE(sched_cpus) & cpumask_of(cpu))
		       ? vcpu_cpu_time(idle)
		       : 0;
}

void sched_dump(void)
{
	unsigned int cpu;

	for_each_cpu (cpu, sched_cpus) {
		struct run_queue *rq = &run_queues[cpu];
		struct vcpu *v;

		spin_lock(&rq->lock);
		log_info("pcpu%u: d%uv%u, load %u, %u waiting\n", cpu,
			 rq->curr->domain->domid, rq->curr->id, rq->load,
			 rq->nr_queued);
		list_for_each (v, &rq->queue, sched.queue)
			log_info("  d%uv%u %lld us behind\n", v->domain->domid,
				 v->id,
				 (long long)(rq->vtime_ns - v->sched.vtime_ns) /
					 1000);
		spin_unlock(&rq->lock);
	}
}

/* --- coming and going --------------------------------------------------- */

void sched_add_vcpu(struct vcpu *v)
{
	struct sched_vcpu *s = &v->sched;
	unsigned int cpu;

	*s = (struct sched_vcpu){0};
	list_init(&s->queue);
	s->soft_affinity = CPUMASK_ALL;
	if (is_idle_vcpu(v)) {
		s->processor = v->id;
		s->hard_affinity = cpumask_of(v->id);
		v->runstate.state = RUNSTATE_running;
	} else {
		cpu = least_loaded(sched_cpus);
		s->processor = cpu == NR_CPUS ? 0 : cpu;
		s->hard_affinity = CPUMASK_ALL;
		v->runstate.state = RUNSTATE_offline;
	}
	v->runstate.state_entry_time = now_ns();
	vcpu_timers_init(v);
}

void sched_remove_vcpu(struct vcpu *v)
{
	BUG_ON(v->sched.is_running || v->sched.is_queued);
	vcpu_timers_kill(v);
}

void sched_cpu_up(unsigned int cpu)
{
	struct run_queue *rq = &run_queues[cpu];
	struct vcpu *idle = dom_idle->vcpu[cpu];

	ASSERT(idle == current);
	timer_cpu_up();
	idle->sched.is_running = true;
	spin_lock(&rq->lock);
	rq->idle = rq->curr = idle;
	timer_init(&rq->slice, slice_over, NULL, cpu);
	runstate_change(idle, RUNSTATE_running, now_ns());
	spin_unlock(&rq->lock);
	__atomic_fetch_or(&idle_cpus, cpumask_of(cpu), __ATOMIC_SEQ_CST);
	__atomic_fetch_or(&sched_cpus, cpumask_of(cpu), __ATOMIC_SEQ_CST);
}

/* Does a pin_override hold some vcpu to @cpu alone? */
static bool has_pinned(unsigned int cpu)
{
	bool found = false;
	struct domain *d;
	struct vcpu *v;

	for_each_domain (d)
		for_each_vcpu (d, v)
			if (v->sched.is_pinned &&
			    v->sched.hard_affinity == cpumask_of(cpu))
				found = true;
	return found;
}

/* What may run on no pcpu any more may run anywhere (Xen does that, too). */
static void break_affinities(void)
{
	struct domain *d;
	struct vcpu *v;

	for_each_domain (d) {
		for_each_vcpu (d, v) {
			if (v->sched.hard_affinity & READ_ONCE(sched_cpus))
				continue;
			log_info("d%uv%u: no CPU of its hard affinity is left, "
				 "it may run anywhere now\n",
				 d->domid, v->id);
			(void)vcpu_set_affinity(v, CPUMASK_ALL,
						v->sched.soft_affinity);
		}
	}
}

/* Nothing runs there or waits; what waited has been sent elsewhere. */
static bool empty_queue(struct run_queue *rq)
{
	bool is_empty;

	spin_lock(&rq->lock);
	while (!list_empty(&rq->queue)) {
		struct vcpu *v =
			list_first(&rq->queue, struct vcpu, sched.queue);

		dequeue(rq, v);
		queue_and_unlock(rq, v);
		spin_lock(&rq->lock);
	}
	is_empty = rq->curr == rq->idle;
	if (is_empty)
		runstate_change(rq->idle, RUNSTATE_offline, now_ns());
	spin_unlock(&rq->lock);
	return is_empty;
}

int sched_cpu_down(unsigned int cpu)
{
	struct run_queue *rq = &run_queues[cpu];

	if (has_pinned(cpu))
		return -EADDRINUSE;
	/* Under the lock: what is queued later sees it, the rest we see. */
	spin_lock(&rq->lock);
	__atomic_fetch_and(&sched_cpus, ~cpumask_of(cpu), __ATOMIC_SEQ_CST);
	spin_unlock(&rq->lock);
	break_affinities();
	softirq_raise_on(cpu, SOFTIRQ_SCHEDULE);
	if (cpu == smp_processor_id())
		return -ERESTART;
	while (!empty_queue(rq))
		cpu_poll();
	return 0;
}

void sched_init(void)
{
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++) {
		spin_lock_init(&run_queues[cpu].lock, RANK_RUNQUEUE);
		list_init(&run_queues[cpu].queue);
		run_queues[cpu].vtime_ns = MAX_LAG_NS;
	}
	softirq_register(SOFTIRQ_SCHEDULE, schedule);
}
