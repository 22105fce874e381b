/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PV vcpu's control state: descriptor tables, segment bases, callbacks,
 * debug and control registers, and whole contexts.  Every address the entry
 * paths later trust is checked here, once, when it is set.
 */
#include <hv/assert.h>
#include <hv/cpu.h>
#include <hv/evtchn.h>
#include <hv/mmu.h>
#include <hv/string.h>
#include <hv/x86/context_switch.h>
#include <hv/x86/cpu_setup.h>
#include <hv/x86/fpu.h>
#include <hv/x86/io.h>
#include <hv/x86/mapping.h>
#include <hv/x86/pte.h>
#include <hv/x86/pv_state.h>
#include <hv/x86/traps.h>

#include "../mm/page_table.h"

#include <abi/callback.h>
#include <abi/errno.h>

int load_gs(uint16_t sel);

bool guest_address_ok(uint64_t va)
{
	return ((int64_t)(va << 16) >> 16) == (int64_t)va &&
	       (va < HV_VIRT_START || va >= HV_VIRT_END);
}

/* --- control and debug registers --- */

#define CR4_SHOWN 0x660ULL /* PAE MCE OSFXSR OSXMMEXCPT */
#define CR4_TSD_DE 0xcULL
#define CR4_FSGSBASE 0x10000ULL
#define CR4_OSXSAVE 0x40000ULL

void pv_set_cr4(struct vcpu *v, uint64_t val)
{
	uint64_t may = CR4_TSD_DE;

	if (cpu_features.fsgsbase)
		may |= CR4_FSGSBASE;
	if (cpu_features.xsave)
		may |= CR4_OSXSAVE;
	v->arch.cr4 = CR4_SHOWN | (val & may);
	if (v == current)
		switch_cr4(v);
}

/* Breakpoints stay out of our range; bits a guest may not set are dropped. */
int pv_set_debugreg(struct vcpu *v, unsigned int reg, uint64_t val)
{
	switch (reg) {
	case 0 ... 3:
		if (!guest_address_ok(val))
			return -EPERM;
		v->arch.dr[reg] = val;
		break;
	case 4:
	case 6:
		v->arch.dr6 = (val & 0xe00f) | 0xffff0ff0;
		return 0;
	case 5:
	case 7:
		/* no general detect, no I/O breakpoints; LE/GE and bit 10 */
		val = (val & 0xffff03ff & ~0x2000ULL) | 0x400;
		for (unsigned int i = 16; i < 32; i += 4)
			if ((val >> i & 3) == 2)
				return -EPERM;
		v->arch.dr7 = val;
		break;
	default:
		return -EINVAL;
	}
	if (v == current) {
		switch (reg) {
		case 0:
			__asm__ volatile("mov %0, %%dr0" : : "r"(val));
			break;
		case 1:
			__asm__ volatile("mov %0, %%dr1" : : "r"(val));
			break;
		case 2:
			__asm__ volatile("mov %0, %%dr2" : : "r"(val));
			break;
		case 3:
			__asm__ volatile("mov %0, %%dr3" : : "r"(val));
			break;
		default:
			__asm__ volatile("mov %0, %%dr7" : : "r"(val));
			break;
		}
	}
	return 0;
}

int pv_get_debugreg(const struct vcpu *v, unsigned int reg, uint64_t *val)
{
	switch (reg) {
	case 0 ... 3:
		*val = v->arch.dr[reg];
		return 0;
	case 4:
	case 6:
		*val = v->arch.dr6;
		return 0;
	case 5:
	case 7:
		*val = v->arch.dr7;
		return 0;
	default:
		return -EINVAL;
	}
}

/* --- segments --- */

int pv_set_segment_base(struct vcpu *v, unsigned int which, uint64_t base)
{
	ASSERT(v == current && v->arch.in_kernel);
	if (which <= SEGBASE_GS_KERNEL &&
	    ((int64_t)(base << 16) >> 16) != (int64_t)base)
		return -EINVAL;
	switch (which) {
	case SEGBASE_FS:
		wrmsr(MSR_FS_BASE, base);
		return 0;
	case SEGBASE_GS_USER:
		wrmsr(MSR_KERNEL_GS_BASE, base);
		return 0;
	case SEGBASE_GS_KERNEL:
		wrmsr(MSR_GS_BASE, base);
		return 0;
	case SEGBASE_GS_USER_SEL:
		/* the user's GS is the shadow one: load it there */
		swapgs();
		(void)load_gs((uint16_t)(base > 3 ? base | 3 : base));
		swapgs();
		return 0;
	default:
		return -EINVAL;
	}
}

/* Code and data segments at ring 3, or nothing; call gates are disarmed. */
bool pv_check_descriptors(uint64_t *d, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		unsigned int type = d[i] >> 40 & 0x1f;

		if (!(d[i] >> 47 & 1)) /* not present */
			continue;
		if (type & 0x10) {
			d[i] |= 3ULL << 45; /* DPL 3 */
			if ((type & 8) && (d[i] >> 53 & 1) && (d[i] >> 54 & 1))
				d[i] &= ~(1ULL << 54); /* L and D: reserved */
			/* conforming code would keep our privilege: refuse */
			if ((type & 0xc) == 0xc)
				return false;
		} else if (type == 0xc) {
			d[i] &= ~(3ULL << 45);
			d[i] &= ~(1ULL << 47);
		} else if (type != 0) {
			return false;
		}
	}
	return true;
}

static void reload_tables(struct vcpu *v);

void pv_drop_gdt(struct vcpu *v)
{
	v->arch.gdt_ents = 0;
	if (v == current)
		reload_tables(v);
	for (unsigned int i = 0; i < ARRAY_SIZE(v->arch.gdt_page); i++) {
		if (v->arch.gdt_page[i])
			page_put_and_type(v->arch.gdt_page[i]);
		v->arch.gdt_page[i] = NULL;
	}
}

int pv_set_gdt(struct vcpu *v, const uint64_t *frames, unsigned int entries)
{
	unsigned int nr = div_round_up(entries, 512), i;
	struct page *pg[14] = {0};
	int rc = 0;

	if (entries > FIRST_RESERVED_GDT_ENTRY)
		return -EINVAL;
	for (i = 0; i < nr; i++) {
		if (!mfn_valid(MFN(frames[i]))) {
			rc = -EINVAL;
			break;
		}
		pg[i] = mfn_to_page(MFN(frames[i]));
		rc = page_get_and_type(pg[i], v->domain, PT_SEGDESC, false);
		if (rc)
			break;
	}
	if (rc) {
		while (i--)
			page_put_and_type(pg[i]);
		return -EINVAL;
	}
	pv_drop_gdt(v);
	memcpy(v->arch.gdt_page, pg, sizeof(pg));
	v->arch.gdt_ents = entries;
	if (v == current)
		reload_tables(v);
	return 0;
}

void pv_drop_ldt(struct vcpu *v)
{
	v->arch.ldt_ents = 0;
	if (v == current)
		reload_tables(v);
	for (unsigned int i = 0; i < ARRAY_SIZE(v->arch.ldt_page); i++) {
		if (v->arch.ldt_page[i])
			page_put_and_type(v->arch.ldt_page[i]);
		v->arch.ldt_page[i] = NULL;
	}
}

int pv_set_ldt(struct vcpu *v, uint64_t va, unsigned int entries)
{
	unsigned int nr = div_round_up(entries, 512);

	if (entries > 8192 || (va & ~PAGE_MASK) || !guest_address_ok(va))
		return -EINVAL;
	pv_drop_ldt(v);
	for (unsigned int i = 0; i < nr; i++) {
		uint64_t l1e = mmu_guest_l1e(v, va + i * PAGE_SIZE);
		struct page *pg;

		if (!(l1e & PTE_P) || !mfn_valid(pte_mfn(l1e)))
			goto fail;
		pg = mfn_to_page(pte_mfn(l1e));
		if (page_get_and_type(pg, v->domain, PT_SEGDESC, false))
			goto fail;
		v->arch.ldt_page[i] = pg;
	}
	v->arch.ldt_base = va;
	v->arch.ldt_ents = entries;
	if (v == current)
		reload_tables(v);
	return 0;
fail:
	pv_drop_ldt(v);
	return -EINVAL;
}

static uint8_t gdt_pages_loaded[NR_CPUS];
static bool ldt_loaded[NR_CPUS];

static uint64_t page_maddr(const struct page *pg)
{
	return page_to_mfn(pg).v << PAGE_SHIFT;
}

/*
 * The window's entries are not global: the next CR3 load makes them current.
 */
void pv_map_tables(struct vcpu *v)
{
	uint64_t zero_maddr = window_zero_page();
	unsigned int cpu = smp_processor_id();
	unsigned int n = div_round_up(v->arch.gdt_ents, 512u), i;
	uint64_t *desc =
		(uint64_t *)(WINDOW_START + cpu * WINDOW_SIZE + (HV_LDT & ~7u));

	for (i = 0; i < n || i < gdt_pages_loaded[cpu]; i++)
		window_map(cpu, i,
			   i < n && v->arch.gdt_page[i]
				   ? page_maddr(v->arch.gdt_page[i])
				   : zero_maddr);
	gdt_pages_loaded[cpu] = (uint8_t)n;
	if (v->arch.ldt_ents || ldt_loaded[cpu]) {
		uint64_t base = WINDOW_START + cpu * WINDOW_SIZE + 0x10000;
		uint64_t limit = v->arch.ldt_ents * 8ULL - 1;

		for (i = 0; i < 16; i++)
			window_map(cpu, 16 + i,
				   v->arch.ldt_page[i]
					   ? page_maddr(v->arch.ldt_page[i])
					   : 0);
		desc[0] = (limit & 0xffff) | (base & 0xffffff) << 16 |
			  0x82ULL << 40 | (base >> 24 & 0xff) << 56;
		desc[1] = base >> 32;
		ldt_loaded[cpu] = v->arch.ldt_ents != 0;
	}
}

/* The descriptor is in the window: only after the CR3 load. */
void pv_load_ldt(const struct vcpu *v)
{
	__asm__ volatile("lldt %w0" : : "r"(v->arch.ldt_ents ? HV_LDT : 0));
}

static void reload_tables(struct vcpu *v)
{
	pv_map_tables(v);
	tlb_flush_local();
	pv_load_ldt(v);
}

/* --- entry points --- */

static void set_syscall_fast(struct vcpu *v)
{
	v->arch.syscall_fast =
		v->arch.syscall.address && v->arch.syscall.masks_events;
}

int pv_set_callback(struct vcpu *v, unsigned int type, bool masks,
		    uint64_t address)
{
	struct callback *cb;

	if (!guest_address_ok(address))
		return -EINVAL;
	switch (type) {
	case CALLBACKTYPE_event:
		cb = &v->arch.event;
		break;
	case CALLBACKTYPE_failsafe:
		cb = &v->arch.failsafe;
		break;
	case CALLBACKTYPE_syscall:
		cb = &v->arch.syscall;
		break;
	case CALLBACKTYPE_syscall32:
		cb = &v->arch.syscall32;
		break;
	case CALLBACKTYPE_sysenter:
		cb = &v->arch.sysenter;
		break;
	case CALLBACKTYPE_nmi:
		cb = &v->arch.nmi;
		break;
	default:
		return -ENOSYS;
	}
	*cb = (struct callback){address, masks};
	set_syscall_fast(v);
	return 0;
}

/* --- whole contexts --- */

static int take_l4(struct domain *d, uint64_t cr3, struct page **out)
{
	uint64_t mfn = cr3 >> PAGE_SHIFT;
	struct page *pg;
	int rc;

	if (!mfn_valid(MFN(mfn)))
		return -EINVAL;
	pg = mfn_to_page(MFN(mfn));
	rc = page_get_and_type(pg, d, PT_L4, true);
	if (!rc)
		*out = pg;
	return rc == -EPERM || rc == -EBUSY ? -EINVAL : rc;
}

static int check_context(const struct vcpu_guest_context *c)
{
	if (!guest_address_ok(c->kernel_sp) ||
	    !guest_address_ok(c->event_callback_eip) ||
	    !guest_address_ok(c->failsafe_callback_eip) ||
	    !guest_address_ok(c->syscall_callback_eip) ||
	    !guest_address_ok(c->user_regs.rip) || c->ldt_ents > 8192 ||
	    c->gdt_ents > FIRST_RESERVED_GDT_ENTRY || c->debugreg[6] >> 32 ||
	    !(c->flags & VGCF_IN_KERNEL))
		return -EINVAL;
	for (unsigned int i = 0; i < 256; i++)
		if (c->trap_ctxt[i].address &&
		    !guest_address_ok(c->trap_ctxt[i].address))
			return -EINVAL;
	return 0;
}

static void set_traps(struct vcpu *v, const struct vcpu_guest_context *c)
{
	for (unsigned int i = 0; i < 256; i++) {
		const struct trap_info *t = &c->trap_ctxt[i];

		v->arch.trap[i] = (struct trap_entry){
			.address = t->address,
			.cs = t->cs | 3,
			.flags = t->flags & 7,
		};
	}
}

static void set_registers(struct vcpu *v, const struct vcpu_guest_context *c)
{
	struct regs *r = &v->arch.regs;

	memcpy(r, &c->user_regs, offsetof(struct regs, error_code));
	r->error_code = 0;
	r->entry_vector = 0;
	r->rip = c->user_regs.rip;
	r->cs = c->user_regs.cs | 3;
	r->ss = c->user_regs.ss | 3;
	r->rsp = c->user_regs.rsp;
	v->arch.iopl = c->user_regs.rflags >> 12 & 3;
	r->rflags = (c->user_regs.rflags &
		     ~(uint64_t)(RFLAGS_IOPL | RFLAGS_VM | RFLAGS_NT)) |
		    RFLAGS_IF | 2;
	v->arch.ds = c->user_regs.ds > 3 ? c->user_regs.ds | 3 : 0;
	v->arch.es = c->user_regs.es > 3 ? c->user_regs.es | 3 : 0;
	v->arch.fs = c->user_regs.fs > 3 ? c->user_regs.fs | 3 : 0;
	v->arch.gs = c->user_regs.gs > 3 ? c->user_regs.gs | 3 : 0;
	v->arch.fs_base = c->fs_base;
	v->arch.gs_base_kernel = c->gs_base_kernel;
	v->arch.gs_base_user = c->gs_base_user;
}

static bool canonical(uint64_t va)
{
	return ((int64_t)(va << 16) >> 16) == (int64_t)va;
}

int pv_set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	struct page *l4 = NULL, *user = NULL;
	int rc = check_context(c);

	if (rc)
		return rc;
	if (!canonical(c->fs_base) || !canonical(c->gs_base_kernel) ||
	    !canonical(c->gs_base_user))
		return -EINVAL;
	rc = take_l4(v->domain, c->ctrlreg[3], &l4);
	if (rc)
		return rc;
	if (c->ctrlreg[1]) {
		rc = take_l4(v->domain, c->ctrlreg[1], &user);
		if (rc)
			goto put_l4;
	}
	rc = pv_set_gdt(v, c->gdt_frames, (unsigned int)c->gdt_ents);
	if (rc)
		goto put_user;
	rc = pv_drop_context_tables(v);
	if (rc)
		goto put_user;

	v->arch.l4_kernel = l4;
	v->arch.cr3_kernel = page_maddr(l4);
	v->arch.l4_user = user;
	v->arch.cr3_user = user ? page_maddr(user) : 0;
	tlb_set_roots(v);
	v->arch.in_kernel = true;
	set_registers(v, c);
	set_traps(v, c);
	if (c->flags & VGCF_I387_VALID)
		fpu_set_legacy(v, c->fpu_ctxt.x);
	v->arch.kernel_sp = round_down(c->kernel_sp, 16ULL);
	v->arch.kernel_ss = (uint16_t)c->kernel_ss | 3;
	v->arch.event = (struct callback){c->event_callback_eip, true};
	v->arch.failsafe =
		(struct callback){c->failsafe_callback_eip,
				  c->flags & VGCF_failsafe_disables_events};
	v->arch.syscall =
		(struct callback){c->syscall_callback_eip,
				  c->flags & VGCF_syscall_disables_events};
	set_syscall_fast(v);
	pv_set_cr4(v, c->ctrlreg[4]);
	v->arch.ts = false;
	for (unsigned int i = 0; i < 8; i++)
		if (i < 4 || i > 5)
			(void)pv_set_debugreg(v, i, c->debugreg[i]);
	if (v->id == 0)
		v->domain->vm_assist |= c->vm_assist & 0x2d;
	if (c->ldt_ents)
		(void)pv_set_ldt(v, c->ldt_base, (unsigned int)c->ldt_ents);
	v->is_initialised = true;
	return 0;

put_user:
	if (user)
		page_put_and_type(user);
put_l4:
	page_put_and_type(l4);
	return rc;
}

void pv_get_context(struct vcpu *v, struct vcpu_guest_context *c)
{
	const struct regs *r = &v->arch.regs;

	memset(c, 0, sizeof(*c));
	fpu_get_legacy(v, c->fpu_ctxt.x);
	c->flags =
		VGCF_I387_VALID | (v->arch.in_kernel ? VGCF_IN_KERNEL : 0) |
		(v->is_down ? 0 : VGCF_online) |
		(v->arch.syscall.masks_events ? VGCF_syscall_disables_events
					      : 0) |
		(v->arch.failsafe.masks_events ? VGCF_failsafe_disables_events
					       : 0);
	memcpy(&c->user_regs, r, offsetof(struct regs, error_code));
	c->user_regs.rip = r->rip;
	c->user_regs.cs = (uint16_t)(v->arch.in_kernel ? r->cs & ~3ULL : r->cs);
	c->user_regs.ss = (uint16_t)r->ss;
	c->user_regs.rsp = r->rsp;
	c->user_regs.rflags = (r->rflags & ~(uint64_t)RFLAGS_IF) |
			      (uint64_t)v->arch.iopl << 12 |
			      (v->info->evtchn_upcall_mask ? 0 : RFLAGS_IF);
	c->user_regs.saved_upcall_mask = v->info->evtchn_upcall_mask;
	c->user_regs.ds = v->arch.ds;
	c->user_regs.es = v->arch.es;
	c->user_regs.fs = v->arch.fs;
	c->user_regs.gs = v->arch.gs;
	for (unsigned int i = 0; i < 256; i++) {
		c->trap_ctxt[i].vector = (uint8_t)i;
		c->trap_ctxt[i].flags = v->arch.trap[i].flags;
		c->trap_ctxt[i].cs = v->arch.trap[i].cs;
		c->trap_ctxt[i].address = v->arch.trap[i].address;
	}
	c->ldt_base = v->arch.ldt_base;
	c->ldt_ents = v->arch.ldt_ents;
	for (unsigned int i = 0; i < ARRAY_SIZE(v->arch.gdt_page); i++)
		if (v->arch.gdt_page[i])
			c->gdt_frames[i] = page_to_mfn(v->arch.gdt_page[i]).v;
	c->gdt_ents = v->arch.gdt_ents;
	c->kernel_ss = v->arch.kernel_ss;
	c->kernel_sp = v->arch.kernel_sp;
	c->ctrlreg[0] = 0x80050033 | (v->arch.ts ? 8 : 0);
	c->ctrlreg[1] = v->arch.cr3_user;
	c->ctrlreg[3] = v->arch.cr3_kernel;
	c->ctrlreg[4] = v->arch.cr4;
	memcpy(c->debugreg, v->arch.dr, sizeof(v->arch.dr));
	c->debugreg[6] = v->arch.dr6;
	c->debugreg[7] = v->arch.dr7;
	c->event_callback_eip = v->arch.event.address;
	c->failsafe_callback_eip = v->arch.failsafe.address;
	c->syscall_callback_eip = v->arch.syscall.address;
	c->vm_assist = v->domain->vm_assist;
	c->fs_base = v->arch.fs_base;
	c->gs_base_kernel = v->arch.gs_base_kernel;
	c->gs_base_user = v->arch.gs_base_user;
}

/* One table root; its last reference may take several calls. */
static int drop_l4(struct vcpu *v, struct page **slot, uint64_t *cr3)
{
	struct page *pg = *slot;
	int rc;

	if (!pg)
		return 0;
	*cr3 = 0;
	tlb_set_roots(v);
	rc = page_put_and_type_preemptible(pg, true);
	if (!rc)
		*slot = NULL;
	return rc;
}

int pv_drop_context_tables(struct vcpu *v)
{
	int rc = drop_l4(v, &v->arch.l4_user, &v->arch.cr3_user);

	return rc ? rc : drop_l4(v, &v->arch.l4_kernel, &v->arch.cr3_kernel);
}

int pv_drop_context(struct vcpu *v)
{
	int rc;

	pv_drop_ldt(v);
	pv_drop_gdt(v);
	rc = table_put_pending(v);
	return rc ? rc : pv_drop_context_tables(v);
}
