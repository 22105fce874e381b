/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ticket locks.  Waiting calls cpu_poll(), so that a CPU which holds the lock
 * and waits for our answer to a cross-CPU call gets it.  Debug builds check
 * that ranks rise; equal ranks are for spin_lock_pair only.
 */
#include <hv/assert.h>
#include <hv/cpu.h>
#include <hv/spinlock.h>

#ifdef DEBUG
#define MAX_HELD 16
static struct {
	const spinlock_t *lock[MAX_HELD];
	unsigned int nr;
} held[NR_CPUS];

static void check_and_push(const spinlock_t *l, bool same_rank_ok)
{
	unsigned int cpu = smp_processor_id(), n = held[cpu].nr;

	BUG_ON(n >= MAX_HELD);
	if (n) {
		const spinlock_t *top = held[cpu].lock[n - 1];

		BUG_ON(l->rank < top->rank);
		BUG_ON(l->rank == top->rank && !same_rank_ok);
	}
	held[cpu].lock[n] = l;
	held[cpu].nr = n + 1;
}

static void pop(const spinlock_t *l)
{
	unsigned int cpu = smp_processor_id(), n = held[cpu].nr;

	for (unsigned int i = n; i-- > 0;) {
		if (held[cpu].lock[i] != l)
			continue;
		for (; i + 1 < n; i++)
			held[cpu].lock[i] = held[cpu].lock[i + 1];
		held[cpu].nr = n - 1;
		return;
	}
	panic("unlock of a lock that is not held");
}
#else
static inline void check_and_push(const spinlock_t *l, bool same_rank_ok)
{
	(void)l;
	(void)same_rank_ok;
}
static inline void pop(const spinlock_t *l)
{
	(void)l;
}
#endif

void spin_lock_init(spinlock_t *l, enum lock_rank rank)
{
	*l = (spinlock_t)SPINLOCK_INIT((uint8_t)rank);
}

static void take(spinlock_t *l)
{
	uint16_t ticket = __atomic_fetch_add(&l->tail, 1, __ATOMIC_RELAXED);

	/* acquire pairs with the release in spin_unlock */
	while (__atomic_load_n(&l->head, __ATOMIC_ACQUIRE) != ticket)
		cpu_poll();
	l->owner = (uint16_t)(smp_processor_id() + 1);
}

void spin_lock(spinlock_t *l)
{
	check_and_push(l, false);
	take(l);
}

bool spin_trylock(spinlock_t *l)
{
	uint16_t head = __atomic_load_n(&l->head, __ATOMIC_RELAXED);
	uint16_t tail = head;

	if (!__atomic_compare_exchange_n(&l->tail, &tail, (uint16_t)(head + 1),
					 false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		return false;
	check_and_push(l, true);
	l->owner = (uint16_t)(smp_processor_id() + 1);
	return true;
}

void spin_unlock(spinlock_t *l)
{
	pop(l);
	l->owner = 0;
	__atomic_store_n(&l->head, (uint16_t)(l->head + 1), __ATOMIC_RELEASE);
}

bool spin_is_held(const spinlock_t *l)
{
	return READ_ONCE(l->owner) == smp_processor_id() + 1;
}

void spin_lock_pair(spinlock_t *a, spinlock_t *b)
{
	spin_lock(a < b ? a : b);
	if (a == b)
		return;
	check_and_push(a < b ? b : a, true);
	take(a < b ? b : a);
}

void spin_unlock_pair(spinlock_t *a, spinlock_t *b)
{
	spin_unlock(a);
	if (a != b)
		spin_unlock(b);
}
