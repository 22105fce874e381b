/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rings of a DomU. Events stay masked: their pending bits are looked at,
 * and SCHEDOP_poll is what sleeps.
 */
#include "domu.h"
#include "guest.h"

#include "../../../split-drivers/console/frontend/confront.h"

#include <abi/event_channel.h>
#include <abi/sched.h>

struct xencons_interface *con;
struct xenstore_domain_interface *store;
unsigned int store_nr_dropped;
static char last_error[16];

/* --- text --- */

size_t text_len(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

bool text_equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

size_t text_number(char *out, const char *prefix, uint64_t number)
{
	char digits[24];
	size_t n = 0, nr = 0;

	while (*prefix)
		out[n++] = *prefix++;
	do {
		digits[nr++] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	while (nr)
		out[n++] = digits[--nr];
	out[n] = '\0';
	return n;
}

/* Where @word begins on the command line, or NULL. */
static const char *find_word(const char *word)
{
	const char *at = start_info->cmd_line;

	for (bool is_start = true; *at; is_start = *at++ == ' ') {
		size_t n = 0;

		while (is_start && word[n] && word[n] == at[n])
			n++;
		if (is_start && !word[n])
			return at;
	}
	return NULL;
}

bool cmdline_has(const char *word)
{
	return find_word(word) != NULL;
}

uint64_t cmdline_number(const char *key, uint64_t missing)
{
	const char *at = find_word(key);
	uint64_t n = 0;

	if (!at)
		return missing;
	for (at += text_len(key); *at >= '0' && *at <= '9'; at++)
		n = n * 10 + (uint64_t)(*at - '0');
	return n;
}

bool cmdline_is(const char *key)
{
	const char *line = start_info->cmd_line;

	while (*key && *key == *line)
		key++, line++;
	return !*key && (!*line || *line == ' ');
}

/* --- events --- */

bool take_event(uint32_t port)
{
	uint64_t bit = 1UL << port % 64;
	uint64_t *word = &shared->evtchn_pending[port / 64];

	return __atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST) & bit;
}

void wait_event(void)
{
	uint32_t ports[2] = {start_info->console.domU.evtchn,
			     start_info->store_evtchn};
	struct sched_poll poll = {.ports = (uint64_t)ports, .nr_ports = 2};

	for (;;) {
		bool console = take_event(ports[0]),
		     other = take_event(ports[1]);

		if (console || other)
			return;
		(void)HYPERVISOR_sched_op(SCHEDOP_poll, &poll);
	}
}

static void notify(uint32_t port)
{
	struct evtchn_send send = {.port = port};

	(void)HYPERVISOR_event_channel_op(EVTCHNOP_send, &send);
}

void notify_console(void)
{
	notify(start_info->console.domU.evtchn);
}

void notify_store(void)
{
	notify(start_info->store_evtchn);
}

/* --- console --- */

static uint32_t load(const uint32_t *index)
{
	return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

static void publish(uint32_t *index, uint32_t value)
{
	__atomic_store_n(index, value, __ATOMIC_SEQ_CST);
}

/* Anew each time: a hostile kernel writes to the page itself. */
void console_write(const char *text, size_t len)
{
	struct confront c;

	for (confront_attach(&c, con); len;) {
		size_t n = confront_put(&c, text, len);

		if (confront_publish(&c))
			notify_console();
		text += n;
		len -= n;
		while (len && !confront_room(&c))
			wait_event();
	}
}

/* --- store --- */

void store_send(const void *data, size_t len)
{
	const char *p = data;
	uint32_t prod = store->req_prod;

	for (; len; len--) {
		while (prod - load(&store->req_cons) >= XENSTORE_RING_SIZE) {
			publish(&store->req_prod, prod);
			notify_store();
			wait_event();
		}
		store->req[MASK_XENSTORE_IDX(prod++)] = *p++;
	}
	publish(&store->req_prod, prod);
	notify_store();
}

void store_send_message(uint32_t type, uint32_t tx, const void *body,
			size_t len)
{
	struct xsd_sockmsg h = {type, 0, tx, (uint32_t)len};

	store_send(&h, sizeof(h));
	store_send(body, len);
}

static char next_byte(void)
{
	uint32_t cons = store->rsp_cons;
	char c;

	while (load(&store->rsp_prod) == cons) {
		notify_store(); /* there is room now */
		wait_event();
	}
	c = store->rsp[MASK_XENSTORE_IDX(cons)];
	publish(&store->rsp_cons, cons + 1);
	return c;
}

bool store_has_something(void)
{
	return load(&store->rsp_prod) != store->rsp_cons;
}

struct xsd_sockmsg store_receive(char *body, size_t max)
{
	struct xsd_sockmsg h;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(h); i++)
		((char *)&h)[i] = next_byte();
	for (uint32_t i = 0; i < h.len; i++) {
		char c = next_byte();

		if (n + 1 < max)
			body[n++] = c;
	}
	if (max)
		body[n] = '\0';
	notify_store();
	return h;
}

uint32_t store_call(uint32_t type, uint32_t tx, const void *body, size_t len,
		    char *reply, size_t max)
{
	struct xsd_sockmsg h;

	store_send_message(type, tx, body, len);
	for (;;) {
		h = store_receive(reply, max);
		if (h.type != XS_WATCH_EVENT)
			break;
		store_nr_dropped++;
	}
	last_error[0] = '\0';
	for (size_t i = 0; h.type == XS_ERROR && i < max; i++) {
		if (i == sizeof(last_error))
			break;
		last_error[i] = reply[i];
	}
	return h.type;
}

const char *store_error(void)
{
	return last_error;
}

static uint32_t call_with_two(uint32_t type, uint32_t tx, const char *one,
			      const char *two, size_t two_len)
{
	static char body[XENSTORE_PAYLOAD_MAX];
	char reply[16];
	size_t n = 0;

	do
		body[n++] = *one;
	while (*one++);
	for (size_t i = 0; i < two_len; i++)
		body[n++] = two[i];
	return store_call(type, tx, body, n, reply, sizeof(reply));
}

uint32_t store_write(uint32_t tx, const char *path, const char *value)
{
	return call_with_two(XS_WRITE, tx, path, value, text_len(value));
}

uint32_t store_watch(const char *path, const char *token)
{
	return call_with_two(XS_WATCH, 0, path, token, text_len(token) + 1);
}

bool store_read(const char *path, char *value, size_t max)
{
	return store_call(XS_READ, 0, path, text_len(path) + 1, value, max) ==
		       XS_READ &&
	       value[0] != '\0';
}

/* --- start --- */

/* Where the builder mapped the page that has this frame. */
static void *page_of(xen_pfn_t mfn)
{
	const uint64_t *m2p = (const uint64_t *)MACH2PHYS_VIRT_START;

	return (void *)(VIRT_BASE + m2p[mfn] * PAGE_SIZE);
}

void domu_start(void)
{
	con = page_of(start_info->console.domU.mfn);
	store = page_of(start_info->store_mfn);
}
