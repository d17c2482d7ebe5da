/* SPDX-License-Identifier: MIT */
/*
 * Uncontended pairs in loops, for costs-nothing.sh to count: run_NAME() with
 * the library's functions, before_NAME() with their fast paths as they would
 * be without a checker. Those are written out here once and for all;
 * both are compiled by the same compiler, and may be compared to the
 * instruction.
 */
#include <klock.h>
#include <stdlib.h>

static DEFINE_MUTEX(mutex);
static DEFINE_RWSEM(rwsem);
static DEFINE_RWSEM(written);
static DEFINE_SEMAPHORE(semaphore, 1);
DEFINE_STATIC_PERCPU_RWSEM(percpu);

static inline bool before_write_fast(uint32_t *word)
{
	uint32_t w = 0, self = klock_self_word;

	return KLOCK_LIKELY(self) &&
	       (KLOCK_LIKELY(klock_cas_acquire(word, &w, self)) ||
		(w == KLOCK_W_WAKING && klock_cas_acquire(word, &w, w + self)));
}

static inline bool before_write_end_fast(uint32_t *word)
{
	uint32_t self = klock_self_word, w = self;

	return KLOCK_LIKELY(self) &&
	       (KLOCK_LIKELY(klock_cas_release(word, &w, 0)) ||
		(w == self + KLOCK_W_WAKING && klock_word_passes_head(word) &&
		 klock_cas_release(word, &w, KLOCK_W_WAKING)));
}

static inline void before_mutex_lock(struct mutex *lock)
{
	if (!before_write_fast(&lock->word))
		(void)!klock_mutex_acquire(lock, KLOCK_WRITE, KLOCK_FOREVER, 0);
}

static inline int before_mutex_lock_killable(struct mutex *lock)
{
	if (before_write_fast(&lock->word))
		return 0;
	return klock_mutex_acquire(lock, KLOCK_WRITE | KLOCK_KILLABLE, KLOCK_FOREVER, 0);
}

static inline void before_mutex_unlock(struct mutex *lock)
{
	if (!before_write_end_fast(&lock->word))
		klock_mutex_release(lock);
}

static inline void before_down_write(struct rw_semaphore *sem)
{
	if (!before_write_fast(&sem->word))
		(void)!klock_rwsem_acquire(sem, KLOCK_WRITE, KLOCK_FOREVER, 0);
}

static inline void before_up_write(struct rw_semaphore *sem)
{
	if (!before_write_end_fast(&sem->word))
		klock_rwsem_release(sem, KLOCK_WRITE);
}

static inline bool before_read_count(uint32_t *word)
{
	uint32_t w;

	if (KLOCK_UNLIKELY(!klock_self_word))
		return false;
	w = klock_load_relaxed(word);
	return KLOCK_LIKELY(!(w & KLOCK_W_READ_BLOCKED)) &&
	       KLOCK_LIKELY(klock_cas_acquire(word, &w, w + KLOCK_W_READER));
}

static inline unsigned int before_slot(const uint32_t *word)
{
	uintptr_t addr = (uintptr_t)word;

	return (unsigned int)(addr >> 4 ^ addr >> 9) % KLOCK_READ_SLOTS;
}

static inline void before_leave(uint32_t *word)
{
	klock_store_release(&klock_read_slots[before_slot(word)], 0);
	klock_compiler_barrier();
	if (KLOCK_UNLIKELY(klock_load_relaxed(&klock_drains)))
		klock_bias_left(word);
}

static inline bool before_enter(uint32_t *word)
{
	uintptr_t *slot = &klock_read_slots[before_slot(word)];
	uint32_t w;

	if (KLOCK_UNLIKELY(klock_load_relaxed(slot)))
		return false;
	w = klock_load_relaxed(word);
	if (KLOCK_UNLIKELY((w & KLOCK_W_BIAS) != KLOCK_W_BIASED))
		return KLOCK_UNLIKELY(w & KLOCK_W_SPLIT) && klock_bias_enter_split(word);
	klock_store_relaxed(slot, (uintptr_t)word);
	klock_compiler_barrier();
	if (KLOCK_LIKELY((klock_load_acquire(word) & KLOCK_W_BIAS) == KLOCK_W_BIASED))
		return true;
	before_leave(word);
	return false;
}

static inline void before_down_read(struct rw_semaphore *sem)
{
	uint32_t *word = &sem->word;

	if (KLOCK_LIKELY(before_enter(word)))
		return;
	if (KLOCK_LIKELY((int32_t)--klock_reads_left >= 0) && before_read_count(word))
		return;
	(void)!klock_rwsem_acquire(sem, KLOCK_READ, KLOCK_FOREVER, 0);
}

static inline bool before_read_drop(uint32_t *word)
{
	uint32_t w;

	if (KLOCK_UNLIKELY(!klock_self_word))
		return false;
	w = klock_load_relaxed(word);
	do {
		if (KLOCK_UNLIKELY(w < KLOCK_W_READER || (w & (KLOCK_W_WRITER | KLOCK_W_WAITERS))))
			return false;
		if (KLOCK_UNLIKELY(w & KLOCK_W_WAKING) && !klock_word_passes_head(word))
			return false;
	} while (KLOCK_UNLIKELY(!klock_cas_release(word, &w, w - KLOCK_W_READER)));
	return true;
}

static inline void before_up_read(struct rw_semaphore *sem)
{
	uint32_t *word = &sem->word;

	if (KLOCK_LIKELY(klock_load_relaxed(&klock_read_slots[before_slot(word)]) ==
			 (uintptr_t)word))
		before_leave(word);
	else if (!before_read_drop(word))
		klock_rwsem_release(sem, KLOCK_READ);
}

static inline bool before_take(uint32_t *word)
{
	uint32_t w;

	if (KLOCK_UNLIKELY(!klock_self_word))
		return false;
	w = klock_load_relaxed(word);
	while (KLOCK_LIKELY(w >= KLOCK_SEM_UNIT))
		if (KLOCK_LIKELY(klock_cas_acquire(word, &w, w - KLOCK_SEM_UNIT)))
			return true;
	return false;
}

static inline void before_down(struct semaphore *sem)
{
	if (!before_take(&sem->word))
		(void)!klock_semaphore_acquire(sem, KLOCK_WRITE, KLOCK_FOREVER);
}

static inline void before_up(struct semaphore *sem)
{
	uint32_t w = klock_self_word ? klock_load_relaxed(&sem->word) : KLOCK_W_WAITERS;

	while (KLOCK_LIKELY(!(w & KLOCK_W_FLAGS) && w < KLOCK_SEM_MAX * KLOCK_SEM_UNIT))
		if (KLOCK_LIKELY(klock_cas_release(&sem->word, &w, w + KLOCK_SEM_UNIT)))
			return;
	klock_semaphore_release(sem);
}

static inline int32_t *before_counter(struct percpu_rw_semaphore *sem)
{
	uint32_t id = klock_self_word >> KLOCK_W_SHIFT & (KLOCK_THREAD_SLOTS - 1);

	if (KLOCK_UNLIKELY(id - 1 >= klock_load_acquire(&sem->nr_slots)))
		return NULL;
	return &sem->slots[id].readers;
}

static inline bool before_percpu_read_fast(struct percpu_rw_semaphore *sem)
{
	int32_t *readers = before_counter(sem);

	if (KLOCK_UNLIKELY(!readers))
		return false;
	klock_store_relaxed(readers, *readers + 1);
	klock_compiler_barrier();
	if (KLOCK_LIKELY(!klock_load_acquire(&sem->block)))
		return true;
	klock_store_release(readers, *readers - 1);
	klock_compiler_barrier();
	klock_percpu_wake_writer(sem);
	return false;
}

static inline void before_percpu_down_read(struct percpu_rw_semaphore *sem)
{
	if (!before_percpu_read_fast(sem))
		(void)!klock_percpu_acquire(sem, KLOCK_READ, KLOCK_FOREVER);
}

static inline void before_percpu_up_read(struct percpu_rw_semaphore *sem)
{
	int32_t *readers = before_counter(sem);

	if (KLOCK_UNLIKELY(!readers)) {
		klock_percpu_release(sem, KLOCK_READ);
		return;
	}
	klock_store_release(readers, *readers - 1);
	klock_compiler_barrier();
	if (KLOCK_UNLIKELY(klock_load_relaxed(&sem->block)))
		klock_percpu_wake_writer(sem);
}

/* The name in the code keeps the compiler from making one function of two that are alike. */
#define LOOP(name, lock, unlock)                                                                   \
	static void __attribute__((noinline)) name(int n)                                          \
	{                                                                                          \
		for (int i = 0; i < n; i++) {                                                      \
			lock;                                                                      \
			__asm__ volatile("# " #name ::: "memory");                                 \
			unlock;                                                                    \
		}                                                                                  \
	}
#define PAIR(name, lock, unlock, before_lock, before_unlock)                                       \
	LOOP(run_##name, lock, unlock)                                                             \
	LOOP(before_##name, before_lock, before_unlock)
#include "pairs.def"
#undef PAIR

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 1;

	/* The thread's first lock, and what a percpu_rw_semaphore's first users set up. */
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
	percpu_down_read(&percpu);
	percpu_up_read(&percpu);
	/* Enough of a thread's reads for a lock to be biased. */
	for (int i = 0; i < 50000; i++) {
		down_read(&rwsem);
		up_read(&rwsem);
	}
	/* Both begin at the same distance from a read that goes out of line. */
#define PAIR(name, ...)                                                                            \
	klock_reads_left = 100;                                                                    \
	run_##name(n);                                                                             \
	klock_reads_left = 100;                                                                    \
	before_##name(n);
#include "pairs.def"
	return 0;
}
