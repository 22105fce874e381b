/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ticket spin locks, ranked (lock_rank.h): a CPU takes locks in rising rank
 * only, and debug builds check it.  A waiter serves cross-CPU requests.
 */
#ifndef HV_SPINLOCK_H
#define HV_SPINLOCK_H

#include <hv/lock_rank.h>
#include <hv/types.h>

typedef struct {
	uint16_t head, tail; /* head == tail: free */
	uint8_t rank;	     /* enum lock_rank */
	uint16_t owner;	     /* pcpu + 1 of the holder */
} spinlock_t;

#define SPINLOCK_INIT(r)                                                       \
	{                                                                      \
		.rank = (r)                                                    \
	}

void spin_lock_init(spinlock_t *l, enum lock_rank rank);
void spin_lock(spinlock_t *l);
bool spin_trylock(spinlock_t *l);
void spin_unlock(spinlock_t *l);
bool spin_is_held(const spinlock_t *l); /* by this CPU */

/* Both of one rank and kind (two domains' locks): lower address first. */
void spin_lock_pair(spinlock_t *a, spinlock_t *b);
void spin_unlock_pair(spinlock_t *a, spinlock_t *b);

#endif
