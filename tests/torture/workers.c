/* SPDX-License-Identifier: MIT */
/* Threads that take locks at random, and what is said of them. */
#include "torture.h"
#include <sched.h>

struct worker workers[MAX_THREADS];

/* What a worker may do next: every operation with every lock that has it. */
static struct deed {
	struct victim *v;
	const struct operation *op;
} deeds[2 * MAX_CHOICES * MAX_CHOICES];
static uint32_t nr_deeds;

bool workers_plan(void)
{
	for (int i = 0; i < nr_victims; i++)
		for (int op = 0; op < nr_operations; op++)
			if ((options.operations >> op & 1) &&
			    operations[op].has(victim_row(victim_at(i))))
				deeds[nr_deeds++] =
					(struct deed){ victim_at(i), &operations[op] };
	return nr_deeds > 0;
}

void maybe_preempt(uint32_t random)
{
	switch (random % 16) {
	case 0:
		sched_yield();
		break;
	case 1:
		if (random >> 8 & 1)
			nap_us(random >> 9 & 63);
		break;
	case 2:
		for (volatile uint32_t i = 0; i < (random >> 8 & 1023); i++)
			;
		break;
	}
}

/* Whether the operation may say this, with the features that there are. */
static bool may_return(const struct operation *op, int err)
{
	switch (err) {
	case 0:
		return true;
	case -EAGAIN:
		return op->reasons & BUSY;
	case -ETIME:
		return op->reasons & LATE;
	case -EINTR:
		return op->reasons & features_marks();
	}
	return false;
}

static void count(struct tally *t, int err, int64_t ns)
{
	t->tried++;
	t->busy += err == -EAGAIN;
	t->late += err == -ETIME;
	t->ended += err == -EINTR;
	if (ns > t->longest)
		t->longest = ns;
}

static int row_number(const struct lock_row *row)
{
	int i = 0;

	while (row_at(i) != row)
		i++;
	return i;
}

static void sign_of_life(int64_t *since)
{
	__atomic_store_n(since, now_ns(), __ATOMIC_RELAXED);
}

static void one_round(struct worker *w)
{
	const struct deed *deed = &deeds[next_random(&w->random) % nr_deeds];
	const struct operation *op = deed->op;
	int64_t ns = next_random(&w->random) % 200000, begin = now_ns(), end;
	int err;

	__atomic_store_n(&w->at, deed->v, __ATOMIC_RELAXED);
	__atomic_store_n(&w->since, begin, __ATOMIC_RELAXED);
	__atomic_store_n(&w->doing, op, __ATOMIC_RELAXED);
	err = op->take(deed->v, ns);
	end = now_ns();
	__atomic_store_n(&w->doing, NULL, __ATOMIC_RELAXED);
	__atomic_store_n(&w->since, end, __ATOMIC_RELAXED);
	count(&w->by_operation[op - operations], err, end - begin);
	count(&w->by_lock[row_number(victim_row(deed->v))], err, end - begin);
	if (!may_return(op, err))
		fail("refusal", "%s, %s: returned %d", victim_row(deed->v)->name, op->name, err);
	if (err == 0)
		op->hold(w, deed->v);
	maybe_preempt(next_random(&w->random));
}

static void set_task(struct worker *w, struct klock_task *task)
{
	struct klock_task *old;

	pthread_mutex_lock(&w->lock);
	old = w->task;
	w->task = task;
	pthread_mutex_unlock(&w->lock);
	if (old)
		klock_put_task(old);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	set_task(w, klock_get_task(klock_current()));
	while (!stopped() && !__atomic_load_n(&w->leave, __ATOMIC_RELAXED)) {
		take_over((w->number + 1) % (unsigned int)options.threads);
		take_over(w->number);
		pause_while_quiet(&w->since);
		one_round(w);
	}
	take_over(w->number);
	set_task(w, NULL);
	return NULL;
}

static void start(struct worker *w)
{
	sign_of_life(&w->since);
	__atomic_store_n(&w->leave, false, __ATOMIC_RELAXED);
	if (pthread_create(&w->thread, NULL, work, w)) {
		perror("torture: pthread_create");
		exit(2);
	}
}

void workers_start(void)
{
	for (int i = 0; i < options.threads; i++) {
		workers[i].number = (unsigned int)i;
		workers[i].random = (options.seed + (uint32_t)i * 40503u) * 2654435761u | 1;
		pthread_mutex_init(&workers[i].lock, NULL);
	}
	for (int i = 0; i < options.threads; i++)
		start(&workers[i]);
}

static bool is_stuck(struct worker *w)
{
	int64_t since = __atomic_load_n(&w->since, __ATOMIC_RELAXED);

	return now_ns() - since > options.bound * 1000000000;
}

static void show_stuck(void)
{
	fail("stuck", "a thread waited for longer than %lld s. All of them:",
	     (long long)options.bound);
	for (int i = 0; i < options.threads; i++) {
		struct worker *w = &workers[i];
		const struct operation *doing = __atomic_load_n(&w->doing, __ATOMIC_RELAXED);
		struct victim *at = __atomic_load_n(&w->at, __ATOMIC_RELAXED);
		int64_t since = __atomic_load_n(&w->since, __ATOMIC_RELAXED);

		fprintf(stderr, "torture:   %d: for %lld ms, %s %s\n", i,
			(long long)(now_ns() - since) / 1000000,
			doing ? doing->name : "not waiting; last at",
			at ? victim_row(at)->name : "-");
	}
}

void workers_watch(void)
{
	for (int i = 0; i < options.threads && !stopped(); i++)
		if (pthread_tryjoin_np(workers[i].thread, NULL) == 0)
			start(&workers[i]);
		else if (is_stuck(&workers[i]))
			show_stuck();
}

bool workers_join(void)
{
	for (int i = 0; i < options.threads;) {
		if (pthread_tryjoin_np(workers[i].thread, NULL) == 0) {
			i++;
		} else if (is_stuck(&workers[i])) {
			show_stuck();
			return false;
		} else {
			nap_us(100);
		}
	}
	return true;
}

/* ---- The summary ----------------------------------------------------------------------- */

static void add(struct tally *sum, const struct tally *t)
{
	sum->tried += t->tried;
	sum->busy += t->busy;
	sum->late += t->late;
	sum->ended += t->ended;
	if (t->longest > sum->longest)
		sum->longest = t->longest;
}

static void print_head(const char *what)
{
	printf("%-14s %12s %12s %10s %10s %10s %12s\n", what, "tried", "got", "EAGAIN", "ETIME",
	       "EINTR", "longest ms");
}

static void print(const char *name, const struct tally *t)
{
	if (t->tried)
		printf("%-14s %12llu %12llu %10llu %10llu %10llu %12.3f\n", name,
		       (unsigned long long)t->tried,
		       (unsigned long long)(t->tried - t->busy - t->late - t->ended),
		       (unsigned long long)t->busy, (unsigned long long)t->late,
		       (unsigned long long)t->ended, (double)t->longest / 1e6);
}

void workers_summary(void)
{
	struct tally all = { 0 };

	print_head("operation");
	for (int op = 0; op < nr_operations; op++) {
		struct tally sum = { 0 };

		for (int i = 0; i < options.threads; i++)
			add(&sum, &workers[i].by_operation[op]);
		print(operations[op].name, &sum);
		add(&all, &sum);
	}
	print("all", &all);
	print_head("lock");
	for (int row = 0; row_at(row); row++) {
		struct tally sum = { 0 };

		for (int i = 0; i < options.threads; i++)
			add(&sum, &workers[i].by_lock[row]);
		print(row_at(row)->name, &sum);
	}
}
