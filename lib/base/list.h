/* SPDX-License-Identifier: MIT */
/* A doubly linked ring with a head that is no element. */
#ifndef KLOCK_BASE_LIST_H
#define KLOCK_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct klock_list {
	struct klock_list *next, *prev;
};

#define klock_list_entry(node, type, member) ((type *)((char *)(node)-offsetof(type, member)))

static inline void klock_list_init(struct klock_list *head)
{
	head->next = head->prev = head;
}

static inline bool klock_list_empty(const struct klock_list *head)
{
	return head->next == head;
}

static inline void klock_list_add_tail(struct klock_list *head, struct klock_list *node)
{
	node->next = head;
	node->prev = head->prev;
	head->prev->next = node;
	head->prev = node;
}

static inline void klock_list_del(struct klock_list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
}

#endif
