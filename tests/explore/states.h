/* SPDX-License-Identifier: MIT */
/*
 * The states that were seen, so that an execution that comes to one of them
 * again is not gone on with. A state is all that decides what can happen next:
 * the program's variables and the threads' stacks. (Memory from malloc is not
 * in it, and no scenario may have any that matters.)
 */
#ifndef KLOCK_EXPLORE_STATES_H
#define KLOCK_EXPLORE_STATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A variable of the explorer's own, which is no part of the state. */
#define XP_OWN __attribute__((section("xp_own")))

uint64_t xp_hash(uint64_t hash, const void *data, size_t size);

/*
 * Once. False: the program is linked statically, so that its variables are
 * among the C library's, which cannot be made what they were.
 */
bool xp_states_init(void);

/* Forgets all states. What the program's variables are now is what they begin with. */
void xp_states_reset(void);

/* Makes the program's variables what they were then. */
void xp_restore_variables(void);

/* What the program's variables add to a state's hash. */
uint64_t xp_hash_variables(void);

/*
 * Where a state's record is kept: a set of threads, as *seen says it was left
 * there before. NULL: it is new, and *record is to be filled. Valid until the
 * next call.
 */
uint8_t *xp_state(uint64_t hash, bool *seen);

uint64_t xp_states_count(void);

#endif
