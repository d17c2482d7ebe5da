/* SPDX-License-Identifier: MIT */
/* What rains on the workers: each feature in a thread of its own, and quiet moments for all. */
#include "torture.h"
#include <sched.h>

#define RAIN_US 20000 /* at most, from one quiet moment to the next */

const struct feature features[] = {
	{ "churn", 3000, 0, churn },
	{ "kill", 500, KILLED, kill_one },
	{ "kill_all", 20000, KILLED, kill_all },
	{ "interrupt", 500, INTERRUPTED, interrupt_one },
	{ "signal", 200, INTERRUPTED, send_signal },
	{ "kill_signal", 20000, KILLED, send_killing_signal },
	{ "deaf_signal", 200, 0, send_deaf_signal },
	{ "affinity", 2000, 0, change_cpus },
	{ "priority", 2000, 0, change_priority },
	{ "memory", 10000, 0, press_memory },
	{ "fork", 50000, 0, fork_child },
};
const int nr_features = sizeof(features) / sizeof(features[0]);

static struct rain {
	const struct feature *feature;
	pthread_t thread;
	uint32_t random;
	uint64_t steps, refused;
} rains[MAX_CHOICES];
static int nr_rains;
static pthread_t conductor;

static bool quiet; /* relaxed atomic */
static int paused; /* relaxed atomic */

unsigned int features_marks(void)
{
	static unsigned int marks; /* relaxed atomic: always the same, once found */

	if (!__atomic_load_n(&marks, __ATOMIC_RELAXED)) {
		unsigned int found = 1u << 31;

		for (int i = 0; i < nr_features; i++)
			if (options.features >> i & 1)
				found |= features[i].marks;
		__atomic_store_n(&marks, found, __ATOMIC_RELAXED);
	}
	return __atomic_load_n(&marks, __ATOMIC_RELAXED);
}

static void sign_of_life(int64_t *since)
{
	if (since)
		__atomic_store_n(since, now_ns(), __ATOMIC_RELAXED);
}

void pause_while_quiet(int64_t *since)
{
	if (!__atomic_load_n(&quiet, __ATOMIC_RELAXED))
		return;
	__atomic_add_fetch(&paused, 1, __ATOMIC_RELAXED);
	while (__atomic_load_n(&quiet, __ATOMIC_RELAXED) && !stopped()) {
		nap_us(200);
		sign_of_life(since);
	}
	__atomic_sub_fetch(&paused, 1, __ATOMIC_RELAXED);
}

static void await_paused(int n)
{
	while (__atomic_load_n(&paused, __ATOMIC_RELAXED) != n && !stopped())
		nap_us(200);
}

static void *conduct(void *arg)
{
	uint32_t random = options.seed | 1;

	while (!stopped()) {
		nap_us(next_random(&random) % RAIN_US);
		__atomic_store_n(&quiet, true, __ATOMIC_RELAXED);
		await_paused(options.threads + nr_rains);
		__atomic_store_n(&quiet, false, __ATOMIC_RELAXED);
		await_paused(0);
	}
	return arg;
}

static void *rain(void *arg)
{
	struct rain *r = arg;

	while (!stopped()) {
		r->steps++;
		r->refused += !r->feature->step(next_random(&r->random));
		nap_us(next_random(&r->random) % r->feature->every_us);
		pause_while_quiet(NULL);
	}
	return NULL;
}

static void start(pthread_t *thread, void *(*fn)(void *arg), void *arg)
{
	if (pthread_create(thread, NULL, fn, arg)) {
		perror("torture: pthread_create");
		exit(2);
	}
}

void features_start(void)
{
	for (int i = 0; i < nr_features; i++)
		if (options.features >> i & 1)
			rains[nr_rains++] = (struct rain){
				.feature = &features[i],
				.random = (options.seed ^ (uint32_t)i << 24) * 2246822519u | 1,
			};
	for (int i = 0; i < nr_rains; i++)
		start(&rains[i].thread, rain, &rains[i]);
	start(&conductor, conduct, NULL);
}

void features_join(void)
{
	for (int i = 0; i < nr_rains; i++)
		pthread_join(rains[i].thread, NULL);
	pthread_join(conductor, NULL);
}

void features_summary(void)
{
	printf("%-14s %12s %12s\n", "feature", "times", "not allowed");
	for (int i = 0; i < nr_rains; i++)
		printf("%-14s %12llu %12llu\n", rains[i].feature->name,
		       (unsigned long long)rains[i].steps,
		       (unsigned long long)rains[i].refused);
}

struct worker *any_worker(uint32_t random)
{
	struct worker *w = &workers[random % (uint32_t)options.threads];

	pthread_mutex_lock(&w->lock);
	if (w->task)
		return w;
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

void any_worker_end(struct worker *w)
{
	pthread_mutex_unlock(&w->lock);
}
