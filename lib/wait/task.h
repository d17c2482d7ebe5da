/* SPDX-License-Identifier: MIT */
/*
 * The table of threads. A task lives in a table that only grows and is never
 * freed: whoever has a pointer to one may wake it at any time, also when its
 * thread has ended, and a signal handler may walk the table without a lock.
 */
#ifndef KLOCK_WAIT_TASK_H
#define KLOCK_WAIT_TASK_H

#include "base/list.h"
#include "base/process.h"
#include <klock/reader_bias.h>
#include <klock/task.h>

enum klock_wait_mode { KLOCK_WAIT_PLAIN, KLOCK_WAIT_KILLABLE, KLOCK_WAIT_INTERRUPTIBLE };

/* In a slot, with the address: another thread has given the hold up (lib/locks/non_owner.h). */
#define KLOCK_SLOT_GIVEN_UP ((uintptr_t)1)

struct klock_task {
	uintptr_t reading[KLOCK_READ_SLOTS]; /* see <klock/reader_bias.h>; written by its thread */
	uintptr_t given_up[KLOCK_READ_SLOTS]; /* notes of lib/locks/non_owner.c */
	uint32_t parker;    /* enum klock_parker: where its thread sleeps */
	uint32_t pending;   /* enum klock_signal_action: marked by klock_kill(), _interrupt() */
	uint32_t kills_seen; /* generation of klock_kill_all() that no longer counts */
	uint32_t refs;      /* of klock_get_task() */
	uint32_t word;      /* klock_self_word of the thread: another one in each life */
	int32_t tid;        /* 0 when the thread has ended, but for destructors of its data */
	int32_t thread;     /* the same, until the task is another thread's; 0: it is gone */
	uint32_t index;     /* in the table: never changes */
	uint32_t lives;     /* the threads that have had it, modulo what a word has room for */
	unsigned int rounds; /* of destructors that its thread has been through */
	uint32_t waits;     /* begun and ended; odd while its thread waits */
	bool many_cpus;     /* whether it may spin: asked when it last slept; its own thread's */
	void *held;         /* the held stack of lib/lockdep/held.c; its own thread's */
	void *held_before;  /* that of the last thread, to be used again */
	void *stat;         /* what lib/lockstat counts; its own thread's */
	struct klock_list granted; /* requests it is to tell of; its own thread's; zeroed: none */
	bool telling;       /* it does so */
	/* For the child of a fork(), where its thread is not there: */
	uint32_t *takes;      /* the word for which its call for writing has not returned */
	uint32_t *takes_block; /* of a percpu_rw_semaphore: what it has set to bar readers */
	int64_t sampled_ns; /* when a read of it was last a sample for a bias; its own thread's */
	struct klock_list node; /* of one of the lists in task.c */
} __attribute__((aligned(64)));

/* The calling thread's task; NULL until it has one. */
extern __thread struct klock_task *klock_self_task
	__attribute__((tls_model("initial-exec"), visibility("hidden")));
struct klock_task *klock_task_register(void);
/* For a caller that keeps signal handlers out: they might do the same. */
struct klock_task *klock_task_register_blocked(void);

/* What klock_read_slots is instead of slots: none is free, and none has the address of a lock. */
extern uintptr_t klock_no_slots[KLOCK_READ_SLOTS] __attribute__((visibility("hidden")));

/* The calling thread's task; made on the thread's first call. */
static inline struct klock_task *klock_task_self(void)
{
	struct klock_task *task = klock_self_task;

	klock_process_check();
	return KLOCK_LIKELY(task) ? task : klock_task_register();
}

/* The task with this owner word, to be named in reports; NULL for none. */
struct klock_task *klock_task_by_word(uint32_t word);

/* How many there are: as many as there were threads at once. A hint. */
uint32_t klock_nr_tasks(void);

/* The tasks, one after the other, those without a thread too; NULL begins and ends it. */
struct klock_task *klock_task_after(const struct klock_task *task);

/* The same, of those whose slots are open: see wait/slots.h. */
struct klock_task *klock_task_with_slots_after(const struct klock_task *task);

/* The calling thread ends: its reads are counted now. What is in its slots stays there. */
void klock_task_end_slots(const struct klock_task *task);

/* Whether a mark is there that ends a wait in this mode. */
bool klock_task_signalled(const struct klock_task *task, enum klock_wait_mode mode);

/* It has ended one: an interrupt does so once. */
void klock_task_take_signal(struct klock_task *task, enum klock_wait_mode mode);

/* Sleeps until klock_task_wake(), or until the deadline: true, or without a reason. */
bool klock_task_sleep(struct klock_task *task, int64_t deadline_ns);

/* Whether its next sleep would end at once. */
bool klock_task_is_notified(const struct klock_task *task);

/* Ends the task's sleep, the one under way or the next. Async-signal-safe. */
void klock_task_wake(struct klock_task *task);

/* Called as a thread that has a task ends, before the task can be used again. */
extern void (*klock_task_exit_hook)(struct klock_task *task);

#endif
