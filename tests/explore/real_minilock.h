/* SPDX-License-Identifier: MIT */
/* The minilock itself; all others are explored with a model of it. */
#ifndef KLOCK_EXPLORE_REAL_MINILOCK_H
#define KLOCK_EXPLORE_REAL_MINILOCK_H

#include <stdbool.h>
#include <stdint.h>

bool xp_real_minilock_lock(int64_t ns);
void xp_real_minilock_unlock(void);
void xp_real_minilock_check(void);

#endif
