/* SPDX-License-Identifier: MIT */
/* struct rw_semaphore: see <klock/rwsem.h>. */
#ifndef KLOCK_COMPAT_LINUX_RWSEM_H
#define KLOCK_COMPAT_LINUX_RWSEM_H

#include <klock/rwsem.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/lockdep.h>
#include <linux/types.h>

#define rwsem_assert_held_nolockdep(sem) rwsem_assert_held(sem)
#define rwsem_assert_held_write_nolockdep(sem) rwsem_assert_held_write(sem)

#endif
