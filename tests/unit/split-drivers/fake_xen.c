// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pretended Xen. Granted pages lie in one file in memory, so that a
 * mapping is a true second mapping of the same page. See fake_xen.h.
 */
#include "fake_xen.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../../split-drivers/seam/back_xen.h"
#include "../../../split-drivers/seam/front_xen.h"

#define NR_PAGES 16384u

struct fake_grant *fake_grants;
struct fake_port *fake_ports;
struct fake_calls fake_calls;
int fake_until_failure = -1;

/* The device that back_xen_start() would get is the last. */
static int memory_fd = -1, event_fds[FAKE_EVTCHNS + 1];
static uint8_t *memory;
static bool is_page_used[NR_PAGES];
static unsigned int next_page;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t front_event = PTHREAD_COND_INITIALIZER;

struct mapping {
	struct mapping *next;
	void *at;
	unsigned int nr;
	uint32_t grefs[];
};
static struct mapping *mappings;

static bool fails(void)
{
	if (fake_until_failure < 0)
		return false;
	if (fake_until_failure == 0)
		return true;
	fake_until_failure--;
	return false;
}

static unsigned int page_number(const void *page)
{
	return (unsigned int)(((const uint8_t *)page - memory) / BACK_PAGE);
}

static void end_dropped(struct fake_grant *g)
{
	if (!g->is_dropped || g->nr_maps)
		return;
	front_pages_free(g->page, 1);
	*g = (struct fake_grant){0};
}

static void unmap(struct mapping **at)
{
	struct mapping *m = *at;

	for (unsigned int i = 0; i < m->nr; i++) {
		struct fake_grant *g = &fake_grants[m->grefs[i]];

		g->nr_maps--;
		end_dropped(g);
	}
	munmap(m->at, (size_t)m->nr * BACK_PAGE);
	*at = m->next;
	free(m);
}

static void *shared_memory(size_t bytes, int fd)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

static void create(void)
{
	memory_fd = memfd_create("guest", MFD_CLOEXEC);
	for (unsigned int i = 0; i <= FAKE_EVTCHNS; i++) {
		event_fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (event_fds[i] < 0)
			abort();
	}
	if (memory_fd < 0 || ftruncate(memory_fd, (off_t)NR_PAGES * BACK_PAGE))
		abort();
	memory = shared_memory((size_t)NR_PAGES * BACK_PAGE, memory_fd);
	fake_grants = shared_memory(FAKE_GREFS * sizeof(*fake_grants), -1);
	fake_ports = shared_memory(FAKE_PORTS * sizeof(*fake_ports), -1);
}

void fake_xen_reset(void)
{
	while (mappings)
		unmap(&mappings);
	if (!memory)
		create();
	memset(fake_grants, 0, FAKE_GREFS * sizeof(*fake_grants));
	memset(fake_ports, 0, FAKE_PORTS * sizeof(*fake_ports));
	memset(is_page_used, 0, sizeof(is_page_used));
	fake_calls = (struct fake_calls){0};
	fake_until_failure = -1;
	next_page = 0;
}

void fake_xen_backend_died(void)
{
	while (mappings)
		unmap(&mappings);
	for (uint32_t gref = 0; gref < FAKE_GREFS; gref++) {
		fake_grants[gref].nr_maps = 0;
		end_dropped(&fake_grants[gref]);
	}
	for (struct fake_port *p = fake_ports; p < fake_ports + FAKE_PORTS; p++)
		p->is_bound = p->at_back = p->is_masked = p->is_queued = false;
}

/* --- the frontend's side --- */

void *front_pages_alloc(unsigned int nr)
{
	uint8_t *pages;

	if (next_page + nr > NR_PAGES)
		next_page = 0;
	for (unsigned int tried = 0, run = 0; tried < 2 * NR_PAGES; tried++) {
		run = is_page_used[next_page++] ? 0 : run + 1;
		if (run == nr)
			break;
		if (next_page == NR_PAGES)
			next_page = run = 0;
		if (tried == 2 * NR_PAGES - 1)
			return NULL;
	}
	if (fails())
		return NULL;
	pages = memory + (size_t)(next_page - nr) * BACK_PAGE;
	memset(&is_page_used[next_page - nr], true, nr);
	memset(pages, 0, (size_t)nr * BACK_PAGE);
	if (next_page == NR_PAGES)
		next_page = 0;
	return pages;
}

void front_pages_free(void *pages, unsigned int nr)
{
	memset(&is_page_used[page_number(pages)], false, nr);
}

int64_t front_grant(uint16_t domid, const void *page, int is_readonly)
{
	static uint32_t next = FAKE_FIRST_GREF;

	(void)domid;
	if (fails())
		return -ENOSPC;
	for (uint32_t n = 0; n < FAKE_GREFS; n++) {
		uint32_t gref = (next + n) % FAKE_GREFS;

		if (gref < FAKE_FIRST_GREF || fake_grants[gref].page)
			continue;
		fake_grants[gref].page =
			memory + (size_t)page_number(page) * BACK_PAGE;
		fake_grants[gref].is_readonly = is_readonly;
		next = gref + 1;
		return gref;
	}
	return -ENOSPC;
}

int front_grant_end(uint32_t gref)
{
	if (fake_grants[gref].nr_maps)
		return -EBUSY;
	fake_grants[gref].page = NULL;
	return 0;
}

void front_grant_drop(uint32_t gref, void *page)
{
	(void)page;
	fake_grants[gref].is_dropped = true;
	end_dropped(&fake_grants[gref]);
}

int front_evtchn_alloc(uint16_t domid)
{
	(void)domid;
	for (int port = 1; port < FAKE_PORTS; port++)
		if (!fake_ports[port].is_used && !fails()) {
			fake_ports[port] = (struct fake_port){.is_used = true};
			return port;
		}
	return -ENOSPC;
}

void front_evtchn_close(uint32_t port)
{
	fake_ports[port].is_used = false;
}

/* --- events, as Linux's /dev/xen/evtchn has them --- */

static bool is_any_queued(int evtchn)
{
	for (uint32_t i = 0; i < FAKE_PORTS; i++)
		if (fake_ports[i].is_queued && fake_ports[i].evtchn == evtchn)
			return true;
	return false;
}

int fake_evtchn(unsigned int number)
{
	return event_fds[number];
}

/* A delivered event masks its port; only the first one of a queue wakes. */
static void deliver(struct fake_port *p)
{
	uint64_t one = 1;

	if (!p->is_bound || !p->at_back || p->is_masked)
		return;
	p->at_back = false;
	p->is_masked = true;
	if (!is_any_queued(p->evtchn) &&
	    write(p->evtchn, &one, sizeof(one)) != sizeof(one))
		abort();
	p->is_queued = true;
}

void front_notify(uint32_t port)
{
	pthread_mutex_lock(&lock);
	fake_ports[port].nr_to_back++;
	fake_ports[port].at_back = true;
	deliver(&fake_ports[port]);
	pthread_mutex_unlock(&lock);
}

bool fake_front_event(uint32_t port)
{
	bool was;

	pthread_mutex_lock(&lock);
	was = fake_ports[port].at_front;
	fake_ports[port].at_front = false;
	pthread_mutex_unlock(&lock);
	return was;
}

static bool is_any_at_front(void)
{
	for (uint32_t i = 0; i < FAKE_PORTS; i++)
		if (fake_ports[i].at_front)
			return true;
	return false;
}

void fake_front_wait(void)
{
	pthread_mutex_lock(&lock);
	while (!is_any_at_front())
		pthread_cond_wait(&front_event, &lock);
	pthread_mutex_unlock(&lock);
}

/* --- the backend's side --- */

int back_xen_start(int gntdev, int evtchn, uint16_t domid)
{
	(void)gntdev;
	(void)evtchn;
	(void)domid;
	return 0;
}

static int check_grant(uint32_t gref, int is_writable)
{
	if (gref >= FAKE_GREFS || !fake_grants[gref].page)
		return -EINVAL;
	if (is_writable && fake_grants[gref].is_readonly)
		return -EINVAL;
	return 0;
}

int back_map(const uint32_t *grefs, unsigned int nr, int is_writable,
	     void **pages)
{
	int prot = PROT_READ | (is_writable ? PROT_WRITE : 0);
	struct mapping *m;
	uint8_t *at;

	fake_calls.maps++;
	for (unsigned int i = 0; i < nr; i++)
		if (check_grant(grefs[i], is_writable))
			return -EINVAL;
	if (fails())
		return -ENOMEM;
	m = malloc(sizeof(*m) + nr * sizeof(m->grefs[0]));
	at = mmap(NULL, (size_t)nr * BACK_PAGE, prot, MAP_SHARED, memory_fd, 0);
	if (!m || at == MAP_FAILED)
		abort();
	*m = (struct mapping){.next = mappings, .at = at, .nr = nr};
	mappings = m;
	for (unsigned int i = 0; i < nr; i++) {
		struct fake_grant *g = &fake_grants[grefs[i]];

		if (mmap(at + (size_t)i * BACK_PAGE, BACK_PAGE, prot,
			 MAP_SHARED | MAP_FIXED, memory_fd,
			 (off_t)page_number(g->page) * BACK_PAGE) == MAP_FAILED)
			abort();
		m->grefs[i] = grefs[i];
		g->nr_maps++;
	}
	*pages = at;
	return 0;
}

void back_unmap(void *pages, unsigned int nr)
{
	fake_calls.unmaps++;
	for (struct mapping **m = &mappings; *m; m = &(*m)->next)
		if ((*m)->at == pages && (*m)->nr == nr) {
			unmap(m);
			return;
		}
	abort();
}

int back_copy(struct back_copy *copies, unsigned int nr)
{
	fake_calls.copies++;
	if (fails())
		return -EIO;
	for (struct back_copy *c = copies; c < copies + nr; c++) {
		uint8_t *page;

		c->rc = check_grant(c->gref, c->to_frontend);
		if (c->offset + c->bytes > BACK_PAGE)
			c->rc = -EINVAL;
		if (c->rc)
			continue;
		page = (uint8_t *)fake_grants[c->gref].page + c->offset;
		if (c->to_frontend)
			memcpy(page, c->local, c->bytes);
		else
			memcpy(c->local, page, c->bytes);
	}
	return 0;
}

int back_bind_to(int evtchn, uint32_t remote)
{
	if (remote >= FAKE_PORTS || !fake_ports[remote].is_used ||
	    fake_ports[remote].is_bound || fails())
		return -EINVAL;
	fake_ports[remote].is_bound = true;
	fake_ports[remote].is_masked = false;
	fake_ports[remote].evtchn = evtchn;
	front_notify(remote);
	fake_ports[remote].nr_to_back--; /* Xen's own */
	return (int)remote;
}

int back_bind(uint32_t remote)
{
	return back_bind_to(event_fds[FAKE_EVTCHNS], remote);
}

void back_unbind(uint32_t port)
{
	pthread_mutex_lock(&lock);
	fake_ports[port].is_bound = fake_ports[port].is_queued = false;
	pthread_mutex_unlock(&lock);
}

void back_notify(uint32_t port)
{
	pthread_mutex_lock(&lock);
	fake_calls.notifies++;
	fake_ports[port].nr_to_front++;
	fake_ports[port].at_front = true;
	pthread_cond_signal(&front_event);
	pthread_mutex_unlock(&lock);
}

int back_event_fd(void)
{
	return event_fds[FAKE_EVTCHNS];
}

/*
 * As Linux does it: what comes while it reads finds the queue not yet empty, so
 * the device stays readable, but nobody is woken.
 */
static int take_events(int evtchn, uint32_t *ports, unsigned int max)
{
	unsigned int nr = 0;
	uint64_t count;

	pthread_mutex_lock(&lock);
	for (uint32_t i = 0; nr < max && i < FAKE_PORTS; i++)
		if (fake_ports[i].is_queued && fake_ports[i].evtchn == evtchn) {
			ports[nr++] = i;
		}
	pthread_mutex_unlock(&lock);
	sched_yield();
	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < nr; i++)
		fake_ports[ports[i]].is_queued = false;
	/* no longer readable, unless there are more */
	if (!is_any_queued(evtchn) && read(evtchn, &count, sizeof(count)) < 0 &&
	    errno != EAGAIN)
		abort();
	pthread_mutex_unlock(&lock);
	return (int)nr;
}

int back_take_events(uint32_t *ports, unsigned int max)
{
	return take_events(event_fds[FAKE_EVTCHNS], ports, max);
}

bool back_take_event_of(int evtchn)
{
	uint32_t port;

	return take_events(evtchn, &port, 1) == 1;
}

void back_unmask(uint32_t port)
{
	pthread_mutex_lock(&lock);
	fake_calls.unmasks++;
	fake_ports[port].is_masked = false;
	deliver(&fake_ports[port]);
	pthread_mutex_unlock(&lock);
}

/* --- counts --- */

unsigned int fake_nr_maps(void)
{
	unsigned int nr = 0;

	for (const struct mapping *m = mappings; m; m = m->next)
		nr += m->nr;
	return nr;
}

unsigned int fake_nr_grants(void)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < FAKE_GREFS; i++)
		nr += fake_grants[i].page != NULL;
	return nr;
}

unsigned int fake_nr_pages(void)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < NR_PAGES; i++)
		nr += is_page_used[i];
	return nr;
}

unsigned int fake_nr_ports(void)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < FAKE_PORTS; i++)
		nr += fake_ports[i].is_used + fake_ports[i].is_bound;
	return nr;
}
