/* SPDX-License-Identifier: MIT */
#include "matrix.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct lock_class_key keys[KINDS][CLASSES];
static const char *const names[CLASSES] = { "A", "B", "C", "D" };

static struct mutex mutexes[CLASSES][LOCKS];
static struct rw_semaphore rwsems[CLASSES][LOCKS];
static struct percpu_rw_semaphore percpus[CLASSES][LOCKS];
static struct lockdep_map maps[CLASSES][LOCKS]; /* what only behaves like a lock */
static struct semaphore semaphores[CLASSES][LOCKS];

static const int64_t second = 1000000000;

struct lockdep_map *map_of(enum kind kind, int c, int l)
{
	switch (kind) {
	case MUTEX:
		return &mutexes[c][l].dep_map;
	case RWSEM:
		return &rwsems[c][l].dep_map;
	case PERCPU:
		return &percpus[c][l].dep_map;
	case SEMAPHORE:
		return &semaphores[c][l].dep_map;
	default:
		return &maps[c][l];
	}
}

void make(enum kind kind, int c, int l)
{
	struct lock_class_key *key = &keys[kind][c];

	switch (kind) {
	case MUTEX:
		__mutex_init(&mutexes[c][l], names[c], key);
		break;
	case RWSEM:
		__init_rwsem(&rwsems[c][l], names[c], key);
		break;
	case PERCPU:
		if (__percpu_init_rwsem(&percpus[c][l], names[c], key))
			abort();
		break;
	case SEMAPHORE:
		klock_semaphore_init(&semaphores[c][l], 2, names[c], key);
		break;
	default:
		lockdep_init_map(&maps[c][l], names[c], key, 0);
	}
}

static void each(void (*fn)(enum kind, int, int), enum kind kind)
{
	for (int c = 0; c < CLASSES; c++)
		for (int l = 0; l < LOCKS; l++)
			fn(kind, c, l);
}

void make_all(enum kind kind)
{
	each(make, kind);
}

static void free_one(enum kind kind, int c, int l)
{
	if (kind == PERCPU)
		percpu_free_rwsem(&percpus[c][l]);
}

void free_all(enum kind kind)
{
	each(free_one, kind);
}

static bool take_mutex(struct mutex *lock, enum form form, struct mutex *nest)
{
	struct kiocb iocb = { .ki_flags = form == IOCB_NO ? IOCB_NOWAIT : 0 };

	switch (form) {
	case PLAIN:
		mutex_lock(lock);
		return true;
	case KILLABLE:
		return !mutex_lock_killable(lock);
	case INTERRUPTIBLE:
		return !mutex_lock_interruptible(lock);
	case TIMED:
		return !mutex_lock_timeout(lock, second);
	case OR_LOCK:
	case OR_TRY:
		return mutex_try_or_lock(lock, form == OR_TRY);
	case IOCB:
	case IOCB_NO:
		return !iocb_mutex_lock(&iocb, lock);
	case SUBCLASS_1:
	case SUBCLASS_2:
		mutex_lock_nested(lock, form == SUBCLASS_2 ? 2 : 1);
		return true;
	case SUBCLASS_9:
		mutex_lock_nested(lock, 9);
		return true;
	case KILLABLE_1:
		return !mutex_lock_killable_nested(lock, 1);
	case NEST:
		mutex_lock_nest_lock(lock, nest);
		return true;
	case TRY:
		return mutex_trylock(lock);
	default:
		abort();
	}
}

static bool take_rwsem_write(struct rw_semaphore *sem, enum form form, struct rw_semaphore *nest)
{
	struct kiocb iocb = { .ki_flags = form == IOCB_NO ? IOCB_NOWAIT : 0 };

	switch (form) {
	case PLAIN:
		down_write(sem);
		return true;
	case KILLABLE:
		return !down_write_killable(sem);
	case INTERRUPTIBLE:
		return !down_write_interruptible(sem);
	case TIMED:
		return !down_write_timeout(sem, second);
	case OR_LOCK:
	case OR_TRY:
		return down_write_try_or_lock(sem, form == OR_TRY);
	case IOCB:
	case IOCB_NO:
		return !iocb_write_lock(&iocb, sem);
	case SUBCLASS_1:
	case SUBCLASS_2:
		down_write_nested(sem, form == SUBCLASS_2 ? 2 : 1);
		return true;
	case SUBCLASS_9:
		down_write_nested(sem, 9);
		return true;
	case KILLABLE_1:
		return !down_write_killable_nested(sem, 1);
	case NEST:
		down_write_nest_lock(sem, nest);
		return true;
	case TRY:
		return down_write_trylock(sem);
	default:
		abort();
	}
}

static bool take_rwsem_read(struct rw_semaphore *sem, enum form form)
{
	struct kiocb iocb = { .ki_flags = form == IOCB_NO ? IOCB_NOWAIT : 0 };

	switch (form) {
	case PLAIN:
		down_read(sem);
		return true;
	case KILLABLE:
		return !down_read_killable(sem);
	case INTERRUPTIBLE:
		return !down_read_interruptible(sem);
	case TIMED:
		return !down_read_timeout(sem, second);
	case OR_LOCK:
	case OR_TRY:
		return down_read_try_or_lock(sem, form == OR_TRY);
	case IOCB:
	case IOCB_NO:
		return !iocb_read_lock(&iocb, sem);
	case SUBCLASS_1:
	case SUBCLASS_2:
		down_read_nested(sem, form == SUBCLASS_2 ? 2 : 1);
		return true;
	case SUBCLASS_9:
		down_read_nested(sem, 9);
		return true;
	case KILLABLE_1:
		return !down_read_killable_nested(sem, 1);
	case NON_OWNER:
		down_read_non_owner(sem);
		return true;
	case TRY:
		return down_read_trylock(sem);
	default:
		abort();
	}
}

static bool take_percpu(struct percpu_rw_semaphore *sem, enum mode mode, enum form form)
{
	switch (form) {
	case PLAIN:
		if (mode == WRITE)
			percpu_down_write(sem);
		else
			percpu_down_read(sem);
		return true;
	case KILLABLE:
		return mode == WRITE ? !percpu_down_write_killable(sem)
				     : !percpu_down_read_killable(sem);
	case TIMED:
		return mode == WRITE ? !percpu_down_write_timeout(sem, second)
				     : !percpu_down_read_timeout(sem, second);
	case OR_LOCK:
	case OR_TRY:
		return percpu_down_read_try_or_lock(sem, form == OR_TRY);
	case TRY:
		return percpu_down_read_trylock(sem);
	default:
		abort();
	}
}

static bool take_semaphore(struct semaphore *sem, enum form form)
{
	struct kiocb iocb = { .ki_flags = form == IOCB_NO ? IOCB_NOWAIT : 0 };

	switch (form) {
	case PLAIN:
		down(sem);
		return true;
	case KILLABLE:
		return !down_killable(sem);
	case INTERRUPTIBLE:
		return !down_interruptible(sem);
	case TIMED:
		return !down_timeout(sem, second);
	case OR_LOCK:
	case OR_TRY:
		return down_try_or_lock(sem, form == OR_TRY);
	case IOCB:
	case IOCB_NO:
		return !iocb_down(&iocb, sem);
	case TRY:
		return !down_trylock(sem);
	default:
		abort();
	}
}

static void take_map(struct lockdep_map *map, enum mode mode, enum form form)
{
	static const unsigned int subclass[FORMS] = {
		[SUBCLASS_1] = 1,
		[SUBCLASS_2] = 2,
		[SUBCLASS_9] = 9,
	};

	lock_acquire(map, subclass[form], form == TRY, mode, 1,
		     form == NEST ? &maps[CLASSES - 1][0] : NULL, _THIS_IP_);
}

bool has_form(enum kind kind, enum mode mode, enum form form)
{
	switch (kind) {
	case MUTEX:
		return form != NON_OWNER;
	case RWSEM:
		return form != (mode == WRITE ? NON_OWNER : NEST);
	case PERCPU:
		return form == PLAIN || form == KILLABLE || form == TIMED ||
		       (mode == READ && (form == TRY || form == OR_LOCK || form == OR_TRY));
	case SEMAPHORE:
		return form <= IOCB || form >= TRY;
	default:
		return form == PLAIN || form == SUBCLASS_1 || form == SUBCLASS_2 ||
		       form == SUBCLASS_9 || form == NEST || form == TRY;
	}
}

void take(enum kind kind, enum mode mode, enum form form, int c, int l)
{
	bool got = true;

	switch (kind) {
	case MUTEX:
		got = take_mutex(&mutexes[c][l], form, &mutexes[CLASSES - 1][0]);
		break;
	case RWSEM:
		if (mode == WRITE)
			got = take_rwsem_write(&rwsems[c][l], form, &rwsems[CLASSES - 1][0]);
		else
			got = take_rwsem_read(&rwsems[c][l], form);
		break;
	case PERCPU:
		got = take_percpu(&percpus[c][l], mode, form);
		break;
	case SEMAPHORE:
		got = take_semaphore(&semaphores[c][l], form);
		break;
	default:
		take_map(&maps[c][l], mode, form);
	}
	if (!got) {
		printf("a free lock was not to be had\n");
		abort();
	}
}

void give(enum kind kind, enum mode mode, int c, int l)
{
	switch (kind) {
	case MUTEX:
		mutex_unlock(&mutexes[c][l]);
		break;
	case RWSEM:
		if (mode == WRITE)
			up_write(&rwsems[c][l]);
		else
			up_read(&rwsems[c][l]);
		break;
	case PERCPU:
		if (mode == WRITE)
			percpu_up_write(&percpus[c][l]);
		else
			percpu_up_read(&percpus[c][l]);
		break;
	case SEMAPHORE:
		up(&semaphores[c][l]);
		break;
	default:
		lock_release(&maps[c][l], _THIS_IP_);
	}
}

void give_non_owner(int c, int l)
{
	up_read_non_owner(&rwsems[c][l]);
}

void downgrade(enum kind kind, int c, int l)
{
	if (kind == RWSEM)
		downgrade_write(&rwsems[c][l]);
	else
		lock_downgrade(map_of(kind, c, l), _THIS_IP_);
}
