/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dom0's start of day, looked at as the guest will: through its own page
 * tables and by start_info.  Kernels are made here, with the same ELF notes as
 * Linux; dom0_kernels_test.c does the same with Debian's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <abi/elfnote.h>
#include <abi/errno.h>
#include <abi/features.h>
#include <hv/page_alloc.h>

#include "../unit_test.h"
#include "dom0_check.h"
#include "machine.h"

#define VIRT_BASE 0xffffffff80000000
#define P2M_BASE 0x8000000000
#define KERNEL_PADDR 0x1000000UL
#define TEXT_SIZE 300000UL
#define BSS_SIZE 5000000UL
#define FILE_SIZE (TEXT_SIZE + 8192)

/* --- making kernels ---------------------------------------------------------
 */

/* What is different from a good one. */
struct spec {
	uint32_t drop_note; /* this type is left out                        */
	bool no_notes, no_initrd_pfn, hypercall_page;
	uint64_t entry, virt_base, p2m_base, features, paddr, offset;
	const char *version, *loader;
};

struct file {
	uint8_t *p;
	size_t n;
};

static void put(struct file *f, size_t at, const void *src, size_t n)
{
	memcpy(f->p + at, src, n);
}

static size_t note(struct file *f, size_t at, const struct spec *s,
		   uint32_t type, const void *desc, uint32_t size)
{
	uint32_t head[3] = {4, size, type};

	if (s->drop_note == type)
		return at;
	put(f, at, head, sizeof(head));
	put(f, at + 12, "Xen", 4);
	put(f, at + 16, desc, size);
	return at + 16 + (size + 3) / 4 * 4;
}

static size_t number_note(struct file *f, size_t at, const struct spec *s,
			  uint32_t type, uint64_t v)
{
	return note(f, at, s, type, &v, 8);
}

static size_t make_notes(struct file *f, size_t at, const struct spec *s)
{
	const char *version = s->version ? s->version : "xen-3.0";
	const char *loader = s->loader ? s->loader : "generic";

	/* Of another owner, with an odd size, first. */
	put(f, at, ((const uint32_t[]){4, 5, 1}), 12);
	put(f, at + 12, "GNU", 4);
	at += 16 + 8;
	at = note(f, at, s, XEN_ELFNOTE_GUEST_OS, "linux", 6);
	at = note(f, at, s, XEN_ELFNOTE_XEN_VERSION, version,
		  (uint32_t)strlen(version) + 1);
	at = note(f, at, s, XEN_ELFNOTE_LOADER, loader,
		  (uint32_t)strlen(loader) + 1);
	at = number_note(f, at, s, XEN_ELFNOTE_ENTRY,
			 s->entry ? s->entry : VIRT_BASE + KERNEL_PADDR + 64);
	at = number_note(f, at, s, XEN_ELFNOTE_VIRT_BASE,
			 s->virt_base ? s->virt_base : VIRT_BASE);
	at = number_note(f, at, s, XEN_ELFNOTE_PADDR_OFFSET, s->offset);
	at = number_note(f, at, s, XEN_ELFNOTE_INIT_P2M,
			 s->p2m_base ? s->p2m_base : P2M_BASE);
	at = number_note(f, at, s, XEN_ELFNOTE_SUPPORTED_FEATURES,
			 s->features ? s->features : 1 << XENFEAT_dom0 | 1);
	at = note(f, at, s, XEN_ELFNOTE_PHYS32_ENTRY, &(uint32_t){0x1000850},
		  4);
	if (!s->no_initrd_pfn)
		at = number_note(f, at, s, XEN_ELFNOTE_MOD_START_PFN, 1);
	if (s->hypercall_page)
		at = number_note(f, at, s, XEN_ELFNOTE_HYPERCALL_PAGE,
				 VIRT_BASE + KERNEL_PADDR + 0x3000);
	return at;
}

struct phdr {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

/*
 * Text at 16 MiB, then one page whose virtual address is 0, with much bss, and
 * the notes in the file only.
 */
static struct file make_elf(const struct spec *s)
{
	uint64_t paddr = KERNEL_PADDR + s->paddr + s->offset;
	struct file f = {calloc(1, FILE_SIZE), FILE_SIZE};
	struct phdr ph[3] = {
		{1, 7, 4096, VIRT_BASE + KERNEL_PADDR, paddr, TEXT_SIZE,
		 TEXT_SIZE, 4096},
		{1, 6, 4096 + TEXT_SIZE, 0, paddr + 0x80000, 2000,
		 2000 + BSS_SIZE, 4096},
		{4, 4, 1024, 0, 0, 0, 0, 4},
	};

	put(&f, 0, "\177ELF\2\1\1", 7);
	put(&f, 16, ((const uint16_t[]){2, 62}), 4);
	put(&f, 24, &(uint64_t){0x1000000}, 8);
	put(&f, 32, &(uint64_t){64}, 8);
	put(&f, 52, ((const uint16_t[]){64, 56, 3}), 6);
	for (size_t i = 4096; i < f.n; i++)
		f.p[i] = (uint8_t)(i * 7 + i / 1000);
	if (!s->no_notes)
		ph[2].filesz = make_notes(&f, 1024, s) - 1024;
	put(&f, 64, ph, sizeof(ph));
	return f;
}

static struct file gzip(struct file f)
{
	struct file g = {malloc(f.n + 1000), 0};
	z_stream z = {.next_in = f.p, .avail_in = (unsigned int)f.n};

	EXPECT_EQ(
		deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
		Z_OK);
	z.next_out = g.p;
	z.avail_out = (unsigned int)f.n + 1000;
	EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
	g.n = z.total_out;
	deflateEnd(&z);
	return g;
}

static struct file bzimage(struct file payload)
{
	struct file b = {calloc(1, payload.n + 8192), payload.n + 4096};

	b.p[0x1f1] = 3; /* setup sectors */
	put(&b, 0x1fe, "\x55\xaa", 2);
	put(&b, 0x202, "HdrS\x0f\x02", 6);
	put(&b, 0x248, ((const uint32_t[]){2048, (uint32_t)payload.n}), 8);
	put(&b, 4096, payload.p, payload.n);
	return b;
}

static const struct spec good;

static struct file packed_kernel(const struct spec *s)
{
	return bzimage(gzip(make_elf(s)));
}

/* --- good ones
 * ---------------------------------------------------------------- */

static uint8_t initrd[1234567];

static void add_modules(struct file kernel, bool with_initrd)
{
	machine_module(kernel.p, kernel.n, "root=/dev/ram0 quiet");
	if (with_initrd) {
		for (size_t i = 0; i < sizeof(initrd); i++)
			initrd[i] = (uint8_t)(i * 11 + i / 77);
		machine_module(initrd, sizeof(initrd), "");
	}
	machine_ready();
	strcpy(boot_info.loader, "GRUB 2.06");
}

static struct domain *build_good(struct file kernel, bool with_initrd)
{
	const char *why = NULL;
	struct domain *d;

	add_modules(kernel, with_initrd);
	d = dom0_build(&why);
	if (!d)
		fprintf(stderr, "why: %s\n", why);
	EXPECT(d);
	return d;
}

static void check_text(const struct spec *s)
{
	struct file f = make_elf(s);
	uint64_t va = VIRT_BASE + KERNEL_PADDR;

	for (uint64_t i = 0; i < TEXT_SIZE; i++)
		EXPECT_EQ(*(uint8_t *)guest_virt(va + i), f.p[4096 + i]);
	va += 0x80000;
	for (uint64_t i = 0; i < 2000; i++)
		EXPECT_EQ(*(uint8_t *)guest_virt(va + i),
			  f.p[4096 + TEXT_SIZE + i]);
	for (uint64_t i = 2000; i < 2000 + BSS_SIZE; i += 100)
		EXPECT_EQ(*(uint8_t *)guest_virt(va + i), 0);
}

static void check_initrd(void)
{
	const struct start_info *si = guest_start_info();

	EXPECT_EQ(si->mod_len, sizeof(initrd));
	for (size_t i = 0; i < sizeof(initrd); i++) {
		const uint8_t *p =
			si->flags & SIF_MOD_START_PFN
				? guest_pfn_virt(si->mod_start + i / PAGE_SIZE)
				: guest_virt(si->mod_start + i - i % PAGE_SIZE);

		EXPECT_EQ(p[i % PAGE_SIZE], initrd[i]);
	}
}

UNIT_TEST(a_kernel_in_a_bzimage_starts_as_linux_expects)
{
	machine_init(256);
	cpu_online_map = 7;
	dom0_check(build_good(packed_kernel(&good), true), VIRT_BASE);
	check_text(&good);
	check_initrd();
	EXPECT_EQ(machine_context.user_regs.rip, VIRT_BASE + KERNEL_PADDR + 64);
	EXPECT_EQ(guest_start_info()->mfn_list, P2M_BASE);
	EXPECT_EQ(strcmp(guest_start_info()->cmd_line, "root=/dev/ram0 quiet"),
		  0);
	EXPECT_EQ(dom0->max_vcpus, 3);
	EXPECT_EQ(boot_info.module[0].size + boot_info.module[1].size, 0);
}

UNIT_TEST(so_does_an_elf_file_plain_or_packed)
{
	machine_init(128);
	dom0_check(build_good(make_elf(&good), true), VIRT_BASE);
	check_text(&good);
}

UNIT_TEST(and_one_packed_as_a_whole)
{
	machine_init(128);
	dom0_check(build_good(gzip(make_elf(&good)), false), VIRT_BASE);
	check_text(&good);
	EXPECT_EQ(guest_start_info()->mod_len, 0);
	EXPECT_EQ(guest_start_info()->mod_start, 0);
}

UNIT_TEST(and_one_in_a_bzimage_that_is_not_packed)
{
	machine_init(128);
	dom0_check(build_good(bzimage(make_elf(&good)), false), VIRT_BASE);
	check_text(&good);
}

UNIT_TEST(a_kernel_without_the_newer_notes_has_all_in_one_mapping)
{
	struct spec s = {.drop_note = XEN_ELFNOTE_INIT_P2M,
			 .no_initrd_pfn = true};

	machine_init(256);
	dom0_check(build_good(packed_kernel(&s), true), VIRT_BASE);
	check_text(&s);
	check_initrd();
	EXPECT(guest_start_info()->mfn_list > VIRT_BASE + KERNEL_PADDR);
	EXPECT_EQ(guest_start_info()->first_p2m_pfn, 0);
	EXPECT(guest_start_info()->mod_start > VIRT_BASE + KERNEL_PADDR);
}

UNIT_TEST(physical_addresses_may_have_an_offset)
{
	struct spec s = {.offset = 0x40000000};

	machine_init(128);
	dom0_check(build_good(packed_kernel(&s), false), VIRT_BASE);
	check_text(&s);
}

UNIT_TEST(a_hypercall_page_is_filled)
{
	struct spec s = {.hypercall_page = true};
	static const uint8_t stub_17[] = {0x51, 0x41, 0x53, 0xb8, 17,
					  0,	0,    0,    0x0f, 0x05,
					  0x41, 0x5b, 0x59, 0xc3};
	const uint8_t *page;

	machine_init(128);
	build_good(packed_kernel(&s), false);
	page = guest_virt(VIRT_BASE + KERNEL_PADDR + 0x3000);
	EXPECT_EQ(memcmp(page + 17 * 32, stub_17, sizeof(stub_17)), 0);
	EXPECT_EQ(memcmp(page + 23 * 32, "\x51\x41\x53\x50\xb8\x17\0\0\0\x0f\5",
			 11),
		  0);
}

/* --- memory
 * -------------------------------------------------------------------- */

/* What its frames have in the frame table and M2P, of 512 MiB. */
#define TABLES_MIB 3

UNIT_TEST(without_dom0_mem_a_sixteenth_is_left)
{
	machine_init(512);
	dom0_check(build_good(packed_kernel(&good), false), VIRT_BASE);
	EXPECT_NEAR(guest_start_info()->nr_pages / 256,
		    (511 - TABLES_MIB) * 15 / 16, 1);
	EXPECT_EQ(dom0->max_pages, UINT32_MAX);
}

UNIT_TEST(dom0_mem_is_kept_to)
{
	machine_init(512);
	opt.dom0_mem_bytes = 100 * MIB;
	opt.dom0_mem_max_bytes = 200 * MIB;
	dom0_check(build_good(packed_kernel(&good), false), VIRT_BASE);
	EXPECT_EQ(guest_start_info()->nr_pages, 100 * 256);
	EXPECT_EQ(dom0->max_pages, 200 * 256);
	EXPECT_NEAR(heap_free_pages() / 256, 511 - TABLES_MIB - 100, 2);
}

UNIT_TEST(dom0_mem_may_say_what_to_leave)
{
	machine_init(512);
	opt.dom0_mem_bytes = 100 * MIB;
	opt.dom0_mem_negative = true;
	build_good(packed_kernel(&good), false);
	EXPECT_NEAR(guest_start_info()->nr_pages / 256, 411 - TABLES_MIB, 1);
}

UNIT_TEST(dom0_mem_beyond_the_machine_is_cut_with_a_warning)
{
	machine_init(256);
	opt.dom0_mem_bytes = 1000 * MIB;
	dom0_check(build_good(packed_kernel(&good), true), VIRT_BASE);
	EXPECT(strstr(machine_log, "dom0_mem= is more than the machine has"));
	EXPECT(guest_start_info()->nr_pages < 256 * 256);
}

UNIT_TEST(memory_comes_in_large_aligned_blocks)
{
	machine_init(512);
	opt.dom0_mem_bytes = 200 * MIB;
	build_good(packed_kernel(&good), false);
	/* From where the mapping ends on, 4 MiB are contiguous machine RAM. */
	for (uint64_t pfn = 0; pfn < 200 * 256; pfn++)
		if (pfn % 1024 && pfn > 64 * 256)
			EXPECT_EQ(guest_p2m(pfn), guest_p2m(pfn - 1) + 1);
	EXPECT(strstr(machine_log, "pieces of machine memory"));
}

/* --- bad ones
 * ------------------------------------------------------------------ */

static void expect_refusal(struct file f, const char *reason)
{
	const char *why = "";

	add_modules(f, false);
	EXPECT(!dom0_build(&why));
	if (!strstr(why, reason))
		fprintf(stderr, "said: %s\n", why);
	EXPECT(strstr(why, reason));
	EXPECT(!strchr(why, '\n'));
}

static struct file text_file(const char *s, size_t n)
{
	struct file f = {calloc(1, 8192), n};

	memcpy(f.p, s, n < 8192 ? n : 8192);
	return f;
}

#define REFUSES(test_name, make, text)                                         \
	UNIT_TEST(test_name)                                                   \
	{                                                                      \
		machine_init(128);                                             \
		expect_refusal(make, text);                                    \
	}
#define TEXT(s) text_file(s, sizeof(s) - 1)
#define SPEC(...) packed_kernel(&(struct spec){__VA_ARGS__})

REFUSES(an_empty_module, TEXT(""), "first module (kernel) is empty")
REFUSES(a_text,
	TEXT("menuentry 'Debian' {\n\tlinux /vmlinuz\n}\n"
	     "# and more text\n"),
	"is a text file, not a kernel")
REFUSES(a_script, TEXT("#!/bin/sh\nexec true\n"), "is a script")
REFUSES(an_initrd, TEXT("070701000000010000"), "is a cpio archive")
REFUSES(an_initrd_packed,
	gzip(TEXT("070701000000010000 and many files more than this, of which "
		  "none is "
		  "a kernel, all in one archive")),
	"its gzip payload is no ELF file")
REFUSES(something_else, TEXT("\x89PNG\r\n\x1a\n\0\0"),
	"is neither an ELF file nor a bzImage")
REFUSES(an_elf_file_for_another_machine,
	TEXT("\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\267\0\1\0\0\0"
	     "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	     "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	"not for 64-bit x86")
REFUSES(an_elf_file_cut_off, TEXT("\177ELF\2\1\1"), "is no ELF file")
REFUSES(a_kernel_without_notes, SPEC(.no_notes = true), "without Xen notes")
REFUSES(a_kernel_without_pv_entry, SPEC(.drop_note = XEN_ELFNOTE_ENTRY),
	"has a PVH entry, but no PV entry" + 6)
REFUSES(a_kernel_for_domu_only, SPEC(.features = 1), "can not be Dom0")
REFUSES(a_kernel_of_another_interface, SPEC(.version = "xen-9.9"),
	"another hypervisor interface")
REFUSES(a_kernel_with_its_own_loader, SPEC(.loader = "special"),
	"a loader of its own")
REFUSES(an_entry_outside, SPEC(.entry = VIRT_BASE + 16), "entry outside")
REFUSES(a_base_in_our_addresses,
	SPEC(.virt_base = 0xffff800000000000, .entry = 0xffff800001000040),
	"bad base address")
REFUSES(a_p2m_in_our_addresses, SPEC(.p2m_base = 0xffff804000000000),
	"bad address for its p2m")
REFUSES(a_p2m_not_canonical, SPEC(.p2m_base = 0x1000000000000000),
	"bad address for its p2m")
REFUSES(a_p2m_over_the_kernel, SPEC(.p2m_base = VIRT_BASE),
	"bad address for its p2m")
REFUSES(a_kernel_outside_of_ram,
	SPEC(.paddr = 0x20000000, .entry = VIRT_BASE + 0x21000040),
	"too little memory")
REFUSES(a_kernel_outside_the_first_gib, SPEC(.paddr = 0x100000000),
	"outside the first GiB")

UNIT_TEST(no_module)
{
	const char *why = "";

	machine_init(64);
	machine_ready();
	EXPECT(!dom0_build(&why));
	EXPECT(strstr(why, "passed no module"));
}

UNIT_TEST(a_truncated_bzimage)
{
	struct file f = packed_kernel(&good);

	machine_init(128);
	f.n -= 5000;
	expect_refusal(f, "is a truncated bzImage");
}

UNIT_TEST(a_corrupt_payload)
{
	struct file f = packed_kernel(&good);

	machine_init(128);
	f.p[(4096 + f.n) / 2] ^= 1;
	expect_refusal(f, "its gzip payload is corrupt");
}

/* Linux appends the size; gzip ends with its own, which is then not used. */
UNIT_TEST(a_payload_that_holds_less_than_it_says)
{
	struct file g = gzip(make_elf(&good));

	put(&g, g.n, &(uint32_t){FILE_SIZE + 1}, 4);
	g.n += 4;
	machine_init(128);
	expect_refusal(bzimage(g), "holds less than it says");
}

UNIT_TEST(a_payload_that_holds_more_than_it_says)
{
	struct file g = gzip(make_elf(&good));

	put(&g, g.n, &(uint32_t){FILE_SIZE - 1}, 4);
	g.n += 4;
	machine_init(128);
	expect_refusal(bzimage(g), "holds more than it says");
}

UNIT_TEST(a_payload_of_no_known_kind)
{
	struct file f = packed_kernel(&good);

	machine_init(128);
	f.p[4096] ^= 1;
	expect_refusal(f, "payload that is not gzip, xz, zstd or lz4");
}

UNIT_TEST(too_little_memory)
{
	machine_init(40);
	expect_refusal(packed_kernel(&good), "too little memory for Dom0: its "
					     "kernel and initrd need 25 MiB");
}

UNIT_TEST(dom0_mem_too_small)
{
	machine_init(256);
	opt.dom0_mem_bytes = 20 * MIB;
	expect_refusal(packed_kernel(&good), "it would get 20 MiB");
}

UNIT_TEST(a_hole_where_the_kernel_must_lie)
{
	machine_init(128);
	boot_info.e820[2].size = 15 * MIB;
	boot_info.e820[3] = (struct e820_entry){16 * MIB, MIB / 2, E820_RAM};
	boot_info.e820[4] = (struct e820_entry){33 * MIB / 2, 4096, E820_ACPI};
	boot_info.e820[5] =
		(struct e820_entry){33 * MIB / 2 + 4096, 100 * MIB, E820_RAM};
	boot_info.nr_e820 = 6;
	expect_refusal(packed_kernel(&good), "0x1080000 is no RAM");
}

/* Wherever a byte of the headers or notes is wrong, nothing worse happens. */
UNIT_TEST(damaged_headers_do_no_harm)
{
	struct file f = make_elf(&good);
	struct kernel_image k;
	const char *why;

	for (size_t at = 0; at < 1600; at++)
		for (unsigned int bit = 0; bit < 8; bit++) {
			/* Exactly as long, so that ASan sees every excess. */
			uint8_t *copy = malloc(f.n);

			memcpy(copy, f.p, f.n);
			copy[at] ^= (uint8_t)(1u << bit);
			if (!elf_parse(copy, f.n, &k, &why))
				elf_for_each_piece(&k, read_piece, NULL);
			free(copy);
		}
	for (size_t n = 0; n < 2000; n++) {
		uint8_t *copy = malloc(n + 1);

		memcpy(copy, f.p, n);
		EXPECT_EQ(elf_parse(copy, n, &k, &why), -EINVAL);
		free(copy);
	}
}

/* --- the command line
 * ----------------------------------------------------------- */

UNIT_TEST(loaders_other_than_grub_2_pass_the_file_name)
{
	const char *why;

	machine_init(128);
	add_modules(packed_kernel(&good), false);
	strcpy(boot_info.loader, "qemu");
	strcpy(boot_info.module[0].cmdline, "/boot/vmlinuz a=b c");
	strcpy(opt.dom0_extra, "more");
	EXPECT(dom0_build(&why));
	EXPECT_EQ(strcmp(guest_start_info()->cmd_line, "a=b c more"), 0);
}

UNIT_TEST(a_command_line_too_long_is_cut_with_a_warning)
{
	const char *why;

	machine_init(128);
	add_modules(packed_kernel(&good), false);
	memset(boot_info.module[0].cmdline, 'x', CMDLINE_MAX - 1);
	EXPECT(dom0_build(&why));
	EXPECT_EQ(strlen(guest_start_info()->cmd_line), 1023);
	EXPECT(strstr(machine_log, "command line is longer than 1023"));
}
