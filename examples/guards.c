/* SPDX-License-Identifier: MIT */
/*
 * Scope guards: the lock is given up on every way out of the scope, so that an
 * early return cannot forget it.
 *
 * Output:
 *	found: 7
 *	not found
 *	stored
 *	busy
 *	both locks are free
 */
#include <errno.h>
#include <klock/guard.h>
#include <stdio.h>

enum { ROOM = 8 };

static DEFINE_RWSEM(table_sem); /* of table */
static int table[ROOM];
static DEFINE_MUTEX(stats_lock); /* of lookups */
static int lookups;

/* Until the end of the block: two ways out, and no up_read() to forget. */
static int find(int value)
{
	guard(rwsem_read)(&table_sem);

	scoped_guard(mutex, &stats_lock)
		lookups++;
	for (int i = 0; i < ROOM; i++)
		if (table[i] == value)
			return i;
	return -ENOENT;
}

/* The second argument is done without the lock, when it was not got. */
static int store(int i, int value)
{
	scoped_cond_guard(rwsem_write_try, return -EAGAIN, &table_sem)
		table[i] = value;
	return 0;
}

static void show_store(int i, int value)
{
	printf("%s\n", store(i, value) == -EAGAIN ? "busy" : "stored");
}

int main(void)
{
	table[7] = 42;
	printf("found: %d\n", find(42));
	if (find(43) == -ENOENT)
		printf("not found\n");
	show_store(0, 43);
	scoped_guard(rwsem_read, &table_sem)
		show_store(0, 44);
	if (!rwsem_is_locked(&table_sem) && !mutex_is_locked(&stats_lock))
		printf("both locks are free\n");
	return lookups != 2;
}
