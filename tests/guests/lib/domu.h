/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a test kernel started as a DomU has beyond guest.h: its console and
 * store rings, and events it can sleep on. The pages are the domain's own, so
 * a hostile kernel may write to them as it likes.
 */
#ifndef TEST_DOMU_H
#define TEST_DOMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <abi/io/console.h>
#include <abi/io/xs_wire.h>

extern struct xencons_interface *con;
extern struct xenstore_domain_interface *store;

/* Called before guest_main() in a DomU. */
void domu_start(void);

/* @port had an event, which is taken. */
bool take_event(uint32_t port);
/* Sleep until the console's or the store's port has had an event. */
void wait_event(void);
void notify_console(void);
void notify_store(void);

/* Wait for room as long as it takes. */
void console_write(const char *text, size_t len);

/* The command line is @key, or begins with it and a space. */
bool cmdline_is(const char *key);
/* It has a word that begins so; the number behind "KEY=", or @missing. */
bool cmdline_has(const char *word);
uint64_t cmdline_number(const char *key, uint64_t missing);

/*
 * One message from the store, which is waited for; its body, cut to fit and
 * ended by a NUL, goes to @body.
 */
struct xsd_sockmsg store_receive(char *body, size_t max);
/* A message is there, or some of it. */
bool store_has_something(void);
/* @len bytes as they are; waits for room. */
void store_send(const void *data, size_t len);
void store_send_message(uint32_t type, uint32_t tx, const void *body,
			size_t len);
/*
 * A request and its reply, whose type it returns and whose body, cut to fit,
 * goes to @reply; events that come in between are dropped, and counted.
 */
extern unsigned int store_nr_dropped;
uint32_t store_call(uint32_t type, uint32_t tx, const void *body, size_t len,
		    char *reply, size_t max);
/* The same, the reply's body left out. */
uint32_t store_write(uint32_t tx, const char *path, const char *value);
uint32_t store_watch(const char *path, const char *token);
/* The value of @path, cut to fit; false: there is none, or it is empty. */
bool store_read(const char *path, char *value, size_t max);
/* The name of the error the last reply was, or "". */
const char *store_error(void);

size_t text_len(const char *s);
bool text_equal(const char *a, const char *b);
/* "@prefix@number"; the length. */
size_t text_number(char *out, const char *prefix, uint64_t number);

#endif
