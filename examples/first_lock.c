/* SPDX-License-Identifier: MIT */
/*
 * A first lock: threads count under a mutex, which makes the sum come out right.
 *
 * Output:
 *	4 threads counted to 400000
 */
#include <klock/mutex.h>
#include <pthread.h>
#include <stdio.h>

enum { THREADS = 4, ROUNDS = 100000 };

static DEFINE_MUTEX(lock); /* of count */
static int count;

static void *work(void *unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		mutex_lock(&lock);
		count++;
		mutex_unlock(&lock);
	}
	return unused;
}

int main(void)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, work, NULL))
			return 1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	printf("%d threads counted to %d\n", THREADS, count);
	return 0;
}
