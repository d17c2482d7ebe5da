/* SPDX-License-Identifier: MIT */
/*
 * Memory for the checker's tables, which only grow. It comes straight from the
 * kernel: malloc() may itself be built on the locks that are being checked.
 */
#ifndef KLOCK_LOCKDEP_ARENA_H
#define KLOCK_LOCKDEP_ARENA_H

#include <stddef.h>

/* Zeroed, aligned for any object, never given back. NULL when there is none. */
void *klock_arena_alloc(size_t size);
char *klock_arena_strdup(const char *text);

/* For the child of a fork(): nobody knows how much of the block is left. */
void klock_arena_give_up_block(void);

/* How much was handed out, for the statistics. */
size_t klock_arena_used(void);

#endif
