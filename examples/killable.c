/* SPDX-License-Identifier: MIT */
/*
 * SIGTERM ends killable waits: threads that wait for a lock get -EINTR, clean
 * up and return, however long the lock's owner takes. Nothing is lost when the
 * signal comes before a thread waits: it stays killed until klock_unkill_all().
 *
 * Output:
 *	worker 0: killed while it waited
 *	worker 1: killed while it waited
 *	a killed thread still gets a lock that is free
 *	after klock_unkill_all() waits last again
 */
#include <errno.h>
#include <klock/mutex.h>
#include <klock/task.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static DEFINE_MUTEX(lock);
static DEFINE_MUTEX(other);

static void *work(void *unused)
{
	int err = mutex_lock_killable(&lock);

	if (!err)
		mutex_unlock(&lock);
	(void)unused;
	return (void *)(long)err;
}

int main(void)
{
	pthread_t workers[2];
	void *err;

	if (klock_catch_signal(SIGTERM, KLOCK_KILL))
		return 1;
	mutex_lock(&lock);
	for (int i = 0; i < 2; i++)
		if (pthread_create(&workers[i], NULL, work, NULL))
			exit(1);

	kill(getpid(), SIGTERM); /* as the service manager would */
	for (int i = 0; i < 2; i++) {
		pthread_join(workers[i], &err);
		if ((long)err == -EINTR)
			printf("worker %d: killed while it waited\n", i);
	}

	if (mutex_lock_killable(&other) == 0) {
		printf("a killed thread still gets a lock that is free\n");
		mutex_unlock(&other);
	}

	klock_unkill_all();
	if (pthread_create(&workers[0], NULL, work, NULL))
		exit(1);
	mutex_unlock(&lock);
	pthread_join(workers[0], &err);
	if (!err)
		printf("after klock_unkill_all() waits last again\n");
	return 0;
}
