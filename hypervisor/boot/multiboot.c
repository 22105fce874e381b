/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the boot loader's information structure (Multiboot 0.6.96 and 2.0)
 * into boot_info.  Runs on the identity map, before any memory is allocated:
 * everything is copied, only the modules stay where they are.
 */
#include "multiboot.h"

#include <hv/boot.h>
#include <hv/efi.h>
#include <hv/printk.h>
#include <hv/string.h>

struct boot_info boot_info;

static void copy_string(char *dst, size_t size, const char *src)
{
	size_t n = strnlen(src, size - 1);

	memcpy(dst, src, n);
	dst[n] = '\0';
}

static void add_range(uint64_t addr, uint64_t size, uint32_t type)
{
	struct e820_entry *e;

	if (!size || boot_info.nr_e820 == MAX_E820)
		return;
	/* GRUB has types of its own, for the code of EFI run time services */
	if (type < E820_RAM || type > E820_UNUSABLE)
		type = E820_RESERVED;
	e = &boot_info.e820[boot_info.nr_e820++];
	*e = (struct e820_entry){addr, size, type};
}

static void add_module(uint64_t start, uint64_t end, const char *cmdline)
{
	struct boot_module *m;

	if (boot_info.nr_modules == MAX_MODULES) {
		log_warn("more than %u modules: '%s' ignored\n", MAX_MODULES,
			 cmdline);
		return;
	}
	m = &boot_info.module[boot_info.nr_modules++];
	m->maddr = start;
	m->size = end > start ? end - start : 0;
	copy_string(m->cmdline, sizeof(m->cmdline), cmdline);
}

/* --- Multiboot 1 --- */

struct mb1_info {
	uint32_t flags, mem_lower, mem_upper, boot_device, cmdline;
	uint32_t mods_count, mods_addr, syms[4], mmap_length, mmap_addr;
	uint32_t drives[2], config_table, boot_loader_name;
};

struct mb1_mmap {
	uint32_t size; /* of what follows */
	uint64_t addr, len;
	uint32_t type;
} __attribute__((packed));

struct mb1_module {
	uint32_t start, end, string, reserved;
};

#define MB1_MEM 0x1
#define MB1_CMDLINE 0x4
#define MB1_MODS 0x8
#define MB1_MMAP 0x40
#define MB1_LOADER 0x200

static const void *phys(uint64_t addr)
{
	return (const void *)addr; /* identity map */
}

static void read_mb1(const struct mb1_info *i)
{
	if (i->flags & MB1_CMDLINE)
		copy_string(boot_info.cmdline, CMDLINE_MAX, phys(i->cmdline));
	if (i->flags & MB1_LOADER)
		copy_string(boot_info.loader, sizeof(boot_info.loader),
			    phys(i->boot_loader_name));
	if (i->flags & MB1_MODS) {
		const struct mb1_module *m = phys(i->mods_addr);

		for (uint32_t k = 0; k < i->mods_count; k++)
			add_module(m[k].start, m[k].end,
				   m[k].string ? phys(m[k].string) : "");
	}
	if (i->flags & MB1_MMAP) {
		uint64_t p = i->mmap_addr, end = p + i->mmap_length;

		while (p + sizeof(struct mb1_mmap) <= end) {
			const struct mb1_mmap *m = phys(p);

			add_range(m->addr, m->len, m->type);
			p += m->size + 4;
		}
	} else if (i->flags & MB1_MEM) {
		add_range(0, (uint64_t)i->mem_lower << 10, E820_RAM);
		add_range(0x100000, (uint64_t)i->mem_upper << 10, E820_RAM);
	}
	boot_info.screen.kind = SCREEN_TEXT;
}

/* --- Multiboot 2 --- */

struct mb2_tag {
	uint32_t type, size;
};

enum {
	MB2_END = 0,
	MB2_CMDLINE = 1,
	MB2_LOADER = 2,
	MB2_MODULE = 3,
	MB2_MMAP = 6,
	MB2_FRAMEBUFFER = 8,
	MB2_EFI64 = 12,
	MB2_ACPI_OLD = 14,
	MB2_ACPI_NEW = 15,
	MB2_EFI_MMAP = 17,
};

struct mb2_framebuffer {
	struct mb2_tag tag;
	uint64_t addr;
	uint32_t pitch, width, height;
	uint8_t bits_per_pixel, type;
	uint16_t reserved;
	uint8_t red_position, red_size, green_position, green_size;
	uint8_t blue_position, blue_size;
};
#define FRAMEBUFFER_RGB 1
#define FRAMEBUFFER_TEXT 2

static void read_mb2_mmap(const struct mb2_tag *t)
{
	const uint32_t *hdr = (const uint32_t *)(t + 1);
	uint32_t entry_size = hdr[0];
	const char *p = (const char *)(hdr + 2);
	const char *end = (const char *)t + t->size;

	for (; entry_size >= 20 && p + entry_size <= end; p += entry_size) {
		uint64_t range[2];
		uint32_t type;

		memcpy(range, p, sizeof(range));
		memcpy(&type, p + 16, sizeof(type));
		add_range(range[0], range[1], type);
	}
}

static void read_mb2_framebuffer(const struct mb2_framebuffer *f)
{
	struct boot_screen *s = &boot_info.screen;

	s->kind = SCREEN_NONE;
	if (f->type == FRAMEBUFFER_TEXT)
		s->kind = SCREEN_TEXT;
	if (f->type != FRAMEBUFFER_RGB)
		return;
	*s = (struct boot_screen){
		.kind = SCREEN_PIXELS,
		.maddr = f->addr,
		.pitch = f->pitch,
		.width = f->width,
		.height = f->height,
		.bits_per_pixel = f->bits_per_pixel,
		.red = {f->red_position, f->red_size},
		.green = {f->green_position, f->green_size},
		.blue = {f->blue_position, f->blue_size},
	};
}

static void read_mb2_rsdp(const struct mb2_tag *t)
{
	uint32_t size = min(t->size - (uint32_t)sizeof(*t), RSDP_SIZE);

	if (size < boot_info.rsdp_size)
		return; /* the old one, after the new one */
	memcpy(boot_info.rsdp, t + 1, size);
	boot_info.rsdp_size = size;
}

static void read_mb2_efi_mmap(const struct mb2_tag *t)
{
	const uint32_t *hdr = (const uint32_t *)(t + 1); /* size, version */

	efi_read_memory_map(hdr + 2, t->size - 16, hdr[0]);
}

static void read_mb2_tag(const struct mb2_tag *t)
{
	const char *text = (const char *)(t + 1);

	switch (t->type) {
	case MB2_CMDLINE:
		copy_string(boot_info.cmdline, CMDLINE_MAX, text);
		break;
	case MB2_LOADER:
		copy_string(boot_info.loader, sizeof(boot_info.loader), text);
		break;
	case MB2_MODULE: {
		uint32_t range[2];

		memcpy(range, text, sizeof(range));
		add_module(range[0], range[1], text + sizeof(range));
		break;
	}
	case MB2_MMAP:
		read_mb2_mmap(t);
		break;
	case MB2_FRAMEBUFFER:
		read_mb2_framebuffer((const struct mb2_framebuffer *)t);
		break;
	case MB2_ACPI_OLD:
	case MB2_ACPI_NEW:
		read_mb2_rsdp(t);
		break;
	case MB2_EFI64: {
		uint64_t maddr;

		memcpy(&maddr, text, sizeof(maddr));
		efi_read_system_table(maddr);
		break;
	}
	case MB2_EFI_MMAP:
		read_mb2_efi_mmap(t);
		break;
	default:
		break;
	}
}

static void read_mb2(const uint32_t *info)
{
	const char *p = (const char *)info + 8,
		   *end = (const char *)info + *info;

	boot_info.screen.kind = SCREEN_TEXT; /* unless a tag says more */
	while (p + sizeof(struct mb2_tag) <= end) {
		const struct mb2_tag *t = (const struct mb2_tag *)p;

		if (t->type == MB2_END || t->size < sizeof(*t))
			break;
		read_mb2_tag(t);
		p += round_up(t->size, 8u);
	}
	if (efi.present && boot_info.screen.kind == SCREEN_TEXT)
		boot_info.screen.kind = SCREEN_NONE; /* EFI has no VGA text */
}

/* --- both --- */

static void sort_e820(void)
{
	struct e820_entry *e = boot_info.e820;

	for (unsigned int i = 1; i < boot_info.nr_e820; i++)
		for (unsigned int k = i; k && e[k].addr < e[k - 1].addr; k--) {
			struct e820_entry tmp = e[k];

			e[k] = e[k - 1];
			e[k - 1] = tmp;
		}
	/* firmware that overlaps its own entries: the earlier one yields */
	for (unsigned int i = 0; i + 1 < boot_info.nr_e820; i++)
		if (e[i].addr + e[i].size > e[i + 1].addr)
			e[i].size = e[i + 1].addr - e[i].addr;
}

/* GRUB puts the file name first; multiboot 1 loaders always do. */
static void strip_file_name(char *s)
{
	char *space = strchr(s, ' ');

	if (*s != '/' && *s != '(' && !(space ? strchr(s, '/') : NULL))
		return;
	if (!space) {
		*s = '\0';
		return;
	}
	memmove(s, space + 1, strlen(space + 1) + 1);
}

bool multiboot_read(uint32_t magic, uint64_t info)
{
	if (magic == MULTIBOOT1_BOOTLOADER_MAGIC)
		read_mb1(phys(info));
	else if (magic == MULTIBOOT2_BOOTLOADER_MAGIC)
		read_mb2(phys(info));
	else
		return false;
	sort_e820();
	if (magic == MULTIBOOT1_BOOTLOADER_MAGIC)
		strip_file_name(boot_info.cmdline);
	return true;
}
