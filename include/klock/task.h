/* SPDX-License-Identifier: MIT */
/*
 * Threads that wait, and how to get them out of it.
 *
 * Every thread that takes a lock has a struct klock_task. A *killed* task gets
 * -EINTR from each killable or interruptible wait, also one already asleep,
 * until the mark is cleared. An *interrupted* task gets -EINTR from one
 * interruptible wait: the one under way, or the next that has to wait. No mark
 * is lost between a waiter's test and its sleep. Plain waits stay. A lock that
 * is free is taken, killed or not: only waits are cut short.
 * Since 0.1.
 */
#ifndef KLOCK_TASK_H
#define KLOCK_TASK_H

#include <klock/attributes.h>
#include <stdbool.h>
#include <sys/types.h>

KLOCK_BEGIN_DECLS

struct klock_task;

/*
 * The calling thread's task. Valid until the thread ends, and past that for
 * whoever holds a reference. Never NULL. Async-signal-safe once the thread has
 * called it, or has waited for a lock, before.
 */
struct klock_task *klock_current(void);

/*
 * Keeps `task` from being given to another thread after its own has ended;
 * klock_put_task() lets go. klock_get_task() returns its argument, and is
 * async-signal-safe; klock_put_task() takes a lock of the library's and is not.
 */
struct klock_task *klock_get_task(struct klock_task *task);
void klock_put_task(struct klock_task *task);

/* Kernel thread id of the task's thread; 0 when that has ended. Async-signal-safe. */
pid_t klock_task_tid(const struct klock_task *task);

/* Marks `task` killed and wakes it if it waits so that it may be. Async-signal-safe. */
void klock_kill(struct klock_task *task);

/*
 * Kills all threads of the process, those included that take their first lock
 * later, until klock_unkill_all(). Async-signal-safe.
 */
void klock_kill_all(void);

/* Interrupts one wait of `task`. Async-signal-safe. */
void klock_interrupt(struct klock_task *task);

/* Clear the marks, those of klock_kill_all() and klock_interrupt() too. Async-signal-safe. */
void klock_unkill(struct klock_task *task);
void klock_unkill_all(void);

/* Whether the calling thread is killed; whether it is killed or interrupted. Clear nothing. */
bool klock_fatal_signal_pending(void);
bool klock_signal_pending(void);

enum klock_signal_action {
	KLOCK_KILL = 1,      /* klock_kill_all() */
	KLOCK_INTERRUPT = 2, /* klock_interrupt() of the thread that the signal is delivered to */
};

/*
 * Installs a handler for `signo` that does what `actions`, one or both of enum
 * klock_signal_action, say. 0, or -EINVAL for other bits or none, and for
 * signals that cannot be caught. Replaces the handler installed before.
 */
int klock_catch_signal(int signo, unsigned int actions);

KLOCK_END_DECLS

#endif
