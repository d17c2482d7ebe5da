/* SPDX-License-Identifier: MIT */
/*
 * A program whose statistics are known. Its arguments: "fork" for a child that
 * takes locks and one that does not, "chdir" to end in another folder.
 */
#include <klock.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static DEFINE_MUTEX(lock);
static DEFINE_RWSEM(sem);

static void use(int n)
{
	while (n--) {
		mutex_lock(&lock);
		mutex_unlock(&lock);
	}
}

/* Ends when it is the one that waits. */
static void *wait_for_it(void *arg)
{
	mutex_lock(&lock);
	mutex_unlock(&lock);
	return arg;
}

static void contend(void)
{
	pthread_t thread;

	mutex_lock(&lock);
	if (pthread_create(&thread, NULL, wait_for_it, NULL))
		abort();
	while (!(__atomic_load_n(&lock.word, __ATOMIC_RELAXED) & KLOCK_W_WAITERS))
		usleep(100);
	mutex_unlock(&lock);
	pthread_join(thread, NULL);
}

static void odd_name(void)
{
	static struct lock_class_key key;
	struct mutex m;

	__mutex_init(&m, "a \"b\\\t\303\244 \377", &key);
	mutex_lock(&m);
	mutex_unlock(&m);
}

static void have_child(int n)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		use(n);
		exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		abort();
}

int main(int argc, char **argv)
{
	use(3);
	contend();
	down_read(&sem);
	up_read(&sem);
	down_write(&sem);
	downgrade_write(&sem);
	up_read(&sem);
	odd_name();
	if (argc > 1 && !strcmp(argv[1], "fork")) {
		have_child(7);
		have_child(0);
	}
	if (argc > 1 && !strcmp(argv[1], "chdir") && chdir("/"))
		abort();
	return 0;
}
