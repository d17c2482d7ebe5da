/* SPDX-License-Identifier: MIT */
/* A program outside klock's tree, C and C++: two threads count under a lock. */
#include <klock.h>
#include <pthread.h>
#include <stdio.h>

enum { ROUNDS = 100000 };

static DEFINE_MUTEX(lock);
static struct rw_semaphore sem;
static long count;

static void *add(void *unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		mutex_lock(&lock);
		down_read(&sem);
		count++;
		up_read(&sem);
		mutex_unlock(&lock);
	}
	return unused;
}

int main(void)
{
	pthread_t threads[2];

	init_rwsem(&sem);
	for (int i = 0; i < 2; i++)
		if (pthread_create(&threads[i], 0, add, 0))
			return 1;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], 0);
	printf("%ld\n", count);
	return count != 2l * ROUNDS || rwsem_is_locked(&sem) || mutex_is_locked(&lock);
}
