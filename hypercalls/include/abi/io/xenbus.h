/* SPDX-License-Identifier: MIT */
/*
 * States of a split device, as both ends write them in xenstore.
 */
#ifndef ABI_IO_XENBUS_H
#define ABI_IO_XENBUS_H

enum xenbus_state {
	XenbusStateUnknown = 0,
	XenbusStateInitialising = 1,
	XenbusStateInitWait = 2,    /* backend waits for the frontend */
	XenbusStateInitialised = 3, /* frontend's details are written */
	XenbusStateConnected = 4,
	XenbusStateClosing = 5,
	XenbusStateClosed = 6,
	XenbusStateReconfiguring = 7,
	XenbusStateReconfigured = 8,
};

#endif
