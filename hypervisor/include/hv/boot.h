/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the boot loader handed over, copied into our own memory: command line,
 * modules, memory map.  boot/ fills it once; afterwards it is read-only.
 */
#ifndef HV_BOOT_H
#define HV_BOOT_H

#include <hv/types.h>

#define MAX_MODULES 4
#define MAX_E820 128
#define CMDLINE_MAX 2048

/* Types of memory ranges, as firmware numbers them (ACPI, "INT 15H, E820H"). */
enum e820_type {
	E820_RAM = 1,
	E820_RESERVED,
	E820_ACPI,
	E820_NVS,
	E820_UNUSABLE,
};

struct e820_entry {
	uint64_t addr, size;
	uint32_t type;
};

struct boot_module {
	uint64_t maddr, size; /* bytes; page aligned, contents kept safe    */
	char cmdline[CMDLINE_MAX];
};

/* The screen as the boot loader left it. */
enum screen_kind { SCREEN_NONE, SCREEN_TEXT, SCREEN_PIXELS };
struct boot_screen {
	enum screen_kind kind; /* text is 80 by 25 at 0xb8000; else: */
	uint64_t maddr;
	uint32_t pitch, width, height; /* bytes a line; pixels */
	uint8_t bits_per_pixel;
	struct {
		uint8_t position, size;
	} red, green, blue; /* bits of a pixel */
};

#define RSDP_SIZE 36

struct boot_info {
	char loader[64];
	char cmdline[CMDLINE_MAX];
	struct boot_module module[MAX_MODULES];
	unsigned int nr_modules;
	struct e820_entry e820[MAX_E820]; /* sorted, not overlapping        */
	unsigned int nr_e820;
	uint8_t rsdp[RSDP_SIZE]; /* ACPI's root pointer, if it has a length */
	unsigned int rsdp_size;
	struct boot_screen screen;
};

extern struct boot_info boot_info;

/* The options of the hypervisor's own command line (boot/cmdline.c). */
struct boot_options {
	bool console_com1, console_vga, vga_keep;
	uint32_t com1_baud;
	uint64_t dom0_mem_bytes;     /* 0: not given                        */
	uint64_t dom0_mem_max_bytes; /* 0: not given                        */
	uint64_t dom0_mem_min_bytes;
	bool dom0_mem_negative;	 /* dom0_mem=-SIZE: all but that             */
	uint32_t dom0_max_vcpus; /* 0: as many as pcpus                 */
	uint32_t maxcpus;	 /* 0: all                              */
	const char *clocksource; /* hpet, acpi, pit; NULL: the best          */
	uint32_t irq_ratelimit;	 /* an irq's interrupts in 10 ms; 0: any */
	bool noreboot;
	bool x2apic;
	bool watchdog;
	uint32_t watchdog_timeout_s;
	char reboot_first; /* a letter of reboot=, 0: the usual order */
	bool sync_console;
	char dom0_extra[64];
};
extern struct boot_options opt;

/* Parse @cmdline into opt; warns by name of what it does not know. */
void cmdline_parse(const char *cmdline);

/*
 * Build Dom0 from module 0 (kernel) and 1 (initrd): a domain ready to run,
 * paused once.  On failure the reason is in @why, one line.
 */
struct domain;
struct domain *dom0_build(const char **why);

/* The frames of a module are RAM of ours: give [maddr, +size) to the heap. */
void boot_module_free(struct boot_module *m);

#endif
