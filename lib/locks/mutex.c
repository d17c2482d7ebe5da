/* SPDX-License-Identifier: MIT */
#include <klock/mutex.h>
#include <klock/iocb.h>
#include "locks/lockword.h"
#include "locks/word_request.h"

static const struct klock_lock_type mutex_type = {
	.type = "mutex",
	.size = sizeof(struct mutex),
	.map = offsetof(struct mutex, dep_map),
};

static struct klock_event event(struct mutex *lock, unsigned int how, const void *site)
{
	struct klock_event ev = {
		.type = &mutex_type,
		.lock = lock,
		.map = lock ? &lock->dep_map : NULL,
		.how = how,
		.site = site,
		.spin = lock ? &lock->spin : NULL,
	};

	klock_check_null(&ev);
	return ev;
}

void klock_mutex_init(struct mutex *lock, const char *name, struct lock_class_key *key)
{
	struct klock_event ev = event(lock, KLOCK_WRITE, __builtin_return_address(0));

	klock_word_init(&lock->word, &ev, name, key);
}

void klock_mutex_destroy(struct mutex *lock)
{
	struct klock_event ev = event(lock, KLOCK_WRITE, __builtin_return_address(0));

	klock_word_destroy(&lock->word, &ev);
}

int klock_mutex_acquire(struct mutex *lock, unsigned int how, int64_t timeout_ns,
			const struct lockdep_map *nest)
{
	const void *site = __builtin_return_address(0);
	struct klock_event ev;

	if (KLOCK_LIKELY(lock && klock_word_acquire_again(&lock->word, &lock->dep_map, how,
							   &mutex_type, nest, site)))
		return 0;
	if (lock && klock_word_pass(&lock->word, how | KLOCK_WRITE))
		return 0;
	ev = event(lock, how, site);
	ev.nest = nest;
	return klock_word_acquire(&lock->word, &ev, timeout_ns);
}

int klock_mutex_request(struct mutex *lock, struct klock_waitq *wq)
{
	struct klock_event ev = event(lock, KLOCK_WRITE | KLOCK_TRY, __builtin_return_address(0));

	return klock_word_request(&lock->word, &ev, wq);
}

void klock_mutex_release(struct mutex *lock)
{
	struct klock_event ev;

	if (KLOCK_LIKELY(lock && klock_word_release_again(&lock->word, &lock->dep_map,
							   KLOCK_WRITE)))
		return;
	if (lock && klock_word_drop_held(&lock->word, true))
		return;
	ev = event(lock, KLOCK_WRITE, __builtin_return_address(0));
	klock_word_release(&lock->word, &ev);
}
