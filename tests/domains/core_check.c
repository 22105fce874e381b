// SPDX-License-Identifier: GPL-2.0-only
/*
 * core-check: is a file a core of a PV domain, as Xen's format has it, and
 * does it hold what it should?
 *
 *   core-check FILE VCPUS MIB TEXT
 *
 * Follows docs/misc/dump-core-format.txt of Xen: sections by name, notes, a
 * row of (pfn, mfn) pairs and as many pages. Vcpu 0's page tables must lead,
 * through the pairs, from its instruction pointer to a page of the file, as a
 * debugger would go; and TEXT must be in some page.
 */
#include <elf.h>
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <abi/elfnote.h>
#include <abi/arch.h>

#define PAGE 4096ul

struct pair {
	uint64_t pfn, mfn;
};

static const uint8_t *file;
static size_t file_bytes;
static const struct pair *pairs;
static size_t nr_pages;
static const uint8_t *pages;

static const Elf64_Shdr *section(const char *name)
{
	const Elf64_Ehdr *eh = (const void *)file;
	const Elf64_Shdr *sh = (const void *)(file + eh->e_shoff);
	const char *names = (const char *)file + sh[eh->e_shstrndx].sh_offset;

	for (int i = 1; i < eh->e_shnum; i++) {
		if (strcmp(names + sh[i].sh_name, name) != 0)
			continue;
		if (sh[i].sh_offset + sh[i].sh_size > file_bytes)
			errx(1, "%s is cut off", name);
		return &sh[i];
	}
	errx(1, "there is no section %s", name);
}

static const void *data(const Elf64_Shdr *sh)
{
	return file + sh->sh_offset;
}

/* The descriptor of a note; its size must be @size, or more for 0. */
static const void *note(uint32_t type, size_t size)
{
	const Elf64_Shdr *sh = section(".note.Xen");
	const uint8_t *p = data(sh), *end = p + sh->sh_size;

	while (p + sizeof(Elf64_Nhdr) <= end) {
		const Elf64_Nhdr *n = (const void *)p;
		const uint8_t *desc =
			p + sizeof(*n) + ((n->n_namesz + 3) & ~3u);

		if (strcmp((const char *)p + sizeof(*n), "Xen") != 0)
			errx(1, "a note is not Xen's");
		if (n->n_type == type && n->n_descsz != size)
			errx(1, "note %#x has %u bytes, not %zu", type,
			     n->n_descsz, size);
		if (n->n_type == type)
			return desc;
		p = desc + ((n->n_descsz + 3) & ~3u);
	}
	errx(1, "there is no note %#x", type);
}

static const uint8_t *page_of_mfn(uint64_t mfn)
{
	for (size_t i = 0; i < nr_pages; i++)
		if (pairs[i].mfn == mfn)
			return pages + i * PAGE;
	errx(1, "frame %#lx is not in the file", (unsigned long)mfn);
}

/* Through the four levels of page tables, large pages unknown to PV. */
static const uint8_t *page_of_va(uint64_t cr3, uint64_t va)
{
	const uint64_t mask = 0x000ffffffffff000;
	uint64_t entry = cr3 & mask;

	for (int shift = 39; shift >= 12; shift -= 9) {
		const uint64_t *table = (const void *)page_of_mfn(entry >> 12);

		entry = table[va >> shift & 511];
		if (!(entry & 1))
			errx(1, "%#lx is not mapped", (unsigned long)va);
		entry &= mask;
	}
	return page_of_mfn(entry >> 12);
}

static void check_header(void)
{
	const Elf64_Ehdr *eh = (const void *)file;

	if (file_bytes < sizeof(*eh) || memcmp(file, ELFMAG, SELFMAG) != 0 ||
	    eh->e_type != ET_CORE || eh->e_machine != EM_X86_64 ||
	    eh->e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh->e_shoff + eh->e_shnum * sizeof(Elf64_Shdr) > file_bytes)
		errx(1, "it is no ELF core file");
}

static void check_counts(unsigned long vcpus, unsigned long mib)
{
	const uint64_t *head = note(XEN_ELFNOTE_DUMPCORE_HEADER, 32);
	const uint64_t *format = note(XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION, 8);
	const Elf64_Shdr *status = section(".xen_prstatus");

	note(XEN_ELFNOTE_DUMPCORE_NONE, 0);
	if (head[0] != 0xF00FEBED || *format != 1)
		errx(1, "magic %#lx, format %lu", (unsigned long)head[0],
		     (unsigned long)*format);
	if (head[1] != vcpus || status->sh_entsize != 5168 ||
	    status->sh_size != vcpus * status->sh_entsize)
		errx(1, "%lu vcpus in the header, %lu bytes of vcpus",
		     (unsigned long)head[1], (unsigned long)status->sh_size);
	if (head[2] != nr_pages || head[3] != PAGE)
		errx(1, "%lu pages in the header, %zu in the file",
		     (unsigned long)head[2], nr_pages);
	if (nr_pages > mib << 8 || nr_pages < (mib << 8) * 15 / 16)
		errx(1, "%zu pages for %lu MiB", nr_pages, mib);
	if (section(".xen_shared_info")->sh_size != PAGE)
		errx(1, "the shared info is no page");
}

int main(int argc, char **argv)
{
	const struct vcpu_guest_context *vcpu;
	struct stat st;
	int fd;

	if (argc != 5)
		errx(2, "usage: core-check FILE VCPUS MIB TEXT");
	fd = open(argv[1], O_RDONLY);
	if (fd < 0 || fstat(fd, &st) < 0)
		err(1, "%s", argv[1]);
	file_bytes = (size_t)st.st_size;
	file = mmap(NULL, file_bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (file == MAP_FAILED)
		err(1, "mmap");
	check_header();
	pairs = data(section(".xen_p2m"));
	nr_pages = section(".xen_p2m")->sh_size / sizeof(*pairs);
	pages = data(section(".xen_pages"));
	if (section(".xen_pages")->sh_size != nr_pages * PAGE)
		errx(1, "pairs and pages differ in number");
	check_counts(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
	for (size_t i = 1; i < nr_pages; i++)
		if (pairs[i].pfn <= pairs[i - 1].pfn)
			errx(1, "pages are out of order");
	vcpu = data(section(".xen_prstatus"));
	page_of_va(vcpu->ctrlreg[3], vcpu->user_regs.rip);
	if (memmem(pages, nr_pages * PAGE, argv[4], strlen(argv[4])) == NULL)
		errx(1, "\"%s\" is nowhere in it", argv[4]);
	return 0;
}
