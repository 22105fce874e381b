// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a guest has let go of a device that has no nodes any more.
 *
 * No state says so. A frontend of Linux's is Closed long before it sees that
 * its nodes are gone. Then it looks at the backend's state again, and if nodes
 * of a new device are there it takes them for its own: it writes Closing over
 * the new state, and waits for five seconds (drivers/net/xen-netfront.c,
 * xennet_bus_close). A new device whose nodes come even before it looks is
 * never connected (drivers/xen/xenbus/xenbus_probe.c, xenbus_dev_changed).
 * After all of that it closes its ports, which the hypervisor can tell, but
 * makes no event of.
 */
#include <stdlib.h>
#include <time.h>

#include "device_impl.h"

#define RELEASE_MS 10000
#define LOOK_MS 2

uint32_t device_port(struct tool *t, const struct device *d)
{
	static const char *const names[] = {"event-channel", "event-channel-tx",
					    "queue-0/event-channel",
					    "queue-0/event-channel-tx"};
	const char *front = device_frontend(&t->r, d);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *path =
			arena_printf(&t->r.mem, "%s/%s", front, names[i]);
		int rc;
		const char *text = xs_read(&t->xs, 0, path, &rc);

		if (text != NULL)
			return (uint32_t)strtoul(text, NULL, 10);
	}
	return 0;
}

void device_await_release(struct tool *t, const struct device *d, uint32_t port)
{
	const struct timespec pause = {0, LOOK_MS * 1000000L};

	if (port == 0 || tool_hv(t) < 0)
		return;
	for (int ms = 0; ms < RELEASE_MS; ms += LOOK_MS) {
		if (dom_port_is_to(&t->hv, d->domid, port, d->backend_domid) <=
		    0)
			return;
		nanosleep(&pause, NULL);
	}
}
