/* SPDX-License-Identifier: MIT */
#ifndef KLOCK_BASE_LOADED_H
#define KLOCK_BASE_LOADED_H

#include <stdbool.h>

/*
 * Whether the address is in the program or a shared object that is loaded: static storage, or
 * code. Takes no lock with glibc from 2.35 on, and with musl none that others keep; with an
 * older glibc one that it may have to wait for while somebody's dl_iterate_phdr() runs.
 */
bool klock_in_loaded_object(const void *address);

#endif
