/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Just enough instruction decoding for the few instructions we emulate:
 * prefixes, opcode, ModRM with its address.
 */
#ifndef HV_X86_DECODE_H
#define HV_X86_DECODE_H

#include <hv/x86/vcpu.h>

struct insn {
	uint8_t bytes[15];
	uint8_t available; /* how many of them could be read           */
	uint8_t len;	   /* consumed so far                          */
	uint8_t opsize;	   /* 2, 4 or 8                                */
	uint8_t rex;
	bool rep, repne, lock, addr32, code64;
	uint16_t opcode; /* one byte, or 0x0f00 | second byte         */
	uint8_t modrm;
	bool has_modrm, is_memory;
	bool rip_relative; /* then address is not computed             */
	uint64_t address;  /* of the memory operand                    */
};

/*
 * Fetch and decode at @r->rip; @modrm: opcodes with one get it decoded.
 * False: not all bytes are readable, or more prefixes than allowed.
 */
bool insn_decode(struct insn *i, struct regs *r);

/* Take @n immediate bytes, sign-extended; sets *ok to false if missing. */
int64_t insn_immediate(struct insn *i, unsigned int n, bool *ok);

/* General register @n (0-15) of @r. */
uint64_t *insn_register(struct regs *r, unsigned int n);
static inline unsigned int insn_reg(const struct insn *i)
{
	return (i->modrm >> 3 & 7) | (i->rex & 4 ? 8 : 0);
}
static inline unsigned int insn_rm(const struct insn *i)
{
	return (i->modrm & 7) | (i->rex & 1 ? 8 : 0);
}

#endif
