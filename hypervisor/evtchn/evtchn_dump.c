/* SPDX-License-Identifier: GPL-2.0-only */
/* Debug key e: every port in use. */
#include <hv/evtchn.h>
#include <hv/printk.h>

#include "port.h"

static void dump_port(struct domain *d, struct evtchn *chn)
{
	static const char *const state[] = {
		[PORT_UNBOUND] = "unbound", [PORT_INTERDOMAIN] = "interdomain",
		[PORT_PIRQ] = "pirq",	    [PORT_VIRQ] = "virq",
		[PORT_IPI] = "ipi",
	};

	char where[24] = "";

	spin_lock(&chn->lock);
	if (chn->state == PORT_INTERDOMAIN)
		snprintf(where, sizeof(where), "d%u:", chn->remote->domid);
	if (port_in_use(chn))
		printk(LOG_INFO, "  %4u v%u %s %s %s %s%u\n", chn->port,
		       chn->notify_vcpu,
		       port_is_pending(d, chn) ? "pending" : "-",
		       port_is_masked(d, chn) ? "masked" : "-",
		       state[chn->state], where, chn->arg);
	spin_unlock(&chn->lock);
}

void evtchn_dump(struct domain *d)
{
	struct evtchn_domain *ed = d->evtchn;

	if (!ed)
		return;
	printk(LOG_INFO, "d%u: %u event channels, %s ABI\n", d->domid,
	       READ_ONCE(ed->nr_used), ed->fifo ? "FIFO" : "2-level");
	for (uint32_t port = 0; port < READ_ONCE(ed->nr_ports); port++)
		dump_port(d, port_at(ed, port));
}
