/* SPDX-License-Identifier: MIT */
/* Which class keys live in memory that the program frees, and says so. */
#ifndef KLOCK_LOCKDEP_REGISTRY_H
#define KLOCK_LOCKDEP_REGISTRY_H

#include <stdbool.h>

/* False: it is there already, or there is no memory for it. */
bool klock_registry_add(const void *key);

/* False: it is not there. */
bool klock_registry_remove(const void *key);

/* Whether it is there, or is a variable of the program or of a shared object. */
bool klock_registry_knows(const void *key);

#endif
