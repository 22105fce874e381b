/* SPDX-License-Identifier: GPL-2.0-only */
/* See explore.h.  The search is depth first, each run from the start. */
#include <stdlib.h>
#include <string.h>

#include <hv/spinlock.h>

#include "../unit_test.h"
#include "explore.h"

#define MAX_ACTORS 6
#define MAX_REGIONS 64
#define MAX_DEPTH 4096
#define STACK_BYTES 65536

static struct region {
	void *p, *initial;
	size_t size;
} regions[MAX_REGIONS], quiet[MAX_REGIONS];
static unsigned int nr_regions, nr_quiet;

static struct actor {
	void (*fn)(void);
	bool idle_ok, is_done;
	const spinlock_t *lock; /* waited for, if not NULL */
	const uint8_t *flag;	/* likewise */
	uint64_t seen;		/* hash of all it has seen */
	uint32_t nr_accesses;
	void *sp;
	char *stack;
} actors[MAX_ACTORS];
static unsigned int nr_actors, this_actor;
static bool is_running; /* an actor */
void (*explore_at_start)(void);

/* Those that a pruned run leaves held. */
#define MAX_HELD 16
static spinlock_t *held[MAX_HELD];
static unsigned int nr_held;
static void *scheduler_sp;

/* Go on at @load with the registers a call keeps; come back at *@save. */
void explore_switch(void **save, void *load);
__asm__(".text\n"
	".type explore_switch, @function\n"
	"explore_switch:\n"
	"	push %rbx; push %rbp; push %r12\n"
	"	push %r13; push %r14; push %r15\n"
	"	mov %rsp, (%rdi)\n"
	"	mov %rsi, %rsp\n"
	"	pop %r15; pop %r14; pop %r13\n"
	"	pop %r12; pop %rbp; pop %rbx\n"
	"	ret\n");

/* The run's decisions; those before nr_replay are given. */
static struct decision {
	uint8_t taken, nr;
} decisions[MAX_DEPTH];
static unsigned int depth, nr_replay;
static bool is_pruned;

static void add_region(struct region *r, unsigned int *nr, void *p, size_t size)
{
	EXPECT(*nr < MAX_REGIONS && size % 4 == 0);
	r[*nr] = (struct region){p, malloc(size), size};
	memcpy(r[*nr].initial, p, size);
	++*nr;
}

void explore_watch(void *p, size_t size)
{
	add_region(regions, &nr_regions, p, size);
}

void explore_quiet(void *p, size_t size)
{
	add_region(quiet, &nr_quiet, p, size);
}

void explore_actor(void (*fn)(void), bool idle_ok)
{
	EXPECT(nr_actors < MAX_ACTORS);
	actors[nr_actors++] =
		(struct actor){.fn = fn,
			       .idle_ok = idle_ok,
			       .stack = aligned_alloc(64, STACK_BYTES)};
}

unsigned int explore_actor_id(void)
{
	return this_actor;
}

uint32_t explore_nr_accesses(void)
{
	return actors[this_actor].nr_accesses;
}

/* -------- states seen -------- */

static uint64_t *table;
static size_t table_size, table_used;

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 29;
}

static uint64_t memory_hash(const struct region *r, unsigned int nr)
{
	uint64_t h = 1;

	for (unsigned int i = 0; i < nr; i++) {
		const unsigned char *p = r[i].p;

		for (size_t n = 0; n < r[i].size; n += 4) {
			uint32_t v;

			memcpy(&v, p + n, 4);
			h = mix(h, v);
		}
	}
	return h;
}

static uint64_t state_hash(void)
{
	uint64_t h = memory_hash(regions, nr_regions);

	for (unsigned int i = 0; i < nr_actors; i++)
		h = mix(h, actors[i].seen);
	return h | 1;
}

static void table_grow(void)
{
	uint64_t *old = table;
	size_t old_size = table_size;

	table_size = old_size ? old_size * 2 : 1 << 16;
	table = calloc(table_size, sizeof(*table));
	for (size_t i = 0; i < old_size; i++) {
		size_t at = old[i] % table_size;

		if (!old[i])
			continue;
		while (table[at])
			at = (at + 1) % table_size;
		table[at] = old[i];
	}
	free(old);
}

/* true: it was not there. */
static bool table_add(uint64_t h)
{
	size_t at;

	if (table_used * 2 >= table_size)
		table_grow();
	for (at = h % table_size; table[at]; at = (at + 1) % table_size)
		if (table[at] == h)
			return false;
	table[at] = h;
	table_used++;
	return true;
}

/* -------- actors -------- */

static void give_way(void)
{
	if (is_running)
		explore_switch(&actors[this_actor].sp, scheduler_sp);
}

static void see(uint64_t what)
{
	actors[this_actor].seen = mix(actors[this_actor].seen, what);
}

void explore_access(const void *p, uint32_t val)
{
	see((uint64_t)(uintptr_t)p);
	see(val + 1ULL);
	actors[this_actor].nr_accesses++;
	give_way();
}

void explore_wait(const uint8_t *flag)
{
	see(~0ULL);
	actors[this_actor].flag = flag;
	give_way();
	actors[this_actor].flag = NULL;
}

void explore_forget(uint32_t where)
{
	actors[this_actor].seen = mix(this_actor, 0xf000000000ULL + where);
}

/* Locks are one step to take: whoever waits for one is not asked. */
void spin_lock_init(spinlock_t *l, enum lock_rank rank)
{
	*l = (spinlock_t)SPINLOCK_INIT((uint8_t)rank);
}

void spin_lock(spinlock_t *l)
{
	see((uint64_t)(uintptr_t)l);
	actors[this_actor].lock = l;
	give_way();
	actors[this_actor].lock = NULL;
	EXPECT_EQ(l->owner, 0);
	l->owner = (uint16_t)(this_actor + 1);
	EXPECT(nr_held < MAX_HELD);
	held[nr_held++] = l;
}

void spin_unlock(spinlock_t *l)
{
	EXPECT_EQ(l->owner, this_actor + 1);
	l->owner = 0;
	for (unsigned int i = 0; i < nr_held; i++)
		if (held[i] == l)
			held[i] = held[--nr_held];
}

bool spin_is_held(const spinlock_t *l)
{
	return l->owner == this_actor + 1;
}

void spin_lock_pair(spinlock_t *a, spinlock_t *b)
{
	spin_lock(a < b ? a : b);
	if (a != b)
		spin_lock(a < b ? b : a);
}

void spin_unlock_pair(spinlock_t *a, spinlock_t *b)
{
	spin_unlock(a);
	if (a != b)
		spin_unlock(b);
}

static void actor_main(void)
{
	actors[this_actor].fn();
	actors[this_actor].is_done = true;
	see(0xd0e);
	give_way();
}

static bool can_go(const struct actor *a)
{
	return !a->is_done && !(a->lock && a->lock->owner) &&
	       !(a->flag && !*a->flag);
}

/* -------- the search -------- */

/* One of @n ways; a new state's first way is tried first. */
static unsigned int decide(unsigned int n)
{
	if (depth >= nr_replay) {
		EXPECT(depth < MAX_DEPTH);
		decisions[depth] = (struct decision){0, (uint8_t)n};
		if (!table_add(state_hash()))
			is_pruned = true;
	}
	EXPECT_EQ(decisions[depth].nr, n);
	return decisions[depth++].taken;
}

unsigned int explore_choose(unsigned int n)
{
	unsigned int c;

	/* Its own state: the same memory, but this actor about to choose. */
	see(0xc0);
	c = decide(n);
	see(c);
	if (is_pruned)
		give_way();
	return c;
}

static void start_run(void)
{
	depth = 0;
	is_pruned = false;
	while (nr_held)
		held[--nr_held]->owner = 0;
	for (unsigned int i = 0; i < nr_regions; i++)
		memcpy(regions[i].p, regions[i].initial, regions[i].size);
	for (unsigned int i = 0; i < nr_actors; i++) {
		struct actor *a = &actors[i];
		uint64_t *stack;

		a->is_done = false;
		a->lock = NULL;
		a->flag = NULL;
		a->seen = i;
		a->nr_accesses = 0;
		/* Room for six registers; then as if called. */
		stack = (uint64_t *)(void *)(a->stack + STACK_BYTES - 64);
		stack[6] = (uint64_t)actor_main;
		a->sp = stack;
	}
}

/* false: pruned. */
static bool run(void)
{
	start_run();
	if (explore_at_start)
		explore_at_start();
	for (;;) {
		unsigned int ready[MAX_ACTORS], nr = 0;

		for (unsigned int i = 0; i < nr_actors; i++)
			if (can_go(&actors[i]))
				ready[nr++] = i;
		if (!nr)
			break;
		this_actor = ready[nr > 1 ? decide(nr) : 0];
		if (is_pruned)
			return false;
		see(memory_hash(quiet, nr_quiet));
		is_running = true;
		explore_switch(&scheduler_sp, actors[this_actor].sp);
		is_running = false;
		if (is_pruned)
			return false;
	}
	for (unsigned int i = 0; i < nr_actors; i++)
		EXPECT(actors[i].is_done ||
		       (actors[i].idle_ok && actors[i].flag));
	return true;
}

/* Go on at the last decision that has a way left; false: none has. */
static bool next_run(void)
{
	if (is_pruned) /* all ways from there have been gone */
		depth--;
	while (depth &&
	       decisions[depth - 1].taken + 1 == decisions[depth - 1].nr)
		depth--;
	if (!depth)
		return false;
	decisions[depth - 1].taken++;
	nr_replay = depth;
	return true;
}

unsigned long explore_all(void (*check)(void))
{
	unsigned long nr_runs = 0;

	nr_replay = 0;
	do {
		if (run())
			check();
		nr_runs++;
	} while (next_run());
	return nr_runs;
}
