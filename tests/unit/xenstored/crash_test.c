// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon dies at every step at which its death could show, another takes
 * over, and the domain does not notice: each of its requests is done once and
 * answered once, each event is told once.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../unit_test.h"
#include "domain.h"
#include "ring.h"
#include "world.h"

/* What the guest does; %t is the id of the transaction it has open. */
static const struct request {
	uint32_t type;
	bool in_txn;
	const char *data; /* strings end where there is a '|' */
	const char *want; /* the answer, '|' for NUL; "@" an id, "E" an error */
} script[] = {
	{XS_WRITE, false, "data/a|1", "OK|"},
	{XS_WATCH, false, "data/w|tok|", "OK|"},
	{XS_READ, false, "data/a|", "1"},
	{XS_WRITE, false, "data/w|1", "OK|"},
	{XS_TRANSACTION_START, false, "|", "@"},
	{XS_READ, true, "data/a|", "1"},
	{XS_WRITE, true, "data/w/x|in", "OK|"},
	{XS_WRITE, true, "data/n/m|made", "OK|"},
	{XS_RM, true, "data/a|", "OK|"},
	{XS_READ, false, "data/a|", "1"},
	{XS_READ, true, "data/n/m|", "made"},
	{XS_TRANSACTION_END, true, "T|", "OK|"},
	{XS_READ, false, "data/a|", "E"},
	{XS_DIRECTORY, false, "data|", "n|w|"},
	{XS_RM, false, "data/n|", "OK|"},
	{XS_SET_PERMS, false, "data/w|n1|r2|", "OK|"},
	{XS_GET_PERMS, false, "data/w|", "n1|r2|"},
	{XS_TRANSACTION_START, false, "|", "@"},
	{XS_WRITE, true, "data/w|lost", "OK|"},
	{XS_TRANSACTION_END, true, "F|", "OK|"},
	{XS_UNWATCH, false, "data/w|tok|", "OK|"},
	{XS_WRITE, false, "data/w|2", "OK|"},
	{XS_READ, false, "data/w|", "2"},
};

#define NR_REQUESTS (sizeof(script) / sizeof(script[0]))
/* The watch itself, then w, w/x, w again by its permissions. */
#define NR_EVENTS 4

/* The guest's memory: it outlives the daemon. */
static struct guest {
	bool is_set_up;
	size_t next; /* request to be sent, or waiting for its answer */
	uint32_t txn;
	char tx[256], rx[512];
	size_t tx_len, tx_done, rx_len;
	int events;
} * guest;

static const char *dir;

static void fresh_guest(void)
{
	guest = mmap(NULL, sizeof(*guest), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	EXPECT(guest != MAP_FAILED);
}

static size_t unescape(char *to, const char *from)
{
	size_t n = strlen(from);

	for (size_t i = 0; i < n; i++)
		to[i] = from[i] == '|' ? '\0' : from[i];
	return n;
}

static void compose(void)
{
	const struct request *r = &script[guest->next];
	struct xsd_sockmsg h = {r->type, (uint32_t)guest->next,
				r->in_txn ? guest->txn : 0, 0};

	h.len = (uint32_t)unescape(guest->tx + sizeof(h), r->data);
	memcpy(guest->tx, &h, sizeof(h));
	guest->tx_len = sizeof(h) + h.len;
	guest->tx_done = 0;
}

static void check_answer(const struct xsd_sockmsg *h, const char *data)
{
	const struct request *r = &script[guest->next];
	char want[64];
	size_t len = unescape(want, r->want);

	EXPECT_EQ(h->req_id, guest->next);
	if (r->want[0] == 'E') {
		EXPECT_EQ(h->type, XS_ERROR);
	} else if (r->want[0] == '@') {
		EXPECT_EQ(h->type, r->type);
		guest->txn = (uint32_t)atoi(data);
	} else {
		EXPECT_EQ(h->type, r->type);
		EXPECT_EQ(h->len, len);
		EXPECT(!memcmp(data, want, len));
	}
	guest->next++;
	guest->tx_len = 0;
}

static void take_messages(void)
{
	struct world_domain *d = &world->domain[1];
	struct xsd_sockmsg h;

	while (d->rsp_cons != d->page.rsp_prod) {
		EXPECT(guest->rx_len < sizeof(guest->rx));
		guest->rx[guest->rx_len++] =
			d->page.rsp[MASK_XENSTORE_IDX(d->rsp_cons)];
		d->page.rsp_cons = ++d->rsp_cons;
		if (guest->rx_len < sizeof(h))
			continue;
		memcpy(&h, guest->rx, sizeof(h));
		if (guest->rx_len < sizeof(h) + h.len)
			continue;
		guest->rx_len = 0;
		if (h.type == XS_WATCH_EVENT)
			guest->events++;
		else
			check_answer(&h, guest->rx + sizeof(h));
	}
}

static void send_bytes(void)
{
	struct world_domain *d = &world->domain[1];

	while (guest->tx_done < guest->tx_len &&
	       d->req_prod - d->page.req_cons < XENSTORE_RING_SIZE) {
		d->page.req[MASK_XENSTORE_IDX(d->req_prod)] =
			guest->tx[guest->tx_done++];
		d->page.req_prod = ++d->req_prod;
	}
}

static void set_up(void)
{
	struct client dom0 = client_socket(false);

	EXPECT_EQ(xs_introduce(&dom0, 1), 0);
	EXPECT_EQ(xs_write(&dom0, 0, "/local/domain/1/data", ""), 0);
	EXPECT_EQ(xs_perms(&dom0, 0, "/local/domain/1/data", "n1"), 0);
	client_close(&dom0);
	guest->is_set_up = true;
}

/* The guest's life, from wherever it is. */
static void go_on(void)
{
	int patience = 1000;

	while (guest->next < NR_REQUESTS) {
		EXPECT(patience-- > 0);
		if (!guest->tx_len)
			compose();
		send_bytes();
		domain_event(&server,
			     (uint32_t)server.ring_of[1]->ring->local_port);
		daemon_run();
		take_messages();
	}
}

static void live(void)
{
	daemon_start(dir);
	if (!guest->is_set_up)
		set_up();
	go_on();
	daemon_stop();
}

static void expect_nothing_lost(void)
{
	const char *why;

	daemon_start(dir);
	if (!guest->is_set_up)
		set_up();
	go_on();
	EXPECT_EQ(guest->events, NR_EVENTS);
	EXPECT_EQ(store_check(&server.store, &why), 0);
	EXPECT_EQ(server.store.accounts.of[1]->transactions, 0);
	EXPECT_EQ(server.store.accounts.of[1]->watches, 0);
	EXPECT_EQ(server.store.accounts.of[1]->nodes, 3);
	EXPECT_EQ(conn_pending(server.ring_of[1]), 0);
	daemon_stop();
}

static void start_over(void)
{
	world_init(2);
	fresh_guest();
	dir = scratch_dir();
}

UNIT_TEST(a_domain_does_not_notice_the_death_of_the_daemon)
{
	long n = 0;
	bool died;

	do {
		start_over();
		died = dies_at(n++, live);
		expect_nothing_lost();
	} while (died);
	EXPECT(n > 400);
}

UNIT_TEST(nor_two_deaths)
{
	srand(4);
	for (int i = 0; i < 150; i++) {
		start_over();
		dies_at(rand() % 500, live);
		dies_at(rand() % 100, live);
		dies_at(rand() % 200, live);
		expect_nothing_lost();
	}
}

UNIT_TEST(nor_a_stop_and_start_at_any_request)
{
	for (size_t stop = 0; stop < NR_REQUESTS; stop++) {
		start_over();
		daemon_start(dir);
		set_up();
		while (guest->next < stop) {
			if (!guest->tx_len)
				compose();
			send_bytes();
			domain_event(
				&server,
				(uint32_t)server.ring_of[1]->ring->local_port);
			daemon_run();
			take_messages();
		}
		/* the next request is half sent */
		compose();
		guest->tx_len /= 2;
		send_bytes();
		domain_event(&server,
			     (uint32_t)server.ring_of[1]->ring->local_port);
		daemon_run();
		daemon_stop();
		guest->tx_len = sizeof(struct xsd_sockmsg) +
				strlen(script[guest->next].data);
		expect_nothing_lost();
	}
}

/* ---- what happens to domains meanwhile ---- */

static void with_domain_1_and_2(void)
{
	struct client dom0;

	start_over();
	daemon_start(dir);
	set_up();
	dom0 = client_socket(false);
	EXPECT_EQ(xs_introduce(&dom0, 2), 0);
	EXPECT_EQ(xs_watch(&dom0, "@releaseDomain", "t"), 0);
	client_close(&dom0);
	daemon_stop();
}

UNIT_TEST(a_domain_that_died_meanwhile_is_gone)
{
	struct client dom0;

	with_domain_1_and_2();
	world->domain[1].exists = false;
	daemon_start(dir);
	EXPECT(server.ring_of[1] == NULL);
	EXPECT(server.ring_of[2] != NULL);
	EXPECT(server.store.accounts.of[1] == NULL);
	dom0 = client_socket(false);
	EXPECT(xs_read(&dom0, 0, "/local/domain/1/data") == NULL);
	client_close(&dom0);
	daemon_stop();
	daemon_start(dir);
	EXPECT(server.ring_of[1] == NULL);
	daemon_stop();
}

UNIT_TEST(another_domain_of_the_same_number_is_a_stranger)
{
	with_domain_1_and_2();
	memset(world->domain[1].handle, 0xee, 16);
	daemon_start(dir);
	EXPECT(server.ring_of[1] == NULL);
	EXPECT(server.store.accounts.of[1] == NULL);
	EXPECT(tree_lookup(server.store.root, "/local/domain/1/data", 20) ==
	       NULL);
	daemon_stop();
}

UNIT_TEST(quotas_targets_and_shutdown_are_remembered)
{
	struct client dom0;
	struct answer a;

	with_domain_1_and_2();
	daemon_start(dir);
	dom0 = client_socket(false);
	EXPECT_EQ(ask(&dom0, XS_SET_TARGET, 0, "1\0002", 4, &a), 0);
	EXPECT(xs_control(&dom0, "quota set 1 nodes 7") != NULL);
	EXPECT(xs_control(&dom0, "quota set watches 9") != NULL);
	world->domain[2].has_shut_down = true;
	domain_check_all(&server);
	client_close(&dom0);
	daemon_stop();
	daemon_start(dir);
	EXPECT_EQ(server.ring_of[1]->target, 2);
	EXPECT_EQ(server.store.accounts.of[1]->quota[QUOTA_NODES], 7);
	EXPECT_EQ(server.store.accounts.quota[QUOTA_WATCHES], 9);
	EXPECT(server.store.accounts.of[2]->has_shut_down);
	daemon_stop();
}

UNIT_TEST(ten_thousand_nodes_come_back)
{
	struct client dom0;
	char path[64];

	with_domain_1_and_2();
	daemon_start(dir);
	dom0 = client_socket(false);
	for (int i = 0; i < 10000; i++) {
		snprintf(path, sizeof(path), "/n/%d/%d", i % 100, i);
		EXPECT_EQ(xs_write(&dom0, 0, path, path), 0);
	}
	for (int i = 0; i < 10000; i += 100) {
		snprintf(path, sizeof(path), "/n/%d/%d", i % 100, i);
		EXPECT_EQ(xs_op(&dom0, XS_RM, 0, path), 0);
	}
	client_close(&dom0);
	daemon_stop();
	daemon_start(dir);
	dom0 = client_socket(false);
	EXPECT(!strcmp(xs_control(&dom0, "check"), "OK"));
	for (int i = 0; i < 10000; i += 7) {
		snprintf(path, sizeof(path), "/n/%d/%d", i % 100, i);
		EXPECT_EQ(!xs_read(&dom0, 0, path), i % 100 == 0);
	}
	client_close(&dom0);
	daemon_stop();
}

static void reconnect_and_die(void)
{
	struct xenstore_domain_interface *page = &world->domain[1].page;

	daemon_start(dir);
	page->connection = XENSTORE_RECONNECT;
	guest->is_set_up = false; /* the wish has been made */
	domain_event(&server, (uint32_t)server.ring_of[1]->ring->local_port);
	daemon_run();
	daemon_stop();
}

UNIT_TEST(a_reconnection_is_completed_by_the_next_daemon)
{
	struct world_domain *d;
	long n = 0;
	bool died;

	do {
		struct client c;

		with_domain_1_and_2();
		d = &world->domain[1];
		died = dies_at(n++, reconnect_and_die);
		daemon_start(dir);
		if (guest->is_set_up) {
			daemon_stop();
			continue;
		}
		EXPECT_EQ(d->page.connection, XENSTORE_CONNECTED);
		EXPECT_EQ(d->page.error, XENSTORE_ERROR_NONE);
		d->req_prod = d->page.req_prod;
		d->rsp_cons = d->page.rsp_prod;
		EXPECT_EQ(d->rsp_cons, d->page.rsp_cons);
		EXPECT_EQ(server.store.accounts.of[1]->watches, 0);
		c = client_domain(1);
		EXPECT(xs_read(&c, 0, "data") != NULL);
		daemon_stop();
	} while (died);
	EXPECT(n > 10);
}
