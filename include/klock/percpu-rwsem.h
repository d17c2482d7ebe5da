/* SPDX-License-Identifier: MIT */
/*
 * A reader-writer lock whose readers write no shared line: the kernel's
 * struct percpu_rw_semaphore.
 *
 * A reader adds to a counter that its thread alone writes: a store, a load, no
 * atomic read-modify-write. A writer pays for it: it bars new readers, makes
 * every thread's store visible with membarrier(2), and waits until the
 * counters add up to zero. After a write readers share one atomic counter, and
 * writers need no membarrier, until no write has come for as long as one
 * takes. Counters are per thread here, where the kernel's are per CPU;
 * threads beyond KLOCK_PERCPU_SLOTS alive at once, and all threads where
 * membarrier is missing, always share that counter.
 *
 * Context of every function here: a thread, not a signal handler. Readers and
 * writers queue as in rw_semaphore, with its bounds. A hold, for reading or for writing, may be
 * given up by another thread. Where something watches the locks (the checked mode, Helgrind,
 * DRD, TSan), which takes that for a mistake, the two threads say so first:
 * klock_percpu_hand_over() and klock_percpu_take_over(). Misuse (up of what
 * is not held, free while held, use after free; NULL, in the checked mode) is reported through
 * klock_bug() and refused.
 * Memory order: each up is a release, each successful down an acquire.
 * lockdep: as rw_semaphore.
 * Since 0.1.
 */
#ifndef KLOCK_PERCPU_RWSEM_H
#define KLOCK_PERCPU_RWSEM_H

#include <klock/rwsem.h>

KLOCK_BEGIN_DECLS

/* Threads with an index of 1 to this minus 1 have a counter of their own in each lock. */
#define KLOCK_PERCPU_SLOTS KLOCK_THREAD_SLOTS

/* What a writer sets `block` to from barring readers until it is done. */
#define KLOCK_PERCPU_BARRED 1u
/* Readers are in `shared` alone. In `block` with nothing else, or beside an attempt's number. */
#define KLOCK_PERCPU_COUNTED 2u

struct klock_percpu_slot {
	int32_t readers; /* down minus up of one thread; written by it alone */
	char pad[60];
} __attribute__((aligned(64)));

struct KLOCK_TAG(percpu_rw_semaphore) {
	uint32_t nr_slots; /* threads 1 to this may try theirs: a hint */
	uint32_t block;    /* 0: so they may. COUNTED, an attempt's number, or BARRED */
	int32_t shared;    /* readers without a slot */
	uint32_t pause_ns; /* for so long after a write all are */
	struct klock_percpu_slot *slots;
	struct KLOCK_TAG(rw_semaphore) rw; /* writers hold it; readers that must wait queue on it */
	struct klock_percpu_slot *allocated; /* to be freed: NULL in a static lock */
	struct lockdep_map dep_map;
	int64_t counted_until; /* a time of CLOCK_MONOTONIC, in ns */
} KLOCK_CAPABILITY("percpu_rw_semaphore");

#define KLOCK_PERCPU_RWSEM_INITIALIZER(lockname, static_slots)                                     \
	{ 0, 0, 0, 0, static_slots, KLOCK_RWSEM_INITIALIZER(lockname),                             \
	  NULL, KLOCK_STATIC_MAP(lockname), 0 }

/* 0, or -ENOMEM. */
KLOCK_MUST_CHECK int klock_percpu_init(struct KLOCK_TAG(percpu_rw_semaphore) *sem,
				       const char *name, struct lock_class_key *key);
/*
 * The lock is free, nobody waits, and every other thread has returned from its last call
 * for it. As the kernel's, harmless on a zeroed or freed one.
 */
void klock_percpu_free(struct KLOCK_TAG(percpu_rw_semaphore) *sem);

/* The out-of-line part; `how` is one or more of enum klock_how. */
int klock_percpu_acquire(struct KLOCK_TAG(percpu_rw_semaphore) *sem, unsigned int how,
			 int64_t timeout_ns);
void klock_percpu_release(struct KLOCK_TAG(percpu_rw_semaphore) *sem, unsigned int how);
/*
 * A hold goes to another thread: this one no longer has it, that one has it now. For those who
 * watch the locks, and so that no report takes the first one for the holder; `read` is 0 for a
 * hold for writing. percpu_rwsem_release() and percpu_rwsem_acquire() of kernel code.
 */
void klock_percpu_hand_over(struct KLOCK_TAG(percpu_rw_semaphore) *sem, int read,
			    unsigned long ip);
void klock_percpu_take_over(struct KLOCK_TAG(percpu_rw_semaphore) *sem, int read,
			    unsigned long ip);
/* A writer waits for the counters to reach zero: makes it add them up again. */
void klock_percpu_wake_writer(struct KLOCK_TAG(percpu_rw_semaphore) *sem);

/* The counter of the thread with this klock_self_word; NULL: it has none in this lock. */
KLOCK_INLINE int32_t *klock_percpu_counter(struct KLOCK_TAG(percpu_rw_semaphore) *sem,
					   uint32_t self)
{
	uint32_t id = self >> KLOCK_W_SHIFT & (KLOCK_THREAD_SLOTS - 1);

	/* relaxed: the slots were there, zeroed, before the program shared the lock */
	if (KLOCK_UNLIKELY(id - 1 >= klock_load_relaxed(&sem->nr_slots)))
		return NULL;
	return &sem->slots[id].readers;
}

/*
 * Modulo 2^32: where one thread acquires and another one releases, their counters drift apart
 * for good, and wrap; the sum of all is right all the same.
 */
KLOCK_INLINE int32_t klock_percpu_sum(int32_t readers_, int32_t more_)
{
	return (int32_t)((uint32_t)readers_ + (uint32_t)more_);
}

/*
 * [P1] counts, then looks for a writer: pairs with [P2], which bars, then adds
 * up. The writer's membarrier stands between our two accesses, or our count
 * is in its sum, or we see its bar. What it does on the reader's side is
 * keep the compiler from swapping the two.
 */
KLOCK_INLINE bool klock_percpu_read_try(struct KLOCK_TAG(percpu_rw_semaphore) *sem,
					uint32_t self)
{
	int32_t *readers = klock_percpu_counter(sem, self);

	if (KLOCK_UNLIKELY(!readers))
		return false;
	klock_store_relaxed(readers, klock_percpu_sum(*readers, 1)); /* [P1] */
	klock_compiler_barrier();
	/* [P3] acquire: pairs with [P4]; a reader sees what the last writer did. */
	if (KLOCK_LIKELY(!klock_load_acquire(&sem->block)))
		return true;
	klock_store_release(readers, klock_percpu_sum(*readers, -1)); /* not in, after all */
	klock_compiler_barrier();
	klock_percpu_wake_writer(sem);
	return false;
}

/* [P5] the release, then a look for a writer that waits: pairs with [P6], as [P1] with [P2]. */
KLOCK_INLINE bool klock_percpu_read_drop(struct KLOCK_TAG(percpu_rw_semaphore) *sem,
					 uint32_t self)
{
	int32_t *readers = klock_percpu_counter(sem, self);

	if (KLOCK_UNLIKELY(!readers))
		return false;
	klock_store_release(readers, klock_percpu_sum(*readers, -1)); /* [P7]: pairs with [P8] */
	klock_compiler_barrier();
	if (KLOCK_UNLIKELY(klock_load_relaxed(&sem->block))) /* [P5]: the barrier orders it */
		klock_percpu_wake_writer(sem);
	return true;
}

/* Whether a writer holds it, or waits for readers to leave. A hint. */
KLOCK_INLINE bool klock_percpu_is_write_locked(const struct KLOCK_TAG(percpu_rw_semaphore) *sem)
{
	return klock_load_relaxed(&sem->block) == KLOCK_PERCPU_BARRED;
}

KLOCK_INLINE bool klock_percpu_read_fast(struct KLOCK_TAG(percpu_rw_semaphore) *sem)
{
	return klock_percpu_read_try(sem, klock_self_word);
}

/* Sleeps until the caller holds the lock for reading. */
KLOCK_INLINE void klock_percpu_down_read(struct KLOCK_TAG(percpu_rw_semaphore) *sem)
	KLOCK_ACQUIRES_SHARED(sem)
{
	if (!klock_percpu_read_fast(sem))
		(void)!klock_percpu_acquire(sem, KLOCK_READ, KLOCK_FOREVER);
}

/* 1: the caller holds it for reading. 0: a writer does, or waits. Never sleeps. */
KLOCK_INLINE KLOCK_MUST_CHECK int
klock_percpu_down_read_trylock(struct KLOCK_TAG(percpu_rw_semaphore) *sem)
	KLOCK_TRY_ACQUIRES_SHARED(1, sem)
{
	if (klock_self_word && klock_percpu_is_write_locked(sem))
		return 0;
	if (klock_percpu_read_fast(sem))
		return 1;
	return !klock_percpu_acquire(sem, KLOCK_READ | KLOCK_TRY, KLOCK_FOREVER);
}

/* With `try`, as percpu_down_read_trylock(); without, sleeps and returns true. */
KLOCK_INLINE KLOCK_MUST_CHECK bool
klock_percpu_down_read_try_or_lock(struct KLOCK_TAG(percpu_rw_semaphore) *sem, bool try_)
	KLOCK_TRY_ACQUIRES_SHARED(1, sem)
{
	if (try_)
		return klock_percpu_down_read_trylock(sem);
	klock_percpu_down_read(sem);
	return true;
}

/* 0, or -EINTR when the thread is killed while it waits (see <klock/task.h>). */
KLOCK_INLINE KLOCK_MUST_CHECK int
klock_percpu_down_read_killable(struct KLOCK_TAG(percpu_rw_semaphore) *sem)
	KLOCK_TRY_ACQUIRES_SHARED(0, sem)
{
	if (klock_percpu_read_fast(sem))
		return 0;
	return klock_percpu_acquire(sem, KLOCK_READ | KLOCK_KILLABLE, KLOCK_FOREVER);
}

/* 0, or -ETIME when `ns` nanoseconds pass first; -EINVAL and a report for a negative time. */
KLOCK_INLINE KLOCK_MUST_CHECK int
klock_percpu_down_read_timeout(struct KLOCK_TAG(percpu_rw_semaphore) *sem, int64_t ns)
	KLOCK_TRY_ACQUIRES_SHARED(0, sem)
{
	if (klock_percpu_read_fast(sem))
		return 0;
	return klock_percpu_acquire(sem, KLOCK_READ, ns);
}

/* Gives a hold for reading up. */
KLOCK_INLINE void klock_percpu_up_read(struct KLOCK_TAG(percpu_rw_semaphore) *sem)
	KLOCK_RELEASES_SHARED(sem)
{
	if (KLOCK_UNLIKELY(!klock_percpu_read_drop(sem, klock_self_word)))
		klock_percpu_release(sem, KLOCK_READ);
}

/* Sleeps until the caller holds the lock alone; neither killed nor interrupted. */
KLOCK_INLINE void klock_percpu_down_write(struct KLOCK_TAG(percpu_rw_semaphore) *sem)
	KLOCK_ACQUIRES(sem)
{
	(void)!klock_percpu_acquire(sem, KLOCK_WRITE, KLOCK_FOREVER);
}

/* 0, or -EINTR when the thread is killed while it waits. */
KLOCK_INLINE KLOCK_MUST_CHECK int
klock_percpu_down_write_killable(struct KLOCK_TAG(percpu_rw_semaphore) *sem)
	KLOCK_TRY_ACQUIRES(0, sem)
{
	return klock_percpu_acquire(sem, KLOCK_WRITE | KLOCK_KILLABLE, KLOCK_FOREVER);
}

/* 0, or -ETIME when `ns` nanoseconds pass first; -EINVAL and a report for a negative time. */
KLOCK_INLINE KLOCK_MUST_CHECK int
klock_percpu_down_write_timeout(struct KLOCK_TAG(percpu_rw_semaphore) *sem, int64_t ns)
	KLOCK_TRY_ACQUIRES(0, sem)
{
	return klock_percpu_acquire(sem, KLOCK_WRITE, ns);
}

/* Gives a hold for writing up. */
KLOCK_INLINE void klock_percpu_up_write(struct KLOCK_TAG(percpu_rw_semaphore) *sem)
	KLOCK_RELEASES(sem)
{
	klock_percpu_release(sem, KLOCK_WRITE);
}

KLOCK_ASSUME(held, struct KLOCK_TAG(percpu_rw_semaphore), KLOCK_ASSERTS_SHARED)
KLOCK_ASSUME(held_read, struct KLOCK_TAG(percpu_rw_semaphore), KLOCK_ASSERTS_SHARED)
KLOCK_ASSUME(held_write, struct KLOCK_TAG(percpu_rw_semaphore), KLOCK_ASSERTS)

#ifndef KLOCK_NO_KERNEL_NAMES

#define DEFINE_PERCPU_RWSEM(name)                                                                  \
	static struct klock_percpu_slot klock_slots_##name[KLOCK_PERCPU_SLOTS];                    \
	struct percpu_rw_semaphore name = KLOCK_PERCPU_RWSEM_INITIALIZER(name, klock_slots_##name)
#define DEFINE_STATIC_PERCPU_RWSEM(name)                                                           \
	static struct klock_percpu_slot klock_slots_##name[KLOCK_PERCPU_SLOTS];                    \
	static struct percpu_rw_semaphore name =                                                   \
		KLOCK_PERCPU_RWSEM_INITIALIZER(name, klock_slots_##name)

/* 0, or -ENOMEM. One class for all locks initialised by the same line. */
#define percpu_init_rwsem(sem)                                                                     \
	(__extension__({                                                                           \
		static struct lock_class_key klock_site_key;                                       \
		klock_percpu_init((sem), #sem, &klock_site_key);                                   \
	}))
#define __percpu_init_rwsem(sem, name, key) klock_percpu_init((sem), (name), (key))

KLOCK_INLINE void percpu_free_rwsem(struct percpu_rw_semaphore *sem)
{
	klock_percpu_free(sem);
}

KLOCK_INLINE void percpu_down_read(struct percpu_rw_semaphore *sem)
	KLOCK_ACQUIRES_SHARED(sem)
{
	klock_percpu_down_read(sem);
}

KLOCK_INLINE KLOCK_MUST_CHECK int percpu_down_read_trylock(struct percpu_rw_semaphore *sem)
	KLOCK_TRY_ACQUIRES_SHARED(1, sem)
{
	return klock_percpu_down_read_trylock(sem);
}

KLOCK_INLINE KLOCK_MUST_CHECK bool percpu_down_read_try_or_lock(struct percpu_rw_semaphore *sem,
								bool try_)
	KLOCK_TRY_ACQUIRES_SHARED(1, sem)
{
	return klock_percpu_down_read_try_or_lock(sem, try_);
}

KLOCK_INLINE KLOCK_MUST_CHECK int percpu_down_read_killable(struct percpu_rw_semaphore *sem)
	KLOCK_TRY_ACQUIRES_SHARED(0, sem)
{
	return klock_percpu_down_read_killable(sem);
}

KLOCK_INLINE KLOCK_MUST_CHECK int percpu_down_read_timeout(struct percpu_rw_semaphore *sem,
							   int64_t ns)
	KLOCK_TRY_ACQUIRES_SHARED(0, sem)
{
	return klock_percpu_down_read_timeout(sem, ns);
}

KLOCK_INLINE void percpu_up_read(struct percpu_rw_semaphore *sem)
	KLOCK_RELEASES_SHARED(sem)
{
	klock_percpu_up_read(sem);
}

KLOCK_INLINE void percpu_down_write(struct percpu_rw_semaphore *sem)
	KLOCK_ACQUIRES(sem)
{
	klock_percpu_down_write(sem);
}

KLOCK_INLINE KLOCK_MUST_CHECK int percpu_down_write_killable(struct percpu_rw_semaphore *sem)
	KLOCK_TRY_ACQUIRES(0, sem)
{
	return klock_percpu_down_write_killable(sem);
}

KLOCK_INLINE KLOCK_MUST_CHECK int percpu_down_write_timeout(struct percpu_rw_semaphore *sem,
							    int64_t ns)
	KLOCK_TRY_ACQUIRES(0, sem)
{
	return klock_percpu_down_write_timeout(sem, ns);
}

KLOCK_INLINE void percpu_up_write(struct percpu_rw_semaphore *sem)
	KLOCK_RELEASES(sem)
{
	klock_percpu_up_write(sem);
}

KLOCK_INLINE bool percpu_is_write_locked(const struct percpu_rw_semaphore *sem)
{
	return klock_percpu_is_write_locked(sem);
}

#ifdef __CHECKER__
#define percpu_down_read(sem) KLOCK_SPARSE_TAKES(sem, percpu_down_read(sem))
#define percpu_down_read_trylock(sem) KLOCK_SPARSE_TRIES(sem, percpu_down_read_trylock(sem))
#define percpu_down_read_try_or_lock(sem, try_)                                                    \
	KLOCK_SPARSE_TRIES(sem, percpu_down_read_try_or_lock(sem, try_))
#define percpu_down_read_killable(sem) KLOCK_SPARSE_FAILS(sem, percpu_down_read_killable(sem))
#define percpu_down_read_timeout(sem, ns) KLOCK_SPARSE_FAILS(sem, percpu_down_read_timeout(sem, ns))
#define percpu_up_read(sem) KLOCK_SPARSE_GIVES(sem, percpu_up_read(sem))
#define percpu_down_write(sem) KLOCK_SPARSE_TAKES(sem, percpu_down_write(sem))
#define percpu_down_write_killable(sem) KLOCK_SPARSE_FAILS(sem, percpu_down_write_killable(sem))
#define percpu_down_write_timeout(sem, ns)                                                         \
	KLOCK_SPARSE_FAILS(sem, percpu_down_write_timeout(sem, ns))
#define percpu_up_write(sem) KLOCK_SPARSE_GIVES(sem, percpu_up_write(sem))
#endif

#endif

KLOCK_END_DECLS

#endif
