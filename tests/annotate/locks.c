/* SPDX-License-Identifier: MIT */
#include "locks.h"
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONG 60000000000 /* a minute: never reached */
#define SHORT 2000000    /* two milliseconds: always reached */

void die(const char *what)
{
	fprintf(stderr, "control: %s\n", what);
	_exit(3);
}

static void *heap(size_t size)
{
	void *memory = aligned_alloc(64, (size + 63) / 64 * 64);

	if (!memory)
		die("out of memory");
	return memory;
}

static void must(int err)
{
	if (err)
		die("a lock that comes free was not got");
}

/* Two static locks of each kind, and the pointers through which all code uses its locks. */
static DEFINE_MUTEX(mutex_a);
static DEFINE_MUTEX(mutex_b);
static DEFINE_RWSEM(rwsem_a);
static DEFINE_RWSEM(rwsem_b);
DEFINE_STATIC_PERCPU_RWSEM(percpu_a);
DEFINE_STATIC_PERCPU_RWSEM(percpu_b);
static DEFINE_SEMAPHORE(semaphore_a, 1);
static DEFINE_SEMAPHORE(semaphore_b, 1);
static unsigned long bit_a, bit_b;

static struct mutex *mutexes[NR_LOCKS];
static struct rw_semaphore *rwsems[NR_LOCKS];
static struct percpu_rw_semaphore *percpus[NR_LOCKS];
static struct semaphore *semaphores[NR_LOCKS];
static unsigned long *words[NR_LOCKS];
#define BIT 3

struct rw_semaphore *rwsem_nr(int i)
{
	return rwsems[i];
}

unsigned long *bit_word_nr(int i)
{
	return words[i];
}

struct semaphore *semaphore_nr(int i)
{
	return semaphores[i];
}

#define DEFINE_KIND(kind, array, new_, end_, write_, write_end_)                                   \
	static void kind##_choose(int i, bool use_static)                                          \
	{                                                                                          \
		array[i] = i ? &kind##_b : &kind##_a;                                              \
		if (use_static)                                                                    \
			return;                                                                    \
		array[i] = heap(sizeof(*array[i]));                                                \
		new_;                                                                              \
	}                                                                                          \
	static void kind##_end(int i)                                                              \
	{                                                                                          \
		end_(array[i]);                                                                    \
	}                                                                                          \
	static void *kind##_memory(int i)                                                          \
	{                                                                                          \
		return array[i];                                                                   \
	}                                                                                          \
	static void kind##_write(int i)                                                            \
	{                                                                                          \
		write_;                                                                            \
	}                                                                                          \
	static void kind##_write_end(int i)                                                        \
	{                                                                                          \
		write_end_;                                                                        \
	}                                                                                          \
	static const struct lock_kind kind##_kind = {                                              \
		#kind, kind##_choose, kind##_end, kind##_memory, sizeof(**array),                  \
		kind##_write, kind##_write_end,                                                    \
	};

static void new_word(unsigned long *word)
{
	*word = 0;
	klock_bit_word_init(word);
}

DEFINE_KIND(mutex, mutexes, mutex_init(mutexes[i]), mutex_destroy,
	    mutex_lock(mutexes[i]), mutex_unlock(mutexes[i]))
DEFINE_KIND(rwsem, rwsems, init_rwsem(rwsems[i]), klock_rwsem_destroy,
	    down_write(rwsems[i]), up_write(rwsems[i]))
DEFINE_KIND(percpu, percpus, must(percpu_init_rwsem(percpus[i])), percpu_free_rwsem,
	    percpu_down_write(percpus[i]), percpu_up_write(percpus[i]))
DEFINE_KIND(semaphore, semaphores, sema_init(semaphores[i], 1), klock_semaphore_destroy,
	    down(semaphores[i]), up(semaphores[i]))
DEFINE_KIND(bit, words, new_word(words[i]), klock_bit_word_exit,
	    must(wait_on_bit_lock(words[i], BIT, TASK_UNINTERRUPTIBLE)),
	    clear_and_wake_up_bit(BIT, words[i]))

static const struct kiocb blocking, nowait = { .ki_flags = IOCB_NOWAIT };

/* A wait that a mark ends before it begins, or while it lasts: the same to the caller. */
static int killed(int (*wait)(int i), int i)
{
	int err;

	klock_kill(klock_current());
	err = wait(i);
	klock_unkill(klock_current());
	return err;
}

static int interrupted(int (*wait)(int i), int i)
{
	klock_interrupt(klock_current());
	return wait(i);
}

/* way_NAME(), from an expression that is 0 when it got the lock, asked until it did. */
#define LOCK(name, expr)                                                                           \
	static int way_##name##_try(int i)                                                         \
	{                                                                                          \
		return (expr);                                                                     \
	}                                                                                          \
	static void way_##name(int i)                                                              \
	{                                                                                          \
		while (way_##name##_try(i))                                                        \
			sched_yield();                                                             \
	}

/* Ways to give up, for the rows of LOCK(name, ...). */
#define TRY(name)                                                                                  \
	static int way_##name##_give_up(int i)                                                     \
	{                                                                                          \
		return way_##name##_try(i);                                                        \
	}
#define KILL(name)                                                                                 \
	static int way_##name##_give_up(int i)                                                     \
	{                                                                                          \
		return killed(way_##name##_try, i);                                                \
	}
#define INTERRUPT(name)                                                                            \
	static int way_##name##_give_up(int i)                                                     \
	{                                                                                          \
		return interrupted(way_##name##_try, i);                                           \
	}
#define TIME(name, expr)                                                                           \
	static int way_##name##_give_up(int i)                                                     \
	{                                                                                          \
		return (expr);                                                                     \
	}

LOCK(mutex, (mutex_lock(mutexes[i]), 0))
LOCK(mutex_nested, (mutex_lock_nested(mutexes[i], (unsigned int)i), 0))
LOCK(mutex_trylock, !mutex_trylock(mutexes[i])) TRY(mutex_trylock)
LOCK(mutex_try_or_lock, !mutex_try_or_lock(mutexes[i], true)) TRY(mutex_try_or_lock)
LOCK(mutex_killable, mutex_lock_killable(mutexes[i])) KILL(mutex_killable)
LOCK(mutex_interruptible, mutex_lock_interruptible(mutexes[i])) INTERRUPT(mutex_interruptible)
LOCK(mutex_timeout, mutex_lock_timeout(mutexes[i], LONG))
TIME(mutex_timeout, mutex_lock_timeout(mutexes[i], SHORT))
LOCK(iocb_mutex, iocb_mutex_lock(&blocking, mutexes[i])) KILL(iocb_mutex)
LOCK(iocb_mutex_nowait, iocb_mutex_lock(&nowait, mutexes[i])) TRY(iocb_mutex_nowait)

LOCK(down_write, (down_write(rwsems[i]), 0))
LOCK(down_write_trylock, !down_write_trylock(rwsems[i])) TRY(down_write_trylock)
LOCK(down_write_killable, down_write_killable(rwsems[i])) KILL(down_write_killable)
LOCK(down_write_interruptible, down_write_interruptible(rwsems[i]))
INTERRUPT(down_write_interruptible)
LOCK(down_write_timeout, down_write_timeout(rwsems[i], LONG))
TIME(down_write_timeout, down_write_timeout(rwsems[i], SHORT))
LOCK(iocb_write, iocb_write_lock(&blocking, rwsems[i])) KILL(iocb_write)
LOCK(iocb_write_nowait, iocb_write_lock(&nowait, rwsems[i])) TRY(iocb_write_nowait)

LOCK(down_read, (down_read(rwsems[i]), 0))
LOCK(down_read_trylock, !down_read_trylock(rwsems[i])) TRY(down_read_trylock)
LOCK(down_read_killable, down_read_killable(rwsems[i])) KILL(down_read_killable)
LOCK(down_read_interruptible, down_read_interruptible(rwsems[i]))
INTERRUPT(down_read_interruptible)
LOCK(down_read_timeout, down_read_timeout(rwsems[i], LONG))
TIME(down_read_timeout, down_read_timeout(rwsems[i], SHORT))
LOCK(down_read_non_owner, (down_read_non_owner(rwsems[i]), 0))
LOCK(iocb_read, iocb_read_lock(&blocking, rwsems[i])) KILL(iocb_read)
LOCK(iocb_read_nowait, iocb_read_lock(&nowait, rwsems[i])) TRY(iocb_read_nowait)

LOCK(percpu_write, (percpu_down_write(percpus[i]), 0))
LOCK(percpu_write_killable, percpu_down_write_killable(percpus[i])) KILL(percpu_write_killable)
LOCK(percpu_write_timeout, percpu_down_write_timeout(percpus[i], LONG))
TIME(percpu_write_timeout, percpu_down_write_timeout(percpus[i], SHORT))
LOCK(percpu_read, (percpu_down_read(percpus[i]), 0))
LOCK(percpu_read_trylock, !percpu_down_read_trylock(percpus[i])) TRY(percpu_read_trylock)
LOCK(percpu_read_killable, percpu_down_read_killable(percpus[i])) KILL(percpu_read_killable)
LOCK(percpu_read_timeout, percpu_down_read_timeout(percpus[i], LONG))
TIME(percpu_read_timeout, percpu_down_read_timeout(percpus[i], SHORT))

LOCK(semaphore, (down(semaphores[i]), 0))
LOCK(down_trylock, down_trylock(semaphores[i])) TRY(down_trylock)
LOCK(down_killable, down_killable(semaphores[i])) KILL(down_killable)
LOCK(down_interruptible, down_interruptible(semaphores[i])) INTERRUPT(down_interruptible)
LOCK(down_timeout, down_timeout(semaphores[i], LONG))
TIME(down_timeout, down_timeout(semaphores[i], SHORT))
LOCK(iocb_down, iocb_down(&blocking, semaphores[i])) KILL(iocb_down)
LOCK(iocb_down_nowait, iocb_down(&nowait, semaphores[i])) TRY(iocb_down_nowait)

LOCK(bit, wait_on_bit_lock(words[i], BIT, TASK_UNINTERRUPTIBLE))
LOCK(bit_trylock, test_and_set_bit_lock(BIT, words[i])) TRY(bit_trylock)
LOCK(bit_killable, wait_on_bit_lock(words[i], BIT, TASK_KILLABLE)) KILL(bit_killable)
LOCK(bit_timeout, wait_on_bit_lock_timeout(words[i], BIT, TASK_KILLABLE, LONG))
TIME(bit_timeout, wait_on_bit_lock_timeout(words[i], BIT, TASK_KILLABLE, SHORT))

static void rwsem_read_end(int i)
{
	up_read(rwsems[i]);
}

static void rwsem_non_owner_end(int i)
{
	up_read_non_owner(rwsems[i]);
}

static void percpu_read_end(int i)
{
	percpu_up_read(percpus[i]);
}

#define ALONE(name, kind) { #name, &kind##_kind, false, way_##name, kind##_write_end, NULL }
#define ALONE_OR_NOT(name, kind)                                                                   \
	{ #name, &kind##_kind, false, way_##name, kind##_write_end, way_##name##_give_up }
#define SHARED(name, kind, end) { #name, &kind##_kind, true, way_##name, end, NULL }
#define SHARED_OR_NOT(name, kind)                                                                  \
	{ #name, &kind##_kind, true, way_##name, kind##_read_end, way_##name##_give_up }

const struct lock_row lock_rows[] = {
	ALONE(mutex, mutex),
	ALONE(mutex_nested, mutex),
	ALONE_OR_NOT(mutex_trylock, mutex),
	ALONE_OR_NOT(mutex_try_or_lock, mutex),
	ALONE_OR_NOT(mutex_killable, mutex),
	ALONE_OR_NOT(mutex_interruptible, mutex),
	ALONE_OR_NOT(mutex_timeout, mutex),
	ALONE_OR_NOT(iocb_mutex, mutex),
	ALONE_OR_NOT(iocb_mutex_nowait, mutex),

	ALONE(down_write, rwsem),
	ALONE_OR_NOT(down_write_trylock, rwsem),
	ALONE_OR_NOT(down_write_killable, rwsem),
	ALONE_OR_NOT(down_write_interruptible, rwsem),
	ALONE_OR_NOT(down_write_timeout, rwsem),
	ALONE_OR_NOT(iocb_write, rwsem),
	ALONE_OR_NOT(iocb_write_nowait, rwsem),

	SHARED(down_read, rwsem, rwsem_read_end),
	SHARED(down_read_non_owner, rwsem, rwsem_non_owner_end),
	SHARED_OR_NOT(down_read_trylock, rwsem),
	SHARED_OR_NOT(down_read_killable, rwsem),
	SHARED_OR_NOT(down_read_interruptible, rwsem),
	SHARED_OR_NOT(down_read_timeout, rwsem),
	SHARED_OR_NOT(iocb_read, rwsem),
	SHARED_OR_NOT(iocb_read_nowait, rwsem),

	ALONE(percpu_write, percpu),
	ALONE_OR_NOT(percpu_write_killable, percpu),
	ALONE_OR_NOT(percpu_write_timeout, percpu),
	SHARED(percpu_read, percpu, percpu_read_end),
	SHARED_OR_NOT(percpu_read_trylock, percpu),
	SHARED_OR_NOT(percpu_read_killable, percpu),
	SHARED_OR_NOT(percpu_read_timeout, percpu),

	ALONE(semaphore, semaphore),
	ALONE_OR_NOT(down_trylock, semaphore),
	ALONE_OR_NOT(down_killable, semaphore),
	ALONE_OR_NOT(down_interruptible, semaphore),
	ALONE_OR_NOT(down_timeout, semaphore),
	ALONE_OR_NOT(iocb_down, semaphore),
	ALONE_OR_NOT(iocb_down_nowait, semaphore),

	ALONE(bit, bit),
	ALONE_OR_NOT(bit_trylock, bit),
	ALONE_OR_NOT(bit_killable, bit),
	ALONE_OR_NOT(bit_timeout, bit),
	{ NULL, NULL, false, NULL, NULL, NULL },
};

const struct lock_row *find_row(const char *name)
{
	for (const struct lock_row *row = lock_rows; row->name; row++)
		if (!strcmp(row->name, name))
			return row;
	return NULL;
}
