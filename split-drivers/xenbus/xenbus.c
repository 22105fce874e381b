// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys and states of a split device in the xenstore. See xenbus.h.
 */
#include "xenbus.h"

#include <abi/errno.h>
#include <abi/types.h>

#define TRIES_MAX 100 /* of a transaction that always conflicts */

/* --- text, without a C library --- */

static int append(char *out, size_t size, size_t *at, const char *text)
{
	while (*text && *at + 1 < size)
		out[(*at)++] = *text++;
	out[*at] = '\0';
	return *text ? -E2BIG : 0;
}

static int append_number(char *out, size_t size, size_t *at, uint64_t number)
{
	char digits[21], *p = digits + sizeof(digits) - 1;

	*p = '\0';
	do
		*--p = (char)('0' + number % 10);
	while (number /= 10);
	return append(out, size, at, p);
}

int xenbus_join(char *out, size_t size, const char *folder, const char *key)
{
	size_t at = 0;
	int rc = append(out, size, &at, folder);

	if (!rc)
		rc = append(out, size, &at, "/");
	return rc ? rc : append(out, size, &at, key);
}

int xenbus_name(char *out, size_t size, const char *prefix, uint64_t number)
{
	size_t at = 0;
	int rc = append(out, size, &at, prefix);

	return rc ? rc : append_number(out, size, &at, number);
}

int xenbus_number(const char *text, uint64_t max, uint64_t *number)
{
	uint64_t n = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		uint64_t digit = (uint64_t)(*text - '0');

		if (digit > 9 || n > (UINT64_MAX - digit) / 10)
			return -EINVAL;
		n = n * 10 + digit;
	}
	if (n > max)
		return -EINVAL;
	*number = n;
	return 0;
}

/* --- keys --- */

int xenbus_init(struct xenbus *x, const struct xenbus_store *store, void *ctx,
		const char *own, const char *peer)
{
	struct xenbus is = {.store = store, .ctx = ctx}; /* @own may be in @x */
	size_t at = 0;
	int rc = append(is.own, sizeof(is.own), &at, own);

	at = 0;
	if (!rc)
		rc = append(is.peer, sizeof(is.peer), &at, peer);
	*x = is;
	return rc;
}

int xenbus_init_front(struct xenbus *x, const struct xenbus_store *store,
		      void *ctx, const char *own, uint16_t *backend_id)
{
	char backend[XENBUS_PATH_MAX];
	uint64_t id;
	int rc = xenbus_init(x, store, ctx, own, "");

	if (!rc)
		rc = xenbus_read(x, 0, XENBUS_OWN, "backend", backend,
				 sizeof(backend));
	if (!rc)
		rc = xenbus_read_number(x, 0, XENBUS_OWN, "backend-id",
					DOMID_FIRST_RESERVED - 1, 0, &id);
	if (rc)
		return rc;
	*backend_id = (uint16_t)id;
	rc = xenbus_init(x, store, ctx, own, backend);
	if (!rc)
		(void)xenbus_own_state(x);
	return rc;
}

int xenbus_read(struct xenbus *x, uint32_t tx, enum xenbus_end end,
		const char *key, char *value, size_t size)
{
	char path[XENBUS_PATH_MAX];
	int rc = xenbus_join(path, sizeof(path),
			     end == XENBUS_OWN ? x->own : x->peer, key);

	return rc ? rc : x->store->read(x->ctx, tx, path, value, size);
}

int xenbus_read_number(struct xenbus *x, uint32_t tx, enum xenbus_end end,
		       const char *key, uint64_t max, uint64_t missing,
		       uint64_t *number)
{
	char value[24];
	int rc = xenbus_read(x, tx, end, key, value, sizeof(value));

	*number = missing;
	if (rc == -ENOENT)
		return 0;
	if (rc == -E2BIG)
		return -EINVAL;
	return rc ? rc : xenbus_number(value, max, number);
}

int xenbus_write(struct xenbus *x, uint32_t tx, const char *key,
		 const char *value)
{
	char path[XENBUS_PATH_MAX];
	int rc = xenbus_join(path, sizeof(path), x->own, key);

	return rc ? rc : x->store->write(x->ctx, tx, path, value);
}

int xenbus_write_number(struct xenbus *x, uint32_t tx, const char *key,
			uint64_t number)
{
	char value[24];
	int rc = xenbus_name(value, sizeof(value), "", number);

	return rc ? rc : xenbus_write(x, tx, key, value);
}

bool xenbus_peer_has(struct xenbus *x, const char *key)
{
	uint64_t n;

	return xenbus_read_number(x, 0, XENBUS_PEER, key, 1, 0, &n) == 0 &&
	       n == 1;
}

int xenbus_write_in(struct xenbus *x, uint32_t tx, const char *folder,
		    const char *key, uint64_t number)
{
	char path[64];
	int rc;

	if (!*folder)
		return xenbus_write_number(x, tx, key, number);
	rc = xenbus_join(path, sizeof(path), folder, key);
	return rc ? rc : xenbus_write_number(x, tx, path, number);
}

int xenbus_write_queues(struct xenbus *x, uint32_t tx, unsigned int nr,
			int (*one)(struct xenbus *x, uint32_t tx,
				   const char *folder, unsigned int i,
				   void *arg),
			void *arg)
{
	char folder[16];
	int rc;

	if (nr == 1)
		return one(x, tx, "", 0, arg);
	rc = xenbus_write_number(x, tx, "multi-queue-num-queues", nr);
	for (unsigned int i = 0; !rc && i < nr; i++) {
		rc = xenbus_name(folder, sizeof(folder), "queue-", i);
		if (!rc)
			rc = one(x, tx, folder, i, arg);
	}
	return rc;
}

int xenbus_remove(struct xenbus *x, uint32_t tx, const char *key)
{
	char path[XENBUS_PATH_MAX];
	int rc = xenbus_join(path, sizeof(path), x->own, key);

	if (!rc)
		rc = x->store->remove(x->ctx, tx, path);
	return rc == -ENOENT ? 0 : rc;
}

int xenbus_transaction(struct xenbus *x,
		       int (*body)(struct xenbus *x, uint32_t tx, void *arg),
		       void *arg)
{
	enum xenbus_state before = x->state;
	int rc = -EAGAIN;

	for (int i = 0; rc == -EAGAIN && i < TRIES_MAX; i++) {
		uint32_t tx;

		x->state = before;
		rc = x->store->tx_begin(x->ctx, &tx);
		if (rc)
			continue;
		rc = body(x, tx, arg);
		if (rc)
			(void)x->store->tx_end(x->ctx, tx, false);
		else
			rc = x->store->tx_end(x->ctx, tx, true);
	}
	if (rc)
		x->state = before;
	return rc;
}

/* --- states --- */

static enum xenbus_state state_of(struct xenbus *x, enum xenbus_end end)
{
	uint64_t state;

	if (xenbus_read_number(x, 0, end, "state", XenbusStateReconfigured,
			       XenbusStateUnknown, &state))
		return XenbusStateUnknown;
	return (enum xenbus_state)state;
}

enum xenbus_state xenbus_peer_state(struct xenbus *x)
{
	return state_of(x, XENBUS_PEER);
}

enum xenbus_state xenbus_own_state(struct xenbus *x)
{
	x->state = state_of(x, XENBUS_OWN);
	return x->state;
}

static int switch_in(struct xenbus *x, uint32_t tx, void *state)
{
	return xenbus_switch(x, tx, *(const enum xenbus_state *)state);
}

int xenbus_switch(struct xenbus *x, uint32_t tx, enum xenbus_state state)
{
	uint64_t found;
	int rc;

	if (!tx)
		return xenbus_transaction(x, switch_in, &state);
	rc = xenbus_read_number(x, tx, XENBUS_OWN, "state",
				XenbusStateReconfigured, XenbusStateUnknown,
				&found);
	if (!rc && found != (uint64_t)x->state)
		rc = -ENOENT;
	if (!rc)
		rc = xenbus_write_number(x, tx, "state", (uint64_t)state);
	if (!rc)
		x->state = state;
	return rc;
}

int xenbus_closed(struct xenbus *x)
{
	int rc = xenbus_switch(x, 0, XenbusStateClosed);
	enum xenbus_state found;

	if (!rc)
		return 0;
	found = state_of(x, XENBUS_OWN);
	if (found != XenbusStateUnknown && found != XenbusStateInitialising)
		return rc;
	x->state = XenbusStateClosed;
	return 0;
}

void xenbus_report(struct xenbus *x, int rc, const char *text)
{
	char path[XENBUS_PATH_MAX], value[XENBUS_VALUE_MAX];
	size_t at = 0;

	(void)append(value, sizeof(value), &at, rc < 0 ? "-" : "");
	(void)append_number(value, sizeof(value), &at,
			    rc < 0 ? -(uint64_t)rc : (uint64_t)rc);
	(void)append(value, sizeof(value), &at, " ");
	(void)append(value, sizeof(value), &at, text);
	at = 0;
	if (append(path, sizeof(path), &at, "error/") == 0 &&
	    append(path, sizeof(path), &at, x->own) == 0 &&
	    append(path, sizeof(path), &at, "/error") == 0)
		(void)x->store->write(x->ctx, 0, path, value);
}

/* An end that is up, or on its way. */
static bool is_up(enum xenbus_state own)
{
	return own == XenbusStateInitialised || own == XenbusStateConnected;
}

/*
 * A frontend that begins again (a kexec, a crash kernel, a driver that is
 * loaded again) goes from Closed to Initialising, or shows up there while we
 * are connected to what it was before.
 */
enum xenbus_step xenbus_back_step(enum xenbus_state own, enum xenbus_state peer,
				  bool online)
{
	if (own == XenbusStateUnknown)
		return XENBUS_WAIT; /* its folder is going */
	switch (peer) {
	case XenbusStateInitialising:
		if (is_up(own))
			return XENBUS_CLOSE;
		return own == XenbusStateInitWait ? XENBUS_WAIT : XENBUS_OFFER;
	case XenbusStateInitialised:
	case XenbusStateConnected:
		if (own == XenbusStateInitialising)
			return XENBUS_OFFER;
		if (own == XenbusStateInitWait)
			return XENBUS_CONNECT;
		return own == XenbusStateConnected ? XENBUS_UPDATE
						   : XENBUS_WAIT;
	case XenbusStateClosing:
		return own == XenbusStateClosed ? XENBUS_WAIT : XENBUS_CLOSE;
	case XenbusStateClosed:
		if (own != XenbusStateClosed)
			return own == XenbusStateInitialising ? XENBUS_OFFER
			       : own == XenbusStateInitWait   ? XENBUS_WAIT
							      : XENBUS_CLOSE;
		return online ? XENBUS_WAIT : XENBUS_REMOVE;
	case XenbusStateUnknown:
		return own == XenbusStateClosed ? XENBUS_REMOVE : XENBUS_CLOSE;
	default: /* InitWait, Reconfiguring, Reconfigured */
		return XENBUS_WAIT;
	}
}

enum xenbus_step xenbus_front_step(enum xenbus_state own,
				   enum xenbus_state peer)
{
	switch (peer) {
	case XenbusStateInitWait:
	case XenbusStateInitialised:
		return own == XenbusStateInitialising ? XENBUS_OFFER
						      : XENBUS_WAIT;
	case XenbusStateConnected:
		if (own == XenbusStateInitialising)
			return XENBUS_OFFER;
		if (own == XenbusStateInitialised)
			return XENBUS_CONNECT;
		return own == XenbusStateConnected ? XENBUS_UPDATE
						   : XENBUS_WAIT;
	case XenbusStateClosing:
	case XenbusStateClosed:
		return own == XenbusStateClosed ||
				       own == XenbusStateInitialising
			       ? XENBUS_WAIT
			       : XENBUS_CLOSE;
	case XenbusStateUnknown:
		return own == XenbusStateClosed ? XENBUS_REMOVE : XENBUS_CLOSE;
	default:
		return XENBUS_WAIT;
	}
}
