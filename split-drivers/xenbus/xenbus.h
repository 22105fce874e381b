/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The xenbus: how the two ends of a split device find each other in the
 * xenstore, and in which order they come up and go down. Freestanding.
 *
 * Each end has a folder that only it writes, with its state and its details,
 * and reads the peer's. How the store is reached is the caller's: a table of
 * functions. What the peer wrote is text from a stranger: the readers here
 * take a number in range or refuse.
 */
#ifndef SPLIT_XENBUS_H
#define SPLIT_XENBUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <abi/io/xenbus.h>

#define XENBUS_PATH_MAX 256
#define XENBUS_VALUE_MAX 256

/* The store, over any connection. All: 0 or -errno. */
struct xenbus_store {
	/* The value and a NUL; -ENOENT: none; -E2BIG: longer than fits. */
	int (*read)(void *ctx, uint32_t tx, const char *path, char *value,
		    size_t size);
	int (*write)(void *ctx, uint32_t tx, const char *path,
		     const char *value);
	int (*remove)(void *ctx, uint32_t tx, const char *path);
	int (*tx_begin)(void *ctx, uint32_t *tx);
	/* -EAGAIN: another's change came between; do it all again. */
	int (*tx_end)(void *ctx, uint32_t tx, bool commit);
};

struct xenbus {
	const struct xenbus_store *store;
	void *ctx;
	char own[XENBUS_PATH_MAX];  /* our folder */
	char peer[XENBUS_PATH_MAX]; /* the other end's */
	enum xenbus_state state;    /* as last written */
};

enum xenbus_end { XENBUS_OWN, XENBUS_PEER };

/* -E2BIG: a path is too long. */
int xenbus_init(struct xenbus *x, const struct xenbus_store *store, void *ctx,
		const char *own, const char *peer);
/* A frontend's: the peer and its domain are as "backend" and "backend-id" say.
 */
int xenbus_init_front(struct xenbus *x, const struct xenbus_store *store,
		      void *ctx, const char *own, uint16_t *backend_id);

/*
 * Keys below a folder; tx 0: no transaction. A number that is missing is
 * @missing; one that is not all digits or more than @max is -EINVAL.
 */
int xenbus_read(struct xenbus *x, uint32_t tx, enum xenbus_end end,
		const char *key, char *value, size_t size);
int xenbus_read_number(struct xenbus *x, uint32_t tx, enum xenbus_end end,
		       const char *key, uint64_t max, uint64_t missing,
		       uint64_t *number);
/* A feature that is there, or is not: never a failure. */
bool xenbus_peer_has(struct xenbus *x, const char *key);
int xenbus_write(struct xenbus *x, uint32_t tx, const char *key,
		 const char *value);
int xenbus_write_number(struct xenbus *x, uint32_t tx, const char *key,
			uint64_t number);
/* Below @folder of our own; "" is our own itself. */
int xenbus_write_in(struct xenbus *x, uint32_t tx, const char *folder,
		    const char *key, uint64_t number);
/*
 * What @one writes of each queue: into our folder if @nr is one, and else into
 * "queue-N", with their number beside them.
 */
int xenbus_write_queues(struct xenbus *x, uint32_t tx, unsigned int nr,
			int (*one)(struct xenbus *x, uint32_t tx,
				   const char *folder, unsigned int i,
				   void *arg),
			void *arg);
int xenbus_remove(struct xenbus *x, uint32_t tx, const char *key);

/* All that @body writes, in one transaction, as often as it takes. */
int xenbus_transaction(struct xenbus *x,
		       int (*body)(struct xenbus *x, uint32_t tx, void *arg),
		       void *arg);

/* XenbusStateUnknown: there is none, or it is no state. */
enum xenbus_state xenbus_peer_state(struct xenbus *x);
enum xenbus_state xenbus_own_state(struct xenbus *x);
/*
 * -ENOENT, and nothing written: our state is not what we had last, for someone
 * has changed it, or the folder has gone and may be another device's by now.
 */
int xenbus_switch(struct xenbus *x, uint32_t tx, enum xenbus_state state);
/* Closed; in the store, too, unless the folder has gone or is another's now. */
int xenbus_closed(struct xenbus *x);
/* Leave "rc text" where Linux does: error/OWN FOLDER/error. */
void xenbus_report(struct xenbus *x, int rc, const char *text);

/* "@folder/@key" and the like; -E2BIG. */
int xenbus_join(char *out, size_t size, const char *folder, const char *key);
/* "@prefix@number": ring-ref3, queue-0. -E2BIG. */
int xenbus_name(char *out, size_t size, const char *prefix, uint64_t number);
/* Digits only, at most @max; -EINVAL. */
int xenbus_number(const char *text, uint64_t max, uint64_t *number);

/*
 * What an end is to do when it is in @own and the peer in @peer. The caller
 * does it, switches to the state that is named here, and asks again only when
 * the peer's state has changed.
 */
enum xenbus_step {
	XENBUS_WAIT,	/* nothing */
	XENBUS_OFFER,	/* write what we can do; then InitWait (a back) or
			   Initialised (a front, which has its ring by then) */
	XENBUS_CONNECT, /* both details are there: go; then Connected */
	XENBUS_UPDATE,	/* connected, and the peer's details may have changed */
	XENBUS_CLOSE,	/* stop, let go of what is the peer's; then Closed */
	XENBUS_REMOVE,	/* the peer will not come again; CLOSE came before */
	XENBUS_NR_STEPS
};
/* @online: the tools want the device to stay when the peer has closed. */
enum xenbus_step xenbus_back_step(enum xenbus_state own, enum xenbus_state peer,
				  bool online);
enum xenbus_step xenbus_front_step(enum xenbus_state own,
				   enum xenbus_state peer);

#endif
