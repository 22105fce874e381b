/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traps from guests: handled here, emulated, or bounced to the guest kernel as
 * the frame the ABI prescribes (RCX, R11, [error code], then what hardware
 * would push).  Traps in the hypervisor itself: fixed up where the code
 * expected them, else a panic.
 */
#include <hv/assert.h>
#include <hv/console.h>
#include <hv/domain.h>
#include <hv/evtchn.h>
#include <hv/mmu.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/softirq.h>
#include <hv/string.h>
#include <hv/trace.h>
#include <hv/x86/cpu_info.h>
#include <hv/x86/cpu_setup.h>
#include <hv/x86/efi_runtime.h>
#include <hv/x86/io.h>
#include <hv/x86/nmi.h>
#include <hv/x86/traps.h>

struct bounce {
	uint64_t address;
	bool masks_events;
	const uint64_t *extra; /* words between R11 and RIP */
	unsigned int nr_extra; /* at most MAX_EXTRA */
};
#define MAX_EXTRA 4

void toggle_guest_mode(struct vcpu *v)
{
	bool to_kernel = !v->arch.in_kernel;

	swapgs();
	v->arch.in_kernel = to_kernel;
	write_cr3(to_kernel ? v->arch.load_kernel : v->arch.load_user);
}

void guest_stack_lost(struct vcpu *v);
void guest_stack_lost(struct vcpu *v)
{
	domain_crash(v->domain, "vcpu %u: kernel stack %#lx is not writable",
		     v->id, v->arch.kernel_sp);
}

/* Enter the guest kernel at @b->address with a trap frame on its stack. */
static void bounce(struct regs *r, const struct bounce *b)
{
	struct vcpu *v = current;
	uint8_t mask = v->info->evtchn_upcall_mask;
	bool from_user = !v->arch.in_kernel;
	unsigned int n = 0;
	uint64_t frame[7 + MAX_EXTRA], sp;

	sp = round_down(from_user ? v->arch.kernel_sp : r->rsp, 16ULL);
	frame[n++] = r->rcx;
	frame[n++] = r->r11;
	for (unsigned int i = 0; i < b->nr_extra; i++)
		frame[n++] = b->extra[i];
	frame[n++] = r->rip;
	frame[n++] = (from_user ? (r->cs & 0xffff) | 3 : r->cs & 0xfffc) |
		     (uint64_t)mask << 32;
	frame[n++] = (r->rflags & ~(uint64_t)(RFLAGS_IF | RFLAGS_IOPL)) |
		     (mask ? 0 : RFLAGS_IF);
	frame[n++] = r->rsp;
	frame[n++] = r->ss & 0xffff;
	sp -= n * 8;

	if (from_user)
		toggle_guest_mode(v);
	if (copy_to_guest(guest_ptr(sp), frame, n * 8)) {
		domain_crash(v->domain,
			     "vcpu %u: no stack for a trap: rsp %#lx, rip "
			     "%#lx, handler %#lx",
			     v->id, sp, r->rip, b->address);
		return;
	}
	if (b->masks_events)
		v->info->evtchn_upcall_mask = 1;
	r->rip = b->address;
	r->rsp = sp;
	r->cs = SEL_CS64;
	r->ss = SEL_DS;
	r->rflags =
		(r->rflags & ~(uint64_t)(RFLAGS_TF | RFLAGS_VM | RFLAGS_RF |
					 RFLAGS_NT | RFLAGS_AC | RFLAGS_IOPL)) |
		RFLAGS_IF;
	r->entry_vector = TRAP_SYSCALL;
}

static bool vector_has_error(unsigned int vector)
{
	return vector == TRAP_DF || (vector >= TRAP_TS && vector <= TRAP_PF) ||
	       vector == TRAP_AC || vector == 21;
}

void inject_exception(struct regs *r, unsigned int vector, uint32_t error)
{
	struct vcpu *v = current;
	const struct trap_entry *t = &v->arch.trap[vector];
	uint64_t error_word = error;
	struct bounce b = {
		.address = t->address,
		.masks_events = t->flags & 4,
		.nr_extra = vector_has_error(vector),
		.extra = &error_word,
	};

	trace_trap(v, vector, error, r->rip);
	if (!t->address) {
		domain_crash(v->domain,
			     "vcpu %u: trap %u (error %#x) at %#lx, cr2 %#lx, "
			     "and no handler for it",
			     v->id, vector, error, r->rip, v->info->arch.cr2);
		show_guest_regs(v, r);
		return;
	}
	bounce(r, &b);
}

void inject_page_fault(struct regs *r, uint64_t cr2, uint32_t error)
{
	struct vcpu *v = current;

	/* Ring 3 hides which half of the guest faulted; tell it. */
	error &= ~(uint32_t)PF_USER;
	if (!v->arch.in_kernel)
		error |= PF_USER;
	v->info->arch.cr2 = cr2;
	inject_exception(r, TRAP_PF, error);
}

static void inject_callback(struct regs *r, const struct callback *cb)
{
	struct bounce b = {.address = cb->address,
			   .masks_events = cb->masks_events};

	bounce(r, &b);
}

void inject_failsafe(struct regs *r)
{
	struct vcpu *v = current;
	const struct arch_vcpu *a = &v->arch;
	const uint64_t selectors[MAX_EXTRA] = {a->ds, a->es, a->fs, a->gs};
	struct bounce b = {
		.address = a->failsafe.address,
		.masks_events = a->failsafe.masks_events,
		.nr_extra = MAX_EXTRA,
		.extra = selectors,
	};

	if (!b.address) {
		domain_crash(v->domain,
			     "vcpu %u: a selector of ds %#x, es %#x, fs %#x, "
			     "gs %#x is stale, and no failsafe callback",
			     v->id, a->ds, a->es, a->fs, a->gs);
		return;
	}
	bounce(r, &b);
}

/*
 * An NMI of the machine is Dom0's to explain, as on Xen.  It may have come at
 * any instruction of ours, so nothing is printed and no lock is taken.
 */
static void nmi(const struct regs *r)
{
	struct vcpu *v = dom0 ? dom0->vcpu[0] : NULL;

	if (nmi_watchdog_tick(r) || !v)
		return;
	v->nmi_pending = true;
	softirq_raise(SOFTIRQ_NMI);
}

static __attribute__((noreturn)) void hv_trap_panic(struct regs *r)
{
	unsigned int vector = r->entry_vector & 0xff;

	console_start_panic();
	show_regs(r);
	if (vector == TRAP_PF)
		panic("page fault in the hypervisor: address %#lx, error %#x",
		      read_cr2(), r->error_code);
	panic("trap %u in the hypervisor, error %#x", vector, r->error_code);
}

/* --- from a guest --- */

/* What entry.S promises: none of the guest's flags governs our own code. */
static void check_entry_flags(void)
{
	uint64_t mine = RFLAGS_IF | RFLAGS_TF | RFLAGS_DF | RFLAGS_NT;

	if (cpu_features.smap)
		mine |= RFLAGS_AC;
	ASSERT(!(read_flags() & mine));
}

static void page_fault(struct regs *r)
{
	uint64_t cr2 = read_cr2();

	if ((r->error_code & (PF_PRESENT | PF_WRITE)) ==
		    (PF_PRESENT | PF_WRITE) &&
	    current->arch.in_kernel && emulate_pt_write(r, cr2))
		return;
	inject_page_fault(r, cr2, r->error_code);
}

/*
 * INT n through a gate guests may not use directly: their table decides.
 * The instruction says what n is: QEMU before 8.0 has a wrong error code.
 */
static bool software_interrupt(struct regs *r)
{
	struct vcpu *v = current;
	uint8_t insn[2], n;

	if (!(r->error_code & 2) || (r->error_code & 1))
		return false;
	if (copy_from_guest(insn, guest_ptr(r->rip), 2) || insn[0] != 0xcd)
		return false;
	n = insn[1];
	r->error_code = n * 8U + 2;
	if ((v->arch.trap[n].flags & 3) < (v->arch.in_kernel ? 1 : 3))
		return false;
	r->rip += 2;
	inject_exception(r, n, 0);
	return true;
}

static void general_protection(struct regs *r)
{
	if (software_interrupt(r))
		return;
	if (!r->error_code && emulate_privileged(r))
		return;
	inject_exception(r, TRAP_GP, r->error_code);
}

static void debug_trap(struct regs *r)
{
	uint64_t dr6;

	__asm__ volatile("mov %%dr6, %0" : "=r"(dr6));
	__asm__ volatile("mov %0, %%dr6" : : "r"(0xffff0ff0UL));
	current->arch.dr6 = dr6;
	inject_exception(r, TRAP_DB, 0);
}

void do_guest_trap(struct regs *r);
void do_guest_trap(struct regs *r)
{
	unsigned int vector = r->entry_vector & 0xff;

	check_entry_flags();
	switch (vector) {
	case TRAP_PF:
		page_fault(r);
		break;
	case TRAP_GP:
		general_protection(r);
		break;
	case TRAP_UD:
		if (!emulate_forced_cpuid(r))
			inject_exception(r, TRAP_UD, 0);
		break;
	case TRAP_NM:
		inject_exception(r, TRAP_NM, 0);
		break;
	case TRAP_DB:
		debug_trap(r);
		break;
	case TRAP_NMI:
		nmi(r);
		break;
	case TRAP_MC:
		mce_exception(r);
		break;
	case TRAP_DF:
		hv_trap_panic(r);
	case TRAP_BP:
	case TRAP_OF:
		inject_exception(r, vector, 0);
		break;
	default:
		inject_exception(r, vector, r->error_code);
	}
}

struct regs *ist_frame_to_main_stack(const struct regs *r);
struct regs *ist_frame_to_main_stack(const struct regs *r)
{
	*guest_regs() = *r;
	return guest_regs();
}

/* The address of a system call callback, or what the CPU would do without. */
static void user_syscall(struct regs *r, const struct callback *cb,
			 unsigned int trap, uint64_t rewind)
{
	if (!cb->address) {
		r->rip -= rewind;
		r->entry_vector = 0;
		inject_exception(r, trap, 0);
		return;
	}
	r->rflags &= ~(uint64_t)RFLAGS_DF;
	inject_callback(r, cb);
}

void do_guest_syscall(struct regs *r);
void do_guest_syscall(struct regs *r)
{
	user_syscall(r, &current->arch.syscall, TRAP_UD, 2);
}

void do_guest_syscall32(struct regs *r);
void do_guest_syscall32(struct regs *r)
{
	if (current->arch.in_kernel) {
		r->rip -= 2;
		inject_exception(r, TRAP_UD, 0);
		return;
	}
	user_syscall(r, &current->arch.syscall32, TRAP_UD, 2);
}

void do_guest_sysenter(struct regs *r);
void do_guest_sysenter(struct regs *r)
{
	check_entry_flags();
	if (current->arch.in_kernel) {
		inject_exception(r, TRAP_GP, 0);
		return;
	}
	user_syscall(r, &current->arch.sysenter, TRAP_GP, 0);
}

/* Events or an NMI wait, and the guest can take them. */
void do_guest_work(struct regs *r);
void do_guest_work(struct regs *r)
{
	struct vcpu *v = current;

	if (v->nmi_pending && !v->arch.nmi_masked &&
	    v->arch.trap[TRAP_NMI].address) {
		v->nmi_pending = false;
		v->arch.nmi_masked = 1;
		inject_exception(r, TRAP_NMI, 0);
		return;
	}
	if (!vcpu_has_events(v))
		return;
	if (!v->arch.event.address) {
		domain_crash(
			v->domain,
			"vcpu %u: events unmasked without an event callback",
			v->id);
		return;
	}
	trace_event_upcall(v, r->rip);
	inject_callback(r, &v->arch.event);
	v->info->evtchn_upcall_mask = 1;
}

/* SOFTIRQ_NMI: now Dom0's vcpu can be woken. */
static void tell_dom0_of_nmi(void)
{
	log_warn("NMI on CPU %u\n", smp_processor_id());
	vcpu_kick(dom0->vcpu[0]);
}

void traps_init(void)
{
	softirq_register(SOFTIRQ_NMI, tell_dom0_of_nmi);
}

/* --- in the hypervisor --- */

struct ex_entry {
	uint64_t from, to;
};
extern const struct ex_entry _ex_table[], _ex_table_end[];
extern const char iretq_fast[], iretq_full[];
__attribute__((noreturn)) void return_to_guest(struct cpu_info *ci);

static uint64_t ex_lookup(uint64_t rip)
{
	for (const struct ex_entry *e = _ex_table; e < _ex_table_end; e++)
		if (e->from == rip)
			return e->to;
	return 0;
}

/*
 * IRETQ to the guest refused what it was given: the guest asked for it.  Its
 * five words are still in cpu_info, its other registers in @r; it gets the
 * fault as if the instruction it wanted to go to had caused it.
 */
static void iret_failed(const struct regs *r)
{
	struct cpu_info *ci = cpu_info();
	struct regs gprs = *r;
	struct regs *g = &ci->regs;
	uint32_t error = r->error_code;
	unsigned int vector = r->entry_vector & 0xff;

	memcpy(g, &gprs, offsetof(struct regs, error_code));
	g->error_code = 0;
	g->entry_vector = 0;
	inject_exception(g, vector == TRAP_PF ? TRAP_GP : vector, error);
	return_to_guest(ci);
}

void do_hv_trap(struct regs *r);
void do_hv_trap(struct regs *r)
{
	unsigned int vector = r->entry_vector & 0xff;
	uint64_t fixup;

	if (vector == TRAP_NMI) {
		nmi(r);
		return;
	}
	if (vector == TRAP_MC) {
		mce_exception(r);
		return;
	}
	if (vector == TRAP_DB) { /* a guest's breakpoint on what we touch */
		__asm__ volatile("mov %0, %%dr6" : : "r"(0xffff0ff0UL));
		return;
	}
	if (efi_runtime_fault(r))
		return;
	fixup = ex_lookup(r->rip);
	if (fixup) {
		r->rip = fixup;
		return;
	}
	if (r->rip == (uint64_t)iretq_fast || r->rip == (uint64_t)iretq_full)
		iret_failed(r);
	hv_trap_panic(r);
}
