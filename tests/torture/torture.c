/* SPDX-License-Identifier: MIT */
#include "torture.h"
#include "support/actor.h"
#include <signal.h>
#include <string.h>
#include <unistd.h>

struct worker *workers;
int nr_workers = 8;
int stop;

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);
	char *end;
	uint64_t n;

	if (!text || !*text)
		return otherwise;
	n = strtoull(text, &end, 0);
	if (*end || !n) {
		fprintf(stderr, "torture: %s is '%s', not a number from 1\n", variable, text);
		exit(2);
	}
	return n;
}

static void start(struct worker *w)
{
	if (pthread_create(&w->thread, NULL, work, w)) {
		perror("torture: pthread_create");
		exit(2);
	}
}

/* The next thread of each worker whose last has ended. False: one hangs. */
static bool watch(int64_t hang_ns)
{
	static uint64_t seen[256];
	static int64_t since[256];

	for (int i = 0; i < nr_workers; i++) {
		struct worker *w = &workers[i];
		uint64_t rounds = __atomic_load_n(&w->rounds, __ATOMIC_RELAXED);

		if (pthread_tryjoin_np(w->thread, NULL) == 0)
			start(w);
		if (rounds != seen[i] || !since[i]) {
			seen[i] = rounds;
			since[i] = now_ns();
		}
		if (now_ns() - since[i] > hang_ns)
			return false;
	}
	return true;
}

static void show_hang(void)
{
	fprintf(stderr, "torture: a thread made no progress. All of them:\n");
	for (int i = 0; i < nr_workers; i++) {
		struct worker *w = &workers[i];
		int doing = __atomic_load_n(&w->doing, __ATOMIC_RELAXED);
		struct victim *at = __atomic_load_n(&w->at, __ATOMIC_RELAXED);

		fprintf(stderr, "torture:   %d: round %llu, %s %s\n", i,
			(unsigned long long)__atomic_load_n(&w->rounds, __ATOMIC_RELAXED),
			doing < 0 ? "not waiting; last at" : operation_names[doing],
			at ? victim_name(at) : "-");
	}
}

static bool any_failed(void)
{
	bool failed = victims_violated();

	for (int i = 0; i < nr_workers; i++)
		failed |= __atomic_load_n(&workers[i].failed, __ATOMIC_RELAXED);
	return failed;
}

static void summary(uint32_t seed)
{
	printf("%-14s %12s %12s\n", "operation", "tried", "got");
	for (int op = 0; op < NR_OPERATIONS; op++) {
		uint64_t tried = 0, got = 0;

		for (int i = 0; i < nr_workers; i++) {
			tried += workers[i].tried[op];
			got += workers[i].got[op];
		}
		printf("%-14s %12llu %12llu\n", operation_names[op], (unsigned long long)tried,
		       (unsigned long long)got);
	}
	printf("seed %u\n", seed);
}

static void usage(void)
{
	fprintf(stderr, "usage: torture [lost-wakeup | no-exclusion | none]\n"
			"The argument names a lock that is broken on purpose, or its right twin.\n"
			"KLOCK_TORTURE_SECONDS (5), _SEED, _THREADS (8), _HANG (30, seconds)\n");
	exit(2);
}

/* A kill or a signal makes a waiter look again, and so mends a wake-up that was lost. */
static bool run(int64_t end, int64_t hang_ns, uint32_t seed, bool disturbed)
{
	pthread_t disturber;
	bool hangs = false;

	klock_catch_signal(SIGUSR1, KLOCK_INTERRUPT);
	for (int i = 0; i < nr_workers; i++) {
		workers[i].number = (unsigned int)i;
		workers[i].random = seed * 2654435761u + (uint32_t)i * 40503u + 1;
		workers[i].doing = -1;
		pthread_mutex_init(&workers[i].lock, NULL);
		start(&workers[i]);
	}
	if (disturbed && pthread_create(&disturber, NULL, disturb, &seed))
		exit(2);
	while (now_ns() < end && !hangs && !any_failed()) {
		nap_us(20000);
		hangs = !watch(hang_ns);
	}
	if (hangs) {
		show_hang();
		return false;
	}
	if (any_failed())
		return false; /* what is broken may not come to an end */
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < nr_workers; i++)
		pthread_join(workers[i].thread, NULL);
	if (disturbed)
		pthread_join(disturber, NULL);
	return victims_end();
}

int main(int argc, char **argv)
{
	int64_t seconds = (int64_t)number_from("KLOCK_TORTURE_SECONDS", 5);
	int64_t hang = (int64_t)number_from("KLOCK_TORTURE_HANG", 30);
	uint32_t seed =
		(uint32_t)number_from("KLOCK_TORTURE_SEED", (uint64_t)now_ns() % 1000000 + 1);
	bool right;

	nr_workers = (int)number_from("KLOCK_TORTURE_THREADS", 8);
	if (argc > 2 || nr_workers > 256 || !victims_make(argc > 1 ? argv[1] : NULL))
		usage();
	workers = calloc((size_t)nr_workers, sizeof(*workers));
	if (!workers)
		return 2;
	printf("seed %u, %lld s, %d threads\n", seed, (long long)seconds, nr_workers);
	fflush(stdout);
	alarm((unsigned int)(seconds + 2 * hang + 60)); /* when threads do not come to an end */
	right = run(now_ns() + seconds * 1000000000, hang * 1000000000, seed, argc == 1);
	summary(seed);
	printf("%s\n", right ? "all held" : "FAILED");
	fflush(stdout);
	_exit(right ? 0 : 1); /* threads of a broken lock are still there */
}
