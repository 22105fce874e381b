// SPDX-License-Identifier: GPL-2.0-only
/*
 * Core files of domains (Xen: docs/misc/dump-core-format.txt): an ELF file of
 * sections only: notes, the vcpus, the shared info page, pairs of pfn and mfn,
 * and the pages.
 *
 * Which pages a PV domain has is known to the domain alone; it publishes a
 * three-level tree of its p2m in the shared info page.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <abi/elfnote.h>
#include <abi/shared_info.h>

#include "cmd.h"
#include "domains.h"
#include "dump.h"
#include "fmem.h"
#include "paths.h"

#define PAGE_BYTES 4096ul
#define PER_PAGE (PAGE_BYTES / sizeof(uint64_t))
#define WINDOW 1024
#define CORE_MAGIC_PV 0xF00FEBEDull
#define CORE_FORMAT 1

struct p2m_pair {
	uint64_t pfn, mfn;
};

struct core {
	struct tool *t;
	domid_t domid;
	int fd;
	uint64_t nr_vcpus, nr_pages;
	struct p2m_pair *pages;
	struct shared_info *shared;
	struct vcpu_guest_context *vcpus;
};

enum section {
	S_NULL,
	S_STRTAB,
	S_NOTE,
	S_VCPUS,
	S_SHARED,
	S_P2M,
	S_PAGES,
	NR_SECTIONS
};

static const char section_names[] = "\0.shstrtab\0.note.Xen\0.xen_prstatus\0"
				    ".xen_shared_info\0.xen_p2m\0.xen_pages";

/* The descriptors of the notes, as the format has them. */
struct note_header {
	uint64_t magic, nr_vcpus, nr_pages, page_size;
};

struct note_version {
	uint64_t major, minor;
	char extra[16];
	struct xen_compile_info compile;
	char capabilities[1024], changeset[64];
	uint64_t virt_start, page_size;
};

struct core_note {
	Elf64_Nhdr h;
	char name[4];
};

struct core_notes {
	struct core_note none;
	struct core_note header;
	struct note_header header_desc;
	struct core_note version;
	struct note_version version_desc;
	struct core_note format;
	uint64_t format_desc;
};

static int write_all(struct core *c, const void *buf, size_t len)
{
	const char *p = buf;

	while (len > 0) {
		ssize_t n = write(c->fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return req_fail(&c->t->r, n < 0 ? -errno : -EIO,
					"cannot write the core: %s",
					strerror(n < 0 ? errno : EIO));
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static void *map_one(struct core *c, xen_pfn_t mfn, const char *what)
{
	void *va;
	int rc;

	va = fmem_map(&c->t->hv, c->domid, &mfn, 1, PROT_READ, &rc);
	if (va == NULL)
		req_fail_rc(&c->t->r, rc, "cannot map %s of domain %u", what,
			    c->domid);
	return va;
}

/* A page of the tree: the guest may be wrong about it, even hostile. */
static int collect_leaf(struct core *c, xen_pfn_t leaf, uint64_t pfn,
			uint64_t max_pfn)
{
	uint64_t *p2m = map_one(c, leaf, "the p2m");

	if (p2m == NULL)
		return c->t->r.rc;
	for (uint64_t i = 0; i < PER_PAGE && pfn + i < max_pfn; i++) {
		/* the top bits mark pages that are not the domain's own */
		if (p2m[i] >> 62 != 0 || p2m[i] == 0)
			continue;
		c->pages[c->nr_pages++] = (struct p2m_pair){pfn + i, p2m[i]};
	}
	fmem_unmap(p2m, 1);
	return 0;
}

static int collect_pages(struct core *c)
{
	uint64_t max_pfn = c->shared->arch.max_pfn, mid_of = UINT64_MAX;
	uint64_t *top, *mid = NULL;
	int rc = 0;

	if (c->shared->arch.pfn_to_mfn_frame_list_list == 0 || max_pfn == 0 ||
	    max_pfn > PER_PAGE * PER_PAGE * PER_PAGE)
		return req_fail(&c->t->r, -ENODATA,
				"domain %u has not published its memory map "
				"(it has not got far enough)",
				c->domid);
	c->pages =
		mmap(NULL, max_pfn * sizeof(*c->pages), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (c->pages == MAP_FAILED)
		return req_fail_rc(&c->t->r, -errno, "no memory for the p2m");
	top = map_one(c, c->shared->arch.pfn_to_mfn_frame_list_list,
		      "the p2m's tree");
	if (top == NULL)
		return c->t->r.rc;
	for (uint64_t pfn = 0; pfn < max_pfn && rc == 0; pfn += PER_PAGE) {
		uint64_t at = pfn / PER_PAGE;

		if (at / PER_PAGE != mid_of) {
			if (mid != NULL)
				fmem_unmap(mid, 1);
			mid_of = at / PER_PAGE;
			mid = map_one(c, top[mid_of], "the p2m's tree");
			if (mid == NULL)
				rc = c->t->r.rc;
		}
		if (rc == 0)
			rc = collect_leaf(c, mid[at % PER_PAGE], pfn, max_pfn);
	}
	if (mid != NULL)
		fmem_unmap(mid, 1);
	fmem_unmap(top, 1);
	return rc;
}

static int collect_vcpus(struct core *c, uint64_t max)
{
	c->vcpus = ARENA_ARRAY(&c->t->r.mem, struct vcpu_guest_context, max);
	for (uint64_t v = 0; v < max; v++) {
		int rc = dom_get_vcpu(&c->t->hv, c->domid, (uint32_t)v,
				      &c->vcpus[c->nr_vcpus]);

		if (rc == 0)
			c->nr_vcpus++;
		else if (rc != -ESRCH && rc != -ENODATA)
			return req_fail_rc(&c->t->r, rc,
					   "cannot read vcpu %lu of domain %u",
					   (unsigned long)v, c->domid);
	}
	return 0;
}

static void note_init(struct core_note *n, uint32_t type, uint32_t desc)
{
	n->h = (Elf64_Nhdr){4, desc, type};
	memcpy(n->name, "Xen", 4);
}

static void notes_fill(struct core *c, struct core_notes *n)
{
	struct note_version *v = &n->version_desc;
	struct hv *hv = &c->t->hv;
	long version = host_version(hv);

	memset(n, 0, sizeof(*n));
	note_init(&n->none, XEN_ELFNOTE_DUMPCORE_NONE, 0);
	note_init(&n->header, XEN_ELFNOTE_DUMPCORE_HEADER,
		  sizeof(n->header_desc));
	n->header_desc = (struct note_header){CORE_MAGIC_PV, c->nr_vcpus,
					      c->nr_pages, PAGE_BYTES};
	note_init(&n->version, XEN_ELFNOTE_DUMPCORE_XEN_VERSION, sizeof(*v));
	if (version > 0) {
		v->major = (uint64_t)version >> 16;
		v->minor = (uint64_t)version & 0xffff;
	}
	host_version_text(hv, XENVER_extraversion, v->extra, sizeof(v->extra));
	host_compile_info(hv, &v->compile);
	host_version_text(hv, XENVER_capabilities, v->capabilities,
			  sizeof(v->capabilities));
	host_version_text(hv, XENVER_changeset, v->changeset,
			  sizeof(v->changeset));
	host_virt_start(hv, &v->virt_start);
	v->page_size = PAGE_BYTES;
	note_init(&n->format, XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION,
		  sizeof(n->format_desc));
	n->format_desc = CORE_FORMAT;
}

static uint64_t round_page(uint64_t n)
{
	return (n + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

static void sections_fill(const struct core *c, Elf64_Shdr *sh)
{
	const uint64_t sizes[NR_SECTIONS] = {
		[S_STRTAB] = sizeof(section_names),
		[S_NOTE] = sizeof(struct core_notes),
		[S_VCPUS] = c->nr_vcpus * sizeof(*c->vcpus),
		[S_SHARED] = PAGE_BYTES,
		[S_P2M] = c->nr_pages * sizeof(*c->pages),
		[S_PAGES] = c->nr_pages * PAGE_BYTES,
	};
	const uint64_t entry[NR_SECTIONS] = {
		[S_VCPUS] = sizeof(*c->vcpus),
		[S_SHARED] = PAGE_BYTES,
		[S_P2M] = sizeof(*c->pages),
		[S_PAGES] = PAGE_BYTES,
	};
	uint64_t at = sizeof(Elf64_Ehdr) + NR_SECTIONS * sizeof(*sh);
	const char *name = section_names;

	memset(sh, 0, NR_SECTIONS * sizeof(*sh));
	for (int i = S_STRTAB; i < NR_SECTIONS; i++) {
		name += strlen(name) + 1;
		sh[i].sh_name = (uint32_t)(name - section_names);
		sh[i].sh_type = i == S_STRTAB ? SHT_STRTAB
				: i == S_NOTE ? SHT_NOTE
					      : SHT_PROGBITS;
		at = i == S_PAGES ? round_page(at) : (at + 7) & ~7ull;
		sh[i].sh_offset = at;
		sh[i].sh_size = sizes[i];
		sh[i].sh_entsize = entry[i];
		sh[i].sh_addralign = i == S_PAGES ? PAGE_BYTES : 8;
		at += sizes[i];
	}
}

static int write_pages(struct core *c)
{
	for (uint64_t at = 0; at < c->nr_pages;) {
		size_t nr = c->nr_pages - at < WINDOW
				    ? (size_t)(c->nr_pages - at)
				    : WINDOW;
		xen_pfn_t mfns[WINDOW];
		int errs[WINDOW], rc;
		char *va;

		for (size_t i = 0; i < nr; i++)
			mfns[i] = c->pages[at + i].mfn;
		va = fmem_map_some(&c->t->hv, c->domid, mfns, nr, PROT_READ,
				   errs, &rc);
		if (va == NULL)
			return req_fail_rc(&c->t->r, rc,
					   "cannot map pages of domain %u",
					   c->domid);
		for (size_t i = 0; i < nr && rc == 0; i++) {
			static const char none[PAGE_BYTES];

			/* a page the guest names but does not have: zeros */
			rc = write_all(
				c, errs[i] == 0 ? va + i * PAGE_BYTES : none,
				PAGE_BYTES);
		}
		fmem_unmap(va, nr);
		if (rc < 0)
			return rc;
		at += nr;
	}
	return 0;
}

static int write_at(struct core *c, const Elf64_Shdr *sh, const void *buf)
{
	if (lseek(c->fd, (off_t)sh->sh_offset, SEEK_SET) < 0)
		return req_fail_rc(&c->t->r, -errno, "cannot write the core");
	return write_all(c, buf, sh->sh_size);
}

static int write_core(struct core *c)
{
	Elf64_Ehdr eh = {
		.e_type = ET_CORE,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_shoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = NR_SECTIONS,
		.e_shstrndx = S_STRTAB,
	};
	Elf64_Shdr sh[NR_SECTIONS];
	struct core_notes notes;
	int rc;

	memcpy(eh.e_ident, ELFMAG, SELFMAG);
	eh.e_ident[EI_CLASS] = ELFCLASS64;
	eh.e_ident[EI_DATA] = ELFDATA2LSB;
	eh.e_ident[EI_VERSION] = EV_CURRENT;
	sections_fill(c, sh);
	notes_fill(c, &notes);
	rc = write_all(c, &eh, sizeof(eh));
	if (rc == 0)
		rc = write_all(c, sh, sizeof(sh));
	if (rc == 0)
		rc = write_at(c, &sh[S_STRTAB], section_names);
	if (rc == 0)
		rc = write_at(c, &sh[S_NOTE], &notes);
	if (rc == 0)
		rc = write_at(c, &sh[S_VCPUS], c->vcpus);
	if (rc == 0)
		rc = write_at(c, &sh[S_SHARED], c->shared);
	if (rc == 0)
		rc = write_at(c, &sh[S_P2M], c->pages);
	if (rc == 0 && lseek(c->fd, (off_t)sh[S_PAGES].sh_offset, SEEK_SET) < 0)
		rc = req_fail_rc(&c->t->r, -errno, "cannot write the core");
	return rc < 0 ? rc : write_pages(c);
}

static int collect(struct core *c, const struct xen_domctl_getdomaininfo *info)
{
	int rc;

	c->shared = map_one(c, info->shared_info_frame, "the shared info page");
	if (c->shared == NULL)
		return c->t->r.rc;
	rc = collect_vcpus(c, info->max_vcpu_id + 1);
	return rc < 0 ? rc : collect_pages(c);
}

int dump_core_to(struct tool *t, domid_t domid, const char *path)
{
	struct core c = {.t = t, .domid = domid};
	struct xen_domctl_getdomaininfo info;
	int rc = tool_hv(t);

	if (rc == 0)
		rc = dom_info(&t->hv, domid, &info);
	if (rc < 0)
		return req_fail_rc(&t->r, rc, "domain %u", domid);
	if (domid == 0)
		return req_fail(&t->r, -EPERM, "Dom0 cannot be dumped");
	c.fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (c.fd < 0)
		return req_fail(&t->r, -errno, "cannot create %s: %s", path,
				strerror(errno));
	rc = dom_pause(&t->hv, domid);
	if (rc < 0) {
		req_fail_rc(&t->r, rc, "cannot pause domain %u", domid);
	} else {
		rc = collect(&c, &info);
		if (rc == 0)
			rc = write_core(&c);
		dom_unpause(&t->hv, domid);
	}
	if (close(c.fd) < 0 && rc == 0)
		rc = req_fail_rc(&t->r, -errno, "cannot write %s", path);
	if (rc < 0)
		unlink(path);
	return rc;
}

const char *dump_path(struct req *r, const char *name)
{
	const char *dir = path_of(r, DUMP_DIR);

	path_make(dir, 0700);
	return arena_printf(&r->mem, "%s/%s-%ld.core", dir, name,
			    (long)time(NULL));
}

int cmd_dump_core(struct tool *t, int argc, char **argv)
{
	domid_t domid;
	int rc = cmd_plain(t, argc, argv, 1, 2);
	const char *path;

	if (rc == 0)
		rc = domain_find(t, argv[optind], &domid, NULL);
	if (rc < 0)
		return rc;
	if (optind + 1 < argc)
		return dump_core_to(t, domid, argv[optind + 1]);
	path = dump_path(&t->r, domain_name(t, domid));
	rc = dump_core_to(t, domid, path);
	if (rc == 0)
		printf("%s\n", path);
	return rc;
}
