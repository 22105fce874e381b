/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fake machine: xen_seam.h implemented over arrays.
 */
#include "fake_xen.h"
#include "xen_seam.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#define VIRQ_PORT 1000
#define LOG_HELD 16384 /* the hypervisor's own ring */

struct fake_domain fake_domains[FAKE_DOMAINS];
char *fake_hv_log;
size_t fake_hv_log_len, fake_hv_log_size;
static int event_fd = -1;
static bool virq_is_bound, virq_is_pending, virq_is_masked;

static void raise_fd(void)
{
	uint64_t one = 1;

	if (event_fd >= 0 && write(event_fd, &one, sizeof(one)) < 0)
		abort();
}

void fake_xen_daemon_died(void)
{
	for (int i = 0; i < FAKE_DOMAINS; i++) {
		fake_domains[i].local = -1;
		fake_domains[i].nr_maps = 0;
		fake_domains[i].is_pending = fake_domains[i].is_masked = false;
	}
	virq_is_bound = virq_is_pending = virq_is_masked = false;
	if (event_fd >= 0)
		close(event_fd);
	event_fd = -1;
}

void fake_xen_reset(void)
{
	for (int i = 0; i < FAKE_DOMAINS; i++)
		if (fake_domains[i].ring)
			munmap(fake_domains[i].ring, 4096);
	memset(fake_domains, 0, sizeof(fake_domains));
	fake_xen_daemon_died();
	free(fake_hv_log);
	fake_hv_log = NULL;
	fake_hv_log_len = fake_hv_log_size = 0;
}

struct fake_domain *fake_create(uint16_t domid)
{
	struct fake_domain *d = fake_domains;

	while (d->domid)
		d++;
	memset(d, 0, sizeof(*d));
	d->domid = domid;
	for (int i = 0; i < 16; i++)
		d->handle[i] = (uint8_t)(domid * 7 + i);
	d->ring = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	d->port = 2;
	d->local = -1;
	return d;
}

void fake_destroy(struct fake_domain *d)
{
	munmap(d->ring, 4096);
	memset(d, 0, sizeof(*d));
}

void fake_guest_event(struct fake_domain *d)
{
	if (d->local < 0)
		return;
	d->is_pending = true;
	raise_fd();
}

size_t fake_guest_write(struct fake_domain *d, const void *buf, size_t n)
{
	struct xencons_interface *r = d->ring;
	size_t i;

	for (i = 0; i < n; i++) {
		if (r->out_prod - r->out_cons >= sizeof(r->out))
			break;
		r->out[r->out_prod % sizeof(r->out)] = ((const char *)buf)[i];
		__atomic_store_n(&r->out_prod, r->out_prod + 1,
				 __ATOMIC_SEQ_CST);
	}
	if (i)
		fake_guest_event(d);
	return i;
}

size_t fake_guest_read(struct fake_domain *d, void *buf, size_t max)
{
	struct xencons_interface *r = d->ring;
	size_t i;

	for (i = 0; i < max && r->in_cons != r->in_prod; i++)
		((char *)buf)[i] = r->in[r->in_cons++ % sizeof(r->in)];
	if (i)
		fake_guest_event(d);
	return i;
}

char fake_pattern(uint64_t pos)
{
	uint64_t line = pos / 32;
	unsigned int col = pos % 32;

	if (col == 31)
		return '\n';
	return col < 16 ? "0123456789abcdef"[line >> (60 - 4 * col) & 15]
			: (char)('A' + (line + col) % 26);
}

void fake_flood(struct fake_domain *d)
{
	char c;

	do {
		c = fake_pattern(d->written);
		d->written++;
	} while (fake_guest_write(d, &c, 1));
	d->written--; /* the last one did not fit */
}

void fake_hv_print(const char *text)
{
	size_t n = strlen(text);

	while (fake_hv_log_len + n > fake_hv_log_size) {
		fake_hv_log_size = fake_hv_log_size * 2 + 4096;
		fake_hv_log = realloc(fake_hv_log, fake_hv_log_size);
	}
	memcpy(fake_hv_log + fake_hv_log_len, text, n);
	fake_hv_log_len += n;
	virq_is_pending = virq_is_bound;
	raise_fd();
}

int xen_open(void)
{
	event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return event_fd < 0 ? -errno : 0;
}

int xen_evtchn_fd(void)
{
	return event_fd;
}

int xen_evtchn_next(void)
{
	uint64_t count;
	struct fake_domain *d;

	for (d = fake_domains; d < fake_domains + FAKE_DOMAINS; d++)
		if (d->local >= 0 && d->is_pending && !d->is_masked) {
			d->is_pending = false;
			d->is_masked = true;
			return d->local;
		}
	if (virq_is_pending && !virq_is_masked) {
		virq_is_pending = false;
		virq_is_masked = true;
		return VIRQ_PORT;
	}
	if (read(event_fd, &count, sizeof(count)) < 0)
		return -errno;
	return -EAGAIN;
}

static struct fake_domain *by_port(uint32_t port)
{
	struct fake_domain *d;

	for (d = fake_domains; d < fake_domains + FAKE_DOMAINS; d++)
		if (d->domid && d->local == (int)port)
			return d;
	return NULL;
}

static struct fake_domain *by_domid(uint16_t domid)
{
	struct fake_domain *d;

	for (d = fake_domains; d < fake_domains + FAKE_DOMAINS; d++)
		if (d->domid == domid)
			return d;
	return NULL;
}

void xen_evtchn_unmask(uint32_t port)
{
	struct fake_domain *d = by_port(port);

	if (d) {
		d->is_masked = false;
		if (d->is_pending)
			raise_fd();
	} else if (port == VIRQ_PORT) {
		virq_is_masked = false;
		if (virq_is_pending)
			raise_fd();
	}
}

void xen_evtchn_notify(uint32_t port)
{
	struct fake_domain *d = by_port(port);

	if (!d)
		return;
	d->nr_notified++;
	if (d->on_notify)
		d->on_notify(d);
}

int xen_evtchn_bind(uint16_t domid, uint32_t remote_port)
{
	struct fake_domain *d = by_domid(domid);

	if (!d || d->port != remote_port || d->local >= 0)
		return -EINVAL;
	d->local = (int)(d - fake_domains) + 10;
	d->is_masked = d->is_pending = false;
	return d->local;
}

int xen_evtchn_bind_virq(uint32_t virq)
{
	(void)virq;
	if (virq_is_bound)
		return -EEXIST;
	virq_is_bound = true;
	return VIRQ_PORT;
}

void xen_evtchn_unbind(uint32_t port)
{
	struct fake_domain *d = by_port(port);

	if (d)
		d->local = -1;
	else if (port == VIRQ_PORT)
		virq_is_bound = false;
}

int xen_ring_map(uint16_t domid, struct xencons_interface **page)
{
	struct fake_domain *d = by_domid(domid);

	if (!d)
		return -EINVAL;
	if (d->map_rc)
		return d->map_rc;
	d->nr_maps++;
	*page = d->ring;
	return 0;
}

void xen_ring_unmap(struct xencons_interface *page)
{
	struct fake_domain *d;

	for (d = fake_domains; d < fake_domains + FAKE_DOMAINS; d++)
		if (d->domid && d->ring == page)
			d->nr_maps--;
}

int xen_domains(uint16_t from, struct xen_domain *out, size_t max)
{
	struct fake_domain *d;
	size_t n = 0;

	/* Tests create their domains in order of domid. */
	for (d = fake_domains; d < fake_domains + FAKE_DOMAINS && n < max;
	     d++) {
		if (!d->domid || d->domid < from)
			continue;
		out[n].domid = d->domid;
		out[n].is_dying = d->is_dying;
		memcpy(out[n].handle, d->handle, sizeof(d->handle));
		n++;
	}
	return (int)n;
}

int xen_log_read(char buf[XEN_LOG_CHUNK], uint32_t *index)
{
	size_t from = *index, n;

	if (fake_hv_log_len - from > LOG_HELD)
		from = fake_hv_log_len - LOG_HELD;
	n = fake_hv_log_len - from;
	if (n > XEN_LOG_CHUNK)
		n = XEN_LOG_CHUNK;
	if (n)
		memcpy(buf, fake_hv_log + from, n);
	*index = (uint32_t)(from + n);
	return (int)n;
}
