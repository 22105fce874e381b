// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for sockets, event channels and signals with epoll, and a turn of
 * the server after each wait.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "domain.h"
#include "loop.h"
#include "server.h"
#include "socket.h"
#include "xen.h"

/* What an epoll event is for, if it is not a pointer to a connection. */
enum { TAG_SIGNAL = LOOP_LISTENERS, TAG_XEN, NR_TAGS };

static int add(struct server *sv, int fd, unsigned int tag)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.u64 = tag};

	return epoll_ctl(sv->epoll_fd, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

int loop_init(struct loop *lp, struct server *sv)
{
	sigset_t set;

	lp->sv = sv;
	lp->nr_listeners = 0;
	lp->dom_exc_port = -1;
	lp->stop = 0;
	sv->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (sv->epoll_fd < 0)
		return -errno;
	sv->spare_fd = fcntl(sv->epoll_fd, F_DUPFD_CLOEXEC, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	lp->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (lp->signal_fd < 0)
		return -errno;
	return add(sv, lp->signal_fd, TAG_SIGNAL);
}

int loop_listen(struct loop *lp, int fd, int is_read_only)
{
	size_t i = lp->nr_listeners;

	if (i == LOOP_LISTENERS)
		return -ENOSPC;
	lp->listener[i].fd = fd;
	lp->listener[i].is_read_only = is_read_only;
	lp->nr_listeners++;
	return add(lp->sv, fd, (unsigned int)i);
}

int loop_add_xen(struct loop *lp)
{
	lp->dom_exc_port = xen_bind_dom_exc();
	if (lp->dom_exc_port < 0)
		return lp->dom_exc_port;
	return add(lp->sv, xen_event_fd(), TAG_XEN);
}

static void signalled(struct loop *lp)
{
	struct signalfd_siginfo si;

	while (read(lp->signal_fd, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGHUP) {
			if (lp->sv->trace)
				lp->sv->trace = freopen(lp->sv->trace_file,
							"ae", lp->sv->trace);
		} else {
			lp->stop = 1;
		}
	}
}

static void domains_called(struct loop *lp)
{
	uint32_t port[64];
	size_t nr = xen_read_ports(port, sizeof(port) / sizeof(port[0]));

	for (size_t i = 0; i < nr; i++) {
		if ((int)port[i] == lp->dom_exc_port)
			domain_check_all(lp->sv);
		else
			domain_event(lp->sv, port[i]);
	}
}

void loop_run(struct loop *lp)
{
	struct server *sv = lp->sv;
	struct epoll_event ev[64];

	/* what was restored may have something to do already */
	server_turn(sv);
	while (!lp->stop && !sv->live_update.is_requested) {
		int n = epoll_wait(sv->epoll_fd, ev, 64,
				   list_empty(&sv->ready) ? -1 : 0);

		for (int i = 0; i < n; i++) {
			uint64_t tag = ev[i].data.u64;

			if (tag >= NR_TAGS)
				socket_event(sv, ev[i].data.ptr, ev[i].events);
			else if (tag == TAG_XEN)
				domains_called(lp);
			else if (tag == TAG_SIGNAL)
				signalled(lp);
			else
				socket_accept(sv, lp->listener[tag].fd,
					      lp->listener[tag].is_read_only);
		}
		server_turn(sv);
	}
}
