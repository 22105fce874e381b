/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: a script of what guests, clients and the store do to a whole
 * daemon on the fake machine. Each step is one byte that says what, and what
 * it needs from the bytes behind it.
 */
#include "fixture.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define NR_VIEWS 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *next, *end;
static struct view views[NR_VIEWS];

void unit_test_fail(const char *file, int line, const char *fmt, ...)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, fmt);
	abort();
}

static uint8_t byte(void)
{
	return next < end ? *next++ : 0;
}

static uint32_t word(void)
{
	return byte() | byte() << 8 | byte() << 16 | (uint32_t)byte() << 24;
}

static struct view *a_view(void)
{
	struct view *v = &views[byte() % NR_VIEWS];

	if (v->fd <= 0)
		view_open(v);
	return v;
}

/* A message: mostly a right type, with the next bytes as its body. */
static void send_message(void)
{
	struct view *v = a_view();
	uint8_t type = byte(), what = byte();
	uint32_t flags = word(), offset = word();
	size_t n = byte();

	if (n > (size_t)(end - next))
		n = (size_t)(end - next);
	view_send(v, type % 8 ? type % 4 : type, what % 4 ? what % 4 : 0xffff,
		  flags, offset, n ? next : NULL, n);
	next += n;
}

static void change_domain(uint16_t domid)
{
	struct fake_domain *d = fake_domains;

	while (d < fake_domains + FAKE_DOMAINS && d->domid != domid)
		d++;
	if (d < fake_domains + FAKE_DOMAINS) {
		d->is_dying = true;
		fake_store_fire("@releaseDomain", domid);
		settle();
		fake_destroy(d);
	} else {
		fake_store_announce(fake_create(domid), "web");
	}
}

static void change_ring(void)
{
	struct fake_domain *d = &fake_domains[byte() % 3];
	uint32_t *words;

	if (!d->domid)
		return;
	words = &d->ring->in_cons;
	words[byte() % 4] = word();
	fake_guest_event(d);
}

static void guest_writes(void)
{
	struct fake_domain *d = &fake_domains[byte() % 3];
	size_t n = byte();

	if (n > (size_t)(end - next))
		n = (size_t)(end - next);
	if (d->domid && n)
		fake_guest_write(d, next, n);
	next += n;
}

static void close_view(void)
{
	struct view *v = &views[byte() % NR_VIEWS];

	if (v->fd <= 0)
		return;
	close(v->fd);
	free(v->data);
	memset(v, 0, sizeof(*v));
}

static void set_node(void)
{
	static const char *const what[] = {"name", "console/port",
					   "console/type", "console/limit"};
	const char *node = what[byte() % 4];
	char value[16] = {0};

	for (int i = 0; i < 4; i++)
		value[i] = (char)byte();
	fake_store_set(value, "/local/domain/%u/%s", byte() % 3 + 1, node);
}

static void one_step(void)
{
	switch (byte() % 9) {
	case 0:
		send_message();
		return;
	case 1:
		change_domain(byte() % 3 + 1);
		return;
	case 2:
		change_ring();
		return;
	case 3:
		guest_writes();
		return;
	case 4:
		close_view();
		return;
	case 5:
		set_node();
		return;
	case 6:
		daemon_kill();
		daemon_revive();
		return;
	case 7:
		advance_ms(byte() * 100u);
		return;
	case 8:
		one_pass();
		return;
	}
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *at)
{
	(void)st;
	(void)type;
	return at->level ? remove(path) : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int home = open(".", O_RDONLY | O_DIRECTORY);

	next = data;
	end = data + size;
	daemon_start(NULL);
	for (int i = 0; i < 60 && next < end; i++)
		one_step();
	settle();
	for (int i = 0; i < NR_VIEWS; i++) {
		if (views[i].fd <= 0)
			continue;
		close(views[i].fd);
		free(views[i].data);
	}
	memset(views, 0, sizeof(views));
	daemon_end();
	if (fchdir(home) || nftw(".", remove_one, 16, FTW_DEPTH | FTW_PHYS))
		abort();
	close(home);
	return 0;
}
