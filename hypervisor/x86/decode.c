/* SPDX-License-Identifier: GPL-2.0-only */
/* SDM vol. 2, "Instruction Format": prefixes, opcode, ModRM, SIB, offset. */
#include <hv/domain.h>
#include <hv/string.h>
#include <hv/x86/decode.h>
#include <hv/x86/guest_copy.h>
#include <hv/x86/io.h>
#include <hv/x86/layout.h>

uint64_t *insn_register(struct regs *r, unsigned int n)
{
#define AT(reg) offsetof(struct regs, reg) / sizeof(uint64_t)
	static const uint8_t word[16] = {
		AT(rax), AT(rcx), AT(rdx), AT(rbx), AT(rsp), AT(rbp),
		AT(rsi), AT(rdi), AT(r8),  AT(r9),  AT(r10), AT(r11),
		AT(r12), AT(r13), AT(r14), AT(r15),
	};
#undef AT

	return (uint64_t *)r + word[n & 15];
}

static bool next_byte(struct insn *i, uint8_t *b)
{
	if (i->len >= i->available)
		return false;
	*b = i->bytes[i->len++];
	return true;
}

int64_t insn_immediate(struct insn *i, unsigned int n, bool *ok)
{
	uint64_t v = 0;

	if (i->len + n > i->available) {
		*ok = false;
		return 0;
	}
	memcpy(&v, &i->bytes[i->len], n);
	i->len = (uint8_t)(i->len + n);
	return (int64_t)(v << (64 - 8 * n)) >> (64 - 8 * n);
}

static bool decode_prefixes(struct insn *i, uint64_t *seg_base, uint8_t *op)
{
	bool opsize16 = false;

	for (;;) {
		if (!next_byte(i, op))
			return false;
		switch (*op) {
		case 0x66:
			opsize16 = true;
			continue;
		case 0x67:
			i->addr32 = true;
			continue;
		case 0xf0:
			i->lock = true;
			continue;
		case 0xf2:
			i->repne = true;
			continue;
		case 0xf3:
			i->rep = true;
			continue;
		case 0x26:
		case 0x2e:
		case 0x36:
		case 0x3e:
			continue;
		case 0x64:
			*seg_base = rdmsr(MSR_FS_BASE);
			continue;
		case 0x65:
			*seg_base = rdmsr(MSR_GS_BASE);
			continue;
		default:
			break;
		}
		break;
	}
	if (i->code64 && (*op & 0xf0) == 0x40) {
		i->rex = *op;
		if (!next_byte(i, op))
			return false;
	}
	i->opsize = i->rex & 8 ? 8 : opsize16 ? 2 : 4;
	return true;
}

static bool decode_memory(struct insn *i, struct regs *r, uint64_t seg_base)
{
	unsigned int mod = i->modrm >> 6, rm = i->modrm & 7;
	uint64_t addr = 0;
	bool ok = true, rip_relative = false;

	if (rm == 4) {
		uint8_t sib;
		unsigned int index, base;

		if (!next_byte(i, &sib))
			return false;
		index = (sib >> 3 & 7) | (i->rex & 2 ? 8 : 0);
		base = (sib & 7) | (i->rex & 1 ? 8 : 0);
		if (index != 4)
			addr = *insn_register(r, index) << (sib >> 6);
		if ((sib & 7) == 5 && mod == 0)
			addr += (uint64_t)insn_immediate(i, 4, &ok);
		else
			addr += *insn_register(r, base);
	} else if (rm == 5 && mod == 0) {
		addr = (uint64_t)insn_immediate(i, 4, &ok);
		rip_relative = i->code64;
	} else {
		addr = *insn_register(r, insn_rm(i));
	}
	if (mod == 1)
		addr += (uint64_t)insn_immediate(i, 1, &ok);
	else if (mod == 2)
		addr += (uint64_t)insn_immediate(i, 4, &ok);
	if (rip_relative) { /* from the end of the instruction: not known yet */
		i->rip_relative = true;
		return ok;
	}
	if (i->addr32 || !i->code64)
		addr &= 0xffffffff;
	i->address = addr + seg_base;
	return ok;
}

/* Opcodes of ours that have a ModRM byte; the privileged ones mostly do not. */
static bool opcode_has_modrm(uint16_t op)
{
	switch (op) {
	case 0x00 ... 0x3f:
		return (op & 7) < 4;
	case 0x80:
	case 0x81:
	case 0x83:
	case 0x86 ... 0x89:
	case 0xc6:
	case 0xc7:
	case 0xf6:
	case 0xf7:
	case 0xfe:
	case 0xff:
	case 0x0f01:
	case 0x0f20 ... 0x0f23:
	case 0x0fa3:
	case 0x0fab:
	case 0x0fb0:
	case 0x0fb1:
	case 0x0fb3:
	case 0x0fba:
	case 0x0fbb:
	case 0x0fc0:
	case 0x0fc1:
		return true;
	default:
		return false;
	}
}

bool insn_decode(struct insn *i, struct regs *r)
{
	uint64_t seg_base = 0;
	uint8_t op;

	memset(i, 0, sizeof(*i));
	i->code64 = r->cs != SEL_CS32 && (r->cs & 0xfff8) != 0x20;
	i->available =
		(uint8_t)(sizeof(i->bytes) -
			  guest_copy_in(i->bytes, r->rip, sizeof(i->bytes)));
	if (!decode_prefixes(i, &seg_base, &op))
		return false;
	i->opcode = op;
	if (op == 0x0f) {
		if (!next_byte(i, &op))
			return false;
		i->opcode = (uint16_t)(0x0f00 | op);
	}
	if (!opcode_has_modrm(i->opcode))
		return true;
	if (!next_byte(i, &i->modrm))
		return false;
	i->has_modrm = true;
	i->is_memory = i->modrm >> 6 != 3 &&
		       (i->opcode < 0x0f20 || i->opcode > 0x0f23);
	return !i->is_memory || decode_memory(i, r, seg_base);
}
