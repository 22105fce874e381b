// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a kernel file (bzImage, ELF, or ELF packed whole) to a blob of pages.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf64.h"
#include "kimage.h"
#include "req.h"
#include "unpack.h"

#define PAGE_BYTES 4096ul

/* Linux: Documentation/x86/boot.rst, the setup header. */
#define BZ_SETUP_SECTS 0x1f1
#define BZ_MAGIC 0x202
#define BZ_VERSION 0x206
#define BZ_PAYLOAD_OFFSET 0x248
#define BZ_PAYLOAD_LENGTH 0x24c
#define BZ_HEADER_END 0x250
#define BZ_VERSION_PAYLOAD 0x208 /* first with the payload fields */

static uint32_t load_u32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static int is_bzimage(const uint8_t *data, size_t len)
{
	return len >= BZ_HEADER_END && memcmp(data + BZ_MAGIC, "HdrS", 4) == 0;
}

/*
 * The payload of a bzImage ends with its unpacked size (for gzip as part of
 * the format, else put there by the kernel's build).
 */
static int bzimage_payload(struct req *r, const uint8_t *data, size_t len,
			   const uint8_t **payload, size_t *size)
{
	uint32_t sects = data[BZ_SETUP_SECTS] ? data[BZ_SETUP_SECTS] : 4;
	uint64_t start = (uint64_t)(sects + 1) * 512 +
			 load_u32(data + BZ_PAYLOAD_OFFSET);
	uint64_t bytes = load_u32(data + BZ_PAYLOAD_LENGTH);
	uint16_t version;

	memcpy(&version, data + BZ_VERSION, sizeof(version));
	if (version < BZ_VERSION_PAYLOAD)
		return req_fail(r, -ENOEXEC,
				"it is a bzImage of boot protocol %u.%02u; "
				"2.08 or later is needed",
				version >> 8, version & 0xff);
	if (bytes < 8 || start > len || bytes > len - start)
		return req_fail(r, -ENOEXEC,
				"its bzImage is truncated: the payload ends at "
				"byte %lu, the file at %zu",
				(unsigned long)(start + bytes), len);
	*payload = data + start;
	*size = bytes;
	return 0;
}

/* Find the ELF file in @data, unpacking it to @u if need be. */
static int kimage_elf(struct req *r, const uint8_t *data, size_t len,
		      struct unpacked *u, const uint8_t **elf, size_t *elf_len)
{
	const uint8_t *src = data;
	size_t size = len, hint = 0;
	enum packing p;
	int rc;

	*u = (struct unpacked){0};
	if (is_bzimage(data, len)) {
		rc = bzimage_payload(r, data, len, &src, &size);
		if (rc < 0)
			return rc;
		hint = load_u32(src + size - 4);
	}
	p = packing_of(src, size);
	if (p == PACKING_NONE) {
		*elf = src;
		*elf_len = size;
		return 0;
	}
	/* all but gzip leave the appended size behind their own end */
	if (src != data && p != PACKING_GZIP)
		size -= 4;
	rc = unpack(r, p, src, size, hint, u);
	*elf = u->data;
	*elf_len = u->size;
	/* lz4 has no checksum: damage shows in the size, if at all */
	if (rc == 0 && hint != 0 && (uint32_t)u->size != hint) {
		rc = req_fail(r, -ENOEXEC,
			      "its %s payload holds %zu bytes instead of the "
			      "%zu it states: it is corrupt",
			      packing_name(p), u->size, hint);
		unpacked_free(u);
	}
	return rc;
}

/* Where a page of the image comes from. */
enum source {
	SOURCE_NONE, /* no segment covers it */
	SOURCE_ZERO,
	SOURCE_FILE, /* 4096 bytes of the file, in place */
	SOURCE_MIXED,
};

static int is_zero(const uint8_t *p)
{
	uint64_t any = 0, v[8];

	for (size_t i = 0; i < PAGE_BYTES; i += sizeof(v)) {
		memcpy(v, p + i, sizeof(v));
		any |= v[0] | v[1] | v[2] | v[3] | v[4] | v[5] | v[6] | v[7];
		if (any != 0)
			return 0;
	}
	return 1;
}

/* Put together a page that several segments, or the end of one, share. */
static enum source page_mix(const struct elf_file *elf, unsigned int i,
			    uint64_t addr, uint8_t *mixed)
{
	memset(mixed, 0, PAGE_BYTES);
	for (; i < elf->nr_segments; i++) {
		const struct elf_segment *s = &elf->segments[i];
		uint64_t from = s->paddr > addr ? s->paddr : addr;
		uint64_t to = s->paddr + s->data_size;

		if (s->paddr >= addr + PAGE_BYTES)
			break;
		if (to > addr + PAGE_BYTES)
			to = addr + PAGE_BYTES;
		if (from < to)
			memcpy(mixed + (from - addr),
			       s->data + (from - s->paddr), to - from);
	}
	return is_zero(mixed) ? SOURCE_ZERO : SOURCE_MIXED;
}

/*
 * Page at @addr: in the segments from *@seg on, which is moved past those
 * that end before it. SOURCE_FILE sets *@at.
 */
static enum source page_source(const struct elf_file *elf, unsigned int *seg,
			       uint64_t addr, const uint8_t **at,
			       uint8_t *mixed)
{
	const struct elf_segment *s;

	while (*seg < elf->nr_segments &&
	       elf->segments[*seg].paddr + elf->segments[*seg].mem_size <= addr)
		++*seg;
	if (*seg == elf->nr_segments)
		return SOURCE_NONE;
	s = &elf->segments[*seg];
	if (s->paddr >= addr + PAGE_BYTES)
		return SOURCE_NONE;
	if (s->paddr <= addr && s->data_size >= addr - s->paddr + PAGE_BYTES) {
		*at = s->data + (addr - s->paddr);
		return is_zero(*at) ? SOURCE_ZERO : SOURCE_FILE;
	}
	*at = mixed;
	return page_mix(elf, *seg, addr, mixed);
}

struct blob_writer {
	int fd;
	struct kimage_run *runs;
	uint32_t nr_runs, max_runs;
	uint64_t end; /* of the pages written so far, relative to the first */
	const uint8_t *pending; /* pages to write, contiguous in memory */
	size_t pending_bytes;
	int rc;
};

static void write_all(struct blob_writer *w, const void *buf, size_t len)
{
	const char *p = buf;

	while (len > 0 && w->rc == 0) {
		ssize_t n = write(w->fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			w->rc = n < 0 ? -errno : -EIO;
			break;
		}
		p += n;
		len -= (size_t)n;
	}
}

static void blob_flush(struct blob_writer *w)
{
	write_all(w, w->pending, w->pending_bytes);
	w->pending_bytes = 0;
}

/* One page more: @page is its content, or NULL for zeros. */
static void blob_add(struct blob_writer *w, uint32_t pfn, const uint8_t *page)
{
	struct kimage_run *run = &w->runs[w->nr_runs];

	if (w->nr_runs == 0 || run[-1].pfn + run[-1].nr != pfn ||
	    (run[-1].offset == 0) != (page == NULL)) {
		if (w->nr_runs == w->max_runs) {
			w->rc = -E2BIG;
			return;
		}
		*run = (struct kimage_run){.pfn = pfn};
		if (page != NULL)
			run->offset = w->end;
		w->nr_runs++;
		run++;
	}
	run[-1].nr++;
	if (page == NULL)
		return;
	w->end += PAGE_BYTES;
	if (w->pending_bytes > 0 && w->pending + w->pending_bytes != page)
		blob_flush(w);
	if (w->pending_bytes == 0)
		w->pending = page;
	w->pending_bytes += PAGE_BYTES;
}

/* FNV-1a over 64-bit words. */
static uint64_t check_sum(const void *p, size_t len)
{
	uint64_t h = 0xcbf29ce484222325ull, v;

	for (size_t i = 0; i + sizeof(v) <= len; i += sizeof(v)) {
		memcpy(&v, (const char *)p + i, sizeof(v));
		h = (h ^ v) * 0x100000001b3ull;
	}
	return h;
}

static size_t head_bytes(uint32_t nr_runs)
{
	size_t len = sizeof(struct kimage_head) +
		     nr_runs * sizeof(struct kimage_run);

	return (len + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

static uint64_t head_check(const struct kimage_head *h)
{
	size_t skip = offsetof(struct kimage_head, notes);

	return check_sum((const char *)h + skip,
			 sizeof(*h) - skip + h->nr_runs * sizeof(h->runs[0]));
}

/* More runs than this: the image is stored as if it had no zero pages. */
#define RUNS_MAX 4096

/*
 * The runs go before the pages but are known after them; room for them is
 * left by a hole, filled at the end.
 */
static int blob_write(struct req *r, int fd, const struct elf_file *elf,
		      const struct kimage_notes *notes)
{
	const struct elf_segment *last = &elf->segments[elf->nr_segments - 1];
	struct blob_writer w = {.fd = fd, .max_runs = RUNS_MAX};
	struct kimage_head *h;
	uint8_t mixed[PAGE_BYTES];
	unsigned int seg = 0;

	h = arena_alloc(&r->mem, head_bytes(RUNS_MAX));
	memcpy(h->magic, KIMAGE_MAGIC, sizeof(KIMAGE_MAGIC));
	h->notes = *notes;
	h->start_pfn = (uint32_t)(elf->segments[0].paddr / PAGE_BYTES);
	h->end_pfn =
		(uint32_t)((last->paddr + last->mem_size + PAGE_BYTES - 1) /
			   PAGE_BYTES);
	w.runs = h->runs;
	w.end = head_bytes(RUNS_MAX);
	if (lseek(fd, (off_t)w.end, SEEK_SET) < 0)
		return -errno;
	for (uint32_t pfn = h->start_pfn; pfn < h->end_pfn && w.rc == 0;
	     pfn++) {
		const uint8_t *at = NULL;
		enum source s =
			page_source(elf, &seg, pfn * PAGE_BYTES, &at, mixed);

		if (s != SOURCE_NONE)
			blob_add(&w, pfn, s == SOURCE_ZERO ? NULL : at);
		if (s == SOURCE_MIXED)
			blob_flush(&w); /* its buffer is used again */
	}
	blob_flush(&w);
	h->nr_runs = w.nr_runs;
	h->size = w.end;
	h->check = head_check(h);
	if (w.rc == 0 && lseek(fd, 0, SEEK_SET) < 0)
		w.rc = -errno;
	write_all(&w, h, sizeof(*h) + h->nr_runs * sizeof(h->runs[0]));
	if (w.rc == 0 && ftruncate(fd, (off_t)h->size) < 0)
		w.rc = -errno;
	return w.rc;
}

int kimage_make(struct req *r, const uint8_t *data, size_t len, int fd)
{
	struct kimage_notes notes;
	struct elf_file elf;
	struct unpacked u;
	const uint8_t *file;
	size_t file_len;
	int rc;

	if (len == 0)
		return req_fail(r, -ENOEXEC, "it is empty");
	rc = kimage_elf(r, data, len, &u, &file, &file_len);
	if (rc < 0)
		return rc;
	rc = elf_parse(r, file, file_len, &elf, &notes);
	if (rc == 0) {
		rc = blob_write(r, fd, &elf, &notes);
		if (rc < 0)
			req_fail(r, rc, "cannot keep it unpacked: %s",
				 strerror(-rc));
	}
	unpacked_free(&u);
	return rc;
}

/* Everything the loader relies on. */
static int kimage_valid(const struct kimage_head *h, size_t size)
{
	uint32_t next = 0;

	if (size < sizeof(*h) ||
	    memcmp(h->magic, KIMAGE_MAGIC, sizeof(KIMAGE_MAGIC)) != 0)
		return 0;
	if (h->size != size || h->nr_runs > RUNS_MAX ||
	    sizeof(*h) + h->nr_runs * sizeof(h->runs[0]) > size ||
	    h->check != head_check(h))
		return 0;
	for (uint32_t i = 0; i < h->nr_runs; i++) {
		const struct kimage_run *run = &h->runs[i];
		uint64_t bytes = (uint64_t)run->nr * PAGE_BYTES;

		if (run->pfn < next || run->pfn < h->start_pfn ||
		    run->nr > h->end_pfn || run->pfn > h->end_pfn - run->nr)
			return 0;
		next = run->pfn + run->nr;
		if (run->offset % PAGE_BYTES != 0 || run->offset > size ||
		    (run->offset != 0 && bytes > size - run->offset))
			return 0;
	}
	return 1;
}

int kimage_map(struct req *r, int fd, struct kimage *k)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) < 0)
		return req_fail_rc(r, -errno, "cannot look at it");
	if (st.st_size < (off_t)sizeof(struct kimage_head))
		return req_fail(r, -EINVAL, "the unpacked copy is damaged");
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return req_fail_rc(r, -errno, "cannot map it");
	k->head = p;
	k->size = (size_t)st.st_size;
	if (!kimage_valid(k->head, k->size)) {
		kimage_unmap(k);
		return req_fail(r, -EINVAL, "the unpacked copy is damaged");
	}
	return 0;
}

void kimage_unmap(struct kimage *k)
{
	/* mmap's result was ours; only the view of it is const */
	munmap((void *)(uintptr_t)k->head, k->size);
	k->head = NULL;
}
