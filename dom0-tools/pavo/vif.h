/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A network interface of a domain: what one text of vif=[...] says, in the
 * syntax of xl (xl-network-configuration(5)).
 */
#ifndef VIF_H
#define VIF_H

#include <stdbool.h>
#include <stdint.h>

struct req;

#define VIF_MAC_TEXT_BYTES 18

struct vif {
	int64_t devid; /* -1: the next that is free */
	uint8_t mac[6];
	const char *bridge;	/* NULL: the script needs none */
	const char *script;	/* NULL: vif-bridge */
	const char *ip;		/* addresses the guest uses; NULL: any */
	const char *vifname;	/* of the interface in its backend's domain */
	const char *backend;	/* name or number of that domain; NULL: Dom0 */
	const char *gatewaydev; /* for vif-route */
	const char *model;	/* for HVM guests; kept, and not used */
	const char *rate;	/* as it was written, or NULL */
	uint64_t rate_bytes;	/* in each interval; 0: no limit */
	uint32_t rate_usecs;	/* the interval */
	int64_t mtu;		/* 0: the default */
	bool is_untrusted;	/* the backend is */
};

/*
 * -EINVAL or -EOPNOTSUPP: recorded. @v's texts live in the request's arena. A
 * MAC address that is not given is a random one in Xen's range.
 */
int vif_parse(struct req *r, const char *text, struct vif *v);
/* A text that vif_parse makes the same interface of. */
char *vif_text(struct req *r, const struct vif *v);

void vif_mac_format(const uint8_t mac[6], char text[VIF_MAC_TEXT_BYTES]);
bool vif_mac_parse(const char *text, uint8_t mac[6]);
/* The hotplug script. */
const char *vif_script(const struct vif *v);

#endif
