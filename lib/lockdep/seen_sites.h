/* SPDX-License-Identifier: MIT */
/* The places in the program that have been reported: a place is, once. */
#ifndef KLOCK_LOCKDEP_SEEN_SITES_H
#define KLOCK_LOCKDEP_SEEN_SITES_H

#include <stdbool.h>

/* True for the first that asks. Without memory, for all that find no room. */
bool klock_site_first_seen(const void *site);

#endif
