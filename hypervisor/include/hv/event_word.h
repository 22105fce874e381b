/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Access to FIFO event words and control blocks.  They are guest memory that
 * both sides change at any time, so each access is one atomic instruction and
 * its result is used as it was at that moment.  Tests that explore the
 * interleavings put their own version of this file in front.
 */
#ifndef HV_EVENT_WORD_H
#define HV_EVENT_WORD_H

#include <hv/types.h>
#include <abi/event_channel.h>

#define WORD_PENDING (1U << EVTCHN_FIFO_PENDING)
#define WORD_MASKED (1U << EVTCHN_FIFO_MASKED)
#define WORD_LINKED (1U << EVTCHN_FIFO_LINKED)
#define WORD_BUSY (1U << EVTCHN_FIFO_BUSY)
#define WORD_LINK EVTCHN_FIFO_LINK_MASK

static inline uint32_t word_read(const event_word_t *w)
{
	return __atomic_load_n(w, __ATOMIC_SEQ_CST);
}

static inline void word_write(event_word_t *w, uint32_t val)
{
	__atomic_store_n(w, val, __ATOMIC_RELEASE);
}

/* Both return the word as it was. */
static inline uint32_t word_set(event_word_t *w, uint32_t bits)
{
	return __atomic_fetch_or(w, bits, __ATOMIC_SEQ_CST);
}

static inline uint32_t word_clear(event_word_t *w, uint32_t bits)
{
	return __atomic_fetch_and(w, ~bits, __ATOMIC_SEQ_CST);
}

/* If the word is *@old make it @val; else false, and *@old is what it is. */
static inline bool word_cmpxchg(event_word_t *w, uint32_t *old, uint32_t val)
{
	return __atomic_compare_exchange_n(w, old, val, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

#endif
