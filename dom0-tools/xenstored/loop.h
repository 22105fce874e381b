/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The event loop: where input comes from.
 */
#ifndef XENSTORED_LOOP_H
#define XENSTORED_LOOP_H

#include <stddef.h>

struct server;

#define LOOP_LISTENERS 4

struct loop {
	struct server *sv;
	struct {
		int fd;
		int is_read_only;
	} listener[LOOP_LISTENERS];
	size_t nr_listeners;
	int signal_fd;
	int dom_exc_port; /* -1: none */
	int stop;
};

/* Create the epoll instance, sv->epoll_fd, and take SIGTERM, SIGINT, SIGHUP. */
int loop_init(struct loop *lp, struct server *sv);
int loop_listen(struct loop *lp, int fd, int is_read_only);
/* Wait for events of domains, and of the hypervisor about them. */
int loop_add_xen(struct loop *lp);

/* Serve until told to stop, or until a live update is asked for. */
void loop_run(struct loop *lp);

#endif
