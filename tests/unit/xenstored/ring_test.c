// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains on their rings: the protocol through 1024 bytes, hostile pages,
 * floods, reconnection.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit_test.h"
#include "domain.h"
#include "ring.h"
#include "world.h"

static struct client dom0, guest, other;

static struct xenstore_domain_interface *page(unsigned int domid)
{
	return &world->domain[domid].page;
}

/* The guest has sent an event. */
static void kick(unsigned int domid)
{
	domain_event(&server,
		     (uint32_t)server.ring_of[domid]->ring->local_port);
}

static void begin_at(uint32_t index)
{
	world_init(3);
	for (unsigned int i = 1; i <= 3; i++) {
		page(i)->req_cons = page(i)->req_prod = index;
		page(i)->rsp_cons = page(i)->rsp_prod = index;
		world->domain[i].req_prod = world->domain[i].rsp_cons = index;
	}
	daemon_start(NULL);
	dom0 = client_socket(false);
	for (unsigned int i = 1; i <= 2; i++) {
		char path[64], perms[8];

		snprintf(path, sizeof(path), "/local/domain/%u/data", i);
		snprintf(perms, sizeof(perms), "n%u", i);
		EXPECT_EQ(xs_introduce(&dom0, i), 0);
		EXPECT_EQ(xs_write(&dom0, 0, path, ""), 0);
		EXPECT_EQ(xs_perms(&dom0, 0, path, perms), 0);
	}
	guest = client_domain(1);
	other = client_domain(2);
}

static void begin(void)
{
	begin_at(0);
}

static void end(void)
{
	EXPECT(!strcmp(xs_control(&dom0, "check"), "OK"));
	client_close(&dom0);
	daemon_stop();
}

UNIT_TEST(indices_start_anywhere_and_wrap)
{
	char value[1800], path[32];

	begin_at(0xfffff000);
	memset(value, 'v', sizeof(value));
	for (size_t n = 1; n < sizeof(value) - 1; n += 131) {
		value[n] = '\0';
		snprintf(path, sizeof(path), "data/%zu", n);
		EXPECT_EQ(xs_write(&guest, 0, path, value), 0);
		EXPECT(!strcmp(xs_read(&guest, 0, path), value));
		value[n] = 'v';
	}
	EXPECT(page(1)->rsp_prod < 0x10000);
	end();
}

UNIT_TEST(the_largest_message_passes)
{
	static char buf[XENSTORE_PAYLOAD_MAX];
	struct answer a;

	begin();
	EXPECT(xs_control(&dom0, "quota set node-size 5000") != NULL);
	memset(buf, 'v', sizeof(buf));
	memcpy(buf, "data/x", 7);
	EXPECT_EQ(ask(&guest, XS_WRITE, 0, buf, sizeof(buf), &a), 0);
	EXPECT_EQ(ask(&guest, XS_READ, 0, "data/x", 7, &a), 0);
	EXPECT_EQ(a.len, sizeof(buf) - 7);
	end();
}

UNIT_TEST(a_message_may_come_byte_by_byte)
{
	struct xsd_sockmsg h = {XS_READ, 9, 0, 5};
	struct answer a;
	char buf[32];

	begin();
	memcpy(buf, &h, sizeof(h));
	memcpy(buf + sizeof(h), "data", 5);
	for (size_t i = 0; i < sizeof(h) + 5; i++) {
		EXPECT(!client_receive(&guest, &a));
		client_write(&guest, buf + i, 1);
	}
	EXPECT(client_receive(&guest, &a));
	EXPECT_EQ(a.type, XS_READ);
	EXPECT_EQ(a.req_id, 9);
	end();
}

UNIT_TEST(a_domain_is_notified_once_a_turn)
{
	uint32_t before;

	begin();
	before = world->domain[1].notified;
	EXPECT(xs_read(&guest, 0, "data") != NULL);
	EXPECT_EQ(world->domain[1].notified, before + 1);
	end();
}

static void expect_failed(unsigned int domid, uint32_t error)
{
	EXPECT_EQ(page(domid)->error, error);
	EXPECT(server.ring_of[domid]->is_dead);
	EXPECT(list_empty(&server.ring_of[domid]->watches));
	EXPECT(list_empty(&server.ring_of[domid]->txns));
	/* it still counts as introduced, and the others do not notice */
	EXPECT(domain_is_introduced(&server, domid));
	EXPECT(xs_read(&other, 0, "data") != NULL);
}

/* The reconnection feature: a fresh start, from the guest's side. */
static void reconnect(unsigned int domid)
{
	page(domid)->connection = XENSTORE_RECONNECT;
	kick(domid);
	daemon_run();
	EXPECT_EQ(page(domid)->connection, XENSTORE_CONNECTED);
	EXPECT_EQ(page(domid)->error, XENSTORE_ERROR_NONE);
	EXPECT_EQ(page(domid)->req_cons, page(domid)->req_prod);
	EXPECT_EQ(page(domid)->rsp_cons, page(domid)->rsp_prod);
	world->domain[domid].req_prod = page(domid)->req_prod;
	world->domain[domid].rsp_cons = page(domid)->rsp_cons;
}

UNIT_TEST(an_impossible_request_index_harms_only_its_owner)
{
	begin();
	EXPECT_EQ(xs_watch(&guest, "data", "t"), 0);
	client_event(&guest);
	EXPECT(xs_start(&guest) != 0);
	page(1)->req_prod += XENSTORE_RING_SIZE + 1;
	kick(1);
	daemon_run();
	expect_failed(1, XENSTORE_ERROR_RINGIDX);
	reconnect(1);
	EXPECT(xs_read(&guest, 0, "data") != NULL);
	end();
}

UNIT_TEST(an_impossible_reply_index_harms_only_its_owner)
{
	begin();
	page(1)->rsp_cons += 5;
	client_send(&guest, XS_READ, 0, "data", 5);
	expect_failed(1, XENSTORE_ERROR_RINGIDX);
	reconnect(1);
	EXPECT(xs_read(&guest, 0, "data") != NULL);
	end();
}

UNIT_TEST(a_message_too_long_harms_only_its_owner)
{
	struct xsd_sockmsg h = {XS_WRITE, 1, 0, XENSTORE_PAYLOAD_MAX + 1};

	begin();
	client_write(&guest, &h, sizeof(h));
	expect_failed(1, XENSTORE_ERROR_PROTO);
	reconnect(1);
	EXPECT(xs_read(&guest, 0, "data") != NULL);
	end();
}

UNIT_TEST(what_a_domain_does_wrong_is_told_but_not_for_ever)
{
	const struct account *a;
	char token[16];

	begin();
	a = server.ring_of[1]->account;
	for (int i = 0; i < 20; i++) {
		page(1)->req_prod += XENSTORE_RING_SIZE + 1;
		kick(1);
		daemon_run();
		expect_failed(1, XENSTORE_ERROR_RINGIDX);
		reconnect(1);
	}
	EXPECT_EQ(a->nr_failures, 8);
	for (int i = 0; i < 128; i++) {
		snprintf(token, sizeof(token), "%d", i);
		EXPECT_EQ(xs_watch(&guest, "data", token), 0);
		client_event(&guest);
		EXPECT_EQ(a->quotas_hit, 0);
	}
	EXPECT_EQ(xs_watch(&guest, "data", "more"), -E2BIG);
	EXPECT_EQ(a->quotas_hit, 1 << QUOTA_WATCHES);
	EXPECT(server.store.accounts.hit == NULL); /* it has been told */
	end();
}

UNIT_TEST(our_own_indices_are_not_taken_from_the_page)
{
	begin();
	EXPECT(xs_read(&guest, 0, "data") != NULL);
	page(1)->req_cons = 0xdeadbeef;
	page(1)->rsp_prod = world->domain[1].rsp_cons;
	page(1)->server_features = 0;
	EXPECT(xs_read(&guest, 0, "data") != NULL);
	EXPECT_EQ(page(1)->req_cons, world->domain[1].req_prod);
	end();
}

UNIT_TEST(reconnection_starts_afresh)
{
	begin();
	EXPECT_EQ(xs_watch(&guest, "data", "t"), 0);
	EXPECT(xs_start(&guest) != 0);
	/* half a message in, replies not taken */
	client_write(&guest, "half", 4);
	reconnect(1);
	EXPECT_EQ(server.ring_of[1]->account->watches, 0);
	EXPECT_EQ(server.ring_of[1]->account->transactions, 0);
	client_drop_events();
	EXPECT(xs_read(&guest, 0, "data") != NULL);
	xs_write(&dom0, 0, "/local/domain/1/data", "");
	EXPECT(client_event(&guest) == NULL);
	end();
}

UNIT_TEST(introducing_again_starts_afresh)
{
	begin();
	EXPECT_EQ(xs_watch(&guest, "data", "t"), 0);
	client_event(&guest);
	EXPECT_EQ(xs_introduce(&dom0, 1), 0);
	EXPECT_EQ(server.ring_of[1]->account->watches, 0);
	EXPECT(xs_read(&guest, 0, "data") != NULL);
	end();
}

#define SMALL_REQUEST (sizeof(struct xsd_sockmsg) + 5)

/* A request into the ring, and no event. */
static void put_request(unsigned int domid)
{
	struct xsd_sockmsg h = {XS_READ, 0, 0, 5};
	struct world_domain *d = &world->domain[domid];
	char msg[SMALL_REQUEST];

	memcpy(msg, &h, sizeof(h));
	memcpy(msg + sizeof(h), "data", 5);
	for (size_t i = 0; i < sizeof(msg); i++)
		d->page.req[MASK_XENSTORE_IDX(d->req_prod++)] = msg[i];
	d->page.req_prod = d->req_prod;
}

/* Small requests until the ring is full; their number. */
static int flood(unsigned int domid)
{
	struct world_domain *d = &world->domain[domid];
	int nr = 0;

	while (d->req_prod + SMALL_REQUEST - d->page.req_cons <=
	       XENSTORE_RING_SIZE) {
		put_request(domid);
		nr++;
	}
	return nr;
}

/* The other of two domains finds its request in the ring: no event, then. */
static void ask_more_unseen(unsigned int domid)
{
	world_when_notified = NULL;
	domid = 3 - domid;
	EXPECT(page(domid)->req_cons != page(domid)->req_prod);
	put_request(domid);
}

UNIT_TEST(a_request_behind_one_not_yet_taken_needs_no_event)
{
	begin();
	put_request(1);
	kick(1);
	put_request(2);
	kick(2);
	world_when_notified = ask_more_unseen;
	daemon_run();
	EXPECT(world_when_notified == NULL);
	EXPECT_EQ(server.ring_of[1]->requests + server.ring_of[2]->requests, 3);
	EXPECT_EQ(page(1)->req_cons, page(1)->req_prod);
	EXPECT_EQ(page(2)->req_cons, page(2)->req_prod);
	end();
}

UNIT_TEST(a_flood_does_not_hold_up_others)
{
	begin();
	flood(1);
	kick(1);
	flood(2);
	page(2)->req_prod = world->domain[2].req_prod =
		page(2)->req_cons + 21; /* a single request */
	kick(2);
	server_turn(&server);
	/* one turn answers the one, and the flood at most its share */
	EXPECT_EQ(server.ring_of[2]->requests, 1);
	EXPECT(server.ring_of[1]->requests <= TURN_REQUESTS);
	EXPECT(page(2)->rsp_prod != page(2)->rsp_cons);
	end();
}

UNIT_TEST(replies_not_taken_stop_the_requests)
{
	struct conn *c;
	int sent = 0;

	begin();
	c = server.ring_of[1];
	for (int i = 0; i < 20; i++) {
		sent += flood(1);
		kick(1);
		daemon_run();
	}
	/* replies that fit the ring are the guest's; 20 may wait behind */
	EXPECT(c->requests < (uint64_t)sent);
	EXPECT(conn_pending(c) <= 20 * 64);
	/* as it takes them, all get served */
	for (int i = 0; i < 100 && c->requests < (uint64_t)sent; i++) {
		world->domain[1].rsp_cons = page(1)->rsp_cons =
			page(1)->rsp_prod;
		kick(1);
		daemon_run();
	}
	EXPECT_EQ(c->requests, sent);
	end();
}

UNIT_TEST(requests_changed_after_they_were_read_are_not_read_again)
{
	struct xsd_sockmsg h = {XS_WRITE, 1, 0, 8};
	char msg[sizeof(h) + 8];
	struct answer a;

	begin();
	memcpy(msg, &h, sizeof(h));
	memcpy(msg + sizeof(h), "data/a\0x", 8);
	/* all but the last byte; then scribble over what was sent */
	client_write(&guest, msg, sizeof(msg) - 1);
	memset(page(1)->req, 0xff, sizeof(msg) - 1);
	client_write(&guest, msg + sizeof(msg) - 1, 1);
	EXPECT(client_receive(&guest, &a));
	EXPECT_EQ(a.type, XS_WRITE);
	EXPECT(!strcmp(xs_read(&dom0, 0, "/local/domain/1/data/a"), "x"));
	end();
}
