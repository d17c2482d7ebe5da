/* SPDX-License-Identifier: MIT */
/*
 * A configuration that every request reads and hardly anybody changes: a
 * percpu_rw_semaphore, whose readers do not write to memory that they share.
 *
 * Output:
 *	no reader saw half a change
 *	generation 100
 */
#include <klock/percpu-rwsem.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

enum { READERS = 3, RELOADS = 100 };

/* What belongs together changes together. */
struct config {
	int generation;
	char name[32];
};

DEFINE_STATIC_PERCPU_RWSEM(config_sem);
static struct config config = { 0, "generation 0" };

/* One request; returns the generation that served it, or -1 for a mixture of two. */
static int serve(void)
{
	char expected[32];
	struct config seen;

	percpu_down_read(&config_sem);
	seen = config;
	percpu_up_read(&config_sem);

	snprintf(expected, sizeof(expected), "generation %d", seen.generation);
	for (size_t i = 0; expected[i] || seen.name[i]; i++)
		if (expected[i] != seen.name[i])
			return -1;
	return seen.generation;
}

static void *serve_all(void *mixtures)
{
	int generation;

	do {
		generation = serve();
		if (generation < 0)
			++*(int *)mixtures;
	} while (generation < RELOADS);
	return NULL;
}

static void reload(int generation)
{
	percpu_down_write(&config_sem);
	config.generation = generation;
	snprintf(config.name, sizeof(config.name), "generation %d", generation);
	percpu_up_write(&config_sem);
}

int main(void)
{
	pthread_t threads[READERS];
	int mixtures[READERS] = { 0 }, sum = 0;

	for (int i = 0; i < READERS; i++)
		if (pthread_create(&threads[i], NULL, serve_all, &mixtures[i]))
			return 1;
	for (int i = 1; i <= RELOADS; i++)
		reload(i);
	for (int i = 0; i < READERS; i++) {
		pthread_join(threads[i], NULL);
		sum += mixtures[i];
	}
	if (!sum)
		printf("no reader saw half a change\n");
	printf("%s\n", config.name);
	return 0;
}
