/* SPDX-License-Identifier: MIT */
/*
 * control SCENARIO LOCK... runs one small program around locks: a right one,
 * that no tool may report, or a wrong one, that it should. controls.tab says
 * which is which. LOCK is a row of locks.c; LOCK/static takes the static locks
 * of its kind instead of those on the heap. Status 0: it ran; 3: it could not.
 *
 * What threads of a wrong program do is ordered by steps that no tool sees, so
 * that the verdict does not depend on luck and the mistake does no harm.
 */
#include "locks.h"
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 20

typedef void *(*thread_fn)(void *);

static const struct lock_row *row;
static long total; /* what the locks protect */
static unsigned long steps;

static void step_done(int n)
{
	klock_set_bit(n, &steps);
}

static void step_await(int n)
{
	while (!klock_test_bit(n, &steps))
		sched_yield();
}

/* Runs both at once and waits for them. */
static void run2(thread_fn first, thread_fn second)
{
	static int numbers[2] = { 0, 1 };
	pthread_t threads[2];

	if (pthread_create(&threads[0], NULL, first, &numbers[0]) ||
	    pthread_create(&threads[1], NULL, second, &numbers[1]))
		die("no thread could be made");
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
}

static void run1(thread_fn fn)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, fn, NULL))
		die("no thread could be made");
	pthread_join(thread, NULL);
}

static void expect(bool holds, const char *what)
{
	if (!holds)
		die(what);
}

/* right: the lock protects the total; readers read it, also under both locks. */
static void *count(void *arg)
{
	long seen = 0;

	(void)arg;
	for (int n = 0; n < ROUNDS; n++) {
		row->lock(0);
		if (row->shared)
			seen += total;
		else
			total++;
		row->lock(1);
		row->unlock(1);
		row->unlock(0);
		if (row->shared) {
			row->kind->write(0);
			total++;
			row->kind->write_end(0);
		}
	}
	expect(seen >= 0, "the total went down");
	return NULL;
}

static void right(void)
{
	total = 0;
	run2(count, count);
	expect(total == 2 * ROUNDS, "the lock did not keep threads apart");
}

/* race: each thread under a lock of its own. */
static void *count_under_own(void *arg)
{
	int i = *(int *)arg;

	row->lock(i);
	total++;
	row->unlock(i);
	return NULL;
}

static void race(void)
{
	run2(count_under_own, count_under_own);
}

/* read_race: both write under the same lock, held for reading. */
static void *count_as_reader(void *arg)
{
	(void)arg;
	row->lock(0);
	total++;
	row->unlock(0);
	return NULL;
}

static void read_race(void)
{
	run2(count_as_reader, count_as_reader);
}

/* order: A then B; then, in a thread that never meets the first, B then A. */
static void *take_ab(void *arg)
{
	row->lock(0);
	row->lock(1);
	row->unlock(1);
	row->unlock(0);
	return arg;
}

static void *take_ba(void *arg)
{
	row->lock(1);
	row->lock(0);
	row->unlock(0);
	row->unlock(1);
	return arg;
}

static void order(void)
{
	run1(take_ab);
	run1(take_ba);
}

/* gate: the same, each under a third lock. */
static DEFINE_MUTEX(gate_lock);

static void gate(void)
{
	mutex_lock(&gate_lock);
	take_ab(NULL);
	mutex_unlock(&gate_lock);
	mutex_lock(&gate_lock);
	take_ba(NULL);
	mutex_unlock(&gate_lock);
}

/* try_order: the second lock is only tried, which cannot deadlock. The row's way is a try. */
static void try_order(void)
{
	for (int i = 0; i < NR_LOCKS; i++) {
		row->kind->write(i);
		row->lock(!i);
		row->unlock(!i);
		row->kind->write_end(i);
	}
}

/* reborn: A before B; both are initialised anew at the same place; B before A. */
static void reborn(void)
{
	static struct mutex mutexes[2];
	static struct rw_semaphore sems[2];

	for (int life = 0; life < 2; life++) {
		for (int i = 0; i < 2; i++) {
			mutex_init(&mutexes[i]);
			init_rwsem(&sems[i]);
		}
		mutex_lock(&mutexes[life]);
		mutex_lock(&mutexes[!life]);
		down_read(&sems[life]);
		down_write(&sems[!life]);
		up_write(&sems[!life]);
		up_read(&sems[life]);
		mutex_unlock(&mutexes[!life]);
		mutex_unlock(&mutexes[life]);
	}
}

/* give_up: a thread that does not get the lock does without; then it gets it. */
static void *give_up_then_count(void *arg)
{
	step_await(0);
	expect(row->give_up(0) != 0, "a held lock was got");
	step_done(1);
	row->kind->write(0);
	total++;
	row->kind->write_end(0);
	return arg;
}

static void *hold_and_count(void *arg)
{
	row->kind->write(0);
	total++;
	step_done(0);
	step_await(1);
	total++;
	row->kind->write_end(0);
	return arg;
}

static void give_up(void)
{
	steps = 0;
	run2(give_up_then_count, hold_and_count);
}

/* gave_up_race: it goes on as if it had got it. */
static void *count_without(void *arg)
{
	step_await(0);
	expect(row->give_up(0) != 0, "a held lock was got");
	total++;
	step_done(1);
	return arg;
}

static void gave_up_race(void)
{
	run2(count_without, hold_and_count);
}

/* downgrade: a writer stays as a reader; readers join it. */
static void *write_then_read(void *arg)
{
	for (int n = 0; n < ROUNDS; n++) {
		long mine;

		down_write(rwsem_nr(0));
		mine = ++total;
		downgrade_write(rwsem_nr(0));
		expect(total == mine, "a writer came in during a downgrade");
		up_read(rwsem_nr(0));
	}
	return arg;
}

static void *only_read(void *arg)
{
	long seen = 0;

	for (int n = 0; n < ROUNDS; n++) {
		down_read(rwsem_nr(0));
		expect(total >= seen, "the total went down");
		seen = total;
		up_read(rwsem_nr(0));
	}
	return arg;
}

static void downgrade(void)
{
	run2(write_then_read, only_read);
	run2(write_then_read, write_then_read);
}

/* downgrade_race: it still writes. */
static void *write_after_downgrade(void *arg)
{
	down_write(rwsem_nr(0));
	downgrade_write(rwsem_nr(0));
	step_done(0);
	step_await(1);
	total++;
	up_read(rwsem_nr(0));
	return arg;
}

static void *read_meanwhile(void *arg)
{
	step_await(0);
	down_read(rwsem_nr(0));
	expect(total == 0, "the total was written before its time");
	step_done(1);
	up_read(rwsem_nr(0));
	return arg;
}

static void downgrade_race(void)
{
	run2(write_after_downgrade, read_meanwhile);
}

/* downgrade_order: A is downgraded while B, taken after it, is held. */
static void downgrade_order(void)
{
	down_write(rwsem_nr(0));
	down_write(rwsem_nr(1));
	downgrade_write(rwsem_nr(0));
	up_write(rwsem_nr(1));
	up_read(rwsem_nr(0));
}

/* handover: a thread reads under a lock that another gives up; a writer comes after both. */
static bool read_late;

static void *begin_reading(void *arg)
{
	down_read_non_owner(rwsem_nr(0));
	expect(total >= 0, "the total went down");
	klock_set_bit_release(1, &steps);
	return arg;
}

static void *end_reading(void *arg)
{
	while (!klock_test_bit_acquire(1, &steps))
		sched_yield();
	expect(total >= 0, "the total went down");
	up_read_non_owner(rwsem_nr(0));
	if (read_late)
		expect(total >= 0, "the total went down");
	step_done(2);
	return arg;
}

static void *write_after(void *arg)
{
	step_await(2);
	down_write(rwsem_nr(0));
	total++;
	up_write(rwsem_nr(0));
	return arg;
}

static void *end_reading_then_write(void *arg)
{
	pthread_t writer;

	if (pthread_create(&writer, NULL, write_after, NULL))
		die("no thread could be made");
	end_reading(arg);
	pthread_join(writer, NULL);
	return arg;
}

static void handover(void)
{
	run2(begin_reading, end_reading_then_write);
}

/* handover_race: it reads on after it has given the lock up. */
static void handover_race(void)
{
	read_late = true;
	handover();
}

/* publish: what is written before set_bit_release() is there for who finds the bit set. */
static bool weakly;

static void *publish_value(void *arg)
{
	total = 1;
	if (weakly)
		klock_set_bit(0, &steps);
	else
		klock_set_bit_release(0, &steps);
	return arg;
}

static void *find_value(void *arg)
{
	while (!(weakly ? klock_test_bit(0, &steps) : klock_test_bit_acquire(0, &steps)))
		sched_yield();
	total++;
	return arg;
}

static void publish(void)
{
	run2(publish_value, find_value);
}

/* publish_race: with a bit operation that orders nothing. */
static void publish_race(void)
{
	weakly = true;
	publish();
}

/* wait_bit: who waits for a bit to be clear sees what was done while it was set. */
static void *write_under_bit(void *arg)
{
	expect(!test_and_set_bit_lock(0, bit_word_nr(0)), "a bit was set already");
	step_done(0);
	total = 1;
	clear_and_wake_up_bit(0, bit_word_nr(0));
	return arg;
}

static void *read_after_bit(void *arg)
{
	step_await(0);
	expect(!wait_on_bit(bit_word_nr(0), 0, TASK_UNINTERRUPTIBLE), "a plain wait failed");
	total++;
	return arg;
}

static void wait_bit(void)
{
	run2(write_under_bit, read_after_bit);
}

/* signal: a semaphore that one thread only gives and the other only takes. */
static void *give(void *arg)
{
	total = 1;
	up(semaphore_nr(0));
	return arg;
}

static void *take(void *arg)
{
	down(semaphore_nr(0));
	total++;
	return arg;
}

static void signal_other(void)
{
	down(semaphore_nr(0));
	run2(give, take);
}

/* unrelated_up: the unit that was taken is not the one that was given after the write. */
static void *give_late(void *arg)
{
	total = 1;
	up(semaphore_nr(0));
	step_done(0);
	return arg;
}

static void *take_early(void *arg)
{
	step_await(0);
	down(semaphore_nr(0));
	total++;
	return arg;
}

static void unrelated_up(void)
{
	run2(give_late, take_early);
}

/* reused: the memory of a lock that was destroyed is the program's again. */
static long *block;

static void *count_in_block(void *arg)
{
	mutex_lock(&gate_lock);
	++*block;
	mutex_unlock(&gate_lock);
	return arg;
}

static void end_lock(void)
{
	right();
	row->kind->end(0);
	block = row->kind->memory(0);
	*block = 0;
}

static void reused(void)
{
	end_lock();
	run2(count_in_block, count_in_block);
}

/* reused_race: and is checked as such. */
static void *count_in_block_unlocked(void *arg)
{
	++*block;
	return arg;
}

static void reused_race(void)
{
	end_lock();
	run2(count_in_block_unlocked, count_in_block_unlocked);
}

static const struct scenario {
	const char *name;
	void (*run)(void);
} scenarios[] = {
	{ "right", right },
	{ "race", race },
	{ "read_race", read_race },
	{ "order", order },
	{ "gate", gate },
	{ "try_order", try_order },
	{ "reborn", reborn },
	{ "give_up", give_up },
	{ "gave_up_race", gave_up_race },
	{ "downgrade", downgrade },
	{ "downgrade_race", downgrade_race },
	{ "downgrade_order", downgrade_order },
	{ "handover", handover },
	{ "handover_race", handover_race },
	{ "publish", publish },
	{ "publish_race", publish_race },
	{ "wait_bit", wait_bit },
	{ "signal", signal_other },
	{ "unrelated_up", unrelated_up },
	{ "reused", reused },
	{ "reused_race", reused_race },
};

static void (*find_scenario(const char *name))(void)
{
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		if (!strcmp(scenarios[i].name, name))
			return scenarios[i].run;
	die("no such scenario");
}

int main(int argc, char **argv)
{
	void (*run)(void);

	if (argc < 3)
		die("usage: control SCENARIO LOCK[/static]...");
	run = find_scenario(argv[1]);
	klock_bit_word_init(&steps);
	for (int n = 2; n < argc; n++) {
		char *slash = strchr(argv[n], '/');

		if (slash)
			*slash = '\0';
		row = find_row(argv[n]);
		if (!row)
			die("no such lock");
		for (int i = 0; i < NR_LOCKS && !slash; i++)
			row->kind->make(i);
		run();
	}
	return 0;
}
