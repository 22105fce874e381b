/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Privileged instructions of guest kernels, which fault in ring 3: the few a
 * PV kernel executes, each by its encoding.  What is not here the guest gets
 * as #GP.  There is no general emulator, on purpose.
 */
#include <hv/domain.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <hv/x86/cpu_policy.h>
#include <hv/x86/cpu_setup.h>
#include <hv/x86/decode.h>
#include <hv/x86/fpu.h>
#include <hv/x86/io.h>
#include <hv/x86/platform.h>
#include <hv/x86/pv_state.h>
#include <hv/x86/traps.h>

#include <abi/errno.h>

static void set_reg32(uint64_t *reg, uint32_t v)
{
	*reg = v;
}

static void do_cpuid(struct regs *r)
{
	struct cpuid_regs out;

	guest_cpuid(current, (uint32_t)r->rax, (uint32_t)r->rcx, &out);
	set_reg32(&r->rax, out.a);
	set_reg32(&r->rbx, out.b);
	set_reg32(&r->rcx, out.c);
	set_reg32(&r->rdx, out.d);
}

/* ud2a; "xen"; cpuid: how a PV kernel asks for CPUID (Xen ABI, arch-x86). */
int emulate_forced_cpuid(struct regs *r)
{
	static const uint8_t want[7] = {0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2};
	uint8_t got[7];

	if (copy_from_guest(got, guest_ptr(r->rip), sizeof(got)) ||
	    memcmp(got, want, sizeof(got)))
		return 0;
	do_cpuid(r);
	r->rip += sizeof(got);
	return 1;
}

/* --- I/O ports --- */

/* Byte @i of the permission bitmap, which lies in the guest's kernel. */
static bool bitmap_byte(struct vcpu *v, uint32_t i, uint8_t *b)
{
	bool from_user = !v->arch.in_kernel;
	int rc;

	if (from_user)
		toggle_guest_mode(v);
	rc = copy_from_guest(b, guest_ptr_add(v->arch.iobitmap, i), 1);
	if (from_user)
		toggle_guest_mode(v);
	return rc == 0;
}

static bool io_allowed(struct vcpu *v, uint16_t port, unsigned int size)
{
	if (v->arch.iopl >= (v->arch.in_kernel ? 1 : 3))
		return true;
	for (unsigned int i = 0; i < size; i++) {
		uint32_t p = (uint32_t)port + i;
		uint8_t b;

		if (p >= v->arch.iobitmap_ports || !bitmap_byte(v, p / 8, &b) ||
		    (b >> (p % 8) & 1))
			return false;
	}
	return true;
}

static void merge(uint64_t *reg, uint32_t v, unsigned int size)
{
	if (size == 4)
		*reg = v;
	else
		memcpy(reg, &v, size);
}

static int do_in_out(struct regs *r, struct insn *i)
{
	struct vcpu *v = current;
	bool ok = true, out = i->opcode & 2;
	unsigned int size = i->opcode & 1 ? (i->opsize == 2 ? 2 : 4) : 1;
	uint16_t port = (uint16_t)r->rdx;

	if (i->opcode < 0xe8)
		port = (uint8_t)insn_immediate(i, 1, &ok);
	if (!ok || !io_allowed(v, port, size))
		return 0;
	if (out)
		guest_port_out(v, port, size, (uint32_t)r->rax);
	else
		merge(&r->rax, guest_port_in(v, port, size), size);
	return 1;
}

/* INS/OUTS: one element a time, so that REP ones can be interrupted. */
static int do_string_io(struct regs *r, struct insn *i)
{
	struct vcpu *v = current;
	bool out = i->opcode & 2;
	unsigned int size = i->opcode & 1 ? (i->opsize == 2 ? 2 : 4) : 1;
	uint64_t mask = i->addr32 || !i->code64 ? 0xffffffff : ~0ULL;
	uint64_t *ptr = out ? &r->rsi : &r->rdi;
	int64_t step = r->rflags & 0x400 ? -(int64_t)size : (int64_t)size;
	bool rep = i->rep || i->repne;

	if (!io_allowed(v, (uint16_t)r->rdx, size))
		return 0;
	for (unsigned int n = 0; n < 1024; n++) {
		uint32_t val = 0;
		guest_ptr_t p = guest_ptr(*ptr & mask);

		if (rep && !(r->rcx & mask))
			return 1;
		if (out) {
			if (copy_from_guest(&val, p, size))
				goto fault;
			guest_port_out(v, (uint16_t)r->rdx, size, val);
		} else {
			val = guest_port_in(v, (uint16_t)r->rdx, size);
			if (copy_to_guest(p, &val, size))
				goto fault;
		}
		*ptr = (*ptr & ~mask) | ((*ptr + (uint64_t)step) & mask);
		if (!rep)
			return 1;
		r->rcx = (r->rcx & ~mask) | ((r->rcx - 1) & mask);
	}
	i->len = 0; /* more to do: run it again */
	return 1;
fault:
	inject_page_fault(r, *ptr & mask, out ? 0 : PF_WRITE);
	i->len = 0;
	return 1;
}

/* --- control and debug registers, MSRs --- */

#define CR0_GUEST 0x80050033ULL /* PG WP NE ET MP PE, and AM */
#define CR0_TS 8

static int do_mov_from_cr(struct regs *r, const struct insn *i)
{
	struct vcpu *v = current;
	uint64_t *reg = insn_register(r, insn_rm(i));

	switch (insn_reg(i)) {
	case 0:
		*reg = CR0_GUEST | (v->arch.ts ? CR0_TS : 0);
		return 1;
	case 2:
		*reg = v->info->arch.cr2;
		return 1;
	case 3:
		*reg = v->arch.cr3_kernel;
		return 1;
	case 4:
		*reg = v->arch.cr4;
		return 1;
	default:
		return 0;
	}
}

static int do_mov_to_cr(struct regs *r, const struct insn *i)
{
	struct vcpu *v = current;
	uint64_t val = *insn_register(r, insn_rm(i));

	switch (insn_reg(i)) {
	case 0:
		if ((val ^ CR0_GUEST) & ~(uint64_t)(CR0_TS | 0x40000))
			return 0; /* only TS (and AM) may change */
		fpu_set_ts(v, val & CR0_TS);
		return 1;
	case 2:
		v->info->arch.cr2 = val;
		return 1;
	case 4:
		pv_set_cr4(v, val);
		return 1;
	default:
		return 0;
	}
}

static int do_msr(struct regs *r, bool write)
{
	uint32_t msr = (uint32_t)r->rcx;
	uint64_t val = (uint32_t)r->rax | r->rdx << 32;

	if (write)
		return guest_wrmsr(current, msr, val) == 0;
	if (guest_rdmsr(current, msr, &val))
		return 0;
	set_reg32(&r->rax, (uint32_t)val);
	set_reg32(&r->rdx, (uint32_t)(val >> 32));
	return 1;
}

static int do_xsetbv(struct regs *r)
{
	struct vcpu *v = current;
	uint64_t val = (uint32_t)r->rax | r->rdx << 32;

	return (uint32_t)r->rcx == 0 && fpu_set_xcr0(v, val) == 0;
}

static int do_tsc(struct regs *r, bool with_aux)
{
	uint64_t t = rdtsc();

	set_reg32(&r->rax, (uint32_t)t);
	set_reg32(&r->rdx, (uint32_t)(t >> 32));
	if (with_aux)
		r->rcx = 0;
	return 1;
}

/* Instructions only the guest's kernel may have emulated. */
static int do_kernel_insn(struct regs *r, struct insn *i)
{
	struct vcpu *v = current;

	switch (i->opcode) {
	case 0x0f20:
		return do_mov_from_cr(r, i);
	case 0x0f22:
		return do_mov_to_cr(r, i);
	case 0x0f21: /* mov %drN, reg */
		return pv_get_debugreg(v, insn_reg(i),
				       insn_register(r, insn_rm(i))) == 0;
	case 0x0f23:
		return pv_set_debugreg(v, insn_reg(i),
				       *insn_register(r, insn_rm(i))) == 0;
	case 0x0f06:
		fpu_set_ts(v, false);
		return 1;
	case 0x0f08: /* invd, wbinvd */
	case 0x0f09:
		if (v->domain->iomem.nr)
			__asm__ volatile("wbinvd" : : : "memory");
		return 1;
	case 0x0f01:
		return i->modrm == 0xd1	  ? do_xsetbv(r)
		       : i->modrm == 0xf9 ? do_tsc(r, true)
					  : 0;
	case 0x0f31:
		return do_tsc(r, false);
	case 0x0fa2:
		do_cpuid(r);
		return 1;
	case 0xfa: /* cli, sti: stray ones, their flag is elsewhere */
	case 0xfb:
		return v->arch.iopl >= 1;
	default:
		return 0;
	}
}

/* RDMSR and WRMSR, of which Linux has one in each context switch. */
static bool plain_msr(struct regs *r)
{
	uint8_t insn[2];

	if (!current->arch.in_kernel ||
	    copy_from_guest(insn, guest_ptr(r->rip), sizeof(insn)) ||
	    insn[0] != 0x0f || (insn[1] != 0x30 && insn[1] != 0x32) ||
	    !do_msr(r, insn[1] == 0x30))
		return false;
	r->rip += sizeof(insn);
	r->entry_vector = 0;
	return true;
}

int emulate_privileged(struct regs *r)
{
	struct insn i;
	int done = 0;

	if (plain_msr(r))
		return 1;
	if (!insn_decode(&i, r))
		return 0;
	switch (i.opcode) {
	case 0xe4 ... 0xe7:
	case 0xec ... 0xef:
		done = do_in_out(r, &i);
		break;
	case 0x6c ... 0x6f:
		done = do_string_io(r, &i);
		break;
	default:
		if (current->arch.in_kernel)
			done = do_kernel_insn(r, &i);
	}
	if (done) {
		r->rip += i.len;
		r->entry_vector = 0;
	}
	return done;
}
