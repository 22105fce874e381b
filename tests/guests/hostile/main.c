/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that means harm to those who serve its rings. The first word of its
 * command line says how. It tells on its console what came of it and, where
 * that makes sense, goes on for ever.
 */
#include "../lib/domu.h"
#include "../lib/guest.h"

#include <abi/event_channel.h>
#include <abi/sched.h>

static char body[XENSTORE_PAYLOAD_MAX];

static uint32_t load(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void put(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

static void sleep_for_ever(void)
{
	for (;;)
		wait_event();
}

static void crash(void)
{
	struct sched_shutdown s = {.reason = SHUTDOWN_crash};

	for (;;)
		(void)HYPERVISOR_sched_op(SCHEDOP_shutdown, &s);
}

/* --- console --- */

/* Output indexes that cannot be, until the daemon has had enough of them. */
static void console_indexes(void)
{
	for (int i = 0; i < 50; i++) {
		uint32_t bad = con->out_cons + (uint32_t)sizeof(con->out) + 1 +
			       (uint32_t)random64() % 0x7fff0000u;

		put(&con->in_cons, (uint32_t)random64());
		put(&con->out_prod, bad);
		notify_console();
		/* nobody tells us that there is room now */
		while (load(&con->out_cons) != bad)
			(void)HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	}
	say("@hostile console-indexes: 50 wrong ones\n");
	sleep_for_ever();
}

static void console_flood(void)
{
	static char text[1024];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 64 == 63 ? '\n' : (char)('!' + i % 90);
	say("@hostile console-flood: begins\n");
	for (;;)
		console_write(text, sizeof(text));
}

/* --- store: a broken ring --- */

static void await_store_error(uint32_t error)
{
	notify_store();
	while (load(&store->error) != error)
		wait_event();
}

static void reconnect(void)
{
	put(&store->connection, XENSTORE_RECONNECT);
	notify_store();
	while (load(&store->connection) != XENSTORE_CONNECTED)
		wait_event();
	EXPECT_EQ(load(&store->error), XENSTORE_ERROR_NONE);
	EXPECT_EQ(store_write(0, "data/again", "1"), XS_WRITE);
}

static void store_indexes(void)
{
	for (int i = 0; i < 20; i++) {
		uint32_t by = XENSTORE_RING_SIZE + 1 +
			      (uint32_t)random64() % 0x7fff0000u;

		if (i % 2)
			put(&store->req_prod, store->req_cons + by);
		else
			put(&store->rsp_cons, store->rsp_prod + by);
		await_store_error(XENSTORE_ERROR_RINGIDX);
		reconnect();
	}
	put(&store->req_prod, store->req_cons + 0x80000000u);
	await_store_error(XENSTORE_ERROR_RINGIDX);
	say("@hostile store-indexes: 21 wrong ones\n");
	sleep_for_ever();
}

static void oversize(void)
{
	static const uint32_t lengths[] = {XENSTORE_PAYLOAD_MAX + 1, 65536,
					   0x80000000u, 0xffffffffu};

	for (unsigned int i = 0; i < 4; i++) {
		struct xsd_sockmsg h = {XS_WRITE, 0, 0, lengths[i]};

		store_send(&h, sizeof(h));
		await_store_error(XENSTORE_ERROR_PROTO);
		if (i < 3)
			reconnect();
	}
	say("@hostile oversize: 4 messages\n");
	sleep_for_ever();
}

/* Events without number, and nothing behind them. */
static void event_storm(void)
{
	say("@hostile event-storm: begins\n");
	for (;;) {
		notify_store();
		notify_console();
	}
}

/* --- store: requests --- */

static const char path_bytes[] = "/ab01-_@.%$\n";

static size_t random_body(void)
{
	size_t len = random64() % (random64() % 8 ? 64 : sizeof(body));

	for (size_t i = 0; i < len; i++) {
		uint64_t r = random64();

		body[i] = r % 4 ? path_bytes[r / 4 % sizeof(path_bytes)]
				: (char)(r >> 32);
	}
	return len;
}

static void garbage(void)
{
	char reply[16];

	for (int i = 0; i < 3000; i++) {
		uint32_t type = (uint32_t)random64() % 26;
		uint32_t tx = random64() % 4 ? 0 : (uint32_t)random64() % 4;

		(void)store_call(type, tx, body, random_body(), reply,
				 sizeof(reply));
	}
	EXPECT_EQ(store_write(0, "data/again", "1"), XS_WRITE);
	say("@hostile garbage: 3000 messages\n");
	sleep_for_ever();
}

/* What only Dom0 may ask for, and nodes that are not ours. */
static void privileged(void)
{
	static const struct {
		uint32_t type;
		const char *text;
		size_t len;
	} requests[] = {
		{XS_CONTROL, "quota\0", 7},
		{XS_INTRODUCE,
		 "1\0"
		 "1\0"
		 "1\0",
		 6},
		{XS_RELEASE, "1", 2},
		{XS_RESUME, "1", 2},
		{XS_SET_TARGET,
		 "1\0"
		 "0",
		 4},
		{XS_WRITE,
		 "/local/domain/0/x\0"
		 "1",
		 19},
		{XS_WRITE,
		 "/tool/x\0"
		 "1",
		 9},
		{XS_RM, "/local/domain/0", 16},
		{XS_MKDIR, "/local/domain/1/data/x", 23},
		{XS_SET_PERMS,
		 "name\0"
		 "b0",
		 8},
		{XS_WRITE,
		 "name\0"
		 "Domain-0",
		 13},
		{XS_WRITE,
		 "console/ring-ref\0"
		 "1",
		 18},
	};
	char reply[16];

	for (unsigned int i = 0; i < sizeof(requests) / sizeof(*requests);
	     i++) {
		uint32_t type =
			store_call(requests[i].type, 0, requests[i].text,
				   requests[i].len, reply, sizeof(reply));

		if (type != XS_ERROR)
			say("FAIL request %ld is granted\n", (uint64_t)i);
	}
	say("@hostile privileged: refused\n");
	sleep_for_ever();
}

/* Requests whose replies are never taken. */
static void unread(void)
{
	say("@hostile unread: begins\n");
	for (;;)
		store_send_message(XS_READ, 0, "name", 5);
}

static void watches(void)
{
	char token[24];
	uint64_t nr = 0;

	for (uint64_t i = 0;; i++) {
		text_number(token, "t", i);
		if (store_watch("data", token) == XS_WATCH)
			nr++;
		else if (i == nr)
			say("@hostile watches: %ld, then %s\n", nr,
			    store_error());
	}
}

static uint32_t transaction_start(char id[16])
{
	return store_call(XS_TRANSACTION_START, 0, "", 1, id, 16);
}

static void transactions(void)
{
	char id[16];
	uint64_t nr = 0;

	for (uint64_t i = 0;; i++) {
		if (transaction_start(id) == XS_TRANSACTION_START)
			nr++;
		else if (i == nr)
			say("@hostile transactions: %ld, then %s\n", nr,
			    store_error());
	}
}

/* As many nodes as we are given in transaction @tx (0: outside of any). */
static uint64_t fill(uint32_t tx, size_t value_len)
{
	static char value[2049];
	char path[32];
	uint64_t nr = 0;

	memset(value, 'x', value_len);
	value[value_len] = '\0';
	do
		text_number(path, "data/n", nr++);
	while (store_write(tx, path, value) == XS_WRITE);
	return nr - 1;
}

static uint32_t number(const char *s)
{
	uint32_t n = 0;

	while (*s >= '0' && *s <= '9')
		n = n * 10 + (uint32_t)(*s++ - '0');
	return n;
}

static void nodes(void)
{
	uint64_t nr = fill(0, 1);

	say("@hostile nodes: %ld, then %s\n", nr, store_error());
	for (;;)
		(void)fill(0, 1500);
}

static void transaction_nodes(void)
{
	bool said = false;
	char id[16];

	while (transaction_start(id) == XS_TRANSACTION_START) {
		uint64_t nr = fill(number(id), 1500);

		if (!said)
			say("@hostile transaction-nodes: %ld, then %s\n", nr,
			    store_error());
		said = true;
	}
	sleep_for_ever();
}

/* A node with a thousand permission entries, and one given away. */
static void permissions(void)
{
	size_t n = sizeof("data/again");
	char reply[16];

	EXPECT_EQ(store_write(0, "data/again", "1"), XS_WRITE);
	memcpy(body, "data/again", n);
	for (uint64_t i = 0; n + 8 < sizeof(body); i++)
		n += text_number(body + n, "r", i) + 1;
	EXPECT_EQ(store_call(XS_SET_PERMS, 0, body, n, reply, sizeof(reply)),
		  XS_ERROR);
	say("@hostile permissions: refused with %s\n", store_error());
	sleep_for_ever();
}

/* Half a message, and then none of us. */
static void half(void)
{
	struct xsd_sockmsg h = {XS_WRITE, 0, 0, 100};

	say("@hostile half: begins\n");
	store_send(&h, sizeof(h));
	store_send("data/half", 10);
	crash();
}

/* The ports closed under those who are bound to them. */
static void closed_ports(void)
{
	struct evtchn_close c = {.port = start_info->store_evtchn};

	say("@hostile closed-ports: begins\n");
	while (load(&con->out_cons) != con->out_prod)
		(void)HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	(void)HYPERVISOR_event_channel_op(EVTCHNOP_close, &c);
	c.port = start_info->console.domU.evtchn;
	(void)HYPERVISOR_event_channel_op(EVTCHNOP_close, &c);
	put(&store->req_prod, store->req_cons + 5);
	sleep_for_ever();
}

static const struct {
	const char *name;
	void (*run)(void);
} modes[] = {
	{"console-indexes", console_indexes},
	{"console-flood", console_flood},
	{"store-indexes", store_indexes},
	{"oversize", oversize},
	{"event-storm", event_storm},
	{"garbage", garbage},
	{"privileged", privileged},
	{"unread", unread},
	{"watches", watches},
	{"transactions", transactions},
	{"nodes", nodes},
	{"transaction-nodes", transaction_nodes},
	{"permissions", permissions},
	{"half", half},
	{"closed-ports", closed_ports},
};

void guest_main(void)
{
	for (unsigned int i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (cmdline_is(modes[i].name))
			modes[i].run();
	say("FAIL no mode %s\n", start_info->cmd_line);
}
