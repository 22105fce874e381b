/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exhaustive exploration of the page-type machine on a tiny machine: a few
 * frames, tables of one or two entries, one vcpu.  From the first state on,
 * every operation a guest has is applied to every state reached, with and
 * without preemption at each step, until nothing new is found.  After each one
 * all references are counted again from scratch and must agree, and no frame
 * may be a table while a stale writable translation of it could exist.
 *
 * The files under test are linked unmodified; tables are as small as
 * PTES_PER_TABLE says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hv/assert.h>
#include <hv/domain.h>
#include <hv/mmu.h>
#include <hv/page.h>
#include <hv/x86/mapping.h>
#include <hv/x86/pte.h>
#include <hv/x86/pv_state.h>

#include "../../../hypervisor/mm/page_state.h"
#include "../../../hypervisor/mm/page_table.h"

#include <abi/errno.h>

#ifndef FRAMES
#define FRAMES 3
#endif
#define FIRST 1 /* frame 0 is never used */

/* --- the machine around the files under test --- */

static char ram[FRAMES + FIRST][PAGE_SIZE] __attribute__((aligned(4096)));
static struct page frames[FRAMES + FIRST];
struct page *frame_table = frames;
uint64_t max_page = FRAMES + FIRST;
struct domain *dom_io, *dom_xen, *dom0, *dom_idle;
struct domain **domain_table[0x8000 / DOMAIN_TABLE_PART];
cpumask_t cpu_online_map = 1;

static struct domain dom;
static struct vcpu vcpu;
static unsigned int preempt_in; /* 0: never; n: at the nth question */

struct vcpu *current_vcpu(void)
{
	return &vcpu;
}

void *mfn_to_virt(mfn_t m)
{
	return ram[m.v];
}

bool preempt_check(void)
{
	return preempt_in && --preempt_in == 0;
}

void cpu_poll(void)
{
	fprintf(stderr, "a frame waits for itself\n");
	abort();
}

void panic(const char *fmt, ...)
{
	fprintf(stderr, "panic: %s\n", fmt);
	abort();
}

void init_hv_l4_slots(uint64_t *l4)
{
	(void)l4; /* tiny tables end before the hypervisor's slots */
}

bool pv_check_descriptors(uint64_t *d, unsigned int n)
{
	(void)d;
	(void)n;
	return true;
}

bool iomem_access_permitted(const struct domain *d, mfn_t first, mfn_t last)
{
	(void)d;
	(void)first;
	(void)last;
	return false;
}

struct page *m2p_window_page(mfn_t m)
{
	(void)m;
	return NULL;
}

bool iomem_is_readonly(mfn_t m)
{
	(void)m;
	return false;
}

/* One TLB: frames it may still map writable. */
static uint32_t clock_now = 1, flushed_at;
static bool tlb_writable[FRAMES + FIRST];

uint32_t tlb_clock(void)
{
	return clock_now;
}

cpumask_t tlb_filter(cpumask_t mask, uint32_t stamp)
{
	return (int32_t)(flushed_at - stamp) <= 0 ? mask : 0;
}

void tlb_flush_mask(cpumask_t mask)
{
	(void)mask;
	flushed_at = ++clock_now;
	memset(tlb_writable, 0, sizeof(tlb_writable));
}

/* The last reference is gone: the frame is nobody's from here on. */
void page_free_last(struct page *pg, bool was_in_total)
{
	if (!was_in_total)
		abort();
	pg->tlb_stamp = tlb_clock();
	pg->owner = OWNER_NONE;
}

/* --- states --- */

struct state {
	uint64_t word[FRAMES];
	uint64_t entry[FRAMES][PTES_PER_TABLE];
	uint16_t nr_validated[FRAMES];
	uint8_t owned[FRAMES];
	uint8_t stale[FRAMES]; /* TLB may map it writable; flush still due */
	uint8_t l4_kernel, l4_user, put_later;
	uint8_t pad[8 - (FRAMES * 4 + 3) % 8];
};

static uint8_t number_of(const struct page *pg)
{
	return pg ? (uint8_t)(pg - frames) : 0;
}

static struct page *page_of(uint8_t n)
{
	return n ? &frames[n] : NULL;
}

static uint64_t *table(unsigned int f)
{
	return (uint64_t *)(void *)ram[f];
}

static void save(struct state *s)
{
	memset(s, 0, sizeof(*s));
	for (unsigned int i = 0; i < FRAMES; i++) {
		struct page *pg = &frames[i + FIRST];

		s->word[i] = pg->state;
		memcpy(s->entry[i], table(i + FIRST), sizeof(s->entry[i]));
		s->nr_validated[i] = pg->nr_validated;
		s->owned[i] = page_owned_by(pg, &dom);
		s->stale[i] = (uint8_t)(tlb_writable[i + FIRST] |
					(tlb_filter(1, pg->tlb_stamp) ? 2 : 0));
	}
	s->l4_kernel = number_of(vcpu.arch.l4_kernel);
	s->l4_user = number_of(vcpu.arch.l4_user);
	s->put_later = number_of(vcpu.arch.put_later);
}

static void restore(const struct state *s)
{
	clock_now = 10;
	flushed_at = 5;
	for (unsigned int i = 0; i < FRAMES; i++) {
		struct page *pg = &frames[i + FIRST];

		pg->state = s->word[i];
		memcpy(table(i + FIRST), s->entry[i], sizeof(s->entry[i]));
		pg->nr_validated = s->nr_validated[i] & 0x7fff;
		pg->owner = s->owned[i] ? dom.owner_id : OWNER_NONE;
		tlb_writable[i + FIRST] = s->stale[i] & 1;
		pg->tlb_stamp = s->stale[i] & 2 ? 5 : 4;
	}
	vcpu.arch.l4_kernel = page_of(s->l4_kernel);
	vcpu.arch.l4_user = page_of(s->l4_user);
	vcpu.arch.put_later = page_of(s->put_later);
}

/* --- what must hold in every state --- */

static unsigned int nr_states;

static void wrong(const char *what, unsigned int f)
{
	struct state s;

	save(&s);
	printf("state %u: %s (frame %u)\n", nr_states, what, f);
	for (unsigned int i = 0; i < FRAMES; i++) {
		printf(" %u: refs %llu type %u/%llu flags %llx done %u:",
		       i + FIRST, (unsigned long long)ST_REFS(s.word[i]),
		       ST_TYPE(s.word[i]),
		       (unsigned long long)ST_TYPE_REFS(s.word[i]),
		       (unsigned long long)(s.word[i] >> 54),
		       s.nr_validated[i]);
		for (unsigned int k = 0; k < PTES_PER_TABLE; k++)
			printf(" %llx", (unsigned long long)s.entry[i][k]);
		printf("\n");
	}
	printf(" kernel %u user %u later %u\n0 passed, 1 failed\n", s.l4_kernel,
	       s.l4_user, s.put_later);
	exit(1);
}

static bool is_table(unsigned int f)
{
	uint64_t x = frames[f].state;

	return ST_TYPE(x) >= PT_L1 && ST_TYPE(x) <= PT_L4 && ST_TYPE_REFS(x);
}

/* References held by the entries of table @f that count as done. */
static void count_entries(unsigned int f, unsigned int *refs,
			  unsigned int *types)
{
	enum page_type t = ST_TYPE(frames[f].state);

	for (unsigned int k = 0; k < frames[f].nr_validated; k++) {
		uint64_t e = table(f)[k], child = pte_mfn(e).v;

		if (!(e & PTE_P))
			continue;
		refs[child]++;
		if (t == PT_L1 && !(e & PTE_RW))
			continue;
		types[child]++;
		if (ST_TYPE(frames[child].state) !=
		    (t == PT_L1 ? PT_WRITABLE : t - 1))
			wrong("an entry maps a frame of another type", f);
		if (t != PT_L1 &&
		    !(frames[child].state & (ST_VALIDATED | ST_DEVAL)))
			wrong("an entry names a table not validated", f);
	}
}

static void check(void)
{
	unsigned int refs[FRAMES + FIRST] = {0};
	unsigned int types[FRAMES + FIRST] = {0};

	for (unsigned int f = FIRST; f < FRAMES + FIRST; f++) {
		uint64_t x = frames[f].state;

		if (!page_state_valid(x) || (x & ST_BUSY))
			wrong("the word contradicts itself", f);
		refs[f] += !!(x & ST_ALLOCATED) + !!(x & ST_PINNED) +
			   !!(x & ST_PARTIAL);
		types[f] += !!(x & ST_PINNED) + !!(x & ST_PARTIAL);
		if (is_table(f))
			count_entries(f, refs, types);
	}
	for (unsigned int i = 0; i < 3; i++) {
		const struct page *held[] = {vcpu.arch.l4_kernel,
					     vcpu.arch.l4_user,
					     vcpu.arch.put_later};

		if (held[i]) {
			refs[number_of(held[i])]++;
			types[number_of(held[i])]++;
		}
	}
	for (unsigned int f = FIRST; f < FRAMES + FIRST; f++) {
		if (refs[f] != page_refs(&frames[f]))
			wrong("references do not add up", f);
		if (types[f] != page_type_refs(&frames[f]))
			wrong("type references do not add up", f);
		if (is_table(f) && tlb_writable[f])
			wrong("a table may still be written through the TLB",
			      f);
	}
}

/* The CPU may cache whatever an L1 table maps now. */
static void cache_translations(void)
{
	for (unsigned int f = FIRST; f < FRAMES + FIRST; f++)
		for (unsigned int k = 0; k < PTES_PER_TABLE; k++)
			if (is_table(f) && ST_TYPE(frames[f].state) == PT_L1 &&
			    k < frames[f].nr_validated &&
			    (table(f)[k] & (PTE_P | PTE_RW)) ==
				    (PTE_P | PTE_RW))
				tlb_writable[pte_mfn(table(f)[k]).v] = true;
}

/* --- what a guest can do --- */

static void drop(struct page *pg)
{
	if (page_put_and_type_preemptible(pg, true) == -ERESTART)
		table_put_later(pg);
}

static void op_pin(unsigned int f, enum page_type t)
{
	(void)page_pin(&frames[f], &dom, t, true);
}

static void op_unpin(unsigned int f)
{
	if (page_get(&frames[f], &dom))
		return;
	if (page_clear_pin(&frames[f]))
		drop(&frames[f]);
	page_put(&frames[f]);
}

static void op_root(struct page **slot, unsigned int f)
{
	struct page *old = *slot;

	if (f && page_get_and_type(&frames[f], &dom, PT_L4, true))
		return;
	*slot = page_of((uint8_t)f);
	if (old)
		drop(old);
}

/* As mmu_update: a checked write to a table, a plain one to anything else. */
static void op_write(unsigned int f, unsigned int k, uint64_t val)
{
	enum page_type t = page_type(&frames[f]);

	if (t < PT_L1 || t > PT_L4 || !page_type_refs(&frames[f])) {
		if (page_get_and_type(&frames[f], &dom, PT_WRITABLE, false))
			return;
		table(f)[k] = val;
		page_put_and_type(&frames[f]);
		return;
	}
	if (page_get_and_type(&frames[f], &dom, t, true))
		return;
	(void)table_write_entry(&frames[f], t, &table(f)[k], val, &dom, false,
				NULL);
	drop(&frames[f]);
}

/* Give the frame back, or get it (flushed, as the heap does, and zeroed). */
static void op_release(unsigned int f)
{
	if (page_owned_by(&frames[f], &dom)) {
		if (page_clear_allocated(&frames[f]))
			page_put(&frames[f]);
		return;
	}
	if (tlb_filter(1, frames[f].tlb_stamp))
		tlb_flush_mask(1);
	memset(ram[f], 0, PTES_PER_TABLE * 8);
	page_set_allocated(&frames[f], &dom);
}

#define VALUES (1 + 2 * FRAMES)
#define NR_OPS                                                                 \
	(FRAMES * 4 + FRAMES + 2 * (FRAMES + 1) +                              \
	 FRAMES * PTES_PER_TABLE * VALUES + FRAMES + 1)

static uint64_t value(unsigned int n)
{
	uint64_t frame = FIRST + (n - 1) / 2;

	if (!n)
		return 0;
	return frame << PAGE_SHIFT | PTE_P | PTE_US | ((n & 1) ? PTE_RW : 0);
}

static bool apply(unsigned int n)
{
	/* what a preempted put left is done first, as hypercalls do it */
	if (table_put_pending(&vcpu))
		return true;
	if (n < FRAMES * 4)
		return op_pin(FIRST + n / 4, PT_L1 + n % 4), true;
	n -= FRAMES * 4;
	if (n < FRAMES)
		return op_unpin(FIRST + n), true;
	n -= FRAMES;
	if (n < FRAMES + 1)
		return op_root(&vcpu.arch.l4_kernel, n), true;
	n -= FRAMES + 1;
	if (n < FRAMES + 1)
		return op_root(&vcpu.arch.l4_user, n), true;
	n -= FRAMES + 1;
	if (n < FRAMES * PTES_PER_TABLE * VALUES)
		return op_write(FIRST + n / VALUES / PTES_PER_TABLE,
				n / VALUES % PTES_PER_TABLE, value(n % VALUES)),
		       true;
	n -= FRAMES * PTES_PER_TABLE * VALUES;
	if (n < FRAMES)
		return op_release(FIRST + n), true;
	tlb_flush_mask(1); /* the guest asks for a flush */
	return false;
}

/* --- the search --- */

static struct state *states;
static uint32_t *hash;
static uint32_t hash_size = 1 << 25;
static unsigned int max_states = MAX_STATES;

static uint64_t hash_of(const struct state *s)
{
	const uint64_t *w = (const uint64_t *)(const void *)s;
	uint64_t h = 0x9e3779b97f4a7c15ULL;

	for (size_t i = 0; i < sizeof(*s) / 8; i++) {
		h = (h ^ w[i]) * 0xff51afd7ed558ccdULL;
		h ^= h >> 32;
	}
	return h;
}

static bool add(const struct state *s)
{
	uint64_t at = hash_of(s) % hash_size;

	for (; hash[at]; at = (at + 1) % hash_size)
		if (!memcmp(&states[hash[at] - 1], s, sizeof(*s)))
			return false;
	if (nr_states == max_states)
		return false;
	states[nr_states++] = *s;
	hash[at] = nr_states;
	return true;
}

static bool is_release(unsigned int n)
{
	return n >= NR_OPS - FRAMES - 1 && n < NR_OPS - 1;
}

/* @n: an operation; @p: where it is preempted, if not 0. */
static void step(unsigned int n, unsigned int p)
{
	preempt_in = p;
	apply(n);
	preempt_in = 0;
	check();
	cache_translations();
}

/* Larger machines can not be searched through: walk at random instead. */
static int walk(unsigned long steps, uint64_t seed)
{
	unsigned long done, deep = 0;
	unsigned int n;

	for (done = 0; done < steps; done++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		n = (unsigned int)(seed >> 33) % NR_OPS;
		if (is_release(n) && seed >> 60)
			continue; /* rarer, so that deep tables come about */
		step(n, (unsigned int)(seed >> 20) % 5);
		for (unsigned int f = FIRST; f < FRAMES + FIRST; f++)
			deep += page_type(&frames[f]) == PT_L4 &&
				(frames[f].state & ST_VALIDATED) &&
				(table(f)[0] & PTE_P);
	}
	printf("# %u frames, %u entries a table: %lu random steps, %lu with a "
	       "validated tree\n",
	       FRAMES, PTES_PER_TABLE, done, deep);
	if (!deep) {
		printf("0 passed, 1 failed\n");
		return 1;
	}
	printf("1 passed, 0 failed\n");
	return 0;
}

static int search(void)
{
	struct state s;
	unsigned long steps = 0;

	states = malloc(max_states * sizeof(*states));
	hash = calloc(hash_size, sizeof(*hash));
	if (!states || !hash)
		return 1;
	save(&s);
	add(&s);
	for (unsigned int i = 0; i < nr_states; i++) {
		for (unsigned int n = 0; n < NR_OPS; n++) {
			for (unsigned int p = 0; p < 3; p++) {
				s = states[i];
				restore(&s);
				step(n, p);
				save(&s);
				add(&s);
				steps++;
			}
		}
	}
	printf("# %u frames, %u entries a table: %u states, %lu steps%s\n",
	       FRAMES, PTES_PER_TABLE, nr_states, steps,
	       nr_states == max_states ? " (bounded)" : ", complete");
	printf("1 passed, 0 failed\n");
	return 0;
}

/* No arguments: search.  STEPS SEED: walk. */
int main(int argc, char **argv)
{
	_Static_assert(sizeof(struct state) % 8 == 0, "hashed as words");
	static struct domain *part[DOMAIN_TABLE_PART] = {[1] = &dom};

	domain_table[0] = part;
	vcpu.domain = &dom;
	dom.owner_id = 1;
	dom.dirty_cpus = 1;
	mmu_limits_init(40, true);
	for (unsigned int f = FIRST; f < FRAMES + FIRST; f++)
		page_set_allocated(&frames[f], &dom);
	if (argc == 3)
		return walk(strtoul(argv[1], NULL, 0),
			    strtoul(argv[2], NULL, 0));
	return search();
}
