/* SPDX-License-Identifier: MIT */
/* In place of GenMC's <pthread.h>, see genmc.h: threads and mutexes, and nothing else. */
#ifndef GENMC_TOOL_PTHREAD_H
#define GENMC_TOOL_PTHREAD_H

#define PTHREAD_ONCE_INIT 0

typedef unsigned long pthread_t; /* or as wide: a pointer */
typedef struct {
	int taken;
} pthread_mutex_t;

int pthread_create(pthread_t *t, const void *attr, void *(*run)(void *), void *arg);
int pthread_join(pthread_t t, void **result);
int sched_yield(void);

static inline int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	while (__atomic_exchange_n(&mutex->taken, 1, __ATOMIC_ACQUIRE))
		sched_yield();
	return 0;
}

static inline int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	__atomic_store_n(&mutex->taken, 0, __ATOMIC_RELEASE);
	return 0;
}

#endif
