/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes of guest kernels to their (read-only mapped) L1 tables: Linux stores
 * to page-table entries directly in a few places, with the few instructions
 * below.  Each becomes one compare-exchange of a checked entry.  Writes to
 * devices' frames that nobody may write (MSI-X tables, HPET) are dropped here.
 */
#include <hv/domain.h>
#include <hv/mmu.h>
#include <hv/page.h>
#include <hv/string.h>
#include <hv/x86/decode.h>
#include <hv/x86/layout.h>
#include <hv/x86/pte.h>
#include <hv/x86/traps.h>

#include "../mm/page_table.h"

#include <abi/errno.h>

#define FLAG_CF 0x001
#define FLAG_PF 0x004
#define FLAG_ZF 0x040
#define FLAG_SF 0x080
#define FLAG_OF 0x800
#define FLAGS_ARITH (FLAG_CF | FLAG_PF | 0x10 | FLAG_ZF | FLAG_SF | FLAG_OF)

/* What an instruction makes of memory operand and registers. */
struct effect {
	uint64_t new;	/* memory operand afterwards                */
	bool writes;	/* or memory stays as it is                 */
	uint64_t *reg;	/* register that gets the old value, if any */
	uint64_t flags; /* arithmetic flags afterwards              */
	bool sets_flags;
};

static uint64_t size_mask(unsigned int size)
{
	return size == 8 ? ~0ULL : (1ULL << (size * 8)) - 1;
}

static uint64_t logic_flags(uint64_t v, unsigned int size)
{
	uint64_t f = 0;

	v &= size_mask(size);
	if (!v)
		f |= FLAG_ZF;
	if (v >> (size * 8 - 1))
		f |= FLAG_SF;
	if (!(__builtin_popcount((unsigned int)(v & 0xff)) & 1))
		f |= FLAG_PF;
	return f;
}

/* OR (1), AND (4), XOR (6), as /digit and as bits 3-5 of the short opcodes. */
static bool logic(unsigned int op, uint64_t a, uint64_t b, struct effect *e,
		  unsigned int size)
{
	switch (op) {
	case 1:
		e->new = a | b;
		break;
	case 4:
		e->new = b &a;
		break;
	case 6:
		e->new = a ^ b;
		break;
	default:
		return false;
	}
	e->writes = e->sets_flags = true;
	e->flags = logic_flags(e->new, size);
	return true;
}

/* BTS (5), BTR (6), BTC (7) of bit @n. */
static bool bit_op(unsigned int op, uint64_t old, unsigned int n,
		   struct effect *e)
{
	uint64_t bit = 1ULL << n;

	switch (op) {
	case 5:
		e->new = old | bit;
		break;
	case 6:
		e->new = old & ~bit;
		break;
	case 7:
		e->new = old ^ bit;
		break;
	default:
		return false;
	}
	e->writes = e->sets_flags = true;
	e->flags = old & bit ? FLAG_CF : 0;
	return true;
}

static bool cmpxchg(struct regs *r, const struct insn *i, uint64_t old,
		    struct effect *e, unsigned int size)
{
	uint64_t diff = (r->rax ^ old) & size_mask(size);

	e->sets_flags = true;
	e->flags = diff ? FLAG_PF : FLAG_ZF | FLAG_PF;
	if (diff) {
		e->reg = &r->rax;
		return true;
	}
	e->new = *insn_register(r, insn_reg(i));
	e->writes = true;
	return true;
}

/* Byte registers 4 to 7 without REX are AH to BH: compilers do not use them. */
static bool high_byte_register(const struct insn *i, unsigned int size)
{
	return size == 1 && !i->rex && insn_reg(i) >= 4;
}

static bool compute(struct regs *r, struct insn *i, uint64_t old,
		    struct effect *e, unsigned int size)
{
	uint64_t src = *insn_register(r, insn_reg(i));
	unsigned int imm_size = size == 8 ? 4 : size;
	bool ok = true;
	int64_t imm;

	switch (i->opcode) {
	case 0x88:
	case 0x89:
		e->new = src;
		e->writes = true;
		return !high_byte_register(i, size);
	case 0xc6:
	case 0xc7:
		e->new = (uint64_t)insn_immediate(i, imm_size, &ok);
		e->writes = true;
		return ok && insn_reg(i) % 8 == 0;
	case 0x86:
	case 0x87:
		e->new = src;
		e->writes = true;
		e->reg = insn_register(r, insn_reg(i));
		return !high_byte_register(i, size);
	case 0x08:
	case 0x09:
	case 0x20:
	case 0x21:
	case 0x30:
	case 0x31:
		return !high_byte_register(i, size) &&
		       logic(i->opcode >> 3, old, src, e, size);
	case 0x80:
	case 0x81:
	case 0x83:
		imm = insn_immediate(i, i->opcode == 0x81 ? imm_size : 1, &ok);
		return ok &&
		       logic(insn_reg(i) % 8, old, (uint64_t)imm, e, size);
	case 0x0fba:
		imm = insn_immediate(i, 1, &ok);
		return ok && bit_op(insn_reg(i) % 8, old,
				    (unsigned int)imm & (size * 8 - 1), e);
	case 0x0fab:
	case 0x0fb3:
	case 0x0fbb: /* reg form: bit in this word */
		return src < size * 8 && bit_op(i->opcode == 0x0fab   ? 5
						: i->opcode == 0x0fb3 ? 6
								      : 7,
						old, (unsigned int)src, e);
	case 0x0fb0:
	case 0x0fb1:
		return !high_byte_register(i, size) &&
		       cmpxchg(r, i, old, e, size);
	default:
		return false;
	}
}

static unsigned int operand_size(const struct insn *i)
{
	switch (i->opcode) {
	case 0x88:
	case 0xc6:
	case 0x86:
	case 0x80:
	case 0x0fb0:
	case 0x08:
	case 0x20:
	case 0x30:
		return 1;
	default:
		return i->opsize;
	}
}

static void set_register(uint64_t *reg, uint64_t v, unsigned int size)
{
	if (size >= 4)
		*reg = v & size_mask(size);
	else
		*reg = (*reg & ~size_mask(size)) | (v & size_mask(size));
}

/* 1: done (or to be tried again).  0: not an instruction of ours.  -errno. */
static int write_entry(struct regs *r, struct page *table, uint64_t cr2)
{
	uint64_t *slot = (uint64_t *)((char *)page_to_virt(table) +
				      (cr2 & ~PAGE_MASK & ~7ULL));
	unsigned int shift = (cr2 & 7) * 8, size;
	uint64_t old8 = READ_ONCE(*slot), new8, old;
	struct effect e = {0};
	struct insn i;
	int rc;

	if (!insn_decode(&i, r) || !i.is_memory ||
	    (!i.rip_relative && i.address != cr2))
		return 0;
	size = operand_size(&i);
	if ((cr2 & 7) + size > 8)
		return 0;
	old = old8 >> shift & size_mask(size);
	if (!compute(r, &i, old, &e, size))
		return 0;
	if (e.writes) {
		new8 = (old8 & ~(size_mask(size) << shift)) |
		       (size_mask(size) & e.new) << shift;
		rc = table_write_entry(table, PT_L1, slot, new8,
				       current->domain, false, &old8);
		if (rc == -EAGAIN)
			return 1; /* somebody else was faster: run it again */
		if (rc)
			return rc;
	}
	if (e.reg)
		set_register(e.reg, old, size);
	if (e.sets_flags)
		r->rflags = (r->rflags & ~(uint64_t)FLAGS_ARITH) | e.flags;
	r->rip += i.len;
	r->entry_vector = 0;
	return 1;
}

/* A store to a device frame that is read-only for everyone: it is dropped. */
static int drop_write(struct regs *r, uint64_t cr2)
{
	struct effect e = {0};
	struct insn i;

	if (!insn_decode(&i, r) || !i.is_memory ||
	    (!i.rip_relative && i.address != cr2) ||
	    !compute(r, &i, 0, &e, operand_size(&i)))
		return 0;
	r->rip += i.len;
	r->entry_vector = 0;
	return 1;
}

int emulate_pt_write(struct regs *r, uint64_t cr2)
{
	struct vcpu *v = current;
	uint64_t l1e = mmu_guest_l1e(v, cr2);
	struct page *table;
	int rc;

	if (!(l1e & PTE_P) || (l1e & PTE_RW))
		return 0;
	if (!mfn_valid(pte_mfn(l1e)) ||
	    READ_ONCE(mfn_to_page(pte_mfn(l1e))->owner) == OWNER_OF(DOMID_IO))
		return iomem_is_readonly(pte_mfn(l1e)) && drop_write(r, cr2);
	table = mfn_to_page(pte_mfn(l1e));
	if (page_type(table) != PT_L1 ||
	    page_get_and_type(table, v->domain, PT_L1, false))
		return 0;
	rc = write_entry(r, table, cr2);
	page_put_and_type(table);
	return rc > 0; /* what may not be written is the guest's #PF */
}
