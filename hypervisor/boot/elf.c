/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ELF kernels: checking that every byte the headers name is there, and the
 * notes by which a PV kernel says how it wants to be started (abi/elfnote.h).
 * Segments are placed by p_paddr; Linux's per-CPU segment has virtual address
 * 0.
 */
#include <abi/elfnote.h>
#include <abi/errno.h>
#include <abi/features.h>
#include <hv/string.h>

#include "kernel_image.h"

struct elf_header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_segment {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

struct elf_note {
	uint32_t namesz, descsz, type;
};

#define PT_LOAD_ 1
#define PT_NOTE_ 4
#define EM_X86_64 62
#define MAX_KERNEL_MEMORY (1ULL << 30)

/* Which notes were there, and what is looked at only here. */
struct notes {
	uint64_t seen; /* bit n: note n */
	uint64_t supported_features;
};

static int bad(const char **why, const char *reason)
{
	*why = reason;
	return -EINVAL;
}

/* Copies: nothing says that the file, or its table, is aligned. */
static struct elf_header header(const struct kernel_image *k)
{
	struct elf_header h;

	memcpy(&h, k->elf, sizeof(h));
	return h;
}

static struct elf_segment segment(const struct kernel_image *k, unsigned int i)
{
	struct elf_segment s;

	memcpy(&s, k->elf + header(k).phoff + i * sizeof(s), sizeof(s));
	return s;
}

static int check_header(const struct kernel_image *k, const char **why)
{
	struct elf_header h;

	if (k->len < sizeof(h) || memcmp(k->elf, "\177ELF", 4))
		return bad(why, "is no ELF file");
	h = header(k);
	if (h.ident[4] != 2 || h.machine != EM_X86_64)
		return bad(why, "is an ELF file, but not for 64-bit x86");
	if (h.ident[5] != 1 || (h.type != 2 && h.type != 3))
		return bad(why, "is an ELF file, but not an executable one");
	if (h.phnum == 0 || h.phentsize != sizeof(struct elf_segment))
		return bad(why, "is an ELF file without program headers");
	if (h.phoff > k->len ||
	    h.phnum * sizeof(struct elf_segment) > k->len - h.phoff)
		return bad(why, "is a truncated ELF file");
	return 0;
}

static int check_segments(struct kernel_image *k, const char **why)
{
	k->first_paddr = ~0ULL;
	for (unsigned int i = 0; i < header(k).phnum; i++) {
		struct elf_segment s = segment(k, i);
		uint64_t paddr = s.paddr - k->paddr_offset;

		if (s.type != PT_LOAD_ || s.memsz == 0)
			continue;
		if (s.filesz > s.memsz || s.memsz > MAX_KERNEL_MEMORY ||
		    paddr > MAX_KERNEL_MEMORY ||
		    paddr + s.memsz > MAX_KERNEL_MEMORY)
			return bad(why, "is an ELF file with a segment outside "
					"the first GiB");
		if (s.offset > k->len || s.filesz > k->len - s.offset)
			return bad(why, "is a truncated ELF file");
		k->first_paddr = min(k->first_paddr, paddr);
		k->end_paddr = max(k->end_paddr, paddr + s.memsz);
	}
	if (!k->end_paddr)
		return bad(why, "is an ELF file with nothing to load");
	return 0;
}

static uint64_t note_number(const uint8_t *desc, size_t n)
{
	uint64_t v = 0;

	memcpy(&v, desc, min(n, sizeof(v)));
	return v;
}

static int use_note(struct kernel_image *k, struct notes *n, uint32_t type,
		    const uint8_t *desc, size_t size, const char **why)
{
	uint64_t v = note_number(desc, size);

	if (type < 64)
		n->seen |= 1ULL << type;
	switch (type) {
	case XEN_ELFNOTE_ENTRY:
		k->entry = v;
		break;
	case XEN_ELFNOTE_HYPERCALL_PAGE:
		k->hypercall_page = v;
		break;
	case XEN_ELFNOTE_VIRT_BASE:
		k->virt_base = v;
		break;
	case XEN_ELFNOTE_PADDR_OFFSET:
		k->paddr_offset = v;
		break;
	case XEN_ELFNOTE_XEN_VERSION:
		if (size < 7 || memcmp(desc, "xen-3.0", 7))
			return bad(why, "is a kernel for another hypervisor "
					"interface than xen-3.0");
		break;
	case XEN_ELFNOTE_LOADER:
		if (size < 7 || memcmp(desc, "generic", 7))
			return bad(why, "is a kernel that wants a loader of "
					"its own");
		break;
	case XEN_ELFNOTE_INIT_P2M:
		k->p2m_base = v;
		k->has_p2m_base = true;
		break;
	case XEN_ELFNOTE_MOD_START_PFN:
		k->initrd_by_pfn = v != 0;
		break;
	case XEN_ELFNOTE_SUPPORTED_FEATURES:
		n->supported_features = v;
		break;
	}
	return 0;
}

/* The notes of one segment; each part is padded to four bytes. */
static int read_notes(struct kernel_image *k, struct notes *n, const uint8_t *p,
		      size_t len, const char **why)
{
	struct elf_note note;
	int rc;

	while (len >= sizeof(note)) {
		uint64_t name, desc;

		memcpy(&note, p, sizeof(note));
		name = round_up((uint64_t)note.namesz, 4);
		desc = round_up((uint64_t)note.descsz, 4);
		if (name + note.descsz > len - sizeof(note))
			return bad(why, "is an ELF file with corrupt notes");
		p += sizeof(note);
		if (note.namesz == 4 && !memcmp(p, "Xen", 4)) {
			rc = use_note(k, n, note.type, p + name, note.descsz,
				      why);
			if (rc)
				return rc;
		}
		len -= min(len, sizeof(note) + name + desc);
		p += name + desc;
	}
	return 0;
}

static int read_all_notes(struct kernel_image *k, struct notes *n,
			  const char **why)
{
	for (unsigned int i = 0; i < header(k).phnum; i++) {
		struct elf_segment s = segment(k, i);
		int rc;

		if (s.type != PT_NOTE_)
			continue;
		if (s.offset > k->len || s.filesz > k->len - s.offset)
			return bad(why, "is a truncated ELF file");
		rc = read_notes(k, n, k->elf + s.offset, s.filesz, why);
		if (rc)
			return rc;
	}
	return 0;
}

static bool is_mapped(const struct kernel_image *k, uint64_t va, uint64_t size)
{
	uint64_t paddr = va - k->virt_base;

	return paddr >= k->first_paddr && paddr < k->end_paddr &&
	       size <= k->end_paddr - paddr;
}

static int check_notes(const struct kernel_image *k, const struct notes *n,
		       const char **why)
{
#define SEEN(note) (n->seen >> XEN_ELFNOTE_##note & 1)
	if (!n->seen)
		return bad(why, "is a kernel without Xen notes (built without "
				"CONFIG_XEN_PV?)");
	if (!SEEN(ENTRY))
		return bad(why,
			   SEEN(PHYS32_ENTRY)
				   ? "is a kernel with a PVH entry, but no "
				     "PV entry (built without "
				     "CONFIG_XEN_PV?)"
				   : "is a kernel without a PV entry");
	if (!SEEN(VIRT_BASE))
		return bad(why, "is a kernel without a virtual base address");
	if (SEEN(SUPPORTED_FEATURES) &&
	    !(n->supported_features >> XENFEAT_dom0 & 1))
		return bad(why, "is a kernel that can not be Dom0 (built "
				"without CONFIG_XEN_DOM0?)");
#undef SEEN
	if (k->virt_base & ~PAGE_MASK || k->p2m_base & ~PAGE_MASK ||
	    k->virt_base + MAX_KERNEL_MEMORY < k->virt_base)
		return bad(why, "is a kernel with a bad base address");
	if (!is_mapped(k, k->entry, 1))
		return bad(why, "is a kernel with its entry outside itself");
	if (k->hypercall_page && (k->hypercall_page & ~PAGE_MASK ||
				  !is_mapped(k, k->hypercall_page, PAGE_SIZE)))
		return bad(why, "is a kernel with its hypercall page outside "
				"itself");
	return 0;
}

int elf_parse(const uint8_t *elf, size_t len, struct kernel_image *k,
	      const char **why)
{
	struct notes n = {0};
	int rc;

	*k = (struct kernel_image){.elf = elf, .len = len};
	rc = check_header(k, why);
	if (!rc)
		rc = read_all_notes(k, &n, why);
	if (!rc)
		rc = check_segments(k, why); /* uses the notes' offset */
	if (!rc)
		rc = check_notes(k, &n, why);
	return rc;
}

void elf_for_each_piece(const struct kernel_image *k,
			void (*fn)(void *data, uint64_t paddr, const void *src,
				   size_t n),
			void *data)
{
	for (unsigned int i = 0; i < header(k).phnum; i++) {
		struct elf_segment s = segment(k, i);

		if (s.type == PT_LOAD_ && s.filesz)
			fn(data, s.paddr - k->paddr_offset, k->elf + s.offset,
			   s.filesz);
		if (s.type == PT_LOAD_ && s.memsz > s.filesz)
			fn(data, s.paddr - k->paddr_offset + s.filesz, NULL,
			   s.memsz - s.filesz);
	}
}
