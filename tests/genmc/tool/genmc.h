/* SPDX-License-Identifier: MIT */
/*
 * In place of GenMC's own headers, for an ordinary compiler (compile.sh): only what the clients may
 * use of them, so that one that uses more does not compile. Threads are real here.
 */
#ifndef GENMC_TOOL_GENMC_H
#define GENMC_TOOL_GENMC_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

typedef pthread_t __VERIFIER_thread_t;

/* Of world.h. */
#define AWAIT(condition)                                                                           \
	do {                                                                                       \
		while (!(condition))                                                               \
			sched_yield();                                                             \
	} while (0)

static inline __VERIFIER_thread_t __VERIFIER_spawn(void *(*run)(void *), void *arg)
{
	pthread_t t;

	pthread_create(&t, NULL, run, arg);
	return t;
}

static inline __VERIFIER_thread_t __VERIFIER_spawn_symmetric(void *(*run)(void *), void *arg,
							     __VERIFIER_thread_t other)
{
	(void)other;
	return __VERIFIER_spawn(run, arg);
}

static inline void *__VERIFIER_join(__VERIFIER_thread_t t)
{
	void *result;

	pthread_join(t, &result);
	return result;
}

#endif
