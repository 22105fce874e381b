// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interpreter of fuzzed input: each step takes a few bytes and sends a
 * request, raw bytes or garbage into a ring page, or lets a domain die.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit_test.h"
#include "domain.h"
#include "fuzz_wire.h"
#include "ring.h"
#include "world.h"

#define GUESTS 3

/* Words worth saying: a byte below their number stands for one of them. */
static const char *const words[] = {
	"/",
	"/a",
	"/a/b",
	"/a/b/c",
	"data",
	"data/x",
	"/local/domain/1",
	"/local/domain/1/data",
	"@introduceDomain",
	"@releaseDomain",
	"@releaseDomain/2",
	"1",
	"2",
	"3",
	"100",
	"101",
	"n0",
	"r1",
	"b2",
	"T",
	"F",
	"token",
	"live-update",
	"quota",
	"set",
	"nodes",
	"check",
	"memreport",
	"0",
	"4294967295",
	"-1",
};

#define NR_WORDS (sizeof(words) / sizeof(words[0]))

struct input {
	const uint8_t *p, *end;
};

static unsigned int byte(struct input *in)
{
	return in->p < in->end ? *in->p++ : 0;
}

static struct client sockets[2];

static void open_socket(size_t i)
{
	sockets[i] = client_socket(i == 1);
}

static void drain_socket(size_t i)
{
	char buf[4096];
	ssize_t n;

	while ((n = recv(sockets[i].fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		;
	if (n < 0)
		return;
	close(sockets[i].fd);
	open_socket(i);
}

static void to_socket(size_t i, const char *data, size_t len)
{
	if (send(sockets[i].fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return;
	sockets[i].conn->may_read = true;
	server_mark_ready(&server, sockets[i].conn);
	daemon_run();
	drain_socket(i);
}

static void event_from(unsigned int domid)
{
	struct conn *c = server.ring_of[domid];

	if (c)
		domain_event(&server, (uint32_t)c->ring->local_port);
	daemon_run();
}

static void to_ring(unsigned int domid, const char *data, size_t len)
{
	struct xenstore_domain_interface *page = &world->domain[domid].page;

	for (size_t i = 0; i < len; i++) {
		uint32_t prod = page->req_prod;

		if (prod - page->req_cons >= XENSTORE_RING_SIZE)
			event_from(domid);
		page->req[MASK_XENSTORE_IDX(prod)] = data[i];
		page->req_prod = prod + 1;
	}
	event_from(domid);
	/* most guests take what they get */
	page->rsp_cons = page->rsp_prod;
	event_from(domid);
}

static void send_to(unsigned int who, const char *data, size_t len)
{
	if (who % 5 < 2)
		to_socket(who % 5, data, len);
	else
		to_ring(1 + who % 5 - 2, data, len);
}

static size_t payload(struct input *in, char *to)
{
	size_t n = byte(in) % 48, len = 0;

	while (n--) {
		unsigned int b = byte(in);

		if (b < NR_WORDS) {
			size_t l = strlen(words[b]);

			memcpy(to + len, words[b], l + 1);
			len += l + 1;
		} else {
			to[len++] = (char)b;
		}
	}
	return len;
}

static void request(struct input *in)
{
	unsigned int who = byte(in);
	struct xsd_sockmsg h = {byte(in) % 28, 1, byte(in) % 4, 0};
	char buf[2048];

	h.len = (uint32_t)payload(in, buf + sizeof(h));
	memcpy(buf, &h, sizeof(h));
	send_to(who, buf, sizeof(h) + h.len);
}

static void raw(struct input *in)
{
	unsigned int who = byte(in);
	char buf[256];
	size_t n = byte(in);

	for (size_t i = 0; i < n; i++)
		buf[i] = (char)byte(in);
	send_to(who, buf, n);
}

static void scribble(struct input *in)
{
	unsigned int domid = 1 + byte(in) % GUESTS;
	char *page = (char *)&world->domain[domid].page;
	unsigned int at = XENSTORE_RING_SIZE * 2 + byte(in) % 28;

	page[at] = (char)byte(in);
	event_from(domid);
}

static void fate(struct input *in)
{
	unsigned int what = byte(in), domid = 1 + byte(in) % GUESTS;
	struct world_domain *d = &world->domain[domid];

	switch (what % 4) {
	case 0:
		d->exists = !d->exists;
		d->handle[0]++;
		break;
	case 1:
		d->has_shut_down = !d->has_shut_down;
		break;
	case 2:
		d->is_dying = !d->is_dying;
		break;
	case 3:
		d->page.connection = XENSTORE_RECONNECT;
		event_from(domid);
		return;
	}
	domain_check_all(&server);
	daemon_run();
}

static void step(struct input *in)
{
	switch (byte(in) % 8) {
	case 0:
		raw(in);
		break;
	case 1:
		scribble(in);
		break;
	case 2:
		fate(in);
		break;
	default:
		request(in);
	}
}

void fuzz_wire(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};
	const char *why;

	if (!world)
		world_init(GUESTS);
	memset(world->domain, 0, sizeof(world->domain));
	for (unsigned int i = 0; i <= GUESTS; i++)
		world->domain[i].exists = world->domain[i].can_map = true;
	daemon_start(NULL);
	open_socket(0);
	open_socket(1);
	for (unsigned int i = 1; i <= GUESTS; i++)
		domain_introduce(&server, i, i, WORLD_PORT(i));
	for (int steps = 0; in.p < in.end && steps < 500; steps++)
		step(&in);
	EXPECT_EQ(store_check(&server.store, &why), 0);
	close(sockets[0].fd);
	close(sockets[1].fd);
	daemon_stop();
}
