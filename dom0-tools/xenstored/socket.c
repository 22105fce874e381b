// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unix sockets.  Whoever may open the socket speaks for Dom0.
 *
 * One system call takes in whatever a client has sent and one sends whatever
 * it is owed; together with the wait for the next event that is all a request
 * costs here.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "persist.h"
#include "server.h"
#include "socket.h"
#include "txn.h"
#include "watch.h"

int socket_listen(const char *path, unsigned int mode)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd, rc;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	unlink(path);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    chmod(path, mode) || listen(fd, 128)) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

/*
 * Events come when something changes, and are not repeated: may_read remembers
 * them until a read finds less than it asked for.
 */
static void ask(struct server *sv, struct conn *c, uint32_t events)
{
	struct epoll_event ev = {.events = events | EPOLLET, .data.ptr = c};
	int op = c->epoll_events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	if (events == c->epoll_events || sv->epoll_fd < 0)
		return;
	if (epoll_ctl(sv->epoll_fd, op, c->fd, &ev))
		c->is_dead = true;
	c->epoll_events = events;
}

struct conn *socket_add(struct server *sv, int fd, bool is_read_only)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c || conn_init(c, CONN_SOCKET, 0, &sv->dirty)) {
		free(c);
		close(fd);
		return NULL;
	}
	c->fd = fd;
	c->id = CONN_ID_SOCKET + sv->last_socket_id++;
	c->is_read_only = is_read_only;
	c->account = account_find(&sv->store.accounts, 0);
	list_add_tail(&sv->conns, &c->link);
	ask(sv, c, EPOLLIN);
	return c;
}

void socket_accept(struct server *sv, int listen_fd, bool is_read_only)
{
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0) {
		socket_add(sv, fd, is_read_only);
		return;
	}
	if (errno != EMFILE && errno != ENFILE)
		return;
	/* turn the client away, or it would wake us for ever */
	server_log("too many connections: one refused");
	close(sv->spare_fd);
	fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	sv->spare_fd = fcntl(sv->epoll_fd, F_DUPFD_CLOEXEC, 0);
}

void socket_close(struct server *sv, struct conn *c)
{
	close(c->fd);
	conn_fini(&sv->store, c);
	free(c);
}

void socket_event(struct server *sv, struct conn *c, uint32_t events)
{
	if (events & EPOLLOUT)
		server_mark_dirty(sv, c);
	if (events & ~(uint32_t)EPOLLOUT) {
		c->may_read = true;
		server_mark_ready(sv, c);
	}
}

void socket_fill(struct server *sv, struct conn *c)
{
	size_t room;
	ssize_t n;

	if (!c->may_read)
		return;
	if (c->in_start) {
		memmove(c->in, c->in + c->in_start, c->in_end - c->in_start);
		c->in_end -= c->in_start;
		c->in_start = 0;
	}
	room = CONN_IN_SIZE - c->in_end;
	n = recv(c->fd, c->in + c->in_end, room, MSG_DONTWAIT);
	c->may_read = n == (ssize_t)room || (n < 0 && errno == EINTR);
	if (n > 0) {
		c->in_end += (size_t)n;
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		c->is_dead = true;
		server_mark_dirty(sv, c);
	}
}

void socket_flush(struct server *sv, struct conn *c)
{
	while (conn_pending(c)) {
		ssize_t n = send(c->fd, c->out.buf + c->out.start,
				 conn_pending(c), MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0) {
			c->is_dead |= errno != EAGAIN && errno != EINTR;
			break;
		}
		conn_sent(c, (size_t)n);
	}
	ask(sv, c, conn_pending(c) ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void socket_record(struct server *sv, struct conn *c)
{
	struct conn_record r = {.kind = CONN_SOCKET,
				.target = DOMID_NONE,
				.is_read_only = c->is_read_only,
				.fd = c->fd};
	struct progress_record p = {0, c->out.pos};
	struct list *l, *n, *k;

	c->is_recorded = true;
	persist_conn(&sv->store, c, &r);
	persist_progress(&sv->store, c, &p);
	if (conn_pending(c))
		persist_out(&sv->store, c,
			    c->out.pos - (uint32_t)conn_pending(c),
			    c->out.buf + c->out.start, conn_pending(c));
	list_for_each (l, n, &c->watches)
		persist_watch(&sv->store, list_entry(l, struct watch, of_conn));
	for (l = c->txns.next; l != &c->txns; l = l->next) {
		struct txn *t = list_entry(l, struct txn, link);

		persist_txn(&sv->store, t);
		list_for_each (k, n, &t->touched)
			persist_touched(&sv->store, t,
					list_entry(k, struct touched, link));
	}
}

void socket_forget(struct server *sv, struct conn *c)
{
	struct list *l, *n;

	persist_conn_gone(&sv->store, c);
	list_for_each (l, n, &c->watches)
		persist_watch_gone(&sv->store,
				   list_entry(l, struct watch, of_conn));
	list_for_each (l, n, &c->txns)
		persist_txn_gone(&sv->store, list_entry(l, struct txn, link));
	if (conn_pending(c))
		persist_out_gone(&sv->store, c,
				 c->out.pos - (uint32_t)conn_pending(c));
	c->is_recorded = false;
}
