/* SPDX-License-Identifier: GPL-2.0-only */
/* Hypercalls on the calling vcpu's own control state. */
#include <hv/domain.h>
#include <hv/hypercalls.h>
#include <hv/mmu.h>
#include <hv/page.h>
#include <hv/physdev.h>
#include <hv/string.h>
#include <hv/subop.h>
#include <hv/x86/cpu_info.h>
#include <hv/x86/fpu.h>
#include <hv/x86/layout.h>
#include <hv/x86/pte.h>
#include <hv/x86/pv_state.h>
#include <hv/x86/traps.h>

#include <abi/callback.h>
#include <abi/errno.h>
#include <abi/physdev.h>

/* --- traps and entry points --- */

long hc_set_trap_table(guest_ptr_t table)
{
	struct vcpu *v = current;

	if (guest_ptr_is_null(table)) {
		memset(v->arch.trap, 0, sizeof(v->arch.trap));
		return 0;
	}
	for (unsigned int n = 0; n < 257; n++) {
		struct trap_info t;

		if (copy_from_guest(&t, guest_ptr_add(table, n * sizeof(t)),
				    sizeof(t)))
			return -EFAULT;
		if (!t.address)
			return 0;
		if (!guest_address_ok(t.address))
			return -EINVAL;
		v->arch.trap[t.vector] = (struct trap_entry){
			.address = t.address,
			.cs = t.cs | 3,
			.flags = t.flags & 7,
		};
	}
	return 0;
}

long hc_stack_switch(uint64_t ss, uint64_t sp)
{
	struct vcpu *v = current;

	if (!guest_address_ok(sp))
		return -EINVAL;
	v->arch.kernel_ss = (uint16_t)ss | 3;
	v->arch.kernel_sp = round_down(sp, 16ULL);
	return 0;
}

long hc_set_callbacks(uint64_t event, uint64_t failsafe, uint64_t syscall)
{
	struct vcpu *v = current;

	if (!guest_address_ok(event) || !guest_address_ok(failsafe) ||
	    !guest_address_ok(syscall))
		return -EINVAL;
	(void)pv_set_callback(v, CALLBACKTYPE_event, true, event);
	(void)pv_set_callback(v, CALLBACKTYPE_failsafe, false, failsafe);
	(void)pv_set_callback(v, CALLBACKTYPE_syscall, false, syscall);
	return 0;
}

static long callback_register(struct callback_register *op)
{
	return pv_set_callback(current, op->type,
			       op->flags & CALLBACKF_mask_events, op->address);
}

static long callback_unregister(struct callback_unregister *op)
{
	if (op->type == CALLBACKTYPE_event || op->type == CALLBACKTYPE_failsafe)
		return -EINVAL;
	return pv_set_callback(current, op->type, false, 0);
}

long hc_callback_op(uint32_t cmd, guest_ptr_t arg)
{
	switch (cmd) {
#define CALL_STRUCT(handler, op) handler(op)
#define OP SUBOP_CASE
#include "callback.def"
#undef OP
#undef CALL_STRUCT
	default:
		return -ENOSYS;
	}
}

/* --- descriptor tables --- */

long hc_set_gdt(guest_ptr_t frames, uint32_t entries)
{
	uint64_t mfns[14];
	unsigned int nr = div_round_up(entries, 512u);

	if (entries > FIRST_RESERVED_GDT_ENTRY)
		return -EINVAL;
	if (copy_from_guest(mfns, frames, nr * sizeof(mfns[0])))
		return -EFAULT;
	return pv_set_gdt(current, mfns, entries);
}

long hc_update_descriptor(uint64_t maddr, uint64_t desc)
{
	struct domain *d = current->domain;
	mfn_t m = MFN(maddr >> PAGE_SHIFT);
	uint64_t *slot;
	struct page *pg;
	enum page_type t = PT_WRITABLE;

	if (!mfn_valid(m) || (maddr & 7) || !pv_check_descriptors(&desc, 1))
		return -EINVAL;
	pg = mfn_to_page(m);
	if (page_type(pg) == PT_SEGDESC && page_type_refs(pg))
		t = PT_SEGDESC;
	if (page_get_and_type(pg, d, t, false))
		return -EINVAL;
	slot = (uint64_t *)((char *)page_to_virt(pg) + (maddr & ~PAGE_MASK));
	WRITE_ONCE(*slot, desc);
	page_put_and_type(pg);
	return 0;
}

/* --- registers --- */

long hc_fpu_taskswitch(int32_t set)
{
	fpu_set_ts(current, set);
	return 0;
}

long hc_set_debugreg(int32_t reg, uint64_t value)
{
	return pv_set_debugreg(current, (unsigned int)reg, value);
}

long hc_get_debugreg(int32_t reg)
{
	uint64_t val;
	int rc = pv_get_debugreg(current, (unsigned int)reg, &val);

	return rc ? rc : (long)val;
}

long hc_set_segment_base(uint32_t which, uint64_t base)
{
	return pv_set_segment_base(current, which, base);
}

int physdev_set_iopl(struct domain *d, struct physdev_set_iopl *op)
{
	(void)d;
	if (op->iopl > 3)
		return -EINVAL;
	current->arch.iopl = (uint8_t)op->iopl;
	return 0;
}

int physdev_set_iobitmap(struct domain *d, struct physdev_set_iobitmap *op)
{
	(void)d;
	if (op->nr_ports > 65536)
		return -EINVAL;
	current->arch.iobitmap = guest_ptr(op->bitmap);
	current->arch.iobitmap_ports = op->nr_ports;
	return 0;
}

long hc_vm_assist(uint32_t cmd, uint32_t type)
{
	struct domain *d = current->domain;
	static const uint64_t known = 1ULL << VMASST_TYPE_4gb_segments |
				      1ULL << VMASST_TYPE_4gb_segments_notify |
				      1ULL << VMASST_TYPE_writable_pagetables |
				      1ULL << VMASST_TYPE_pae_extended_cr3 |
				      1ULL << VMASST_TYPE_runstate_update_flag;

	if (type >= 64 || !(known >> type & 1))
		return -EINVAL;
	switch (cmd) {
	case VMASST_CMD_enable:
		__atomic_fetch_or(&d->vm_assist, 1ULL << type,
				  __ATOMIC_RELAXED);
		return 0;
	case VMASST_CMD_disable:
		__atomic_fetch_and(&d->vm_assist, ~(1ULL << type),
				   __ATOMIC_RELAXED);
		return 0;
	default:
		return -ENOSYS;
	}
}

/* --- iret --- */

/* The long way: any frame; entry.S does the common one to 64-bit user. */
long hc_iret(void)
{
	struct vcpu *v = current;
	struct regs *r = guest_regs();
	struct iret_context c;

	if (copy_from_guest(&c, guest_ptr(r->rsp), sizeof(c))) {
		domain_crash(v->domain,
			     "vcpu %u: iret frame at %#lx is not readable",
			     v->id, r->rsp);
		return 0;
	}
	if ((c.cs & 3) == 3) {
		if (!v->arch.cr3_user) {
			domain_crash(v->domain,
				     "vcpu %u: iret to user mode (rip %#lx) "
				     "without user page tables",
				     v->id, c.rip);
			return 0;
		}
		toggle_guest_mode(v);
	}
	v->arch.nmi_masked = 0;
	v->info->evtchn_upcall_mask = !(c.rflags & RFLAGS_IF);
	r->rip = c.rip;
	r->cs = (c.cs & 0xffff) | 3;
	r->rflags =
		(c.rflags & ~(uint64_t)(RFLAGS_IOPL | RFLAGS_VM) & 0x3fffff) |
		RFLAGS_IF | 2;
	r->rsp = c.rsp;
	r->ss = (c.ss & 0xffff) | 3;
	r->rax = c.rax;
	if (!(c.flags & VGCF_in_syscall)) {
		r->r11 = c.r11;
		r->rcx = c.rcx;
	}
	/* SYSRET brings FLAT selectors and loses RCX and R11: only if asked */
	r->entry_vector = (c.flags & VGCF_in_syscall) && r->cs == SEL_CS64 &&
					  r->ss == SEL_DS
				  ? TRAP_SYSCALL
				  : 0;
	return 0;
}
