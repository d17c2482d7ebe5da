/* SPDX-License-Identifier: MIT */
/*
 * Threads take locks in any order, so that they deadlock now and then. Each
 * deadlock is to be reported, once, and nothing else: the thread that reports
 * one looks for itself whether it is in a circle, and then gives up its wait,
 * by which the deadlock is gone. One that is not reported stays, and is seen by
 * the main thread.
 *
 * It runs for KLOCK_TORTURE_SECONDS.
 */
#include "support/actor.h"
#include "hang/hang.h"
#include <klock.h>
#include <unistd.h>

#define THREADS 8
#define LOCKS 6
#define MOST_HELD 3
#define LOOK_AFTER "2ms" /* also for long waits: those reports are counted, and no more */
#define MISSED_NS (INT64_C(20) * 1000000000)

static struct mutex locks[LOCKS];

struct worker {
	pthread_t thread;
	uint32_t word, random;
	/* Relaxed atomics. */
	int wanted; /* the lock that it waits for, or -1 */
	int64_t since;
};

static struct worker workers[THREADS];
static pthread_barrier_t all_known;
static __thread struct worker *self;
static bool stop;		       /* relaxed atomic */
static int deadlocks, long_waits, lies; /* relaxed atomics */

static uint32_t next_random(void)
{
	self->random = self->random * 1664525 + 1013904223;
	return self->random >> 8;
}

static struct worker *owner_of(int lock)
{
	uint32_t w = __atomic_load_n(&locks[lock].word, __ATOMIC_RELAXED);

	for (int i = 0; i < THREADS; i++)
		if (klock_word_owned(w, workers[i].word))
			return &workers[i];
	return NULL;
}

/* From the locks alone: this thread waits for one that waits ... for this thread. */
static bool in_a_circle(void)
{
	struct worker *at = self;

	for (int i = 0; i < THREADS; i++) {
		int lock = __atomic_load_n(&at->wanted, __ATOMIC_RELAXED);

		at = lock >= 0 ? owner_of(lock) : NULL;
		if (!at || at == self)
			return at;
	}
	return false;
}

static void report(const struct klock_bug *bug)
{
	if (strncmp(bug->what, "deadlock: ", 10)) {
		__atomic_add_fetch(&long_waits, 1, __ATOMIC_RELAXED);
		return;
	}
	__atomic_add_fetch(&deadlocks, 1, __ATOMIC_RELAXED);
	nap_us(3000); /* what is no deadlock dissolves */
	if (!in_a_circle()) {
		__atomic_add_fetch(&lies, 1, __ATOMIC_RELAXED);
		fprintf(stderr, "reported, and is none:\n%s", bug->details);
	}
	klock_interrupt(klock_current());
}

static bool take(int lock)
{
	int err;

	__atomic_store_n(&self->since, now_ns(), __ATOMIC_RELAXED);
	__atomic_store_n(&self->wanted, lock, __ATOMIC_RELAXED);
	err = mutex_lock_interruptible(&locks[lock]);
	__atomic_store_n(&self->wanted, -1, __ATOMIC_RELAXED);
	return !err;
}

/* Takes some locks one after the other, until it is told to give up, and gives them up. */
static void one_round(void)
{
	int held[MOST_HELD], n = 0;

	while (n < MOST_HELD) {
		int lock = (int)(next_random() % LOCKS);
		bool mine = false;

		for (int i = 0; i < n; i++)
			mine |= held[i] == lock;
		if (mine)
			continue;
		if (!take(lock))
			break;
		held[n++] = lock;
		if (next_random() % 16 == 0)
			nap_us(next_random() % 300);
	}
	while (n)
		mutex_unlock(&locks[held[--n]]);
}

/* The word of a lock that the calling thread holds. */
static uint32_t own_word(void)
{
	static DEFINE_MUTEX(lock);
	uint32_t word;

	mutex_lock(&lock);
	word = lock.word & (~KLOCK_W_FLAGS | KLOCK_W_WRITER);
	mutex_unlock(&lock);
	return word;
}

static void *work(void *arg)
{
	self = arg;
	self->word = own_word();
	pthread_barrier_wait(&all_known);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		one_round();
	return NULL;
}

static bool missed(void)
{
	for (int i = 0; i < THREADS; i++)
		if (__atomic_load_n(&workers[i].wanted, __ATOMIC_RELAXED) >= 0 &&
		    now_ns() - __atomic_load_n(&workers[i].since, __ATOMIC_RELAXED) > MISSED_NS)
			return true;
	return false;
}

static void begin(void)
{
	for (int i = 0; i < LOCKS; i++)
		mutex_init(&locks[i]);
	klock_hang_set(LOOK_AFTER);
	klock_set_bug_fn(report);
	pthread_barrier_init(&all_known, NULL, THREADS);
	for (int i = 0; i < THREADS; i++) {
		workers[i].random = (uint32_t)now_ns() + (uint32_t)i;
		workers[i].wanted = -1;
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			abort();
	}
}

int main(void)
{
	const char *seconds = getenv("KLOCK_TORTURE_SECONDS");
	int64_t end = now_ns() + (seconds ? atoll(seconds) : 5) * INT64_C(1000000000);

	unsetenv("KLOCK_LOCKDEP"); /* it would report the orders, and rightly */
	begin();
	while (now_ns() < end && !missed())
		nap_us(20000);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < THREADS && !missed();)
		if (pthread_tryjoin_np(workers[i].thread, NULL))
			nap_us(1000);
		else
			i++;
	printf("%d deadlocks, %d of them none; %d long waits\n", deadlocks, lies, long_waits);
	if (missed()) {
		printf("a deadlock that nobody reports:\n");
		fflush(stdout);
		klock_show_locks_fd(STDOUT_FILENO);
		_exit(1);
	}
	return !deadlocks || lies;
}
