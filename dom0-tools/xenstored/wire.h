/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The wire protocol, and what later versions of Xen have added to it since
 * 4.17: requests and features that a client uses only if they are offered.
 */
#ifndef XENSTORED_WIRE_H
#define XENSTORED_WIRE_H

#include <stdint.h>

#include <abi/io/xs_wire.h>

/* The domid may be left out; a quota's name too, for the list of names. */
#define XS_GET_QUOTA 25
#define XS_SET_QUOTA 26

#define XS_FEATURE_QUOTA 8u
#define XS_FEATURE_WATCH_DEPTH 16u

#define XS_MESSAGE_MAX (sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX)

#endif
