/* SPDX-License-Identifier: GPL-2.0-only */
/* The end: what happened, as text, then stop or restart. */
#include <hv/assert.h>
#include <hv/boot.h>
#include <hv/console.h>
#include <hv/domain.h>
#include <hv/format.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/symbols.h>
#include <hv/trace.h>
#include <hv/x86/cpu_info.h>
#include <hv/x86/io.h>
#include <hv/x86/platform.h>
#include <hv/x86/traps.h>

extern const char _start[], _text_end[];

static void show_gprs(const struct regs *r)
{
	log_err("rax %016lx  rbx %016lx  rcx %016lx\n", r->rax, r->rbx, r->rcx);
	log_err("rdx %016lx  rsi %016lx  rdi %016lx\n", r->rdx, r->rsi, r->rdi);
	log_err("rbp %016lx  rsp %016lx  r8  %016lx\n", r->rbp, r->rsp, r->r8);
	log_err("r9  %016lx  r10 %016lx  r11 %016lx\n", r->r9, r->r10, r->r11);
	log_err("r12 %016lx  r13 %016lx  r14 %016lx\n", r->r12, r->r13, r->r14);
	log_err("r15 %016lx  rflags %08lx  cs %04lx  ss %04lx\n", r->r15,
		r->rflags, r->cs & 0xffff, r->ss & 0xffff);
}

/*
 * Return addresses found on the stack from @sp up: without frame pointers
 * this shows stale ones too, hence the question mark on all but the first.
 */
static void backtrace(uint64_t rip, uint64_t sp)
{
	uint64_t end = (uint64_t)cpu_info();
	unsigned int shown = 0;

	log_err("backtrace:\n   %pS\n", (void *)rip);
	for (sp = round_up(sp, 8ULL); sp + 8 <= end && shown < 24; sp += 8) {
		uint64_t word = *(const uint64_t *)sp, offset;

		if (word <= (uint64_t)_start || word >= (uint64_t)_text_end ||
		    !symbol_lookup(word, &offset) || !offset)
			continue;
		log_err(" ? %pS\n", (void *)word);
		shown++;
	}
}

void show_regs(const struct regs *r)
{
	log_err("CPU %u, vcpu d%uv%u, rip %016lx %pS\n", smp_processor_id(),
		current ? current->domain->domid : 0xffff,
		current ? current->id : 0, r->rip, (void *)r->rip);
	show_gprs(r);
	log_err("cr0 %08lx  cr2 %016lx  cr3 %016lx  cr4 %08lx\n", read_cr0(),
		read_cr2(), read_cr3(), read_cr4());
	if (!(r->cs & 3))
		backtrace(r->rip, r->rsp);
}

void show_guest_regs(struct vcpu *v, const struct regs *r)
{
	log_err("d%uv%u guest %s: rip %04lx:%016lx\n", v->domain->domid, v->id,
		v->arch.in_kernel ? "kernel" : "user", r->cs & 0xffff, r->rip);
	show_gprs(r);
	log_err("cr2 %016lx  cr3 %016lx/%016lx  events %s\n", v->info->arch.cr2,
		v->arch.cr3_kernel, v->arch.cr3_user,
		v->info->evtchn_upcall_mask ? "masked" : "on");
}

void show_crash_context(void)
{
	struct vcpu *v = current;

	if (v && !is_idle_vcpu(v))
		show_guest_regs(v, guest_regs());
	log_err("The last hypercalls, traps and events of each CPU:\n");
	trace_dump_last();
}

void panic(const char *fmt, ...)
{
	static bool nested;
	char buf[256];
	va_list ap;
	uint64_t sp;

	local_irq_disable();
	console_start_panic();
	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	log_err("****************************************\n");
	log_err("Panic on CPU %u: %s\n", smp_processor_id(), buf);
	__asm__("mov %%rsp, %0" : "=r"(sp));
	if (!nested) {
		nested = true;
		backtrace((uint64_t)__builtin_return_address(0), sp);
		show_crash_context();
	}
	log_err("****************************************\n");
	smp_stop_others();
	if (opt.noreboot) {
		log_err("Stopped ('noreboot').\n");
		machine_halt();
	}
	machine_restart();
}
