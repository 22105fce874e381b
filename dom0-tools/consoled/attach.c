/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Clients of the attach socket. Nothing here blocks: a full socket waits for
 * EPOLLOUT, and input is only read from a client while the console has room
 * for it.
 */
#include "attach.h"
#include "console.h"
#include "consoled.h"
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define NR_CLIENTS_MAX 256
#define PUMP_MAX (4 * CONSOLE_OUTPUT_MAX) /* bytes per turn of the loop */

struct client {
	struct loop_source src;
	struct consoled *cd;
	TAILQ_ENTRY(client) all;
	TAILQ_ENTRY(client) link; /* in console->clients, if console */
	struct console *console;  /* NULL: not attached (yet) */
	uint64_t pos;
	uint64_t stop; /* DUMP: where to end */
	uint32_t flags;
	bool is_waiting; /* for want_domid or want_name to appear */
	bool is_ended;	 /* END was sent */
	uint16_t want_domid;
	uint64_t want_offset;
	char want_name[SCROLLBACK_NAME];
	int list_next; /* next ENTRY to send, -1: no listing */
};

static void drop(struct client *cl)
{
	struct consoled *cd = cl->cd;

	loop_set(&cd->loop, &cl->src, 0);
	close(cl->src.fd);
	if (cl->console)
		TAILQ_REMOVE(&cl->console->clients, cl, link);
	TAILQ_REMOVE(&cd->clients, cl, all);
	cd->nr_clients--;
	free(cl);
	/* Accepting may have stopped for want of descriptors. */
	if (cd->listener.fd >= 0)
		loop_set(&cd->loop, &cd->listener, EPOLLIN);
}

/* 0, -EAGAIN (try again on EPOLLOUT) or another -errno: drop the client. */
static int send_msg(struct client *cl, struct console_msg *m, const void *body,
		    size_t len)
{
	struct iovec iov[2] = {
		{.iov_base = m, .iov_len = sizeof(*m)},
		{.iov_base = (void *)(uintptr_t)body, .iov_len = len},
	};
	struct msghdr mh = {.msg_iov = iov, .msg_iovlen = 2};

	m->version = CONSOLE_PROTO_VERSION;
	if (sendmsg(cl->src.fd, &mh, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return errno == ENOBUFS ? -EAGAIN : -errno;
	return 0;
}

static int send_error(struct client *cl, int err, const char *text)
{
	struct console_msg m = {.type = CONSOLE_ERROR, .flags = (uint32_t)err};

	return send_msg(cl, &m, text, strlen(text));
}

static void fill_info(struct console_info *info, const struct console *c)
{
	struct client *cl;

	memset(info, 0, sizeof(*info));
	info->domid = c->domid;
	info->state = (uint8_t)c->state;
	memcpy(info->handle, c->handle, sizeof(info->handle));
	memcpy(info->name, c->name, sizeof(info->name));
	TAILQ_FOREACH(cl, &c->clients, link)
	info->nr_clients++;
	if (!c->sb.hdr)
		return;
	info->first = scrollback_first(&c->sb);
	info->total = scrollback_total(&c->sb);
	info->logged = c->sb.hdr->logged;
	info->lost = c->sb.hdr->lost;
	info->born_ms = c->sb.hdr->born_ms;
	info->died_ms = c->sb.hdr->died_ms;
}

static int send_list(struct client *cl)
{
	struct console_msg m = {.type = CONSOLE_ENTRY};
	struct console_info info;
	struct console *c;
	int nr = 0, rc;

	TAILQ_FOREACH(c, &cl->cd->consoles, all)
	{
		if (nr++ < cl->list_next)
			continue;
		fill_info(&info, c);
		m.domid = c->domid;
		rc = send_msg(cl, &m, &info, sizeof(info));
		if (rc)
			return rc;
		cl->list_next = nr;
	}
	m.type = CONSOLE_LIST_END;
	m.domid = 0;
	rc = send_msg(cl, &m, NULL, 0);
	if (!rc)
		cl->list_next = -1;
	return rc;
}

static int send_end(struct client *cl)
{
	struct console_msg m = {.type = CONSOLE_END,
				.domid = cl->console->domid,
				.offset = cl->pos};
	int rc = send_msg(cl, &m, NULL, 0);

	if (!rc)
		cl->is_ended = true;
	return rc;
}

static bool at_end(const struct client *cl)
{
	if (cl->flags & CONSOLE_DUMP && cl->pos >= cl->stop)
		return true;
	return cl->console->state == CONSOLE_DEAD &&
	       (!cl->console->sb.hdr ||
		cl->pos >= scrollback_total(&cl->console->sb));
}

static int send_output(struct client *cl)
{
	struct console *c = cl->console;
	struct console_msg m = {.type = CONSOLE_OUTPUT, .domid = c->domid};
	size_t budget = PUMP_MAX, n;
	const char *from;
	int rc;

	while (c->sb.hdr && budget > 0 && !at_end(cl)) {
		n = scrollback_span(&c->sb, &cl->pos, CONSOLE_OUTPUT_MAX,
				    &from);
		if (!n)
			return 0;
		m.offset = cl->pos;
		rc = send_msg(cl, &m, from, n);
		if (rc)
			return rc;
		cl->pos += n;
		budget -= n < budget ? n : budget;
	}
	if (at_end(cl))
		return send_end(cl);
	return budget ? 0 : -EAGAIN;
}

/* Send what there is and set what to wait for; drops a broken client. */
static void pump(struct client *cl)
{
	uint32_t interest = EPOLLIN;
	int rc = 0;

	if (cl->list_next >= 0)
		rc = send_list(cl);
	if (!rc && cl->console && !cl->is_ended)
		rc = send_output(cl);
	if (rc && rc != -EAGAIN) {
		drop(cl);
		return;
	}
	if (rc == -EAGAIN)
		interest |= EPOLLOUT;
	if (cl->console && console_input_space(cl->console) < CONSOLE_INPUT_MAX)
		interest &= ~(uint32_t)EPOLLIN;
	/* Never 0: hang-ups are reported while we are in the set. */
	loop_set(&cl->cd->loop, &cl->src, interest ? interest : EPOLLHUP);
}

void attach_pump(struct console *c)
{
	struct client *cl = TAILQ_FIRST(&c->clients), *next;

	for (; cl; cl = next) {
		next = TAILQ_NEXT(cl, link);
		pump(cl);
	}
}

static void set_start(struct client *cl, const struct console *c)
{
	uint64_t total = c->sb.hdr ? scrollback_total(&c->sb) : 0;

	cl->pos = 0;
	if (cl->flags & CONSOLE_FROM_OFFSET)
		cl->pos = cl->want_offset < total ? cl->want_offset : total;
	else if (cl->flags & CONSOLE_TAIL && cl->want_offset < total)
		cl->pos = total - cl->want_offset;
	cl->stop = total;
}

/* Returns -errno when the client is to be dropped. */
static int join(struct client *cl, struct console *c)
{
	struct console_msg m = {.type = CONSOLE_ATTACHED, .domid = c->domid};
	struct console_info info;
	int rc;

	cl->is_waiting = false;
	set_start(cl, c);
	cl->console = c;
	TAILQ_INSERT_TAIL(&c->clients, cl, link);
	fill_info(&info, c);
	m.offset = cl->pos;
	rc = send_msg(cl, &m, &info, sizeof(info));
	return rc == -EAGAIN ? -EPIPE : rc;
}

static bool is_wanted(const struct client *cl, const struct console *c)
{
	if (cl->want_domid == CONSOLE_DOMID_BY_NAME)
		return !strcmp(cl->want_name, c->name);
	return cl->want_domid == c->domid;
}

/* A living console before a dead one, a later before an earlier. */
static struct console *find(const struct client *cl)
{
	struct console *c, *best = NULL;

	TAILQ_FOREACH(c, &cl->cd->consoles, all)
	{
		if (!is_wanted(cl, c))
			continue;
		if (!best || c->state != CONSOLE_DEAD ||
		    best->state == CONSOLE_DEAD)
			best = c;
	}
	return best;
}

void attach_console_appeared(struct console *c)
{
	struct client *cl = TAILQ_FIRST(&c->cd->clients), *next;

	for (; cl; cl = next) {
		next = TAILQ_NEXT(cl, all);
		if (!cl->is_waiting || !is_wanted(cl, c))
			continue;
		if (join(cl, c))
			drop(cl);
		else
			pump(cl);
	}
}

void attach_drop_all(struct console *c)
{
	struct client *cl;

	while ((cl = TAILQ_FIRST(&c->clients)) != NULL) {
		if (!cl->is_ended)
			send_end(cl);
		drop(cl);
	}
}

static int handle_attach(struct client *cl, const struct console_msg *m,
			 const char *body, size_t len)
{
	struct console *c;

	if (cl->console || cl->is_waiting)
		return send_error(cl, EBUSY, "already attached");
	if (len >= sizeof(cl->want_name) || memchr(body, '\0', len))
		return send_error(cl, EINVAL, "bad domain name");
	memcpy(cl->want_name, body, len);
	cl->want_name[len] = '\0';
	cl->want_domid = m->domid;
	cl->want_offset = m->offset;
	cl->flags = m->flags;
	c = find(cl);
	/* Who waits does so for a domain to come, not for one that was. */
	if (c && !(m->flags & CONSOLE_WAIT && c->state == CONSOLE_DEAD))
		return join(cl, c);
	if (!(m->flags & CONSOLE_WAIT))
		return send_error(cl, ENOENT, "no console of that domain");
	cl->is_waiting = true;
	return 0;
}

static int handle_input(struct client *cl, const char *body, size_t len)
{
	if (!cl->console)
		return send_error(cl, ENOTCONN, "not attached");
	if (cl->flags & CONSOLE_READ_ONLY)
		return send_error(cl, EPERM, "attached read-only");
	if (len > CONSOLE_INPUT_MAX)
		return send_error(cl, EMSGSIZE, "input message too long");
	console_input(cl->console, body, len);
	return 0;
}

static int handle(struct client *cl, const struct console_msg *m,
		  const char *body, size_t len)
{
	if (m->version != CONSOLE_PROTO_VERSION)
		return send_error(cl, EPROTONOSUPPORT,
				  "protocol version not supported");
	switch (m->type) {
	case CONSOLE_ATTACH:
		return handle_attach(cl, m, body, len);
	case CONSOLE_INPUT:
		return handle_input(cl, body, len);
	case CONSOLE_LIST:
		cl->list_next = 0;
		return 0;
	}
	return send_error(cl, EPROTO, "unknown message type");
}

/* One message; the socket is level-triggered, so the rest comes round. */
static int receive(struct client *cl)
{
	struct {
		struct console_msg m;
		char body[CONSOLE_INPUT_MAX + 1];
	} in;
	ssize_t n;

	/* Another client may have filled the buffer a moment ago. */
	if (cl->console && console_input_space(cl->console) < CONSOLE_INPUT_MAX)
		return 0;
	n = recv(cl->src.fd, &in, sizeof(in), MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n < (ssize_t)sizeof(in.m))
		return -EPIPE;
	return handle(cl, &in.m, in.body, (size_t)n - sizeof(in.m));
}

static void client_ready(struct loop_source *s, uint32_t events)
{
	struct client *cl = (struct client *)(void *)s; /* src is first */
	int rc = 0;

	if (events & EPOLLIN)
		rc = receive(cl);
	else if (events & (EPOLLHUP | EPOLLERR))
		rc = -EPIPE;
	if (rc && rc != -EAGAIN)
		drop(cl);
	else
		pump(cl);
}

int attach_serve(struct consoled *cd, int fd)
{
	struct client *cl;

	if (cd->nr_clients >= NR_CLIENTS_MAX)
		return -EUSERS;
	cl = calloc(1, sizeof(*cl));
	if (!cl)
		return -ENOMEM;
	cl->src = (struct loop_source){.fd = fd, .ready = client_ready};
	cl->cd = cd;
	cl->list_next = -1;
	TAILQ_INSERT_TAIL(&cd->clients, cl, all);
	cd->nr_clients++;
	loop_set(&cd->loop, &cl->src, EPOLLIN);
	return 0;
}

static void listener_ready(struct loop_source *s, uint32_t events)
{
	struct consoled *cd = consoled_of_listener(s);
	int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	int rc;

	(void)events;
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE)
			loop_set(&cd->loop, s, 0);
		return;
	}
	rc = attach_serve(cd, fd);
	if (rc) {
		report("console client refused: %s", strerror(-rc));
		close(fd);
	}
}

int attach_listen(struct consoled *cd, const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	mode_t old;
	int fd, rc;

	if (strlen(path) >= sizeof(sa.sun_path))
		return -ENAMETOOLONG;
	strcpy(sa.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	unlink(path);
	old = umask(0177);
	rc = bind(fd, (struct sockaddr *)&sa, sizeof(sa));
	umask(old);
	if (rc || listen(fd, 64)) {
		rc = -errno;
		close(fd);
		return rc;
	}
	cd->listener = (struct loop_source){.fd = fd, .ready = listener_ready};
	return loop_set(&cd->loop, &cd->listener, EPOLLIN);
}

void attach_close(struct consoled *cd)
{
	struct client *cl;

	if (cd->listener.fd >= 0) {
		loop_set(&cd->loop, &cd->listener, 0);
		close(cd->listener.fd);
	}
	cd->listener.fd = -1;
	while ((cl = TAILQ_FIRST(&cd->clients)) != NULL)
		drop(cl);
}
