/* SPDX-License-Identifier: MIT */
/*
 * A program with names of its own that are also the kernel's: it compiles with
 * KLOCK_NO_KERNEL_NAMES, and fails without (names.sh tries both).
 */
struct mutex {
	int mine;
};
struct rw_semaphore {
	int mine;
};
struct semaphore {
	int mine;
};
struct percpu_rw_semaphore {
	int mine;
};

static int mutex_lock(struct mutex *m)
{
	return m->mine;
}

static int down_read(struct rw_semaphore *sem)
{
	return sem->mine;
}

static int down(struct semaphore *sem)
{
	return sem->mine;
}

static int percpu_down_read(struct percpu_rw_semaphore *sem)
{
	return sem->mine;
}

#define guard 1

#include <klock.h>

int main(void)
{
	struct mutex m = { guard };
	struct rw_semaphore rw = { 1 };
	struct semaphore s = { 1 };
	struct percpu_rw_semaphore p = { 1 };
	struct klock_mutex theirs = KLOCK_MUTEX_INITIALIZER(theirs);

	klock_mutex_lock(&theirs);
	klock_mutex_unlock(&theirs);
	return mutex_lock(&m) + down_read(&rw) + down(&s) + percpu_down_read(&p);
}
