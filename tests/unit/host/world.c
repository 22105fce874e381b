/* SPDX-License-Identifier: GPL-2.0-only */
/* See world.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hv/assert.h>
#include <hv/evtchn.h>
#include <hv/gnttab.h>
#include <hv/guest_access.h>
#include <hv/hypercalls.h>
#include <hv/irq.h>
#include <hv/mmu.h>
#include <hv/page_alloc.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/spinlock.h>
#include <hv/x86/pte.h>
#include <hv/xalloc.h>

#include <abi/errno.h>

#include "world.h"

/* -------- failing -------- */

void panic(const char *fmt, ...)
{
	char buf[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	fprintf(stderr, "panic: %s\n", buf);
	abort();
}

unsigned int world_messages;

void guest_log(const struct domain *d, enum loglevel lvl, const char *fmt, ...)
{
	(void)d;
	(void)lvl;
	(void)fmt;
	world_messages++;
}

void printk(enum loglevel lvl, const char *fmt, ...)
{
	char buf[256];
	va_list args;

	(void)lvl;
	va_start(args, fmt);
	vsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
}

/* -------- CPUs -------- */

static __thread unsigned int this_cpu;
static __thread struct vcpu *this_vcpu;

unsigned int smp_processor_id(void)
{
	return this_cpu;
}

struct vcpu *current_vcpu(void)
{
	return this_vcpu;
}

void world_run(struct vcpu *v)
{
	this_vcpu = v;
	this_cpu = v->domain->domid * 8u + v->id % 8;
}

void cpu_poll(void)
{
	unit_test_fail(__FILE__, __LINE__, "a lock is waited for");
}

unsigned int world_preempt_every;
void (*world_at_preempt)(void);

bool preempt_check(void)
{
	static unsigned int calls;

	if (world_at_preempt)
		world_at_preempt();
	return world_preempt_every && ++calls % world_preempt_every == 0;
}

/* -------- allocators -------- */

unsigned int world_fail_alloc, world_nr_allocs;
static unsigned int live_objects, live_pages;

static bool alloc_fails(void)
{
	world_nr_allocs++;
	return world_fail_alloc && --world_fail_alloc == 0;
}

static struct {
	uint64_t used;
	char room[WORLD_ARENA - 8];
} arena;
static bool use_arena;

void *world_use_arena(void)
{
	use_arena = true;
	return &arena;
}

void *xzalloc_bytes(size_t size)
{
	void *p;

	if (alloc_fails())
		return NULL;
	live_objects++;
	if (!use_arena)
		return calloc(1, size);
	p = arena.room + arena.used;
	arena.used += round_up(size, 16);
	EXPECT(arena.used <= sizeof(arena.room));
	return memset(p, 0, size);
}

void xfree(const void *p)
{
	if (!p)
		return;
	live_objects--;
	if (!use_arena)
		free((void *)(uintptr_t)p);
}

/* -------- frames -------- */

struct page *frame_table;
uint64_t max_page = WORLD_FRAMES;

enum owner_kind { FREE, HYPERVISOR, SHARED, ORPHAN, DOMAIN };

static struct frame {
	enum owner_kind kind;
	bool is_released; /* by its domain; freed with the last reference */
	unsigned int refs, writers;
	bool is_table;
} frames[WORLD_FRAMES];
static struct page pages[WORLD_FRAMES];
static char ram[WORLD_FRAMES][PAGE_SIZE] __attribute__((aligned(4096)));

/* Entries some TLB may still have: by frame, whether writable. */
static unsigned int tlb_stale[WORLD_FRAMES];

__attribute__((constructor)) static void frames_init(void)
{
	frame_table = pages;
}

static struct frame *frame_of(const struct page *pg)
{
	return &frames[pg - pages];
}

void *mfn_to_virt(mfn_t m)
{
	EXPECT(m.v < WORLD_FRAMES);
	return ram[m.v];
}

mfn_t virt_to_mfn(const void *va)
{
	uint64_t off = (uint64_t)((const char *)va - ram[0]);

	EXPECT(off < sizeof(ram));
	return MFN(off / PAGE_SIZE);
}

void *world_va(uint64_t mfn)
{
	return mfn_to_virt(MFN(mfn));
}

static void frame_free(uint64_t mfn)
{
	EXPECT_EQ(frames[mfn].refs, 0);
	EXPECT_EQ(frames[mfn].writers, 0);
	/* Whoever gets it next must not share it with an old mapping. */
	EXPECT_EQ(tlb_stale[mfn], 0);
	memset(&frames[mfn], 0, sizeof(frames[mfn]));
	pages[mfn].owner = OWNER_NONE;
	memset(ram[mfn], 0xdf, PAGE_SIZE);
}

static uint64_t frame_alloc(enum owner_kind kind, struct domain *d)
{
	static uint64_t next;

	for (uint64_t i = 0; i < WORLD_FRAMES; i++) {
		uint64_t mfn = (next + i) % WORLD_FRAMES;

		if (mfn == 0 || frames[mfn].kind != FREE)
			continue;
		next = mfn + 1;
		frames[mfn].kind = kind;
		pages[mfn].owner = d ? d->owner_id : OWNER_NONE;
		memset(ram[mfn], 0, PAGE_SIZE);
		return mfn;
	}
	unit_test_fail(__FILE__, __LINE__, "the test's frames are used up");
}

void *hv_pages_alloc(unsigned int order)
{
	EXPECT_EQ(order, 0);
	if (alloc_fails())
		return NULL;
	live_pages++;
	return ram[frame_alloc(HYPERVISOR, NULL)];
}

void hv_pages_free(void *va, unsigned int order)
{
	uint64_t mfn = virt_to_mfn(va).v;

	EXPECT_EQ(order, 0);
	EXPECT_EQ(frames[mfn].kind, HYPERVISOR);
	live_pages--;
	frame_free(mfn);
}

uint64_t world_frame(struct domain *d)
{
	return frame_alloc(DOMAIN, d);
}

void world_free_frame(struct domain *d, uint64_t mfn)
{
	EXPECT(frames[mfn].kind == DOMAIN && page_owned_by(&pages[mfn], d));
	frames[mfn].is_released = true;
	if (!frames[mfn].refs)
		frame_free(mfn);
}

unsigned int world_refs(uint64_t mfn)
{
	return frames[mfn].refs;
}

unsigned int world_writers(uint64_t mfn)
{
	return frames[mfn].writers;
}

void world_watch_frame(uint64_t mfn, void (*watch)(void *p, size_t size))
{
	watch(&frames[mfn], sizeof(frames[mfn]));
	watch(&tlb_stale[mfn], sizeof(tlb_stale[mfn]));
}

void world_make_table(uint64_t mfn)
{
	frames[mfn].is_table = true;
}

unsigned int world_fail_hold;

int page_get_for_access(mfn_t m, struct domain *d, bool write,
			struct page **out)
{
	struct frame *f;

	if (!mfn_valid(m))
		return -EINVAL;
	f = &frames[m.v];
	if (!page_owned_by(&pages[m.v], d) ||
	    (f->kind != DOMAIN && f->kind != SHARED))
		return -EPERM;
	if ((write && f->is_table) ||
	    (world_fail_hold && --world_fail_hold == 0))
		return -EBUSY;
	f->refs++;
	f->writers += write;
	*out = &pages[m.v];
	return 0;
}

void page_put_for_access(struct page *pg, bool write)
{
	struct frame *f = frame_of(pg);
	uint64_t mfn = page_to_mfn(pg).v;

	EXPECT(f->refs > 0 && f->writers >= write);
	f->writers -= write;
	if (--f->refs)
		return;
	/* From here on it may change hands or become a page table. */
	EXPECT_EQ(tlb_stale[mfn], 0);
	if (f->kind == ORPHAN) {
		live_pages--;
		frame_free(mfn);
	} else if (f->is_released) {
		frame_free(mfn);
	}
}

void page_share(struct page *pg, struct domain *d, bool writable)
{
	EXPECT_EQ(frame_of(pg)->kind, HYPERVISOR);
	EXPECT(writable);
	frame_of(pg)->kind = SHARED;
	pg->owner = d->owner_id;
}

int page_unshare(struct page *pg)
{
	struct frame *f = frame_of(pg);

	EXPECT_EQ(f->kind, SHARED);
	f->kind = f->refs ? ORPHAN : HYPERVISOR;
	return f->refs ? -EBUSY : 0;
}

/* -------- the page table and its TLB -------- */

uint64_t world_pte[WORLD_PTES];
unsigned int world_flushes;

static bool pte_of_va(uint64_t va, unsigned int *n)
{
	uint64_t i = (va - PTE_VA(0)) / PAGE_SIZE;

	*n = (unsigned int)i;
	return i < WORLD_PTES && va % PAGE_SIZE == 0;
}

static bool pte_of_maddr(uint64_t maddr, unsigned int *n)
{
	uint64_t i = (maddr - PTE_MADDR(0)) / 8;

	*n = (unsigned int)i;
	return i < WORLD_PTES && maddr % 8 == 0;
}

void tlb_flush_mask(cpumask_t mask)
{
	EXPECT(mask);
	world_flushes++;
	memset(tlb_stale, 0, sizeof(tlb_stale));
}

/* The entry's own references; one of a grant has none. */
static void put_entry(uint64_t old)
{
	if ((old & PTE_P) && !(old & PTE_GRANT))
		page_put_for_access(mfn_to_page(pte_mfn(old)), old & PTE_RW);
}

void world_zap_pte(unsigned int n)
{
	uint64_t old = world_pte[n];

	world_pte[n] = 0;
	put_entry(old);
}

static int grant_map(bool ok, unsigned int n, uint64_t l1e)
{
	if (!ok)
		return -EINVAL;
	EXPECT(l1e & PTE_P);
	world_zap_pte(n);
	world_pte[n] = l1e | PTE_GRANT;
	return 0;
}

static int grant_unmap(bool ok, unsigned int n, mfn_t frame, uint64_t l1e)
{
	EXPECT_EQ(l1e, 0);
	if (!ok || !(world_pte[n] & PTE_P) || !(world_pte[n] & PTE_GRANT) ||
	    pte_mfn(world_pte[n]).v != frame.v)
		return -EINVAL;
	world_pte[n] = 0;
	tlb_stale[frame.v]++;
	return 0;
}

long hc_update_va_mapping(uint64_t va, uint64_t val, uint64_t flags)
{
	struct page *pg;
	unsigned int n;

	(void)flags;
	if (!pte_of_va(va, &n))
		return -EINVAL;
	if ((val & PTE_P) && page_get_for_access(pte_mfn(val), current->domain,
						 val & PTE_RW, &pg))
		return -EINVAL;
	world_zap_pte(n);
	world_pte[n] = val;
	return 0;
}

int mmu_grant_map_pte(struct vcpu *v, uint64_t pte_maddr, uint64_t l1e)
{
	unsigned int n;
	bool ok = pte_of_maddr(pte_maddr, &n);

	(void)v;
	return grant_map(ok, n, l1e);
}

int mmu_grant_map_va(struct vcpu *v, uint64_t va, uint64_t l1e)
{
	unsigned int n;
	bool ok = pte_of_va(va, &n);

	(void)v;
	return grant_map(ok, n, l1e);
}

int mmu_grant_unmap_pte(struct vcpu *v, uint64_t pte_maddr, mfn_t frame,
			uint64_t new_l1e)
{
	unsigned int n;
	bool ok = pte_of_maddr(pte_maddr, &n);

	(void)v;
	return grant_unmap(ok, n, frame, new_l1e);
}

int mmu_grant_unmap_va(struct vcpu *v, uint64_t va, mfn_t frame,
		       uint64_t new_l1e)
{
	unsigned int n;
	bool ok = pte_of_va(va, &n);

	(void)v;
	return grant_unmap(ok, n, frame, new_l1e);
}

uint64_t mmu_guest_l1e(struct vcpu *v, uint64_t va)
{
	unsigned int n;

	(void)v;
	return pte_of_va(va, &n) ? world_pte[n] : 0;
}

/* -------- guest memory: pointers of this process -------- */

unsigned int world_fail_copy;

static bool copy_fails(uint64_t va)
{
	return !va || (world_fail_copy && --world_fail_copy == 0);
}

int copy_from_guest(void *dst, guest_ptr_t src, size_t n)
{
	if (copy_fails(src.va))
		return -EFAULT;
	memcpy(dst, (const void *)(uintptr_t)src.va, n);
	return 0;
}

int copy_to_guest(guest_ptr_t dst, const void *src, size_t n)
{
	if (copy_fails(dst.va))
		return -EFAULT;
	memcpy((void *)(uintptr_t)dst.va, src, n);
	return 0;
}

/* -------- domains -------- */

#define NR_DOMAINS 8
#define NR_WORLD_VCPUS 4

struct domain *dom0, *dom_idle;
static struct domain *domains[NR_DOMAINS];
static struct kicks kicks[NR_DOMAINS][MAX_VCPUS];

struct kicks *world_kicks(const struct vcpu *v)
{
	return &kicks[v->domain->domid][v->id];
}

void vcpu_kick(struct vcpu *v)
{
	world_kicks(v)->kicked++;
}

void vcpu_unpoll(struct vcpu *v)
{
	world_kicks(v)->unpolled++;
	v->sched.is_polling = false;
}

struct domain *domain_get(domid_t domid)
{
	struct domain *d;

	if (domid == DOMID_SELF)
		d = current->domain;
	else
		d = domid < NR_DOMAINS ? domains[domid] : NULL;
	if (d)
		domain_get_again(d);
	return d;
}

int domain_get_remote(domid_t domid, struct domain **out)
{
	struct domain *d = domain_get(domid);

	if (!d)
		return -ESRCH;
	if (d != current->domain && !current->domain->is_privileged) {
		domain_put(d);
		return -EPERM;
	}
	*out = d;
	return 0;
}

static void domain_free(struct domain *d)
{
	struct vcpu *v;

	domains[d->domid] = NULL;
	if (dom0 == d)
		dom0 = NULL;
	gnttab_free_domain(d);
	for_each_vcpu (d, v) {
		evtchn_free_vcpu(v);
		free(v);
	}
	evtchn_free_domain(d);
	free(d->shared_info);
	free(d);
}

void domain_put(struct domain *d)
{
	if (__atomic_sub_fetch(&d->refs, 1, __ATOMIC_ACQ_REL) == 0)
		domain_free(d);
}

struct vcpu *domain_vcpu(const struct domain *d, uint32_t id)
{
	return id < d->max_vcpus ? d->vcpu[id] : NULL;
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
	(void)fmt;
	unit_test_fail(__FILE__, __LINE__, "d%u crashed", d->domid);
}

struct domain *world_domain(domid_t domid, unsigned int nr_vcpus)
{
	struct domain *d = calloc(1, sizeof(*d));

	d->domid = domid;
	d->owner_id = OWNER_OF(domid);
	d->is_privileged = domid == 0;
	d->refs = 1;
	d->max_vcpus = nr_vcpus;
	d->max_evtchn_port = ~0U;
	d->max_grant_frames = 4;
	d->max_maptrack_frames = 2;
	d->max_grant_version = 2;
	d->dirty_cpus = 1;
	d->shared_info = calloc(1, PAGE_SIZE);
	domains[domid] = d;
	if (domid == 0)
		dom0 = d;
	for (unsigned int i = 0; i < nr_vcpus; i++) {
		struct vcpu *v = calloc(1, sizeof(*v));

		v->domain = d;
		v->id = i;
		v->info = &d->shared_info->vcpu_info[i];
		d->vcpu[i] = v;
		if (!this_vcpu)
			world_run(v);
	}
	return d;
}

void world_kill(struct domain *d)
{
	d->is_dying = true;
	while (gnttab_release_mappings(d) == -ERESTART)
		;
	gnttab_destroy_domain(d);
	while (evtchn_destroy_domain(d) == -ERESTART)
		;
}

void world_put(struct domain *d)
{
	if (this_vcpu && this_vcpu->domain == d)
		this_vcpu = NULL;
	domain_put(d);
}

bool world_is_gone(domid_t domid)
{
	return !domains[domid];
}

void world_check_empty(void)
{
	for (unsigned int i = 0; i < NR_DOMAINS; i++)
		EXPECT(!domains[i]);
	EXPECT_EQ(live_objects, 0);
	EXPECT_EQ(live_pages, 0);
	EXPECT_EQ(world_pirq_bound, 0);
	for (unsigned int i = 0; i < WORLD_FRAMES; i++) {
		EXPECT_EQ(frames[i].refs, 0);
		EXPECT_EQ(frames[i].writers, 0);
	}
}

/* -------- pirqs -------- */

int world_pirq_error;
uint32_t world_pirq_bound, world_pirq_flags;
const struct vcpu *world_pirq_vcpu;

uint32_t nr_pirqs(const struct domain *d)
{
	(void)d;
	return WORLD_PIRQS;
}

int pirq_bind(struct vcpu *v, uint32_t pirq, uint32_t flags)
{
	EXPECT(pirq < WORLD_PIRQS && !(world_pirq_bound & 1U << pirq));
	if (world_pirq_error)
		return world_pirq_error;
	world_pirq_bound |= 1U << pirq;
	world_pirq_flags = flags;
	world_pirq_vcpu = v;
	return 0;
}

void pirq_unbind(struct domain *d, uint32_t pirq)
{
	(void)d;
	EXPECT(world_pirq_bound & 1U << pirq);
	world_pirq_bound &= ~(1U << pirq);
}

void pirq_set_affinity(struct domain *d, uint32_t pirq, struct vcpu *v)
{
	(void)d;
	EXPECT(world_pirq_bound & 1U << pirq);
	world_pirq_vcpu = v;
}
