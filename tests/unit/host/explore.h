/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An explorer of interleavings: actors are coroutines that give way after each
 * access to shared memory, and every order of their steps is run, except that
 * a state seen before is not left a second time.  A state is the watched
 * memory and what each actor has seen so far, which determines the rest.
 */
#ifndef EXPLORE_H
#define EXPLORE_H

#include <hv/types.h>

/* Memory that actors share: put back before each run, part of the state. */
void explore_watch(void *p, size_t size);
/* A part of it that actors also read without explore_access(). */
void explore_quiet(void *p, size_t size);

/*
 * @fn runs as an actor in each run.  If @idle_ok, a run may end while it waits
 * in explore_wait().
 */
void explore_actor(void (*fn)(void), bool idle_ok);

/* Called before each run, for what can not be watched. */
extern void (*explore_at_start)(void);

/* Called by actors. */
void explore_access(const void *p, uint32_t val);
/* Give way until *@flag is not 0. */
void explore_wait(const uint8_t *flag);
/* All that this actor will do from here depends on @where, not on the past. */
void explore_forget(uint32_t where);
/* 0 to @n - 1, each in some run. */
unsigned int explore_choose(unsigned int n);
unsigned int explore_actor_id(void);
/* Accesses by this actor in this run. */
uint32_t explore_nr_accesses(void);

/* Do all runs; @check is called at the end of each.  How many there were. */
unsigned long explore_all(void (*check)(void));

#endif
