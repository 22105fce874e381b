/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of one console and its turns.
 *
 * Order inside a turn: scrollback, then the guest's index, then log and
 * readers. A daemon killed in between has at worst bytes in the scrollback
 * that the guest was not told about (scrollback_cons settles that) or that
 * the log lacks (hdr.logged settles that).
 */
#include "console.h"
#include "attach.h"
#include "consoled.h"
#include "report.h"
#include "xen_seam.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <abi/virq.h>

#define NR_NOTES_MAX 8 /* notes about a broken ring, per console */

static void spread(struct console *c)
{
	console_flush_log(c);
	pty_pump(&c->pty);
	attach_pump(c);
}

static void console_set_domid(struct console *c, uint16_t domid)
{
	struct console **first = &c->cd->by_domid[domid % CONSOLED_DOMIDS];

	c->domid = domid;
	c->same_domid = *first;
	*first = c;
}

static void console_unset_domid(struct console *c)
{
	struct console **link = &c->cd->by_domid[c->domid % CONSOLED_DOMIDS];

	while (*link != c)
		link = &(*link)->same_domid;
	*link = c->same_domid;
}

void console_set_timer(struct console *c, uint64_t *timer, uint64_t when_ns)
{
	*timer = when_ns;
	if (when_ns && when_ns < c->cd->timers_ns)
		c->cd->timers_ns = when_ns;
}

struct console *console_new(struct consoled *cd, uint16_t domid,
			    const uint8_t handle[16])
{
	struct console *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->cd = cd;
	console_set_domid(c, domid);
	memcpy(c->handle, handle, sizeof(c->handle));
	c->state = CONSOLE_WAITING;
	c->limit = cd->opt.scrollback_bytes;
	c->sb.fd = -1;
	c->log.fd = -1;
	c->port = -1;
	c->pty.src.fd = -1;
	c->rate.bytes_per_s = cd->opt.rate_bytes_per_s;
	c->rate.burst_ns = 1000000000;
	TAILQ_INIT(&c->clients);
	snprintf(c->name, sizeof(c->name), "dom%u", domid);
	TAILQ_INSERT_TAIL(&cd->consoles, c, all);
	return c;
}

static void init_log(struct console *c)
{
	if (c->domid == CONSOLE_DOMID_HYPERVISOR)
		console_log_init(&c->log, &c->cd->hv_log_policy, "",
				 "hypervisor");
	else
		console_log_init(&c->log, &c->cd->guest_log_policy, "guest-",
				 c->name);
}

struct console *console_revive(struct consoled *cd, const char *file)
{
	static const uint8_t no_handle[16];
	struct console *c = console_new(cd, 0, no_handle);
	const char *last;
	uint64_t pos;
	int rc;

	if (!c)
		return NULL;
	rc = scrollback_open(&c->sb, cd->state_dirfd, file);
	if (rc) {
		report("state file %s is not usable (%s), ignored", file,
		       strerror(-rc));
		c->sb.hdr = NULL;
		console_free(c, false);
		return NULL;
	}
	console_unset_domid(c);
	console_set_domid(c, c->sb.hdr->domid);
	memcpy(c->handle, c->sb.hdr->handle, sizeof(c->handle));
	memcpy(c->name, c->sb.hdr->name, sizeof(c->name));
	c->state = CONSOLE_DEAD;
	init_log(c);
	if (!c->sb.hdr->died_ms) /* unless the scan finds it alive */
		c->sb.hdr->died_ms = loop_wall_ms();
	console_log_recover(&c->log, &c->sb.hdr->intent, &c->sb.hdr->logged);
	pos = c->sb.hdr->logged;
	if (pos && pos-- > scrollback_first(&c->sb) &&
	    scrollback_span(&c->sb, &pos, 1, &last))
		c->log.at_line_start = *last == '\n';
	console_flush_log(c);
	console_log_reopen(&c->log);
	return c;
}

void console_set_name(struct console *c, const char *name)
{
	if (!strncmp(c->name, name, sizeof(c->name) - 1) && c->log.policy)
		return;
	snprintf(c->name, sizeof(c->name), "%s", name);
	console_log_reopen(&c->log);
	init_log(c);
	if (c->sb.hdr)
		memcpy(c->sb.hdr->name, c->name, sizeof(c->name));
	attach_console_appeared(c);
}

static int ensure_scrollback(struct console *c)
{
	char file[64];
	uint32_t cap;
	int rc;

	if (c->sb.hdr)
		return 0;
	cap = c->limit < c->cd->opt.scrollback_bytes
		      ? c->limit
		      : c->cd->opt.scrollback_bytes;
	snprintf(file, sizeof(file), "dom%u-%02x%02x%02x%02x%02x%02x%02x%02x",
		 c->domid, c->handle[0], c->handle[1], c->handle[2],
		 c->handle[3], c->handle[4], c->handle[5], c->handle[6],
		 c->handle[7]);
	rc = scrollback_create(&c->sb, c->cd->state_dirfd, file, cap);
	if (rc < 0)
		return rc;
	if (rc)
		report("%s: no room for state file %s; its scrollback will not "
		       "survive a restart",
		       c->name, file);
	c->sb.hdr->domid = c->domid;
	memcpy(c->sb.hdr->handle, c->handle, sizeof(c->handle));
	memcpy(c->sb.hdr->name, c->name, sizeof(c->name));
	c->sb.hdr->born_ms = loop_wall_ms();
	if (!c->log.policy)
		init_log(c);
	return 0;
}

static void disconnect(struct console *c)
{
	if (c->port >= 0) {
		c->cd->by_port[c->port] = NULL;
		xen_evtchn_unbind((uint32_t)c->port);
	}
	c->port = -1;
	c->is_masked = false;
	if (c->ring.page)
		xen_ring_unmap(c->ring.page);
	c->ring.page = NULL;
}

static int adopt_port(struct console *c, int port)
{
	if (port < 0)
		return port;
	if (port >= CONSOLED_PORTS) {
		xen_evtchn_unbind((uint32_t)port);
		return -ERANGE;
	}
	c->port = port;
	c->cd->by_port[port] = c;
	return 0;
}

static int bind_ring(struct console *c, uint32_t remote_port)
{
	struct xencons_interface *page;
	int rc;

	rc = xen_ring_map(c->domid, &page);
	if (rc)
		return rc;
	rc = adopt_port(c, xen_evtchn_bind(c->domid, remote_port));
	if (rc) {
		xen_ring_unmap(page);
		return rc;
	}
	console_ring_attach(&c->ring, page, c->sb.hdr->has_base,
			    scrollback_cons(&c->sb));
	scrollback_set_cons(&c->sb, c->ring.out_cons);
	return 0;
}

int console_connect(struct console *c, uint32_t remote_port)
{
	int rc;

	if (c->state == CONSOLE_LIVE && c->remote_port == remote_port)
		return 0;
	rc = ensure_scrollback(c);
	if (rc)
		return rc;
	disconnect(c);
	c->state = CONSOLE_WAITING;
	c->remote_port = remote_port;
	rc = bind_ring(c, remote_port);
	if (rc)
		return rc;
	if (c->pty.src.fd < 0) {
		rc = pty_open(&c->pty, c);
		if (rc)
			report("%s: no pty (%s); only pavo console can attach",
			       c->name, strerror(-rc));
	}
	c->state = CONSOLE_LIVE;
	c->sb.hdr->died_ms = 0;
	/* Whatever happened on the ring while nobody listened. */
	xen_evtchn_notify((uint32_t)c->port);
	consoled_queue(c);
	attach_console_appeared(c);
	return 0;
}

int console_connect_log(struct console *c)
{
	int rc;

	rc = ensure_scrollback(c);
	if (!rc)
		rc = adopt_port(c, xen_evtchn_bind_virq(VIRQ_CON_RING));
	if (rc)
		return rc;
	if (!c->sb.hdr->has_base)
		scrollback_set_cons(&c->sb, 0);
	c->rate.bytes_per_s = 0;
	c->state = CONSOLE_LIVE;
	c->sb.hdr->died_ms = 0;
	consoled_queue(c);
	return 0;
}

void console_event(struct console *c)
{
	c->is_masked = true;
	consoled_queue(c);
}

static void note(struct console *c, const char *text)
{
	char line[160];
	int n;

	n = snprintf(line, sizeof(line), "\r\n[consoled: %s]\r\n", text);
	scrollback_note(&c->sb, line, (size_t)n);
}

static void ring_is_broken(struct console *c)
{
	console_ring_resync(&c->ring);
	scrollback_set_cons(&c->sb, c->ring.out_cons);
	if (++c->sb.hdr->bad_rings > NR_NOTES_MAX)
		return;
	report("%s (domain %u): impossible output index in its console ring",
	       c->name, c->domid);
	note(c, "the domain broke its console ring; output is missing here");
}

/* Take one ring's worth. Returns the bytes taken. */
static size_t take_ring(struct console *c)
{
	char buf[CONSOLE_RING_OUT];
	int n = console_ring_peek(&c->ring, buf, sizeof(buf));

	if (n < 0) {
		ring_is_broken(c);
		return 0;
	}
	if (n == 0)
		return 0;
	scrollback_append(&c->sb, buf, (size_t)n);
	console_ring_consume(&c->ring, (size_t)n);
	xen_evtchn_notify((uint32_t)c->port);
	return (size_t)n;
}

static size_t take_log(struct console *c)
{
	char buf[XEN_LOG_CHUNK], text[64];
	uint32_t expected = scrollback_cons(&c->sb), index = expected;
	int n = xen_log_read(buf, &index);
	uint32_t gone;

	if (n <= 0)
		return 0;
	gone = index - (uint32_t)n - expected;
	if (gone) {
		snprintf(text, sizeof(text), "%u bytes of log were lost", gone);
		note(c, text);
		c->sb.hdr->lost += gone;
		scrollback_set_cons(&c->sb, index - (uint32_t)n);
	}
	scrollback_append(&c->sb, buf, (size_t)n);
	return (size_t)n;
}

static void push_input(struct console *c)
{
	size_t n;

	if (!c->input_len || !c->ring.page)
		return;
	n = console_ring_put(&c->ring, c->input, c->input_len);
	if (!n)
		return;
	memmove(c->input, c->input + n, c->input_len - n);
	c->input_len -= n;
	xen_evtchn_notify((uint32_t)c->port);
}

bool console_turn(struct console *c, uint64_t now_ns)
{
	size_t n;
	bool has_more;

	if (c->state != CONSOLE_LIVE)
		return false;
	push_input(c);
	console_set_timer(c, &c->wake_ns, rate_wait_until(&c->rate, now_ns));
	if (c->wake_ns) {
		/* Its event channel stays masked until the clock is there. */
		spread(c);
		return false;
	}
	if (c->ring.page) {
		n = take_ring(c);
		has_more = console_ring_has_output(&c->ring);
	} else {
		n = take_log(c);
		has_more = n > 0;
	}
	rate_charge(&c->rate, now_ns,
		    n < CONSOLE_MIN_CHARGE ? CONSOLE_MIN_CHARGE : n);
	if (!has_more && c->is_masked) {
		c->is_masked = false;
		xen_evtchn_unmask((uint32_t)c->port);
	}
	spread(c);
	return has_more;
}

size_t console_input_space(const struct console *c)
{
	return sizeof(c->input) - c->input_len;
}

void console_input(struct console *c, const void *buf, size_t n)
{
	if (!c->ring.page)
		return;
	memcpy(c->input + c->input_len, buf, n);
	c->input_len += n;
	consoled_queue(c);
}

void console_flush_log(struct console *c)
{
	struct scrollback_hdr *h = c->sb.hdr;
	uint64_t pos = h->logged;
	char text[96];
	const char *p;
	size_t n;
	int rc, was = c->log.last_errno;

	if (pos < scrollback_first(&c->sb)) {
		n = (size_t)(scrollback_first(&c->sb) - pos);
		snprintf(text, sizeof(text),
			 "\n[consoled: %zu bytes were not logged: %s]\n", n,
			 strerror(was));
		rc = console_log_write(&c->log, text, strlen(text), &h->intent,
				       &pos, scrollback_first(&c->sb));
		if (rc)
			return;
		h->lost += n;
		h->logged = scrollback_first(&c->sb);
	}
	while ((n = scrollback_span(&c->sb, &h->logged, CONSOLE_OUTPUT_MAX,
				    &p)) > 0) {
		rc = console_log_write(&c->log, p, n, &h->intent, &h->logged,
				       h->logged + n);
		if (!rc)
			continue;
		if (was != -rc)
			report("%s: cannot write log %s: %s", c->name,
			       c->log.file, strerror(-rc));
		return;
	}
}

void console_die(struct console *c)
{
	if (c->state == CONSOLE_DEAD)
		return;
	consoled_unqueue(c);
	/* Twice, since a page somebody still writes to is never empty. */
	for (int i = 0; c->ring.page && i < 2; i++)
		take_ring(c);
	disconnect(c);
	c->state = CONSOLE_DEAD;
	c->cd->timers_ns = 0; /* it may be one too many */
	c->wake_ns = c->retry_ns = 0;
	c->input_len = 0;
	if (c->sb.hdr) {
		c->sb.hdr->died_ms = loop_wall_ms();
		spread(c);
	}
	console_log_reopen(&c->log);
	pty_close(&c->pty);
}

void console_free(struct console *c, bool forget)
{
	consoled_unqueue(c);
	disconnect(c);
	attach_drop_all(c);
	pty_close(&c->pty);
	console_log_reopen(&c->log);
	if (forget && c->sb.hdr && c->sb.fd >= 0)
		consoled_forget_state(c->cd, c->sb.file);
	scrollback_close(&c->sb);
	TAILQ_REMOVE(&c->cd->consoles, c, all);
	console_unset_domid(c);
	free(c);
}
