/* SPDX-License-Identifier: MIT */
/*
 * One path for requests that may wait and requests that may not, as the read
 * path of a file system has it: the flags of the request say which it is.
 *
 * iocb_read_lock() returns 0 when the lock is HELD, and a negative errno when
 * it is not, as down_read_killable() does and unlike down_read_trylock(). So
 *
 *	err = iocb_read_lock(iocb, sem);
 *	if (err)
 *		return err;
 *
 * is right. Wrong is
 *
 *	if (!iocb_read_lock(iocb, sem))
 *		return -EAGAIN;
 *
 * which returns with the lock when it got it, for nobody to give it up, and
 * reads without the lock when it did not.
 *
 * Output:
 *	not supported: RWF 0x80000000
 *	nowait, while a writer is in: would wait
 *	waited for the writer: read 2
 *	nowait, with the lock free: read 2
 */
#include <klock/iocb.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

static DEFINE_RWSEM(sem); /* of block */
static int block = 1;

static int read_block(const struct kiocb *iocb, int *value)
{
	int err = iocb_read_lock(iocb, &sem);

	if (err)
		return err; /* -EAGAIN: it would wait; -EINTR: killed while it waited */
	*value = block;
	up_read(&sem);
	return 0;
}

static void show(const char *what, const struct kiocb *iocb)
{
	int value = 0, err = read_block(iocb, &value);

	if (err == -EAGAIN)
		printf("%s: would wait\n", what);
	else if (err)
		printf("%s: error %d\n", what, err);
	else
		printf("%s: read %d\n", what, value);
}

static void *wait_for_it(void *unused)
{
	struct kiocb iocb = { .ki_flags = 0 };

	show("waited for the writer", &iocb);
	return unused;
}

int main(void)
{
	struct kiocb nowait = { .ki_flags = 0 };
	pthread_t worker;

	/* The flags of preadv2(2) become those of the request; unknown ones are refused. */
	if (kiocb_set_rw_flags(&nowait, 0x80000000u) == -EOPNOTSUPP)
		printf("not supported: RWF 0x80000000\n");
	if (kiocb_set_rw_flags(&nowait, KLOCK_RWF_NOWAIT))
		return 1;

	down_write(&sem);
	show("nowait, while a writer is in", &nowait);
	/* What an event loop does then: hand the request to a thread that may wait. */
	if (pthread_create(&worker, NULL, wait_for_it, NULL))
		exit(1);
	while (!rwsem_is_contended(&sem))
		sched_yield();
	block = 2;
	up_write(&sem);
	pthread_join(worker, NULL);

	show("nowait, with the lock free", &nowait);
	return 0;
}
