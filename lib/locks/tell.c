/* SPDX-License-Identifier: MIT */
/*
 * Telling of grants: by the thread that made them, when it is out of all locks. A callback that
 * releases, and so grants to others, adds to the list that is being worked off; callbacks that
 * queue their requests again could keep that up for ever. So one operation tells of no more than
 * TELL_AT_MOST, and the rest has a thread of its own, which ends when nothing is left.
 */
#include "annotate/watch.h"
#include "base/block_signals.h"
#include "base/exempt.h"
#include "base/minilock.h"
#include "locks/init.h"
#include "locks/request.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#define TELL_AT_MOST 64

/* Held from the look for room in an eventfd until it is written to. */
static struct {
	struct klock_minilock lock;
	uint32_t generation; /* klock_park_generation: after a fork() the lock may have no holder */
} signalling;

static bool has_room(int fd)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };

	return poll(&room, 1, 0) == 1 && (room.revents & POLLOUT);
}

static void add_one(int fd)
{
	uint64_t one = 1;

	(void)!write(fd, &one, sizeof(one)); /* at the highest count it fails, and is readable */
}

/* To a descriptor that can block: no signal handler and no grant fills it up after the look. */
static void add_one_if_room(int fd)
{
	sigset_t signals;

	klock_block_signals(&signals);
	if (signalling.generation != klock_park_generation) {
		signalling.generation = klock_park_generation;
		signalling.lock.state = 0;
	}
	klock_minilock_lock(&signalling.lock);
	if (has_room(fd))
		add_one(fd);
	klock_minilock_unlock(&signalling.lock);
	klock_restore_signals(&signals);
}

static void signal_eventfd(int fd)
{
	int saved = errno;

	if (fcntl(fd, F_GETFL) & O_NONBLOCK)
		add_one(fd);
	else
		add_one_if_room(fd);
	errno = saved;
}

/*
 * What detectors of races are told, by the address of the klock_waitq: all that the thread did that
 * queued it comes before the callback, and that before the claim.
 */
static void tell(struct klock_waiter *w)
{
	struct klock_request *r = klock_list_entry(w, struct klock_request, waiter);
	struct klock_waitq *wq =
		klock_list_entry((uint64_t *)r, struct klock_waitq, record);
	void (*fn)(struct klock_waitq *wq);
	int fd;

	klock_unseen_begin();
	fn = wq->granted;
	fd = wq->eventfd;
	klock_unseen_end();
	if (klock_watched) {
		klock_bit_acquired((unsigned long *)wq);
		klock_bit_released((unsigned long *)wq);
	}
	klock_request_set_granted(r); /* without a callback the record may be gone after this */
	if (fn)
		fn(wq);
	if (fd >= 0)
		signal_eventfd(fd);
}

static void tell_first(struct klock_task *task)
{
	struct klock_waiter *w = klock_list_entry(task->granted.next, struct klock_waiter, node);

	klock_unseen_begin();
	klock_list_del(&w->node);
	klock_unseen_end();
	tell(w);
}

/* `ring` is the list without its head. */
static void *tell_the_rest(void *ring)
{
	struct klock_task *task = klock_thread();

	klock_unseen_begin();
	klock_list_add_tail(ring, &task->granted);
	klock_unseen_end();
	task->telling = true;
	while (!klock_list_empty(&task->granted))
		tell_first(task);
	task->telling = false;
	return NULL;
}

/* False: there can be no such thread, and nothing has changed. */
static bool hand_over(struct klock_task *task)
{
	struct klock_list *ring = task->granted.next;
	pthread_attr_t detached;
	sigset_t signals;
	pthread_t thread;
	bool made = false;

	if (pthread_attr_init(&detached))
		return false;
	klock_unseen_begin();
	klock_list_del(&task->granted);
	klock_list_init(&task->granted);
	klock_unseen_end();
	klock_block_signals(&signals); /* the program's handlers are for its own threads */
	if (!pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED))
		made = !pthread_create(&thread, &detached, tell_the_rest, ring);
	klock_restore_signals(&signals);
	pthread_attr_destroy(&detached);
	if (!made) {
		klock_unseen_begin();
		klock_list_add_tail(ring, &task->granted);
		klock_unseen_end();
	}
	return made;
}

/* A release is no cancellation point, though write() is one. */
void klock_requests_tell(struct klock_task *task)
{
	int cancelable, told = 0;

	if (task->telling)
		return;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelable);
	task->telling = true;
	while (!klock_list_empty(&task->granted) &&
	       (++told % (TELL_AT_MOST + 1) || !hand_over(task)))
		tell_first(task);
	task->telling = false;
	pthread_setcancelstate(cancelable, NULL);
}
