/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-CPU timer queues.  Each is a pairing heap (Fredman, Sedgewick, Sleator,
 * Tarjan, "The pairing heap", 1986): a tree in which no timer expires before
 * its parent.  Two trees merge by hanging the later root under the earlier
 * one; taking a root away merges its children pairwise.  The links are in the
 * timers, so no operation needs memory.
 */
#include <hv/assert.h>
#include <hv/cpu.h>
#include <hv/softirq.h>
#include <hv/spinlock.h>
#include <hv/time.h>
#include <hv/timer.h>

static struct timer_queue {
	spinlock_t lock; /* the heap, and each member's fields */
	struct timer *root;
	struct timer *running;	/* whose function runs now */
	uint64_t programmed_ns; /* deadline the hardware was given */
	bool is_closed;		/* its CPU is off line: CPU 0 does its work */
} __attribute__((aligned(64))) queues[NR_CPUS];

static struct timer *merge(struct timer *a, struct timer *b)
{
	struct timer *tmp;

	if (!a || !b)
		return a ? a : b;
	if (b->expires_ns < a->expires_ns) {
		tmp = a;
		a = b;
		b = tmp;
	}
	b->sibling = a->child;
	if (a->child)
		a->child->back = b;
	b->back = a;
	a->child = b;
	return a;
}

/* Make one tree of a list of siblings: in pairs, then all from the right. */
static struct timer *merge_siblings(struct timer *first)
{
	struct timer *pairs = NULL, *tree = NULL, *a, *b, *next;

	for (a = first; a; a = next) {
		b = a->sibling;
		next = b ? b->sibling : NULL;
		a->sibling = a->back = NULL;
		if (b)
			b->sibling = b->back = NULL;
		a = merge(a, b);
		a->sibling = pairs;
		pairs = a;
	}
	for (a = pairs; a; a = next) {
		next = a->sibling;
		a->sibling = NULL;
		tree = merge(tree, a);
	}
	return tree;
}

static void heap_remove(struct timer_queue *q, struct timer *t)
{
	struct timer *children = merge_siblings(t->child);

	if (t == q->root) {
		q->root = children;
	} else {
		if (t->back->child == t)
			t->back->child = t->sibling;
		else
			t->back->sibling = t->sibling;
		if (t->sibling)
			t->sibling->back = t->back;
		q->root = merge(q->root, children);
	}
	t->child = t->sibling = t->back = NULL;
	t->is_active = false;
}

/* In no heap: whoever holds the lock of the queue it names owns it. */
static void rename_queue(struct timer *t, unsigned int cpu)
{
	__atomic_store_n(&t->cpu, cpu, __ATOMIC_RELEASE);
}

/* @t->cpu may change until the lock of the queue it names is held. */
static struct timer_queue *lock_queue_of(struct timer *t)
{
	for (;;) {
		unsigned int cpu = READ_ONCE(t->cpu);

		spin_lock(&queues[cpu].lock);
		if (t->cpu == cpu) {
			if (!queues[cpu].is_closed)
				return &queues[cpu];
			rename_queue(t, 0);
		}
		spin_unlock(&queues[cpu].lock);
	}
}

/* The hardware of @q's CPU must fire no later than its earliest timer. */
static void program_if_earlier(struct timer_queue *q)
{
	unsigned int cpu = (unsigned int)(q - queues);

	ASSERT(spin_is_held(&q->lock));
	if (!q->root || q->root->expires_ns >= q->programmed_ns)
		return;
	if (cpu == smp_processor_id()) {
		q->programmed_ns = q->root->expires_ns;
		timer_program(q->programmed_ns);
	} else {
		softirq_raise_on(cpu, SOFTIRQ_TIMER);
	}
}

static void insert(struct timer_queue *q, struct timer *t)
{
	t->is_active = true;
	q->root = merge(q->root, t);
	program_if_earlier(q);
}

void timer_init(struct timer *t, void (*fn)(void *), void *data,
		unsigned int cpu)
{
	*t = (struct timer){.fn = fn, .data = data, .cpu = cpu};
}

void timer_set(struct timer *t, uint64_t expires_ns)
{
	struct timer_queue *q = lock_queue_of(t);

	if (t->is_active)
		heap_remove(q, t);
	if (!t->is_dead) {
		t->expires_ns = expires_ns;
		insert(q, t);
	}
	spin_unlock(&q->lock);
}

void timer_stop(struct timer *t)
{
	struct timer_queue *q = lock_queue_of(t);

	/* The hardware may fire for nothing; that costs less than a change. */
	if (t->is_active)
		heap_remove(q, t);
	spin_unlock(&q->lock);
}

void timer_kill(struct timer *t)
{
	struct timer_queue *q;

	if (!t->fn)
		return; /* never initialised */
	q = lock_queue_of(t);
	if (t->is_active)
		heap_remove(q, t);
	t->is_dead = true;
	spin_unlock(&q->lock);

	/*
	 * It may run on a CPU it has since been moved from.  Acquire: what its
	 * function did is seen; pairs with the release in expire().
	 */
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		while (__atomic_load_n(&queues[cpu].running,
				       __ATOMIC_ACQUIRE) == t)
			cpu_poll();
}

/* @t has been taken out of a heap; a timer_set that came in between wins. */
static void insert_again(struct timer *t)
{
	struct timer_queue *q = lock_queue_of(t);

	if (!t->is_active && !t->is_dead)
		insert(q, t);
	spin_unlock(&q->lock);
}

void timer_migrate(struct timer *t, unsigned int cpu)
{
	struct timer_queue *q;
	bool was_active;

	if (READ_ONCE(t->cpu) == cpu)
		return;
	q = lock_queue_of(t);
	was_active = t->is_active;
	if (was_active)
		heap_remove(q, t);
	rename_queue(t, cpu);
	spin_unlock(&q->lock);
	if (was_active)
		insert_again(t);
}

bool timer_is_active(const struct timer *t)
{
	return READ_ONCE(t->is_active);
}

/* SOFTIRQ_TIMER: run what has expired here, program for what has not. */
static void expire(void)
{
	struct timer_queue *q = &queues[smp_processor_id()];
	uint64_t now = now_ns();
	struct timer *t;

	spin_lock(&q->lock);
	while ((t = q->root) && t->expires_ns <= now) {
		void (*fn)(void *) = t->fn;
		void *data = t->data;

		heap_remove(q, t);
		__atomic_store_n(&q->running, t, __ATOMIC_RELAXED);
		spin_unlock(&q->lock);
		fn(data);
		__atomic_store_n(&q->running, NULL, __ATOMIC_RELEASE);
		spin_lock(&q->lock);
	}
	/* Anew even if unchanged: the interrupt that got us here is spent. */
	q->programmed_ns = t ? t->expires_ns : ~0ULL;
	timer_program(q->programmed_ns);
	spin_unlock(&q->lock);
}

void timer_cpu_down(void)
{
	struct timer_queue *q = &queues[smp_processor_id()];
	struct timer *t;

	spin_lock(&q->lock);
	while ((t = q->root)) {
		heap_remove(q, t);
		/* until it is in the other heap timer_kill waits for us */
		__atomic_store_n(&q->running, t, __ATOMIC_RELAXED);
		rename_queue(t, 0);
		spin_unlock(&q->lock);
		insert_again(t);
		__atomic_store_n(&q->running, NULL, __ATOMIC_RELEASE);
		spin_lock(&q->lock);
	}
	q->is_closed = true;
	q->programmed_ns = ~0ULL;
	timer_program(~0ULL);
	spin_unlock(&q->lock);
}

void timer_cpu_up(void)
{
	struct timer_queue *q = &queues[smp_processor_id()];

	spin_lock(&q->lock);
	q->is_closed = false;
	spin_unlock(&q->lock);
}

void timer_subsys_init(void)
{
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++) {
		spin_lock_init(&queues[cpu].lock, RANK_TIMER);
		queues[cpu].programmed_ns = ~0ULL;
	}
	softirq_register(SOFTIRQ_TIMER, expire);
}
