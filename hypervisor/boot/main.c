/* SPDX-License-Identifier: GPL-2.0-only */
/* The order of start-up, from the boot loader to Dom0: one list of calls. */
#include <hv/assert.h>
#include <hv/boot.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/efi.h>
#include <hv/mmu.h>
#include <hv/page_alloc.h>
#include <hv/printk.h>
#include <hv/sched.h>
#include <hv/time.h>
#include <hv/timer.h>
#include <hv/trace.h>
#include <hv/x86/clock.h>
#include <hv/x86/context_switch.h>
#include <hv/x86/cpu_info.h>
#include <hv/x86/cpu_setup.h>
#include <hv/x86/efi_runtime.h>
#include <hv/x86/mapping.h>
#include <hv/x86/nmi.h>
#include <hv/x86/platform.h>
#include <hv/x86/traps.h>

#include "multiboot.h"

__attribute__((noreturn)) void hv_start(uint32_t magic, uint64_t info,
					uint64_t image);
__attribute__((noreturn)) void idle_from(struct cpu_info *ci);

static void print_memory_map(void)
{
	static const char *const names[] = {"?",    "usable",	"reserved",
					    "ACPI", "ACPI NVS", "unusable"};
	uint64_t ram = 0;

	log_info("memory map:\n");
	for (unsigned int i = 0; i < boot_info.nr_e820; i++) {
		const struct e820_entry *e = &boot_info.e820[i];

		log_info(" [%016lx, %016lx) %s\n", e->addr, e->addr + e->size,
			 e->type < ARRAY_SIZE(names) ? names[e->type] : "?");
		if (e->type == E820_RAM)
			ram += e->size;
	}
	log_info("System RAM: %lu MiB\n", ram >> 20);
}

static void print_firmware(void)
{
	const struct boot_screen *s = &boot_info.screen;

	if (efi.present)
		log_info("Firmware: UEFI %u.%u\n", efi.revision >> 16,
			 (efi.revision & 0xffff) / 10);
	if (s->kind == SCREEN_NONE)
		log_info("Screen: none that can be written to\n");
	if (s->kind == SCREEN_PIXELS)
		log_info("Screen: %u by %u, %u bits a pixel, at 0x%lx\n",
			 s->width, s->height, s->bits_per_pixel, s->maddr);
}

static void print_cpu(void)
{
	const struct cpu_features *f = &cpu_features;

	log_info("CPU: %s%s%s%s%s%s%s physical address bits %u\n",
		 f->nx ? "NX " : "", f->smep ? "SMEP " : "",
		 f->smap ? "SMAP " : "", f->umip ? "UMIP " : "",
		 f->fsgsbase ? "FSGSBASE " : "", f->xsave ? "XSAVE " : "",
		 f->use_pcid ? "PCID " : "", f->phys_bits);
	log_info("Speculation: retpolines on, FPU eager; page tables of guests "
		 "and hypervisor are %s\n",
		 f->is_intel ? "NOT separate (Meltdown, L1TF not mitigated)"
			     : "not separate (not needed on this CPU)");
}

static void mark_no_ram(uint64_t m, uint64_t end)
{
	while (m < end) {
		if (m % SECTION_FRAMES == 0 && end - m >= SECTION_FRAMES) {
			section_is_no_ram(m / SECTION_FRAMES);
			m += SECTION_FRAMES;
			continue;
		}
		if (!heap_give_tables(m / SECTION_FRAMES))
			panic("no memory for the frame table");
		frame_table[m++].owner = OWNER_OF(DOMID_IO);
	}
}

/* Frames that are no RAM belong to DOMID_IO; so does the first MiB. */
static void mark_device_frames(void)
{
	uint64_t next = 0x100;

	mark_no_ram(0, next);
	for (unsigned int i = 0; i < boot_info.nr_e820; i++) {
		const struct e820_entry *e = &boot_info.e820[i];

		if (e->type != E820_RAM)
			continue;
		mark_no_ram(next,
			    min(round_up(e->addr, PAGE_SIZE) >> PAGE_SHIFT,
				max_page));
		next = max(next, (e->addr + e->size) >> PAGE_SHIFT);
	}
	mark_no_ram(next, max_page);
}

static void start_memory(void)
{
	boot_alloc_init();
	mapping_init();
	boot_alloc_finish();
	mapping_use_heap();
	mmu_limits_init(cpu_features.phys_bits, cpu_features.nx);
}

static void start_cpu(void)
{
	struct cpu_info *ci = cpu_prepare(0);

	cpu_online_map = 1;
	cpu_setup(0, ci);
	traps_init();
	mce_init_cpu();
	trace_init_cpu(0);
}

static void start_platform(void)
{
	acpi_init(boot_info.rsdp_size ? image_to_maddr(boot_info.rsdp) : 0);
	i8259_disable();
	irq_init();
	lapic_init_bsp();
	time_early_init();
	smp_enumerate();
	ioapic_init();
	efi_runtime_init();
	timer_subsys_init();
}

static void start_domains(void)
{
	sched_init();
	domain_subsys_init();
	mark_device_frames();
	m2p_window_init();
	for (unsigned int cpu = 0; cpu < nr_present_cpus(); cpu++)
		if (!vcpu_create(dom_idle, cpu))
			panic("no memory for the idle vcpu of CPU %u", cpu);
}

static void start_cpus(void)
{
	time_cpu_init();
	wallclock_init();
	cpu_info()->vcpu = dom_idle->vcpu[0];
	sched_cpu_up(0);
	console_init_irq();
	log_info("Brought up %u CPUs\n", smp_boot_aps(opt.maxcpus));
	mce_init();
}

static void start_dom0(void)
{
	const char *why = "";
	struct domain *d = dom0_build(&why);

	if (!d)
		panic("Dom0 can not be started: %s", why);
	mapping_free_unpackers();
	log_info("Free memory: %lu MiB\n", heap_free_pages() >> 8);
	nmi_watchdog_init();
	console_leave_screen();
	(void)domain_unpause_by_control(d);
}

void hv_start(uint32_t magic, uint64_t info, uint64_t image)
{
	bool loaded;

	image_maddr = image;
	loaded = multiboot_read(magic, info);
	cpu_info()->cpu = 0;
	cmdline_parse(boot_info.cmdline);
	cpu_features_init();
	start_memory();
	console_init();
	log_info("Pavo " PAVO_VERSION
		 ", ABI of Xen 4.17, built with " __VERSION__ "\n");
	if (!loaded)
		panic("not started by a multiboot loader (magic %#x)", magic);
	log_info("Boot loader: %s\n", boot_info.loader);
	log_info("Command line: %s\n", boot_info.cmdline);
	print_firmware();
	print_memory_map();
	print_cpu();
	start_cpu();
	start_platform();
	start_domains();
	start_cpus();
	start_dom0();
	idle_from(cpu_info());
}
