/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small world around event channels and grant tables: domains, frames with
 * owner, references and type, one flat page table with a TLB, guest memory
 * that is the test's own, and allocators that fail or count on demand.
 * Everything is checked as it happens; world_check_empty() at the end.
 */
#ifndef TEST_WORLD_H
#define TEST_WORLD_H

#include <hv/domain.h>

#include "../unit_test.h"

#define WORLD_FRAMES 2048
#define WORLD_PTES 512

/* Domains 0 to 7; 0 is privileged.  The first vcpu of the first is current. */
struct domain *world_domain(domid_t domid, unsigned int nr_vcpus);
/* What the domain code does at the end: dying, then gone. */
void world_kill(struct domain *d); /* subsystems' destroy functions       */
void world_put(struct domain *d);  /* the creator's reference             */
bool world_is_gone(domid_t domid);
/* Nothing allocated, held, mapped or locked. */
void world_check_empty(void);

/* Which vcpu runs; its domain is whom hypercalls act for. */
void world_run(struct vcpu *v);

/* A frame of @d's memory: its number.  Contents are zero. */
uint64_t world_frame(struct domain *d);
void world_free_frame(struct domain *d, uint64_t mfn);
void *world_va(uint64_t mfn);
unsigned int world_refs(uint64_t mfn); /* besides the owner's */
unsigned int world_writers(uint64_t mfn);
/* What an explorer must know of a frame's use. */
void world_watch_frame(uint64_t mfn, void (*watch)(void *p, size_t size));
void world_make_table(uint64_t mfn); /* its type is a page table's */

/* The page table: entry n maps PTE_VA(n), and is at maddr PTE_MADDR(n). */
#define PTE_MADDR(n) (0x10000000ULL + 8 * (n))
#define PTE_VA(n) (0x400000ULL + ((uint64_t)(n) << 12))
extern uint64_t world_pte[WORLD_PTES];
/* As a guest's own write of 0. */
void world_zap_pte(unsigned int n);
extern unsigned int world_flushes;

/* Faults: the nth from now fails, counted from 1; 0: none does. */
extern unsigned int world_fail_alloc, world_fail_copy, world_fail_hold;
extern unsigned int world_nr_allocs;
/*
 * From now on allocate here, where an explorer can put back what was there:
 * an arena of that many bytes, which starts with the number used.
 */
#define WORLD_ARENA 4096
void *world_use_arena(void);
/* preempt_check() says yes each time this many calls are made; 0: never. */
extern unsigned int world_preempt_every;
/* Called in preempt_check(), if set. */
extern void (*world_at_preempt)(void);

/* What was done to each vcpu, and to pirqs. */
struct kicks {
	unsigned int kicked, unpolled;
};
struct kicks *world_kicks(const struct vcpu *v);
extern unsigned int world_messages; /* guest_log() */
extern int world_pirq_error;
extern uint32_t world_pirq_bound; /* bit n: pirq n */
extern const struct vcpu *world_pirq_vcpu;
extern uint32_t world_pirq_flags;

#define WORLD_PIRQS 16

#endif
