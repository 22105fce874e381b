/* SPDX-License-Identifier: GPL-2.0-only */
/* See machine.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <abi/errno.h>
#include <hv/assert.h>
#include <hv/efi.h>
#include <hv/format.h>
#include <hv/irq.h>
#include <hv/mmu.h>
#include <hv/page_alloc.h>
#include <hv/printk.h>
#include <hv/x86/apic.h>
#include <hv/x86/mapping.h>
#include <hv/x86/platform.h>
#include <hv/x86/pv_state.h>

#include "../unit_test.h"
#include "machine.h"

struct boot_info boot_info;
struct efi_info efi;
struct boot_options opt;
struct page *frame_table;
struct section *section_table;
uint64_t max_page;
cpumask_t cpu_online_map = 7; /* three CPUs */
struct domain *dom0, *dom_xen, *dom_io, *dom_idle;
struct domain **domain_table[0x8000 / DOMAIN_TABLE_PART];

uint64_t *machine_m2p;
char machine_log[16384];
struct vcpu_guest_context machine_context;

static char *ram;
static uint64_t free_end; /* frames from 1 MiB up to here are free */

/* --- memory --------------------------------------------------------------- */

void *mfn_to_virt(mfn_t m)
{
	return ram + (m.v << PAGE_SHIFT);
}

mfn_t virt_to_mfn(const void *va)
{
	return MFN((uint64_t)((const char *)va - ram) >> PAGE_SHIFT);
}

/* The frame table is all there. */
void section_set_tables(uint64_t nr, const uint64_t *mfn)
{
	(void)nr;
	(void)mfn;
}

void section_tables_flush(void)
{
}

struct page *m2p_window_page(mfn_t m)
{
	(void)m;
	return NULL;
}

void m2p_set(mfn_t m, uint64_t gfn)
{
	machine_m2p[m.v] = gfn;
}

void m2p_set_range(mfn_t m, uint64_t gfn, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		machine_m2p[m.v + i] = gfn + i;
}

void init_hv_l4_slots(uint64_t *l4)
{
	for (unsigned int i = HV_L4_FIRST; i <= HV_L4_LAST; i++)
		l4[i] = 0;
}

void boot_module_free(struct boot_module *m)
{
	if (m->size)
		heap_add(MFN(m->maddr >> PAGE_SHIFT),
			 MFN((m->maddr + m->size + PAGE_SIZE - 1) >>
			     PAGE_SHIFT));
	m->size = 0;
}

void machine_init(unsigned int mib)
{
	max_page = mib * MIB >> PAGE_SHIFT;
	ram = mmap(NULL, mib * MIB, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	EXPECT(ram != MAP_FAILED);
	frame_table = calloc(max_page, sizeof(*frame_table));
	section_table =
		calloc(max_page / SECTION_FRAMES + 1, sizeof(*section_table));
	machine_m2p = malloc(max_page * sizeof(*machine_m2p));
	memset(machine_m2p, 0xff, max_page * sizeof(*machine_m2p));
	dom_io = calloc(1, sizeof(*dom_io));
	dom_xen = calloc(1, sizeof(*dom_xen));
	free_end = max_page;
	boot_info.e820[0] = (struct e820_entry){0, 0x9f000, E820_RAM};
	boot_info.e820[1] =
		(struct e820_entry){0x9f000, 0x61000, E820_RESERVED};
	boot_info.e820[2] = (struct e820_entry){MIB, (mib - 1) * MIB, E820_RAM};
	boot_info.nr_e820 = 3;
	mmu_limits_init(52, true);
}

void machine_module(const void *contents, size_t size, const char *cmdline)
{
	struct boot_module *m = &boot_info.module[boot_info.nr_modules++];

	free_end -= (size + PAGE_SIZE - 1) >> PAGE_SHIFT;
	m->maddr = free_end << PAGE_SHIFT;
	m->size = size;
	snprintf(m->cmdline, sizeof(m->cmdline), "%s", cmdline);
	memcpy(ram + m->maddr, contents, size);
}

void machine_ready(void)
{
	if (free_end > MIB >> PAGE_SHIFT)
		heap_add(MFN(MIB >> PAGE_SHIFT), MFN(free_end));
}

/* --- the rest of the hypervisor ------------------------------------------- */

static struct domain the_domain;

int domain_create(domid_t domid, const struct domain_config *c,
		  struct domain **out)
{
	static struct domain *part[DOMAIN_TABLE_PART] = {[OWNER_OF(0)] =
								 &the_domain};
	struct domain *d = &the_domain;

	EXPECT_EQ(domid, 0);
	EXPECT(c->is_privileged);
	d->refs = 1;
	d->owner_id = OWNER_OF(0);
	domain_table[0] = part;
	if (domain_init_pages(d))
		return -ENOMEM;
	d->is_privileged = true;
	d->max_vcpus = c->max_vcpus;
	d->pause_count = d->control_pause_count = 1;
	spin_lock_init(&d->lock, RANK_DOMAIN);
	spin_lock_init(&d->page_lock, RANK_PAGELIST);
	d->shared_info = hv_pages_alloc(0);
	if (!d->shared_info)
		return -ENOMEM;
	page_share(mfn_to_page(virt_to_mfn(d->shared_info)), d, true);
	*out = dom0 = d;
	return 0;
}

struct vcpu *vcpu_create(struct domain *d, uint32_t id)
{
	struct vcpu *v = calloc(1, sizeof(*v));

	v->domain = d;
	v->id = id;
	v->is_down = true;
	return d->vcpu[id] = v;
}

int pv_set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	machine_context = *c;
	v->is_initialised = true;
	return 0;
}

bool pv_check_descriptors(uint64_t *d, unsigned int n)
{
	(void)d;
	(void)n;
	return true;
}

void domain_put(struct domain *d)
{
	d->refs--;
}

uint32_t nr_pirqs(const struct domain *d)
{
	(void)d;
	return 280;
}

unsigned int ioapic_nr_gsis(void)
{
	return 24;
}

bool ioport_dom0_denied(unsigned int i, uint16_t *first, uint16_t *last)
{
	*first = 0x20;
	*last = 0x21;
	return i == 0;
}

bool iomem_access_permitted(const struct domain *d, mfn_t first, mfn_t last)
{
	(void)d;
	(void)first;
	(void)last;
	return false;
}

bool iomem_is_readonly(mfn_t m)
{
	(void)m;
	return false;
}

/* --- one CPU ----------------------------------------------------------------
 */

unsigned int smp_processor_id(void)
{
	return 0;
}

struct vcpu *current_vcpu(void)
{
	return NULL;
}

void cpu_poll(void)
{
	abort();
}

bool preempt_check(void)
{
	return false;
}

uint32_t tlb_clock(void)
{
	return 1;
}

cpumask_t tlb_filter(cpumask_t mask, uint32_t stamp)
{
	(void)mask;
	(void)stamp;
	return 0;
}

void tlb_flush_mask(cpumask_t mask)
{
	(void)mask;
}

void unpack_env_enter(void);
void unpack_env_leave(void);

void unpack_env_enter(void)
{
}

void unpack_env_leave(void)
{
}

void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

void printk(enum loglevel lvl, const char *fmt, ...)
{
	size_t n = strlen(machine_log);
	va_list args;

	(void)lvl;
	va_start(args, fmt);
	vsnprintf(machine_log + n, sizeof(machine_log) - n, fmt, args);
	va_end(args);
}
