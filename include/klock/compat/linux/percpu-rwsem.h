/* SPDX-License-Identifier: MIT */
/* struct percpu_rw_semaphore: see <klock/percpu-rwsem.h>. */
#ifndef KLOCK_COMPAT_LINUX_PERCPU_RWSEM_H
#define KLOCK_COMPAT_LINUX_PERCPU_RWSEM_H

#include <klock/percpu-rwsem.h>
#include <linux/cleanup.h>
#include <linux/lockdep.h>
#include <linux/types.h>

/* A hold goes to another thread: this one no longer has it, and that one has it now. */
#define percpu_rwsem_release(sem, read, ip) klock_percpu_hand_over(sem, read, ip)
#define percpu_rwsem_acquire(sem, read, ip) klock_percpu_take_over(sem, read, ip)
#define percpu_rwsem_assert_held(sem) lockdep_assert_held(sem)
#define percpu_rwsem_is_held(sem) lockdep_is_held(sem)

#endif
