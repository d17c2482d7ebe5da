/* SPDX-License-Identifier: MIT */
/*
 * What each lock of locks.def is expanded to, in C and in C++, so that all have their fast
 * paths inline: the loops that the rows run. What a lock protects shows whether it locks.
 */
#ifndef BENCH_LOCK_H
#define BENCH_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What one thread of a mixed row is to do, and what came of it. */
struct bench_thread {
	uint32_t writes;   /* of 2^32 turns */
	unsigned int hold; /* how long it holds the lock, in turns of bench_work() */
	unsigned int gap;  /* how long it does something else between */
	const int *stop;
	uint64_t turns, wrong;
	uint64_t longest; /* wait of those that were timed, in ns */
	uint32_t random;
} __attribute__((aligned(128)));

/* One for each lock: what readers compare, and writers change. */
struct bench_data {
	uint64_t left, right;
} __attribute__((aligned(128)));

enum bench_kind {
	BENCH_RW = 1 << 0,    /* has readers and writers */
	BENCH_MUTEX = 1 << 1, /* is of use as a mutex */
	BENCH_AGAIN = 1 << 2, /* the reference under a second name */
	BENCH_SPIN = 1 << 3,  /* never sleeps */
	BENCH_NO_READ_TRY = 1 << 4,
	BENCH_NO_WRITE_TRY = 1 << 5,
	BENCH_NO_TRY = BENCH_NO_READ_TRY | BENCH_NO_WRITE_TRY,
	BENCH_REQUEST = 1 << 6, /* an RW that was listed before, asked as a request asks */
	/* What a reader, a writer, an attempt that fails, who is woken, cannot do without. */
	BENCH_READ_BOUND = 1 << 7,
	BENCH_WRITE_BOUND = 1 << 8,
	BENCH_FAIL_BOUND = 1 << 9,
	BENCH_WAKE_BOUND = 1 << 10,
	BENCH_BOUNDS = BENCH_READ_BOUND | BENCH_WRITE_BOUND | BENCH_FAIL_BOUND | BENCH_WAKE_BOUND,
};

struct bench_lock {
	const char *id, *name;
	const char *from; /* the library: "klock", "libc", another */
	unsigned int kinds;
	size_t size;
	struct bench_data *data;
	void (*mix)(struct bench_thread *t);
	void (*read_pairs)(int n), (*write_pairs)(int n);
	int (*read_tries)(int n), (*write_tries)(int n); /* how many of them succeeded */
	/* Calls, for rows in which a call is nothing; of one of BENCH_OBJECTS. */
	void (*take)(unsigned int which, bool write), (*give)(unsigned int which, bool write);
	bool (*attempt)(unsigned int which, bool write);
};

/* All of them, each list up to one without a name. The first is glibc's rwlock. */
extern const struct bench_lock bench_locks[], bench_cxx_locks[];

/* What a static initialiser cannot say. */
void bench_locks_init(void);

/* absl's detector of deadlocks, which is on unless told otherwise. */
void bench_cxx_detector(bool on);

/* Before the first and after the last use of the locks by a thread. */
void bench_thread_begin(void);
void bench_thread_end(void);

int64_t bench_now_ns(void);

static inline void bench_work(unsigned int turns)
{
	while (turns--)
		__asm__ volatile("" ::: "memory");
}

static inline uint32_t bench_random(struct bench_thread *t)
{
	t->random ^= t->random << 13;
	t->random ^= t->random >> 17;
	t->random ^= t->random << 5;
	return t->random;
}

static inline void bench_read(struct bench_thread *t, const struct bench_data *d)
{
	uint64_t left = __atomic_load_n(&d->left, __ATOMIC_RELAXED);

	bench_work(t->hold);
	t->wrong += left != __atomic_load_n(&d->right, __ATOMIC_RELAXED);
}

static inline void bench_write(struct bench_thread *t, struct bench_data *d)
{
	__atomic_store_n(&d->left, d->left + 1, __ATOMIC_RELAXED);
	bench_work(t->hold);
	__atomic_store_n(&d->right, d->right + 1, __ATOMIC_RELAXED);
}

#define BENCH_TIMED 64 /* one turn in so many is timed, all would be slowed down by it */

/* Several objects of each lock, each in cache lines of its own. */
#define BENCH_OBJECTS 3
#define BENCH_DEFINE(type, name)                                                                   \
	static struct {                                                                            \
		type lock;                                                                         \
	} __attribute__((aligned(128))) name[BENCH_OBJECTS]

/* Known to the compiler where `which` is. */
#define BENCH_ADDRESS(objects, which)                                                              \
	__typeof__(&objects[0].lock) const l = &objects[which].lock;                               \
	(void)l

#define BENCH_TURN(id, take_read, give_read, take_write, give_write)                               \
	if (t->writes && bench_random(t) <= t->writes) {                                           \
		take_write;                                                                        \
		if (began)                                                                         \
			waited = (uint64_t)(bench_now_ns() - began);                               \
		bench_write(t, &data_##id);                                                        \
		give_write;                                                                        \
	} else {                                                                                   \
		take_read;                                                                         \
		if (began)                                                                         \
			waited = (uint64_t)(bench_now_ns() - began);                               \
		bench_read(t, &data_##id);                                                         \
		give_read;                                                                         \
	}

#define BENCH_MIX(id, objects, take_read, give_read, take_write, give_write)                       \
	static void mix_##id(struct bench_thread *t)                                               \
	{                                                                                          \
		BENCH_ADDRESS(objects, 0);                                                         \
		do {                                                                               \
			for (int i = 0; i < BENCH_TIMED; i++) {                                    \
				int64_t began = i ? 0 : bench_now_ns();                            \
				uint64_t waited = 0;                                               \
				BENCH_TURN(id, take_read, give_read, take_write, give_write)       \
				if (waited > t->longest)                                           \
					t->longest = waited;                                       \
				t->turns++;                                                        \
				bench_work(t->gap);                                                \
			}                                                                          \
		} while (!__atomic_load_n(t->stop, __ATOMIC_RELAXED));                             \
	}

#define BENCH_TIMES(name, objects, code)                                                           \
	static void name(int n)                                                                    \
	{                                                                                          \
		BENCH_ADDRESS(objects, 0);                                                         \
		for (int i = 0; i < n; i++) {                                                      \
			code;                                                                      \
		}                                                                                  \
	}

#define BENCH_CALL(name, objects, if_write, if_read)                                               \
	static void name(unsigned int which, bool write)                                           \
	{                                                                                          \
		BENCH_ADDRESS(objects, which);                                                     \
		if (write)                                                                         \
			if_write;                                                                  \
		else                                                                               \
			if_read;                                                                   \
	}

#define BENCH_ATTEMPT(name, objects, if_write, if_read)                                            \
	static bool name(unsigned int which, bool write)                                           \
	{                                                                                          \
		BENCH_ADDRESS(objects, which);                                                     \
		return write ? (if_write) : (if_read);                                             \
	}

#define BENCH_BARRIER __asm__ volatile("" ::: "memory")

#define BENCH_COUNT(name, objects, try, give)                                                      \
	static int name(int n)                                                                     \
	{                                                                                          \
		BENCH_ADDRESS(objects, 0);                                                         \
		int got = 0;                                                                       \
		for (int i = 0; i < n; i++) {                                                      \
			if (try) {                                                                 \
				BENCH_BARRIER;                                                     \
				give;                                                              \
				got++;                                                             \
			}                                                                          \
		}                                                                                  \
		return got;                                                                        \
	}

#define BENCH_LOOPS(id, objects, take_read, give_read, take_write, give_write, try_read,           \
		    try_write)                                                                     \
	static struct bench_data data_##id;                                                        \
	BENCH_MIX(id, objects, take_read, give_read, take_write, give_write)                       \
	BENCH_TIMES(read_##id, objects, take_read; BENCH_BARRIER; give_read)                       \
	BENCH_TIMES(write_##id, objects, take_write; BENCH_BARRIER; give_write)                    \
	BENCH_COUNT(try_read_##id, objects, try_read, give_read)                                   \
	BENCH_COUNT(try_write_##id, objects, try_write, give_write)                                \
	BENCH_CALL(take_##id, objects, take_write, take_read)                                      \
	BENCH_CALL(give_##id, objects, give_write, give_read)                                      \
	BENCH_ATTEMPT(attempt_##id, objects, try_write, try_read)

#define BENCH_ROW(id, name, from, kinds, objects)                                                  \
	{                                                                                          \
#id, name, from, kinds, sizeof(objects[0].lock), &data_##id, mix_##id, read_##id,  \
			write_##id, try_read_##id, try_write_##id, take_##id, give_##id,           \
			attempt_##id                                                               \
	}

/* The lists are of LOCKs; a mutex is one that readers and writers take alike. */
#define MUTEX(id, name, from, kinds, objects, take, give, try)                                     \
	LOCK(id, name, from, kinds, objects, take, give, take, give, try, try)

#ifdef __cplusplus
}
#endif

#endif
