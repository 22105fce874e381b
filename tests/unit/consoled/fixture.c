/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The harness of the daemon tests.
 */
#include "fixture.h"
#include "report.h"
#include "xen_seam.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define NR_PASSES_MAX 200000

struct consoled *cd;
uint64_t clock_ns = 1000000000;
int nr_until_no_mem = -1;
static struct consoled_options options;

uint64_t __wrap_loop_now_ns(void);
uint64_t __wrap_loop_wall_ms(void);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);

uint64_t __wrap_loop_now_ns(void)
{
	return clock_ns;
}

uint64_t __wrap_loop_wall_ms(void)
{
	return 1700000000000 + clock_ns / 1000000;
}

static bool may_allocate(void)
{
	if (nr_until_no_mem < 0)
		return true;
	return nr_until_no_mem-- > 0;
}

void *__wrap_calloc(size_t n, size_t size)
{
	return may_allocate() ? __real_calloc(n, size) : NULL;
}

void *__wrap_realloc(void *p, size_t size)
{
	return may_allocate() ? __real_realloc(p, size) : NULL;
}

void daemon_revive(void)
{
	EXPECT_EQ(xen_open(), 0);
	cd = __real_calloc(1, sizeof(*cd));
	cd->opt = options;
	EXPECT_EQ(consoled_start(cd), 0);
	settle();
}

void daemon_start(void (*tune)(struct consoled_options *opt))
{
	char dir[] = "t.XXXXXX";

	if (!mkdtemp(dir) || chdir(dir))
		abort();
	report_open(false);
	fake_xen_reset();
	fake_store_reset();
	fake_store_start();
	consoled_defaults(&options);
	options.run_dir = "run";
	options.log_dir = "log";
	options.store_path = FAKE_STORE_SOCKET;
	options.rate_bytes_per_s = 0;
	if (tune)
		tune(&options);
	daemon_revive();
}

void daemon_kill(void)
{
	consoled_stop(cd);
	free(cd);
	cd = NULL;
	fake_xen_daemon_died();
}

void daemon_end(void)
{
	daemon_kill();
	fake_store_reset();
	fake_xen_reset();
}

static bool is_ready(void)
{
	struct pollfd pfd = {.fd = cd->loop.epfd, .events = POLLIN};

	return !TAILQ_EMPTY(&cd->run) || poll(&pfd, 1, 0) > 0;
}

void one_pass(void)
{
	while (fake_store_poll())
		;
	EXPECT_EQ(consoled_pass(cd, false), 0);
}

void settle(void)
{
	int n = 0;

	do {
		one_pass();
		EXPECT(n++ < NR_PASSES_MAX);
	} while (fake_store_poll() || is_ready());
}

void advance_ms(uint64_t ms)
{
	clock_ns += ms * 1000000;
	settle();
}

struct fake_domain *domain_start(uint16_t domid, const char *name)
{
	struct fake_domain *d = fake_create(domid);

	fake_store_announce(d, name);
	settle();
	EXPECT(d->local >= 0);
	return d;
}

struct console *console_of(uint16_t domid)
{
	struct console *c;

	TAILQ_FOREACH(c, &cd->consoles, all)
	if (c->domid == domid)
		return c;
	return NULL;
}

void domain_end(struct fake_domain *d)
{
	d->is_dying = true;
	d->on_notify = NULL;
	fake_store_fire("@releaseDomain", d->domid);
	settle();
	EXPECT_EQ(d->nr_maps, 0);
	fake_destroy(d);
}

void guest_says(struct fake_domain *d, const char *text)
{
	size_t n = strlen(text);

	while (n > 0) {
		size_t done = fake_guest_write(d, text, n);

		text += done;
		n -= done;
		settle();
	}
}

void view_open(struct view *v)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX,
				 .sun_path = "run/console.sock"};

	memset(v, 0, sizeof(*v));
	v->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
	EXPECT_EQ(connect(v->fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	settle();
}

bool view_send(struct view *v, uint8_t type, uint16_t domid, uint32_t flags,
	       uint64_t offset, const void *body, size_t n)
{
	struct console_msg m = {CONSOLE_PROTO_VERSION, type, domid, flags,
				offset};
	char buf[sizeof(m) + 8192];

	EXPECT(n <= 8192);
	memcpy(buf, &m, sizeof(m));
	if (n)
		memcpy(buf + sizeof(m), body, n);
	if (send(v->fd, buf, sizeof(m) + n, MSG_NOSIGNAL) >= 0)
		return true;
	EXPECT(errno == EPIPE || errno == EAGAIN || errno == ECONNRESET ||
	       errno == ENOTCONN);
	return false;
}

void view_attach(struct view *v, const char *name, uint32_t flags,
		 uint64_t offset)
{
	view_open(v);
	view_send(v, CONSOLE_ATTACH, CONSOLE_DOMID_BY_NAME, flags, offset, name,
		  strlen(name));
	settle();
	view_read(v);
}

static void take_output(struct view *v, uint64_t offset, const char *p,
			size_t n)
{
	EXPECT(offset >= v->next);
	EXPECT(n > 0);
	if (!v->len)
		v->start = offset;
	else
		v->skipped += offset - v->next;
	v->data = __real_realloc(v->data, v->len + n + 1);
	memcpy(v->data + v->len, p, n);
	v->len += n;
	v->data[v->len] = '\0';
	v->next = offset + n;
}

static void take(struct view *v, const struct console_msg *m, const char *body,
		 size_t n)
{
	EXPECT_EQ(m->version, CONSOLE_PROTO_VERSION);
	EXPECT(!v->is_ended);
	switch (m->type) {
	case CONSOLE_ATTACHED:
		v->is_attached = true;
		v->next = m->offset;
		EXPECT_EQ(n, sizeof(v->info));
		memcpy(&v->info, body, n);
		break;
	case CONSOLE_OUTPUT:
		EXPECT(v->is_attached);
		take_output(v, m->offset, body, n);
		break;
	case CONSOLE_END:
		v->is_ended = true;
		break;
	case CONSOLE_ERROR:
		v->error = (int)m->flags;
		break;
	case CONSOLE_ENTRY:
		v->nr_entries++;
		break;
	}
}

void view_read(struct view *v)
{
	static struct {
		struct console_msg m;
		char body[CONSOLE_OUTPUT_MAX];
	} p;
	ssize_t n;

	while ((n = recv(v->fd, &p, sizeof(p), 0)) > 0 ||
	       (n < 0 && errno == EAGAIN && is_ready())) {
		if (n > 0)
			take(v, &p.m, p.body, (size_t)n - sizeof(p.m));
		if (is_ready())
			one_pass();
	}
	if (n == 0 || errno != EAGAIN)
		v->is_closed = true;
}

bool view_is(const struct view *v, const char *text)
{
	return v->len == strlen(text) && !memcmp(v->data, text, v->len);
}

void view_close(struct view *v)
{
	close(v->fd);
	free(v->data);
	settle();
}

char *file_text(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	char *p;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st))
		abort();
	p = malloc((size_t)st.st_size + 1);
	if (read(fd, p, (size_t)st.st_size) != st.st_size)
		abort();
	p[st.st_size] = '\0';
	if (len)
		*len = (size_t)st.st_size;
	close(fd);
	return p;
}

bool file_is(const char *path, const char *text)
{
	char *p = file_text(path, NULL);
	bool is_same = p && !strcmp(p, text);

	free(p);
	return is_same;
}

bool is_pattern(const char *data, size_t n, uint64_t pos)
{
	for (size_t i = 0; i < n; i++)
		if (data[i] != fake_pattern(pos + i))
			return false;
	return true;
}
