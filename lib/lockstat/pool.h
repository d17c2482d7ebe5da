/* SPDX-License-Identifier: MIT */
/* Memory for one report, given back as a whole; outside of malloc(). */
#ifndef KLOCK_LOCKSTAT_POOL_H
#define KLOCK_LOCKSTAT_POOL_H

#include <stddef.h>

struct klock_stat_pool;

/* Zeroed, aligned for any object; *pool begins as NULL. NULL when there is none. */
void *klock_stat_pool_alloc(struct klock_stat_pool **pool, size_t size);
void klock_stat_pool_free(struct klock_stat_pool *pool);

#endif
