/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page-table entries: the flags a guest may set at each level, and which
 * references a present entry holds.
 *
 *	L1 to RAM	general reference; writable ones a PT_WRITABLE type too
 *	L1 to devices	none (permission checked when written)
 *	L1 of a grant	none: the grant's mapping holds them (PTE_GRANT)
 *	L2, L3, L4	general and type reference to the table below
 *
 * Entries are exchanged with one compare-exchange, so tables need no lock: the
 * new entry's references are taken before, the old one's dropped after.
 */
#include <hv/assert.h>
#include <hv/bitmap.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/mmu.h>
#include <hv/page.h>
#include <hv/string.h>
#include <hv/x86/layout.h>
#include <hv/x86/mapping.h>
#include <hv/x86/pte.h>
#include <hv/x86/pv_state.h>

#include "page_table.h"

#include <abi/errno.h>

/* Set by mmu_limits_init: address bits this machine does not have, and NX. */
static uint64_t bad_bits;

void mmu_limits_init(unsigned int phys_bits, bool has_nx)
{
	bad_bits = PTE_ADDR_MASK & ~((1ULL << phys_bits) - 1);
	if (!has_nx)
		bad_bits |= PTE_NX;
}

/* --- what entries look like --- */

/*
 * Ring 3 runs the guest's kernel too, so every present entry gets USER; bit 52
 * remembers an L1 entry without it (Xen ABI).  GLOBAL would survive the switch
 * between guest kernel and user: dropped.  PTE_GRANT is ours.
 */
static uint64_t l1e_adjust(uint64_t e)
{
	if (!(e & PTE_P))
		return e;
	e &= ~(PTE_G | PTE_GRANT);
	if (!(e & PTE_US))
		e |= PTE_US | PTE_GUEST_KERNEL;
	return e;
}

static uint64_t upper_adjust(uint64_t e)
{
	return e & PTE_P ? e | PTE_US : e;
}

static bool is_device_frame(mfn_t m)
{
	return !mfn_valid(m) ||
	       READ_ONCE(mfn_to_page(m)->owner) == OWNER_OF(DOMID_IO);
}

/* An entry for the tools' view of the M2P: it gets the page that is meant. */
static int m2p_l1e_get(uint64_t *e)
{
	struct page *pg = m2p_window_page(pte_mfn(*e));

	if (!pg || (*e & (PTE_RW | PTE_PAT | PTE_PCD | PTE_PWT)) ||
	    page_get(pg, dom_xen))
		return -EINVAL;
	*e = (*e & ~PTE_ADDR_MASK) | page_to_mfn(pg).v << PAGE_SHIFT;
	return 0;
}

static int device_l1e_get(const struct domain *d, uint64_t *e,
			  const struct domain *owner)
{
	mfn_t m = pte_mfn(*e);

	if (owner == dom_xen)
		return m2p_l1e_get(e);
	if (!iomem_access_permitted(d, m, m))
		return -EPERM;
	if (iomem_is_readonly(m))
		*e &= ~PTE_RW;
	return 0;
}

/* @e, adjusted, will be written: take its references; it may lose RW. */
static int l1e_get(struct domain *d, uint64_t *e, struct domain *owner)
{
	mfn_t m = pte_mfn(*e);
	struct page *pg;

	if (!(*e & PTE_P))
		return 0;
	if (*e & bad_bits)
		return -EINVAL;
	if (is_device_frame(m))
		return device_l1e_get(d, e, owner);
	if ((*e & (PTE_PAT | PTE_PCD | PTE_PWT)) && !d->iomem.nr)
		return -EINVAL;
	pg = mfn_to_page(m);
	if (!(*e & PTE_RW))
		return page_get(pg, owner) ? -EINVAL : 0;
	return page_get_and_type(pg, owner, PT_WRITABLE, false) ? -EINVAL : 0;
}

static void l1e_put(uint64_t e)
{
	mfn_t m = pte_mfn(e);

	if (!(e & PTE_P) || (e & PTE_GRANT) || is_device_frame(m))
		return;
	if (e & PTE_RW)
		page_put_and_type(mfn_to_page(m));
	else
		page_put(mfn_to_page(m));
}

#define UPPER_BAD (PTE_PS | PTE_PWT | PTE_PCD | PTE_G)

/* An entry of a level-@t table: its child is a table of the level below. */
static int upper_get(struct domain *d, uint64_t e, enum page_type t,
		     bool preemptible)
{
	mfn_t m = pte_mfn(e);
	int rc;

	if (!(e & PTE_P))
		return 0;
	if ((e & (bad_bits | UPPER_BAD)) || is_device_frame(m))
		return -EINVAL;
	rc = page_get_and_type(mfn_to_page(m), d, t - 1, preemptible);
	return rc == -ERESTART ? rc : rc ? -EINVAL : 0;
}

static int upper_put(uint64_t e, bool preemptible)
{
	if (!(e & PTE_P))
		return 0;
	return page_put_and_type_preemptible(mfn_to_page(pte_mfn(e)),
					     preemptible);
}

static bool is_hv_slot(enum page_type t, unsigned int i)
{
	return t == PT_L4 && i >= HV_L4_FIRST && i <= HV_L4_LAST;
}

/* --- whole tables --- */

/* Most tables are nearly empty: look at four entries at a time. */
#define STRIDE 4

static bool none_present(const uint64_t *e)
{
	return !((e[0] | e[1] | e[2] | e[3]) & PTE_P);
}

/* The first present entry from @i on; PTES_PER_TABLE: there is none. */
static unsigned int present_from(const uint64_t *table, unsigned int i)
{
	while (i < PTES_PER_TABLE && !(table[i] & PTE_P))
		i += i % STRIDE == 0 && i + STRIDE <= PTES_PER_TABLE &&
				     none_present(&table[i])
			     ? STRIDE
			     : 1;
	return i;
}

/* One more than the last present entry below @n; 0: there is none. */
static unsigned int present_below(const uint64_t *table, unsigned int n)
{
	while (n && !(table[n - 1] & PTE_P))
		n -= n % STRIDE == 0 && none_present(&table[n - STRIDE])
			     ? STRIDE
			     : 1;
	return n;
}

static int entry_validate(struct domain *d, uint64_t *slot, enum page_type t,
			  bool preemptible)
{
	uint64_t e = *slot; /* nobody else can write it any more */
	int rc;

	e = t == PT_L1 ? l1e_adjust(e) : upper_adjust(e);
	rc = t == PT_L1 ? l1e_get(d, &e, d) : upper_get(d, e, t, preemptible);
	if (!rc)
		WRITE_ONCE(*slot, e);
	return rc;
}

int table_validate(struct page *pg, enum page_type t, bool preemptible)
{
	uint64_t *table = page_to_virt(pg);
	struct domain *d = page_owner(pg);
	unsigned int i = present_from(table, pg->nr_validated);

	for (; i < PTES_PER_TABLE; i = present_from(table, i + 1)) {
		int rc;

		if (is_hv_slot(t, i))
			continue;
		rc = entry_validate(d, &table[i], t, preemptible);
		if (rc) {
			pg->nr_validated = i & 0x7fff;
			return rc;
		}
		if (t > PT_L1 && preemptible && preempt_check() &&
		    i + 1 < PTES_PER_TABLE) {
			pg->nr_validated = (i + 1) & 0x7fff;
			return -ERESTART;
		}
	}
	pg->nr_validated = PTES_PER_TABLE;
	if (t == PT_L4)
		init_hv_l4_slots(table);
	return 0;
}

int table_devalidate(struct page *pg, enum page_type t, bool preemptible)
{
	uint64_t *table = page_to_virt(pg);

	unsigned int n = present_below(table, pg->nr_validated);
	int rc = 0;

	for (; n && !rc; n = present_below(table, n)) {
		uint64_t e = table[n - 1];

		if (t == PT_L1) {
			l1e_put(e);
		} else if (!is_hv_slot(t, n - 1)) {
			rc = upper_put(e, preemptible);
			if (rc)
				break;
		}
		n--;
		if (t > PT_L1 && preemptible && n && preempt_check())
			rc = -ERESTART;
	}
	pg->nr_validated = n & 0x7fff;
	return rc;
}

int segdesc_validate(struct page *pg)
{
	return pv_check_descriptors(page_to_virt(pg), PAGE_SIZE / 8) ? 0
								     : -EINVAL;
}

/*
 * One operation can leave up to three: the table whose entry it wrote, the old
 * one below it, and the new one that was not acceptable.
 */
void table_put_later(struct page *pg)
{
	struct arch_vcpu *a = &current->arch;

	for (unsigned int i = 0; i < ARRAY_SIZE(a->put_later_too); i++) {
		if (!a->put_later)
			break;
		if (!a->put_later_too[i]) {
			a->put_later_too[i] = a->put_later;
			a->put_later = NULL;
		}
	}
	BUG_ON(a->put_later);
	a->put_later = pg;
}

static struct page *next_put_later(struct arch_vcpu *a)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(a->put_later_too); i++) {
		struct page *pg = a->put_later_too[i];

		a->put_later_too[i] = NULL;
		if (pg)
			return pg;
	}
	return NULL;
}

int table_put_pending(struct vcpu *v)
{
	while (unlikely(v->arch.put_later)) {
		int rc = page_put_and_type_preemptible(v->arch.put_later, true);

		if (rc)
			return rc;
		v->arch.put_later = next_put_later(&v->arch);
	}
	return 0;
}

/* --- single entries --- */

/* Bits that need no check and no reference when only they change. */
#define FAST_BITS                                                              \
	(PTE_NX | PTE_AVL | PTE_AVL_HIGH | PTE_G | PTE_D | PTE_A | PTE_US)
#define SAME_FRAME(t, a, b)                                                    \
	((PTE_P & (a) & (b)) &&                                                \
	 !(((a) ^ (b)) & ~((t) == PT_L1 ? FAST_BITS : FAST_BITS | PTE_RW)))

static bool exchange(uint64_t *slot, uint64_t *old, uint64_t val,
		     bool preserve_ad)
{
	uint64_t was = *old;

	if (preserve_ad)
		val |= was & (PTE_A | PTE_D);
	return __atomic_compare_exchange_n(slot, old, val, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* The new entry's references, or none if the old one's do for it. */
static int get_new(struct page *pg, enum page_type t, uint64_t *val,
		   struct domain *frame_owner)
{
	if (!(*val & PTE_P))
		return 0;
	if (t == PT_L1)
		return l1e_get(page_owner(pg), val, frame_owner);
	return upper_get(page_owner(pg), *val, t, true);
}

static void put_entry(enum page_type t, uint64_t e)
{
	if (t == PT_L1) {
		l1e_put(e);
	} else if (upper_put(e, true) == -ERESTART) {
		table_put_later(mfn_to_page(pte_mfn(e)));
	}
}

int table_write_entry(struct page *pg, enum page_type t, uint64_t *slot,
		      uint64_t val, struct domain *frame_owner,
		      bool preserve_ad, const uint64_t *expect)
{
	unsigned int i = (unsigned int)((uint64_t)slot % PAGE_SIZE / 8);
	uint64_t old = expect ? *expect : READ_ONCE(*slot);
	bool have_refs = false;
	int rc;

	if (is_hv_slot(t, i))
		return -EINVAL;
	val = t == PT_L1 ? l1e_adjust(val) : upper_adjust(val);
	for (;;) {
		bool same = SAME_FRAME(t, old, val) && !(val & bad_bits);

		/*
		 * A grant's entry stays one while only its flags change.  All
		 * bits of one that is not present are the guest's.
		 */
		if (val & PTE_P)
			val = (val & ~PTE_GRANT) | (same ? old & PTE_GRANT : 0);
		if (!same && !have_refs) {
			rc = get_new(pg, t, &val, frame_owner);
			if (rc)
				return rc;
			have_refs = true;
		}
		if (exchange(slot, &old, val, preserve_ad)) {
			if (same && have_refs)
				put_entry(t, val & ~PTE_GRANT); /* not needed */
			else if (!same)
				put_entry(t, old);
			return 0;
		}
		if (expect) {
			if (have_refs)
				put_entry(t, val);
			return -EAGAIN;
		}
	}
}
