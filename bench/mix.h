/* SPDX-License-Identifier: MIT */
/*
 * The loop in which a thread takes a lock again and again, now for reading and now
 * for writing. It is expanded for each lock, in C and in C++, so that each
 * has its fast path inline. What it protects shows whether the lock locks.
 */
#ifndef BENCH_MIX_H
#define BENCH_MIX_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mix_thread {
	/* What it is to do. */
	uint32_t writes;   /* of 2^32 turns */
	unsigned int hold; /* how long it holds the lock, in turns of mix_work() */
	unsigned int gap;  /* how long it does something else between */
	const int *stop;
	/* What came of it. */
	uint64_t turns, wrong;
	uint64_t longest; /* wait of those that were timed, in ns */
	uint32_t random;
} __attribute__((aligned(128)));

/* One for each lock: what readers compare, and writers change. */
struct mix_data {
	uint64_t left, right;
} __attribute__((aligned(128)));

struct mix_lock {
	const char *name;
	const char *peer; /* the library that it is from; NULL: klock or the C library */
	void (*run)(struct mix_thread *t);
};

/* All of them, the reference first; those of C++ in a list of their own. */
extern const struct mix_lock mix_locks[];
extern const unsigned int nr_mix_locks;
extern const struct mix_lock mix_cxx_locks[];
extern const unsigned int nr_mix_cxx_locks;

int64_t bench_now_ns(void);

static inline void mix_work(unsigned int turns)
{
	while (turns--)
		__asm__ volatile("" ::: "memory");
}

static inline uint32_t mix_random(struct mix_thread *t)
{
	t->random ^= t->random << 13;
	t->random ^= t->random >> 17;
	t->random ^= t->random << 5;
	return t->random;
}

static inline void mix_read(struct mix_thread *t, const struct mix_data *d)
{
	uint64_t left = __atomic_load_n(&d->left, __ATOMIC_RELAXED);

	mix_work(t->hold);
	t->wrong += left != __atomic_load_n(&d->right, __ATOMIC_RELAXED);
}

static inline void mix_write(struct mix_thread *t, struct mix_data *d)
{
	__atomic_store_n(&d->left, d->left + 1, __ATOMIC_RELAXED);
	mix_work(t->hold);
	__atomic_store_n(&d->right, d->right + 1, __ATOMIC_RELAXED);
}

#define MIX_TIMED 64 /* one turn in so many is timed, all would be slowed down by it */

#define MIX_TURN(data, take_read, give_read, take_write, give_write)                               \
	if (t->writes && mix_random(t) <= t->writes) {                                             \
		take_write;                                                                        \
		if (began)                                                                         \
			waited = (uint64_t)(bench_now_ns() - began);                               \
		mix_write(t, &data);                                                               \
		give_write;                                                                        \
	} else {                                                                                   \
		take_read;                                                                         \
		if (began)                                                                         \
			waited = (uint64_t)(bench_now_ns() - began);                               \
		mix_read(t, &data);                                                                \
		give_read;                                                                         \
	}

#define MIX_LOOP(id, take_read, give_read, take_write, give_write)                                 \
	static struct mix_data data_##id;                                                          \
	static void mix_##id(struct mix_thread *t)                                                 \
	{                                                                                          \
		while (!__atomic_load_n(t->stop, __ATOMIC_RELAXED)) {                              \
			for (int i = 0; i < MIX_TIMED; i++) {                                      \
				int64_t began = i ? 0 : bench_now_ns();                            \
				uint64_t waited = 0;                                               \
				MIX_TURN(data_##id, take_read, give_read, take_write, give_write)  \
				if (waited > t->longest)                                           \
					t->longest = waited;                                       \
				t->turns++;                                                        \
				mix_work(t->gap);                                                  \
			}                                                                          \
		}                                                                                  \
	}

#ifdef __cplusplus
}
#endif

#endif
