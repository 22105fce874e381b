/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Circular doubly linked lists, links inside the objects.
 */
#ifndef XENSTORED_LIST_H
#define XENSTORED_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct list {
	struct list *next, *prev;
};

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_add_tail(struct list *head, struct list *l)
{
	l->prev = head->prev;
	l->next = head;
	head->prev->next = l;
	head->prev = l;
}

/* Unlink; the element can be unlinked again or asked list_empty(). */
static inline void list_del(struct list *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	list_init(l);
}

#define list_entry(ptr, type, member)                                          \
	((type *)((uintptr_t)(ptr)-offsetof(type, member)))

/* The current element may be unlinked in the body. */
#define list_for_each(l, n, head)                                              \
	for ((l) = (head)->next, (n) = (l)->next; (l) != (head);               \
	     (l) = (n), (n) = (l)->next)

#endif
