/* SPDX-License-Identifier: MIT */
/* Does what its arguments say, one after the other; options.sh looks at what comes of it. */
#include <klock.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static DEFINE_MUTEX(alpha);
static DEFINE_MUTEX(beta);
static DEFINE_MUTEX(gamma_lock);

static void nest(struct mutex *outer, struct mutex *inner)
{
	mutex_lock(outer);
	mutex_lock(inner);
	mutex_unlock(inner);
	mutex_unlock(outer);
}

static void circular(void)
{
	nest(&alpha, &beta);
	nest(&beta, &alpha);
}

static void circular2(void)
{
	nest(&beta, &gamma_lock);
	nest(&gamma_lock, &beta);
}

static void order(void)
{
	nest(&gamma_lock, &alpha);
}

static void init_pair(struct mutex *locks)
{
	for (int i = 0; i < 2; i++)
		mutex_init(&locks[i]);
}

static void recursion(void)
{
	static struct mutex pair[2];

	init_pair(pair);
	nest(&pair[0], &pair[1]);
}

static void assertion(void)
{
	lockdep_assert_held(&alpha);
}

static void nonblocking(void)
{
	non_block_start();
	mutex_lock(&alpha);
	mutex_unlock(&alpha);
	non_block_end();
}

static void misuse(void)
{
	struct lock_class_key key;
	static struct lockdep_map map;

	lockdep_register_key(&key);
	lockdep_init_map(&map, "thing", &key, 0);
	lock_map_release(&map);
	lockdep_unregister_key(&key);
}

static void child(void)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		circular();
		exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		abort();
	printf("parent %d child %d status %d\n", (int)getpid(), (int)pid, WEXITSTATUS(status));
}

static void *cancelled(void *arg)
{
	pthread_cancel(pthread_self());
	circular();
	*(int *)arg = 1;
	return NULL;
}

static void cancel(void)
{
	pthread_t thread;
	int done = 0;

	if (pthread_create(&thread, NULL, cancelled, &done))
		abort();
	pthread_join(thread, NULL);
	puts(done ? "went on" : "was cancelled");
}

static void elsewhere(void)
{
	mutex_lock(&alpha); /* the options are read at the first lock */
	mutex_unlock(&alpha);
	if (chdir("/"))
		abort();
}

static void close_all(void)
{
	mutex_lock(&alpha);
	mutex_unlock(&alpha);
	for (int fd = 3; fd < 256; fd++)
		close(fd);
}

static void bye(void)
{
	puts("bye");
	circular();
}

static void at_exit(void)
{
	atexit(bye);
}

static void exit0(void)
{
	exit(0);
}

static void exit3(void)
{
	exit(3);
}

static const struct {
	const char *name;
	void (*fn)(void);
} commands[] = {
	{ "circular", circular },   { "circular2", circular2 },
	{ "order", order },	    { "recursion", recursion },
	{ "assert", assertion },    { "nonblocking", nonblocking },
	{ "misuse", misuse },	    { "fork", child },
	{ "cancel", cancel },	    { "elsewhere", elsewhere },
	{ "close", close_all },	    { "atexit", at_exit },
	{ "exit0", exit0 },	    { "exit3", exit3 },
};

int main(int argc, char **argv)
{
	size_t n = sizeof(commands) / sizeof(commands[0]);

	for (int i = 1; i < argc; i++) {
		size_t k = 0;

		while (k < n && strcmp(commands[k].name, argv[i]))
			k++;
		if (k == n)
			return 99;
		commands[k].fn();
	}
	puts("end");
	return 0;
}
