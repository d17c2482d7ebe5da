/* SPDX-License-Identifier: MIT */
/* Random numbers that a seed decides: splitmix64. */
#ifndef KLOCK_TESTS_FC_RANDOM_H
#define KLOCK_TESTS_FC_RANDOM_H

#include <stdint.h>

struct fc_random {
	uint64_t state;
};

static inline void fc_seed(struct fc_random *rnd, uint64_t seed)
{
	rnd->state = seed * 0x9e3779b97f4a7c15u + 0x632be59bd9b4e019u;
}

static inline uint64_t fc_next(struct fc_random *rnd)
{
	uint64_t z = rnd->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* 0 to n - 1; near enough to even for tests. */
static inline uint64_t fc_below(struct fc_random *rnd, uint64_t n)
{
	return fc_next(rnd) % n;
}

#endif
