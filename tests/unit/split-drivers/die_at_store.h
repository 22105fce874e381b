/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process that ends before one of its stores, to find out whether another
 * one can take over. What it shares with us is as it left it; the rest of our
 * memory is untouched.
 *
 * The compiler tells the address sanitizer of each store of the code under
 * test, and so us (see build.mk).
 */
#ifndef DIE_AT_STORE_H
#define DIE_AT_STORE_H

/* Run @life in a child that ends before its store @last; how many it made. */
unsigned long die_at_store(void (*life)(void), unsigned long last);

#endif
