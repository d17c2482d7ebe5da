/* SPDX-License-Identifier: MIT */
/* Programs around any lock: each takes it the way that its row says. */
#include "scenarios.h"

static DEFINE_MUTEX(gate_lock);

/* In wrong programs: the second thread's turn comes after the first's, which no tool sees. */
static void begin_turn(void *number)
{
	if (*(int *)number == 1)
		step_await(0);
}

static void end_turn(void *number)
{
	if (*(int *)number == 0)
		step_done(0);
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
	run2(count, count);
	expect(total == 2 * ROUNDS, "the lock did not keep threads apart");
}

/* race: each thread under a lock of its own. */
static void *count_under_own(void *arg)
{
	int i = *(int *)arg;

	begin_turn(arg);
	row->lock(i);
	total++;
	row->unlock(i);
	end_turn(arg);
	return NULL;
}

static void race(void)
{
	run2(count_under_own, count_under_own);
}

/* read_race: both write under the same lock, held for reading. */
static void *count_as_reader(void *arg)
{
	begin_turn(arg);
	row->lock(0);
	total++;
	row->unlock(0);
	end_turn(arg);
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
	begin_turn(arg);
	++*block;
	end_turn(arg);
	return arg;
}

static void reused_race(void)
{
	end_lock();
	steps = 0;
	run2(count_in_block_unlocked, count_in_block_unlocked);
}

const struct scenario any_lock_scenarios[] = {
	{ "right", right },
	{ "race", race },
	{ "read_race", read_race },
	{ "order", order },
	{ "gate", gate },
	{ "try_order", try_order },
	{ "give_up", give_up },
	{ "gave_up_race", gave_up_race },
	{ "reused", reused },
	{ "reused_race", reused_race },
	{ NULL, NULL },
};
