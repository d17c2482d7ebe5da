/* SPDX-License-Identifier: MIT */
/* The child of a fork() in the middle of it can use all locks that nobody held. */
#include "torture.h"
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 20

static union any_lock spares[MAX_CHOICES]; /* nobody in the parent takes them */

/* Those that others use: free at the moment or not, what they protect is whole if they are. */
static void look_at_victims(void)
{
	for (int i = 0; i < nr_victims; i++) {
		const struct lock_row *row = victim_row(victim_at(i));
		union any_lock *lock = victim_lock(victim_at(i));

		if (!row->try_ || !row->try_(lock))
			continue;
		victim_inside(victim_at(i), row->shared, 0);
		row->unlock(lock);
	}
}

static void *use_spares(void *arg)
{
	const struct lock_row *row;

	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; (row = row_at(i)) != NULL && i < NR_LOCK_ROWS; i++) {
			row->lock(&spares[i]);
			maybe_preempt((uint32_t)(round + i));
			row->unlock(&spares[i]);
		}
	return arg;
}

static void in_child(void)
{
	pthread_t other;

	alarm((unsigned int)options.bound);
	look_at_victims();
	if (threads_in_child() && pthread_create(&other, NULL, use_spares, NULL) == 0) {
		use_spares(NULL);
		pthread_join(other, NULL);
	} else {
		use_spares(NULL);
	}
	_exit(failed);
}

/* The sanitizers' malloc() is not there for a child of threads. */
#ifdef __SANITIZE_ADDRESS__
#define UNDER_ASAN true
#else
#define UNDER_ASAN false
#endif

bool fork_child(uint32_t random)
{
	static bool made;
	int status;
	pid_t pid;

	(void)random;
	if (UNDER_ASAN)
		return false;
	for (int i = 0; !made && i < NR_LOCK_ROWS; i++)
		row_at(i)->object->make(&spares[i]);
	made = true;
	pid = fork();
	if (pid < 0)
		return false;
	if (pid == 0)
		in_child();
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	if (status)
		fail("fork", "a child ended with status %#x", (unsigned int)status);
	return true;
}
