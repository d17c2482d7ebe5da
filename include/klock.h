/* SPDX-License-Identifier: MIT */
/* All of klock. */
#ifndef KLOCK_H
#define KLOCK_H

#include <klock/bug.h>
#include <klock/guard.h>
#include <klock/iocb.h>
#include <klock/lock_order.h>
#include <klock/lockdep.h>
#include <klock/lockstat.h>
#include <klock/mutex.h>
#include <klock/percpu-rwsem.h>
#include <klock/rwsem.h>
#include <klock/semaphore.h>
#include <klock/show.h>
#include <klock/task.h>
#include <klock/version.h>
#include <klock/wait_bit.h>
#include <klock/waitq.h>

#endif
