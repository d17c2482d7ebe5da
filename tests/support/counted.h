/* SPDX-License-Identifier: MIT */
/* For the suites of lockstat: what it has counted of a class by name. */
#ifndef KLOCK_TEST_COUNTED_H
#define KLOCK_TEST_COUNTED_H

#include "lockstat/lockstat.h"
#include "support/actor.h"
#include <check.h>
#include <klock/mutex.h>
#include <string.h>

static struct klock_stat_sums sums;

/* The row of this name now; an empty one if there is none. Valid until the next call. */
static inline const struct klock_stat_sum *row(const char *name)
{
	static const struct klock_stat_sum none;
	char buf[80];

	klock_stat_sums_free(&sums);
	ck_assert_int_eq(klock_stat_sum_up(&sums), 0);
	for (size_t i = 0; i < sums.nr; i++)
		if (!strcmp(klock_class_name(sums.at[i]->class, buf, sizeof(buf)), name))
			return sums.at[i];
	return &none;
}

static inline const struct klock_stat_mode_counts *writes(const char *name)
{
	return &row(name)->mode[KLOCK_STAT_WRITE];
}

static inline const struct klock_stat_mode_counts *reads(const char *name)
{
	return &row(name)->mode[KLOCK_STAT_READ];
}

static inline void expect_times(const struct klock_stat_times *t, uint64_t nr)
{
	uint64_t in_buckets = 0;

	for (int i = 0; i < KLOCK_STAT_BUCKETS; i++)
		in_buckets += t->buckets[i];
	ck_assert_uint_eq(t->nr, nr);
	ck_assert_uint_eq(in_buckets, nr);
	ck_assert_uint_le(t->min, t->max);
	ck_assert_uint_ge(t->total, nr * t->min);
	ck_assert_uint_le(t->total, nr * t->max);
}

#define expect(counts, acquired, held, contended)                                                  \
	do {                                                                                       \
		const struct klock_stat_mode_counts *c_ = (counts);                                \
		ck_assert_uint_eq(c_->acquisitions, acquired);                                     \
		expect_times(&c_->hold, held);                                                     \
		ck_assert_uint_eq(c_->contentions, contended);                                     \
		expect_times(&c_->wait, contended);                                                \
	} while (0)

static inline long take_mutex(void *arg)
{
	mutex_lock(arg);
	return 0;
}

static inline long give_mutex(void *arg)
{
	mutex_unlock(arg);
	return 0;
}

static inline long use_mutex(void *arg)
{
	mutex_lock(arg);
	mutex_unlock(arg);
	return 0;
}

/* Two threads to do it with. */
static struct actor a, b;

static inline void counted_setup(void)
{
	ck_assert(klock_lockstat_enable());
	klock_lockstat_reset();
	actor_init(&a);
	actor_init(&b);
}

static inline void counted_teardown(void)
{
	actor_fini(&a);
	actor_fini(&b);
}

#endif
