/* SPDX-License-Identifier: MIT */
#include "faults/reach.h"
#include <string.h>

/*
 * Linked with --wrap: the arena's allocations, each of which may be the one for which it needs
 * another block. Whether one fails says inject.c, if it is there.
 */
int inject_memory(void) __attribute__((weak));
void *__real_klock_arena_alloc(size_t size);
void *__wrap_klock_arena_alloc(size_t size);
char *__wrap_klock_arena_strdup(const char *text);

void *__wrap_klock_arena_alloc(size_t size)
{
	return inject_memory && inject_memory() ? NULL : __real_klock_arena_alloc(size);
}

char *__wrap_klock_arena_strdup(const char *text)
{
	char *copy = __wrap_klock_arena_alloc(strlen(text) + 1);

	return copy ? strcpy(copy, text) : NULL;
}

void faults_unpark(const void *addr, const struct klock_wait_ops *ops,
		   void (*advance)(struct klock_queue *q, uint32_t drop), uint32_t drop)
{
	klock_unpark(addr, ops, advance, drop);
}

struct klock_waiter *faults_queue_first(struct klock_queue *q)
{
	return klock_queue_first(q);
}

struct klock_waiter *faults_queue_next(struct klock_queue *q, struct klock_waiter *w)
{
	return klock_queue_next(q, w);
}
