/* SPDX-License-Identifier: MIT */
/* For Check suites: counts the looks of waiters that wait for long, and keeps what they report. */
#ifndef KLOCK_TEST_LONG_WAITS_H
#define KLOCK_TEST_LONG_WAITS_H

#include "hang/hang.h"
#include "support/actor.h"
#include <check.h>
#include <klock/bug.h>
#include <klock/mutex.h>

/* The texts are those of the last report. Under a lock that the tools know. */
static struct {
	pthread_mutex_t lock;
	int count, looks;
	char what[400], details[6000], lock_name[40];
} told = { .lock = PTHREAD_MUTEX_INITIALIZER };

static inline void record(const struct klock_bug *bug)
{
	pthread_mutex_lock(&told.lock);
	told.count++;
	snprintf(told.what, sizeof(told.what), "%s", bug->what);
	snprintf(told.details, sizeof(told.details), "%s", bug->details ? bug->details : "");
	snprintf(told.lock_name, sizeof(told.lock_name), "%s", bug->lock_name);
	pthread_mutex_unlock(&told.lock);
}

static int64_t (*real_look)(struct klock_waiter *w);

/* Counts the looks that are over. */
static inline int64_t counted_look(struct klock_waiter *w)
{
	int64_t next = real_look(w);

	pthread_mutex_lock(&told.lock);
	told.looks++;
	pthread_mutex_unlock(&told.lock);
	return next;
}

static inline int read_told(const int *number)
{
	int n;

	pthread_mutex_lock(&told.lock);
	n = *number;
	pthread_mutex_unlock(&told.lock);
	return n;
}

static inline int told_count(void)
{
	return read_told(&told.count);
}

static inline void await_told(const int *number, int n)
{
	int64_t end = now_ns() + (int64_t)PATIENCE * 1000000000;

	while (read_told(number) < n) {
		if (now_ns() > end)
			out_of_patience("waiters that are to look around");
		nap_us(500);
	}
}

static inline void await_looks(int n)
{
	await_told(&told.looks, n);
}

/* As KLOCK_HUNG=value; without one a circle is looked for sooner than in real life. */
static inline void set_hung(const char *value)
{
	klock_hang_set(value);
	if (!value)
		klock_long_waits.after_ns = 30000000;
	real_look = klock_long_waits.look;
	klock_long_waits.look = counted_look;
}

/* The first lock sets the library up, with what is in the environment. */
static inline void count_looks(void)
{
	static DEFINE_MUTEX(first);

	mutex_lock(&first);
	mutex_unlock(&first);
	pthread_mutex_lock(&told.lock);
	told.count = told.looks = 0; /* of the test before, when all run in one process */
	pthread_mutex_unlock(&told.lock);
	klock_set_bug_fn(record);
	set_hung(NULL);
}

static inline void expect_details(const char *text)
{
	ck_assert_msg(strstr(told.details, text) != NULL, "\"%s\" is not in\n%s", text,
		      told.details);
}

#endif
