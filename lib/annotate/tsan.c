/* SPDX-License-Identifier: MIT */
/*
 * ThreadSanitizer's interface for locks that it does not know. The symbols are
 * weak: they are there when the program was built with -fsanitize=thread, with
 * whichever compiler, whether or not the library was.
 *
 * From pre_ to post_ TSan looks away, so what the lock does inside is not
 * taken for the program's doing, and a library that is itself built with TSan
 * is told of no races that the annotations already order.
 */
#include "annotate/watch.h"

/* The flags of the interface, as TSan's runtime reads them. */
enum {
	TSAN_NOT_STATIC = 1 << 8,
	TSAN_READ = 1 << 3,
	TSAN_TRY = 1 << 4,
	TSAN_TRY_FAILED = 1 << 5,
};

#define WEAK __attribute__((weak))

extern WEAK void __tsan_mutex_create(void *addr, unsigned int flags);
extern WEAK void __tsan_mutex_destroy(void *addr, unsigned int flags);
extern WEAK void __tsan_mutex_pre_lock(void *addr, unsigned int flags);
extern WEAK void __tsan_mutex_post_lock(void *addr, unsigned int flags, int recursion);
extern WEAK int __tsan_mutex_pre_unlock(void *addr, unsigned int flags);
extern WEAK void __tsan_mutex_post_unlock(void *addr, unsigned int flags);
extern WEAK void __tsan_acquire(void *addr);
extern WEAK void __tsan_release(void *addr);

static bool tsan_present(void)
{
	return __tsan_mutex_create && __tsan_mutex_destroy && __tsan_mutex_pre_lock &&
	       __tsan_mutex_post_lock && __tsan_mutex_pre_unlock && __tsan_mutex_post_unlock &&
	       __tsan_acquire && __tsan_release;
}

static unsigned int tsan_flags(const struct klock_event *ev)
{
	return (ev->how & KLOCK_WRITE ? 0 : TSAN_READ) | (ev->how & KLOCK_TRY ? TSAN_TRY : 0);
}

static void tsan_released(void *addr)
{
	__tsan_release(addr);
}

static void tsan_acquired(void *addr)
{
	__tsan_acquire(addr);
}

/* Nobody owns units of a semaphore: what remains is the order that they make. */
static void tsan_counted(enum klock_event_kind kind, const struct klock_event *ev)
{
	if (kind == KLOCK_EV_ACQUIRED)
		__tsan_acquire(ev->lock);
	else if (kind == KLOCK_EV_RELEASE)
		__tsan_release(ev->lock);
}

static void tsan_unlock(void *lock, unsigned int flags)
{
	(void)__tsan_mutex_pre_unlock(lock, flags);
	__tsan_mutex_post_unlock(lock, flags);
}

/*
 * A read hold that another thread may give up ends for TSan as soon as it
 * began, and who gives it up has one of its own for that moment: a try, from
 * which no order of locks is learnt.
 */
static void tsan_unowned(enum klock_event_kind kind, const struct klock_event *ev)
{
	unsigned int flags = tsan_flags(ev);

	switch (kind) {
	case KLOCK_EV_ACQUIRE:
		__tsan_mutex_pre_lock(ev->lock, flags);
		break;
	case KLOCK_EV_ACQUIRED:
		__tsan_mutex_post_lock(ev->lock, flags, 0);
		tsan_unlock(ev->lock, TSAN_READ);
		break;
	case KLOCK_EV_REFUSED:
		__tsan_mutex_post_lock(ev->lock, flags | TSAN_TRY_FAILED, 0);
		break;
	case KLOCK_EV_RELEASE:
		__tsan_mutex_pre_lock(ev->lock, TSAN_READ | TSAN_TRY);
		__tsan_mutex_post_lock(ev->lock, TSAN_READ | TSAN_TRY, 0);
		(void)__tsan_mutex_pre_unlock(ev->lock, TSAN_READ);
		break;
	case KLOCK_EV_RELEASED:
		__tsan_mutex_post_unlock(ev->lock, TSAN_READ);
		break;
	default:
		break;
	}
}

/*
 * A lock that was never destroyed, as most rw_semaphores, leaves its name and
 * its place in the order to the one that is made at its address: ended here.
 */
static void tsan_init(void *lock)
{
	__tsan_mutex_destroy(lock, TSAN_NOT_STATIC);
	__tsan_mutex_create(lock, TSAN_NOT_STATIC);
}

static bool tsan_event(enum klock_event_kind kind, const struct klock_event *ev)
{
	unsigned int flags = tsan_flags(ev);

	if (ev->type->counted) {
		tsan_counted(kind, ev);
		return true;
	}
	if (ev->how & KLOCK_NON_OWNER) {
		tsan_unowned(kind, ev);
		return true;
	}
	switch (kind) {
	case KLOCK_EV_INIT:
		tsan_init(ev->lock);
		break;
	case KLOCK_EV_DESTROY:
		__tsan_mutex_destroy(ev->lock, TSAN_NOT_STATIC);
		break;
	case KLOCK_EV_ACQUIRE:
		__tsan_mutex_pre_lock(ev->lock, flags);
		break;
	case KLOCK_EV_ACQUIRED:
		__tsan_mutex_post_lock(ev->lock, flags, 0);
		break;
	case KLOCK_EV_REFUSED:
		__tsan_mutex_post_lock(ev->lock, flags | TSAN_TRY_FAILED, 0);
		break;
	case KLOCK_EV_RELEASE:
		(void)__tsan_mutex_pre_unlock(ev->lock, flags);
		break;
	case KLOCK_EV_RELEASED:
		__tsan_mutex_post_unlock(ev->lock, flags);
		break;
	case KLOCK_EV_DOWNGRADE:
		/* A release, and a try that cannot fail: no new order is learnt from it. */
		tsan_unlock(ev->lock, 0);
		__tsan_mutex_pre_lock(ev->lock, TSAN_READ | TSAN_TRY);
		break;
	case KLOCK_EV_DOWNGRADED:
		__tsan_mutex_post_lock(ev->lock, TSAN_READ | TSAN_TRY, 0);
		break;
	default:
		break;
	}
	return true;
}

const struct klock_watcher klock_watch_tsan = {
	.name = "ThreadSanitizer",
	.present = tsan_present,
	.on = { [0 ... KLOCK_EV_NR - 1] = tsan_event },
	.released = tsan_released,
	.acquired = tsan_acquired,
};
