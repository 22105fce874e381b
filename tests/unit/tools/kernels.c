// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernels made to order for tests of the builder.
 */
#include <elf.h>
#include <lz4hc.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include <abi/elfnote.h>

#include "kernels.h"

#define PAGE 4096
#define NOTES_OFFSET 0x400

uint8_t kernel_byte(uint64_t paddr)
{
	uint64_t page = (paddr - KERNEL_PADDR) / PAGE;

	if (page == KERNEL_ZERO_PAGE)
		return 0;
	return (uint8_t)(paddr * 7 + (paddr >> 12) + 1);
}

static uint8_t *put_note(uint8_t *p, uint32_t type, const void *desc,
			 uint32_t size)
{
	Elf64_Nhdr h = {4, size, type};

	memcpy(p, &h, sizeof(h));
	memcpy(p + sizeof(h), "Xen", 4);
	memcpy(p + sizeof(h) + 4, desc, size);
	return p + sizeof(h) + 4 + ((size + 3) & ~3u);
}

static uint8_t *put_number(uint8_t *p, uint32_t type, uint64_t v)
{
	return put_note(p, type, &v, sizeof(v));
}

static size_t put_notes(uint8_t *start, const struct kernel_options *o)
{
	const char *version = o->xen_version ? o->xen_version : "xen-3.0";
	uint64_t base = o->virt_base ? o->virt_base : KERNEL_VIRT_BASE;
	uint8_t *p = start;

	if (o->no_notes)
		return 0;
	p = put_number(p, XEN_ELFNOTE_VIRT_BASE, base);
	p = put_number(p, XEN_ELFNOTE_ENTRY, base + 0x100040);
	p = put_note(p, XEN_ELFNOTE_XEN_VERSION, version,
		     (uint32_t)strlen(version) + 1);
	p = put_note(p, XEN_ELFNOTE_GUEST_OS, "test", 5);
	if (!o->no_init_p2m)
		p = put_number(p, XEN_ELFNOTE_INIT_P2M, KERNEL_INIT_P2M);
	if (!o->no_mod_start_pfn)
		p = put_number(p, XEN_ELFNOTE_MOD_START_PFN, 1);
	if (o->hypercall_page)
		p = put_number(p, XEN_ELFNOTE_HYPERCALL_PAGE, base + 0x102000);
	return (size_t)(p - start);
}

uint8_t *kernel_elf(const struct kernel_options *o, size_t *len)
{
	size_t text = KERNEL_TEXT_PAGES * PAGE;
	uint8_t *f = calloc(1, PAGE + text + 2 * PAGE);
	uint64_t paddr = o->paddr ? o->paddr : KERNEL_PADDR;
	Elf64_Ehdr eh = {.e_type = ET_EXEC,
			 .e_machine = EM_X86_64,
			 .e_version = EV_CURRENT,
			 .e_entry = 0x1234,
			 .e_phoff = sizeof(Elf64_Ehdr),
			 .e_ehsize = sizeof(Elf64_Ehdr),
			 .e_phentsize = sizeof(Elf64_Phdr),
			 .e_phnum = 3};
	Elf64_Phdr ph[3] = {
		{.p_type = PT_LOAD,
		 .p_offset = PAGE,
		 .p_paddr = paddr,
		 .p_vaddr = KERNEL_VIRT_BASE + paddr,
		 .p_filesz = text,
		 .p_memsz = text},
		{.p_type = PT_LOAD,
		 .p_offset = PAGE + text,
		 .p_paddr = paddr + text,
		 .p_filesz = KERNEL_DATA_BYTES,
		 .p_memsz = KERNEL_DATA_BYTES + o->bss_bytes},
		{.p_type = PT_NOTE, .p_offset = NOTES_OFFSET},
	};

	memcpy(eh.e_ident, ELFMAG, SELFMAG);
	eh.e_ident[EI_CLASS] = ELFCLASS64;
	eh.e_ident[EI_DATA] = ELFDATA2LSB;
	ph[2].p_filesz = ph[2].p_memsz = put_notes(f + NOTES_OFFSET, o);
	memcpy(f, &eh, sizeof(eh));
	memcpy(f + sizeof(eh), ph, sizeof(ph));
	for (size_t i = 0; i < text + KERNEL_DATA_BYTES; i++)
		f[PAGE + i] = kernel_byte(KERNEL_PADDR + i);
	*len = PAGE + text + KERNEL_DATA_BYTES;
	return f;
}

static size_t pack_gzip(const uint8_t *data, size_t len, uint8_t *out,
			size_t room)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)data,
		      .avail_in = (uInt)len,
		      .next_out = out,
		      .avail_out = (uInt)room};

	deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
	deflate(&z, Z_FINISH);
	deflateEnd(&z);
	return z.total_out;
}

/* With the filter for x86 code, as Linux's own build does it. */
static size_t pack_xz(const uint8_t *data, size_t len, uint8_t *out,
		      size_t room)
{
	lzma_options_lzma opt;
	lzma_filter filters[] = {{LZMA_FILTER_X86, NULL},
				 {LZMA_FILTER_LZMA2, &opt},
				 {LZMA_VLI_UNKNOWN, NULL}};
	size_t used = 0;

	lzma_lzma_preset(&opt, 1);
	if (lzma_stream_buffer_encode(filters, LZMA_CHECK_CRC32, NULL, data,
				      len, out, &used, room) != LZMA_OK)
		abort();
	return used;
}

/* The kernel's form: a magic number, then sized blocks. */
static size_t pack_lz4(const uint8_t *data, size_t len, uint8_t *out,
		       size_t room)
{
	const uint32_t magic = 0x184c2102;
	size_t used = 4;

	memcpy(out, &magic, 4);
	while (len > 0) {
		size_t n = len < (8u << 20) ? len : 8u << 20;
		int packed = LZ4_compress_HC((const char *)data,
					     (char *)out + used + 4, (int)n,
					     (int)(room - used - 4), 1);
		uint32_t size = (uint32_t)packed;

		memcpy(out + used, &size, 4);
		used += 4 + size;
		data += n;
		len -= n;
	}
	return used;
}

uint8_t *kernel_pack(const uint8_t *data, size_t data_len, enum packing p,
		     size_t *len)
{
	size_t room = data_len * 2 + 65536;
	uint8_t *out = malloc(room);

	switch (p) {
	case PACKING_GZIP:
		*len = pack_gzip(data, data_len, out, room);
		break;
	case PACKING_XZ:
		*len = pack_xz(data, data_len, out, room);
		break;
	case PACKING_ZSTD:
		*len = ZSTD_compress(out, room, data, data_len, 3);
		break;
	case PACKING_LZ4:
		*len = pack_lz4(data, data_len, out, room);
		break;
	default:
		memcpy(out, data, data_len);
		*len = data_len;
		break;
	}
	return out;
}

uint8_t *kernel_bzimage(const uint8_t *elf, size_t elf_len, enum packing p,
			size_t *len)
{
	size_t packed_len, head = 5 * 512 + 0x100;
	uint8_t *packed = kernel_pack(elf, elf_len, p, &packed_len);
	uint8_t *f = calloc(1, head + packed_len + 4);
	uint32_t size = (uint32_t)elf_len, at = 0x100, bytes;

	memcpy(f + head, packed, packed_len);
	bytes = (uint32_t)packed_len;
	if (p != PACKING_GZIP) {
		memcpy(f + head + packed_len, &size, 4);
		bytes += 4;
	}
	f[0x1f1] = 4;
	memcpy(f + 0x202, "HdrS", 4);
	f[0x206] = 0x0f;
	f[0x207] = 0x02;
	memcpy(f + 0x248, &at, 4);
	memcpy(f + 0x24c, &bytes, 4);
	*len = head + bytes;
	free(packed);
	return f;
}
