/* SPDX-License-Identifier: MIT */
/* Programs around what only one kind of lock can do. */
#include "scenarios.h"
#include <pthread.h>
#include <string.h>

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

/* publish: what is written before klock_set_bit_release() is there for who finds the bit set. */
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

/* request: what is done before it is queued is there for its callback. */
static struct klock_waitq request;
static bool written_late;

static int ask(void)
{
	struct kiocb iocb = { .ki_flags = IOCB_WAITQ, .ki_waitq = &request };
	void *lock = row->kind->memory(0);

	if (!strcmp(row->kind->name, "mutex"))
		return iocb_mutex_lock(&iocb, lock);
	if (!strcmp(row->kind->name, "rwsem"))
		return iocb_write_lock(&iocb, lock);
	if (!strcmp(row->kind->name, "semaphore"))
		return iocb_down(&iocb, lock);
	return iocb_wait_on_bit_lock(&iocb, lock, 3);
}

static void claim_and_add(struct klock_waitq *wq)
{
	expect(!klock_waitq_claim(wq), "a claim was refused");
	total++;
	row->kind->write_end(0);
}

static void *let_request_in(void *arg)
{
	row->kind->write(0);
	step_done(0);
	step_await(1);
	row->kind->write_end(0);
	step_done(2);
	return arg;
}

static void *write_and_ask(void *arg)
{
	step_await(0);
	if (!written_late)
		total = 1;
	expect(ask() == -EIOCBQUEUED, "a request was not queued");
	if (written_late)
		total = 1;
	step_done(1);
	return arg;
}

static void request_served(void)
{
	klock_waitq_init(&request, claim_and_add, -1);
	run2(let_request_in, write_and_ask);
}

/* request_race: it writes when the request is queued already. */
static void request_race(void)
{
	written_late = true;
	request_served();
}

/* request_claimed: the same for a third thread that claims it. */
static void *claim_later(void *arg)
{
	step_await(2);
	claim_and_add(&request);
	return arg;
}

static void *let_request_in_for_third(void *arg)
{
	pthread_t third;

	if (pthread_create(&third, NULL, claim_later, NULL))
		die("no thread could be made");
	let_request_in(arg);
	pthread_join(third, NULL);
	return arg;
}

static void request_claimed(void)
{
	klock_waitq_init(&request, NULL, -1);
	run2(let_request_in_for_third, write_and_ask);
}

static void request_claimed_race(void)
{
	written_late = true;
	request_claimed();
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

/* self: a thread waits for what it holds. klock says so; the tools are not asked. */
static void self(void)
{
	row->kind->write(0);
	expect(row->give_up(0) != 0, "a held lock was got");
	row->kind->write_end(0);
}

/* many: a thread holds more locks at once than some tools count. */
static void many(void)
{
	static struct rw_semaphore sems[100];
	const size_t nr = sizeof(sems) / sizeof(sems[0]);

	for (size_t i = 0; i < nr; i++) {
		init_rwsem(&sems[i]);
		down_read_nested(&sems[i], 1);
	}
	for (size_t i = 0; i < nr; i++)
		up_read(&sems[i]);
}

const struct scenario one_lock_scenarios[] = {
	{ "downgrade", downgrade },
	{ "downgrade_race", downgrade_race },
	{ "downgrade_order", downgrade_order },
	{ "handover", handover },
	{ "handover_race", handover_race },
	{ "publish", publish },
	{ "publish_race", publish_race },
	{ "wait_bit", wait_bit },
	{ "request", request_served },
	{ "request_race", request_race },
	{ "request_claimed", request_claimed },
	{ "request_claimed_race", request_claimed_race },
	{ "signal", signal_other },
	{ "unrelated_up", unrelated_up },
	{ "reborn", reborn },
	{ "self", self },
	{ "many", many },
	{ NULL, NULL },
};
