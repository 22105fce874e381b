/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way into EFI run time services and back: their page tables, the FPU,
 * which they may use, and what becomes of one that faults.
 */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/efi.h>
#include <hv/mmu.h>
#include <hv/page_alloc.h>
#include <hv/printk.h>
#include <hv/spinlock.h>
#include <hv/x86/efi_runtime.h>
#include <hv/x86/fpu.h>
#include <hv/x86/io.h>
#include <hv/x86/mapping.h>
#include <hv/x86/platform.h>
#include <hv/x86/traps.h>

uint64_t efi_call(uint64_t fn, uint64_t a1, uint64_t a2, uint64_t a3,
		  uint64_t a4, uint64_t a5);
extern const char efi_call_failed[];

static spinlock_t lock = SPINLOCK_INIT(RANK_EFI);
static uint64_t *tables; /* NULL: no services */
static bool has_failed;
static unsigned int caller = ~0u; /* the CPU that is in a service */

void efi_runtime_init(void)
{
	if (!efi.present || !efi.runtime)
		return;
	tables = hv_pages_alloc(0);
	if (!tables)
		return;
	init_hv_l4_slots(tables);
	for (unsigned int i = 0; i < efi.nr_ranges; i++) {
		const struct efi_range *r = &efi.range[i];

		if (!(r->attr & EFI_MEMORY_RUNTIME))
			continue;
		if (!map_identity(tables, r->start, r->size,
				  r->attr & EFI_MEMORY_WB)) {
			log_warn("EFI: services not used: no tables for "
				 "0x%lx\n",
				 r->start);
			tables = NULL; /* boot: what was made stays unused */
			return;
		}
	}
}

bool efi_runtime_usable(void)
{
	return tables && !READ_ONCE(has_failed);
}

uint64_t efi_runtime_call(enum efi_service service, uint64_t a1, uint64_t a2,
			  uint64_t a3, uint64_t a4, uint64_t a5)
{
	struct vcpu *v = current;
	uint64_t status, cr3;

	spin_lock(&lock);
	fpu_switch_out(v);
	cr3 = read_cr3();
	write_cr3(virt_to_maddr(tables));
	tlb_flush_local(); /* a guest's global pages, too */
	rtc_lock();
	caller = smp_processor_id();
	status = efi_call(*(const uint64_t *)(efi.runtime + service), a1, a2,
			  a3, a4, a5);
	caller = ~0u;
	rtc_unlock();
	write_cr3(cr3);
	tlb_flush_local();
	fpu_forget_cpu(smp_processor_id());
	fpu_switch_in(v);
	spin_unlock(&lock);
	return status;
}

bool efi_runtime_fault(struct regs *r)
{
	if (READ_ONCE(caller) != smp_processor_id())
		return false;
	has_failed = true;
	log_err("EFI: a run time service faulted (trap %u, rip %016lx, cr2 "
		"%016lx): no more calls\n",
		r->entry_vector & 0xff, r->rip, read_cr2());
	r->rip = (uint64_t)efi_call_failed;
	return true;
}
