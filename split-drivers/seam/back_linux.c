// SPDX-License-Identifier: GPL-2.0-only
/*
 * A backend's way to Xen through Linux: /dev/xen/gntdev, evtchn and gntalloc.
 *
 * Linux ABI: include/uapi/xen/gntdev.h, evtchn.h and gntalloc.h.
 */
#include "back_xen.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <abi/grant_table.h>

struct gntdev_ref {
	uint32_t domid, gref;
};

struct gntdev_map {
	uint32_t count, pad;
	uint64_t index; /* out: offset for mmap */
	struct gntdev_ref refs[];
};

struct gntdev_unmap {
	uint64_t index;
	uint32_t count, pad;
};

struct gntdev_offset {
	uint64_t vaddr;
	uint64_t offset; /* out */
	uint32_t count, pad;
};

struct gntdev_copy_end {
	union {
		void *local;
		struct {
			uint32_t gref;
			uint16_t offset, domid;
		} foreign;
	};
};

struct gntdev_copy_segment {
	struct gntdev_copy_end source, dest;
	uint16_t bytes;
	uint16_t flags; /* GNTCOPY_* */
	int16_t status; /* GNTST_* */
	uint16_t pad;
};

struct gntdev_copy {
	uint32_t count, pad;
	struct gntdev_copy_segment *segments;
};

struct gntalloc_op {
	uint16_t domid; /* who may use them */
	uint16_t flags;
	uint32_t count;
	uint64_t index;	  /* out: offset for mmap */
	uint32_t grefs[]; /* out */
};

#define GNTALLOC_WRITABLE 1
#define GNTALLOC_ALLOC _IOC(_IOC_NONE, 'G', 5, 24)

#define GNTDEV_MAP _IOC(_IOC_NONE, 'G', 0, 24)
#define GNTDEV_UNMAP _IOC(_IOC_NONE, 'G', 1, sizeof(struct gntdev_unmap))
#define GNTDEV_OFFSET _IOC(_IOC_NONE, 'G', 2, sizeof(struct gntdev_offset))
#define GNTDEV_COPY _IOC(_IOC_NONE, 'G', 8, sizeof(struct gntdev_copy))

#define EVTCHN_BIND_INTERDOMAIN _IOC(_IOC_NONE, 'E', 1, 8)
#define EVTCHN_UNBIND _IOC(_IOC_NONE, 'E', 3, 4)
#define EVTCHN_NOTIFY _IOC(_IOC_NONE, 'E', 4, 4)
#define EVTCHN_RESTRICT _IOC(_IOC_NONE, 'E', 6, 2)

#define COPIES_MAX 256 /* in one call */
#define LONE_MAX 8u

/* A thread has its own, if it serves a queue of its own. */
static __thread int gntdev_fd = -1, evtchn_fd = -1;
static __thread uint16_t frontend;
/* Ports with a device of their own. */
static __thread struct {
	int evtchn;
	uint32_t port;
} lone[LONE_MAX];
static __thread unsigned int nr_lone;
/* Those of back_pages() that are granted to us. */
static __thread struct {
	uint8_t *base;
	uint32_t nr;
	uint16_t own;
	const uint32_t *grefs;
} granted;

int back_xen_start(int gntdev, int evtchn, uint16_t domid)
{
	gntdev_fd = gntdev;
	evtchn_fd = evtchn;
	frontend = domid;
	return ioctl(evtchn_fd, EVTCHN_RESTRICT, &domid) ? -errno : 0;
}

/* --- pages --- */

int back_map(const uint32_t *grefs, unsigned int nr, int is_writable,
	     void **pages)
{
	struct gntdev_unmap u = {.count = nr};
	struct gntdev_map *m = malloc(sizeof(*m) + nr * sizeof(m->refs[0]));
	int rc = 0;
	void *p;

	if (!m)
		return -ENOMEM;
	m->count = nr;
	m->pad = 0;
	for (unsigned int i = 0; i < nr; i++)
		m->refs[i] = (struct gntdev_ref){frontend, grefs[i]};
	if (ioctl(gntdev_fd, GNTDEV_MAP, m)) {
		rc = -errno;
		goto free_map;
	}
	p = mmap(NULL, (size_t)nr * BACK_PAGE,
		 PROT_READ | (is_writable ? PROT_WRITE : 0), MAP_SHARED,
		 gntdev_fd, (off_t)m->index);
	if (p == MAP_FAILED) {
		rc = -errno;
		u.index = m->index;
		ioctl(gntdev_fd, GNTDEV_UNMAP, &u);
		goto free_map;
	}
	*pages = p;
free_map:
	free(m);
	return rc;
}

void back_unmap(void *pages, unsigned int nr)
{
	struct gntdev_offset at = {.vaddr = (uintptr_t)pages};
	struct gntdev_unmap u = {.count = nr};

	ioctl(gntdev_fd, GNTDEV_OFFSET, &at);
	munmap(pages, (size_t)nr * BACK_PAGE);
	u.index = at.offset;
	ioctl(gntdev_fd, GNTDEV_UNMAP, &u);
}

static void *granted_pages(int gntalloc, uint16_t own, unsigned int nr)
{
	struct gntalloc_op *op = malloc(sizeof(*op) + nr * sizeof(uint32_t));
	void *p = MAP_FAILED;

	if (!op)
		return NULL;
	*op = (struct gntalloc_op){
		.domid = own, .flags = GNTALLOC_WRITABLE, .count = nr};
	if (ioctl(gntalloc, GNTALLOC_ALLOC, op) == 0)
		p = mmap(NULL, (size_t)nr * BACK_PAGE, PROT_READ | PROT_WRITE,
			 MAP_SHARED, gntalloc, (off_t)op->index);
	if (p == MAP_FAILED) { /* what it gave ends with the descriptor */
		free(op);
		return NULL;
	}
	granted.base = p;
	granted.nr = nr;
	granted.own = own;
	granted.grefs = op->grefs;
	return p;
}

void *back_pages(int gntalloc, uint16_t own, unsigned int nr)
{
	void *p = granted_pages(gntalloc, own, nr);

	if (p)
		return p;
	p = mmap(NULL, (size_t)nr * BACK_PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	return p == MAP_FAILED ? NULL : p;
}

static int copy_rc(int status)
{
	switch (status) {
	case GNTST_okay:
		return 0;
	case GNTST_permission_denied:
		return -EACCES;
	case GNTST_bad_gntref:
	case GNTST_bad_copy_arg:
		return -EINVAL;
	default:
		return -EIO;
	}
}

static struct gntdev_copy_segment segment_of(const struct back_copy *c)
{
	struct gntdev_copy_segment s = {.bytes = c->bytes};
	struct gntdev_copy_end *local = c->to_frontend ? &s.source : &s.dest;
	struct gntdev_copy_end *foreign = c->to_frontend ? &s.dest : &s.source;
	size_t at = (size_t)((uint8_t *)c->local - granted.base);

	s.flags = c->to_frontend ? GNTCOPY_dest_gref : GNTCOPY_source_gref;
	local->local = c->local;
	if (granted.nr && at / BACK_PAGE < granted.nr &&
	    at % BACK_PAGE + c->bytes <= BACK_PAGE) {
		s.flags = GNTCOPY_source_gref | GNTCOPY_dest_gref;
		local->foreign.gref = granted.grefs[at / BACK_PAGE];
		local->foreign.offset = at % BACK_PAGE;
		local->foreign.domid = granted.own;
	}
	foreign->foreign.gref = c->gref;
	foreign->foreign.offset = c->offset;
	foreign->foreign.domid = frontend;
	return s;
}

int back_copy(struct back_copy *copies, unsigned int nr)
{
	struct gntdev_copy_segment s[COPIES_MAX];
	struct gntdev_copy op = {.segments = s};

	for (; nr; copies += op.count, nr -= op.count) {
		op.count = nr < COPIES_MAX ? nr : COPIES_MAX;
		for (uint32_t i = 0; i < op.count; i++)
			s[i] = segment_of(&copies[i]);
		if (ioctl(gntdev_fd, GNTDEV_COPY, &op))
			return -errno;
		for (uint32_t i = 0; i < op.count; i++)
			copies[i].rc = copy_rc(s[i].status);
	}
	return 0;
}

/* --- events --- */

static int device_of(uint32_t port)
{
	for (unsigned int i = 0; i < nr_lone; i++)
		if (lone[i].port == port)
			return lone[i].evtchn;
	return evtchn_fd;
}

static int bind_at(int evtchn, uint32_t remote)
{
	uint32_t arg[2] = {frontend, remote};
	int port = ioctl(evtchn, EVTCHN_BIND_INTERDOMAIN, arg);

	return port < 0 ? -errno : port;
}

int back_bind(uint32_t remote)
{
	return bind_at(evtchn_fd, remote);
}

int back_bind_to(int evtchn, uint32_t remote)
{
	int port;

	if (nr_lone == LONE_MAX)
		return -ENOSPC;
	port = bind_at(evtchn, remote);
	if (port < 0)
		return port;
	lone[nr_lone].evtchn = evtchn;
	lone[nr_lone++].port = (uint32_t)port;
	return port;
}

void back_unbind(uint32_t port)
{
	ioctl(device_of(port), EVTCHN_UNBIND, &port);
	for (unsigned int i = 0; i < nr_lone; i++)
		if (lone[i].port == port) {
			lone[i] = lone[--nr_lone];
			break;
		}
}

void back_notify(uint32_t port)
{
	/* fails when the domain has just gone; the store tells of that */
	ioctl(device_of(port), EVTCHN_NOTIFY, &port);
}

int back_event_fd(void)
{
	return evtchn_fd;
}

int back_take_events(uint32_t *ports, unsigned int max)
{
	ssize_t n = read(evtchn_fd, ports, max * sizeof(*ports));

	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	return (int)((size_t)n / sizeof(*ports));
}

bool back_take_event_of(int evtchn)
{
	uint32_t port;

	return read(evtchn, &port, sizeof(port)) == sizeof(port);
}

void back_unmask(uint32_t port)
{
	/* only a port that is not ours is refused, and this one is */
	if (write(device_of(port), &port, sizeof(port)) != sizeof(port))
		return;
}
