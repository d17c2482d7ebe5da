/* SPDX-License-Identifier: MIT */
#include <klock/rwsem.h>
#include <klock/iocb.h>
#include "locks/bias_mode.h"
#include "locks/init.h"
#include "locks/lockword.h"
#include "locks/reader_bias.h"
#include "locks/word_request.h"

static const struct klock_lock_type rwsem_type = {
	.type = "rw_semaphore",
	.size = sizeof(struct rw_semaphore),
	.map = offsetof(struct rw_semaphore, dep_map),
};

static struct klock_event event(struct rw_semaphore *sem, unsigned int how, const void *site)
{
	struct klock_event ev = {
		.type = &rwsem_type,
		.lock = sem,
		.map = sem ? &sem->dep_map : NULL,
		.how = how,
		.site = site,
		.spin = sem ? &sem->spin : NULL,
	};

	klock_check_null(&ev);
	return ev;
}

void klock_rwsem_init(struct rw_semaphore *sem, const char *name, struct lock_class_key *key)
{
	struct klock_event ev = event(sem, KLOCK_WRITE, __builtin_return_address(0));

	klock_word_init(&sem->word, &ev, name, key);
}

void klock_rwsem_destroy(struct rw_semaphore *sem)
{
	struct klock_event ev = event(sem, KLOCK_WRITE, __builtin_return_address(0));

	klock_word_destroy(&sem->word, &ev);
}

void klock_rwsem_allow_bias(struct rw_semaphore *sem, bool allow)
{
	struct klock_event ev = event(sem, KLOCK_READ, __builtin_return_address(0));

	(void)ev; /* made for its check of the pointer */
	klock_thread();
	if (!klock_watched) /* else no reader uses slots, and lockstat has a CPU there */
		klock_bias_allow(&sem->spin, allow);
}

/* At once, with nobody watching. */
static bool pass(struct rw_semaphore *sem, unsigned int how)
{
	klock_thread();
	if (!(how & (KLOCK_WRITE | KLOCK_NON_OWNER)) &&
	    klock_bias_read(&sem->word, how & KLOCK_TRY))
		return true;
	return klock_word_pass(&sem->word, how);
}

int klock_rwsem_acquire(struct rw_semaphore *sem, unsigned int how, int64_t timeout_ns,
			const struct lockdep_map *nest)
{
	const void *site = __builtin_return_address(0);
	struct klock_event ev;

	if (KLOCK_LIKELY(sem && klock_word_acquire_again(&sem->word, &sem->dep_map, how,
							   &rwsem_type, nest, site)))
		return 0;
	if (sem && pass(sem, how))
		return 0;
	ev = event(sem, how, site);
	ev.nest = nest;
	return klock_word_acquire(&sem->word, &ev, timeout_ns);
}

int klock_rwsem_request(struct rw_semaphore *sem, unsigned int how, struct klock_waitq *wq)
{
	struct klock_event ev;

	how |= KLOCK_TRY;
	if (sem && pass(sem, how))
		return 0;
	ev = event(sem, how, __builtin_return_address(0));
	return klock_word_request(&sem->word, &ev, wq);
}

void klock_rwsem_release(struct rw_semaphore *sem, unsigned int how)
{
	struct klock_event ev;

	if (KLOCK_LIKELY(sem && klock_word_release_again(&sem->word, &sem->dep_map, how)))
		return;
	klock_thread();
	if (sem && klock_word_drop_held(&sem->word, how & KLOCK_WRITE))
		return;
	ev = event(sem, how, __builtin_return_address(0));
	if (!(how & KLOCK_WRITE) && klock_bias_release(&sem->word, &ev))
		return;
	klock_word_release(&sem->word, &ev);
}

void klock_rwsem_downgrade(struct rw_semaphore *sem)
{
	struct klock_event ev = event(sem, KLOCK_WRITE, __builtin_return_address(0));

	klock_word_downgrade(&sem->word, &ev);
}

void klock_rwsem_report_unheld(const struct rw_semaphore *sem, unsigned int how)
{
	struct klock_event ev = event((struct rw_semaphore *)sem, how, __builtin_return_address(0));
	struct klock_task *task = klock_thread();

	if ((how & KLOCK_WRITE) && !klock_word_owned(klock_load_relaxed(&sem->word), task->word))
		klock_event_bug(&ev, "a lock is not held for writing by this thread, as asserted",
				"take it with down_write() on every path that leads here");
	else if (!klock_rwsem_is_locked(sem))
		klock_event_bug(&ev, "a lock is not held, as asserted",
				"take it on every path that leads here");
}
