/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The same accesses as hypervisor/include/hv/event_word.h, each followed by a
 * point where the explorer may let another actor go on.
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

/* An access to *@p happened and saw @val. */
void explore_access(const void *p, uint32_t val);

static inline uint32_t word_read(const event_word_t *w)
{
	uint32_t old = *w;

	explore_access(w, old);
	return old;
}

static inline void word_write(event_word_t *w, uint32_t val)
{
	*w = val;
	explore_access(w, 0);
}

static inline uint32_t word_set(event_word_t *w, uint32_t bits)
{
	uint32_t old = *w;

	*w |= bits;
	explore_access(w, old);
	return old;
}

static inline uint32_t word_clear(event_word_t *w, uint32_t bits)
{
	uint32_t old = *w;

	*w &= ~bits;
	explore_access(w, old);
	return old;
}

static inline bool word_cmpxchg(event_word_t *w, uint32_t *old, uint32_t val)
{
	uint32_t was = *w;
	bool same = was == *old;

	if (same)
		*w = val;
	else
		*old = was;
	explore_access(w, was);
	return same;
}

#endif
