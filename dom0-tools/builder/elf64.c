// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading a PV kernel's ELF headers and notes. The file is not trusted:
 * every offset is checked before use.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <abi/elfnote.h>

#include "elf64.h"
#include "kimage.h"
#include "req.h"

#define NR_SEGMENTS_MAX 128
/* A kernel's image has to lie in the first GiB from its base. */
#define IMAGE_END_MAX ((uint64_t)1 << 30)

static int elf_check_header(struct req *r, const Elf64_Ehdr *h, size_t len)
{
	if (len < sizeof(*h) || memcmp(h->e_ident, ELFMAG, SELFMAG) != 0)
		return req_fail(r, -ENOEXEC, "it is not an ELF file");
	if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_machine != EM_X86_64)
		return req_fail(r, -ENOEXEC,
				"it is an ELF file for another machine; only "
				"64-bit x86 PV kernels can run");
	if (h->e_phentsize != sizeof(Elf64_Phdr) || h->e_phnum == 0 ||
	    h->e_phnum > NR_SEGMENTS_MAX || h->e_phoff > len ||
	    len - h->e_phoff < h->e_phnum * sizeof(Elf64_Phdr))
		return req_fail(r, -ENOEXEC,
				"its ELF program headers are damaged or the "
				"file is truncated");
	return 0;
}

static uint64_t note_number(const uint8_t *desc, uint32_t size)
{
	uint64_t v = 0;

	memcpy(&v, desc, size < sizeof(v) ? size : sizeof(v));
	return v;
}

static void note_text(char *dst, size_t room, const uint8_t *desc,
		      uint32_t size)
{
	size_t n = strnlen((const char *)desc, size);

	if (n >= room)
		n = room - 1;
	memcpy(dst, desc, n);
	dst[n] = '\0';
}

static void note_take(struct kimage_notes *notes, uint32_t type,
		      const uint8_t *desc, uint32_t size)
{
	uint64_t v = note_number(desc, size);

	notes->is_xen = 1;
	switch (type) {
	case XEN_ELFNOTE_ENTRY:
		notes->entry = v;
		break;
	case XEN_ELFNOTE_VIRT_BASE:
		notes->virt_base = v;
		break;
	case XEN_ELFNOTE_PADDR_OFFSET:
		notes->paddr_offset = v;
		break;
	case XEN_ELFNOTE_HYPERCALL_PAGE:
		notes->hypercall_page = v;
		notes->has_hypercall_page = 1;
		break;
	case XEN_ELFNOTE_INIT_P2M:
		notes->init_p2m = v;
		notes->has_init_p2m = 1;
		break;
	case XEN_ELFNOTE_MOD_START_PFN:
		notes->mod_start_pfn = v != 0;
		break;
	case XEN_ELFNOTE_GUEST_OS:
		note_text(notes->guest_os, sizeof(notes->guest_os), desc, size);
		break;
	case XEN_ELFNOTE_XEN_VERSION:
		note_text(notes->xen_version, sizeof(notes->xen_version), desc,
			  size);
		break;
	default:
		break;
	}
}

/* Names and descriptors are padded to 4 bytes. */
static void notes_parse(struct kimage_notes *notes, const uint8_t *p,
			size_t len)
{
	while (len >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr nh;
		uint64_t name, desc;

		memcpy(&nh, p, sizeof(nh));
		name = ((uint64_t)nh.n_namesz + 3) & ~3ull;
		desc = ((uint64_t)nh.n_descsz + 3) & ~3ull;
		p += sizeof(nh);
		len -= sizeof(nh);
		if (name > len || desc > len - name)
			return;
		if (nh.n_namesz == 4 && memcmp(p, "Xen", 4) == 0)
			note_take(notes, nh.n_type, p + name, nh.n_descsz);
		p += name + desc;
		len -= name + desc;
	}
}

static int segment_order(const void *a, const void *b)
{
	const struct elf_segment *x = a, *y = b;

	return x->paddr < y->paddr ? -1 : x->paddr > y->paddr;
}

static int elf_add_segment(struct req *r, struct elf_file *elf,
			   const uint8_t *data, const Elf64_Phdr *ph,
			   uint64_t paddr_offset)
{
	uint64_t paddr = ph->p_paddr - paddr_offset;

	if (ph->p_filesz > ph->p_memsz || ph->p_paddr < paddr_offset ||
	    paddr > IMAGE_END_MAX || ph->p_memsz > IMAGE_END_MAX - paddr)
		return req_fail(r, -ENOEXEC,
				"its ELF segment at %#lx of %#lx bytes does "
				"not fit in the first GiB",
				(unsigned long)ph->p_paddr,
				(unsigned long)ph->p_memsz);
	if (ph->p_memsz > 0)
		elf->segments[elf->nr_segments++] = (struct elf_segment){
			.paddr = paddr,
			.mem_size = ph->p_memsz,
			.data = data + ph->p_offset,
			.data_size = ph->p_filesz,
		};
	return 0;
}

static int elf_check_order(struct req *r, struct elf_file *elf)
{
	if (elf->nr_segments == 0)
		return req_fail(r, -ENOEXEC,
				"its ELF file has nothing to "
				"load");
	qsort(elf->segments, elf->nr_segments, sizeof(elf->segments[0]),
	      segment_order);
	for (unsigned int i = 1; i < elf->nr_segments; i++) {
		const struct elf_segment *s = &elf->segments[i - 1];

		if (s->paddr + s->mem_size > s[1].paddr)
			return req_fail(r, -ENOEXEC,
					"its ELF segments "
					"overlap");
	}
	return 0;
}

static int elf_check_notes(struct req *r, const struct kimage_notes *notes)
{
	if (!notes->is_xen)
		return req_fail(r, -ENOEXEC,
				"it has no Xen ELF notes, so it cannot run "
				"paravirtualized (Linux: CONFIG_XEN_PV)");
	if (notes->xen_version[0] != '\0' &&
	    strncmp(notes->xen_version, "xen-3.0", 7) != 0)
		return req_fail(r, -ENOEXEC,
				"it wants the interface %s; only xen-3.0 is "
				"offered",
				notes->xen_version);
	if ((notes->virt_base & 0xfff) != 0 || (notes->init_p2m & 0xfff) != 0)
		return req_fail(r, -ENOEXEC,
				"its ELF notes hold unaligned "
				"addresses");
	return 0;
}

int elf_parse(struct req *r, const uint8_t *data, size_t len,
	      struct elf_file *elf, struct kimage_notes *notes)
{
	Elf64_Ehdr head = {0}, *h = &head;
	Elf64_Phdr *ph;
	int rc;

	memcpy(h, data, len < sizeof(*h) ? len : sizeof(*h));
	rc = elf_check_header(r, h, len);
	if (rc < 0)
		return rc;
	memset(notes, 0, sizeof(*notes));
	notes->entry = h->e_entry;
	ph = ARENA_ARRAY(&r->mem, Elf64_Phdr, h->e_phnum);
	memcpy(ph, data + h->e_phoff, h->e_phnum * sizeof(*ph));
	for (unsigned int i = 0; i < h->e_phnum; i++) {
		if (ph[i].p_type != PT_LOAD && ph[i].p_type != PT_NOTE)
			continue;
		if (ph[i].p_offset > len ||
		    ph[i].p_filesz > len - ph[i].p_offset)
			return req_fail(r, -ENOEXEC,
					"its ELF file is truncated: segment "
					"%u ends at %lu, the file at %zu",
					i,
					(unsigned long)(ph[i].p_offset +
							ph[i].p_filesz),
					len);
		if (ph[i].p_type == PT_NOTE)
			notes_parse(notes, data + ph[i].p_offset,
				    ph[i].p_filesz);
	}
	rc = elf_check_notes(r, notes);
	elf->nr_segments = 0;
	elf->segments = ARENA_ARRAY(&r->mem, struct elf_segment, h->e_phnum);
	for (unsigned int i = 0; rc == 0 && i < h->e_phnum; i++)
		if (ph[i].p_type == PT_LOAD)
			rc = elf_add_segment(r, elf, data, &ph[i],
					     notes->paddr_offset);
	return rc < 0 ? rc : elf_check_order(r, elf);
}
