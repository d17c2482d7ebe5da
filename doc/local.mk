# SPDX-License-Identifier: MIT
# The manual and the design. To add a page or a text: a line here.

dist_man_MANS = \
	doc/man/klock-lockdep.1 \
	doc/man/klock.7 \
	doc/man/klock_bug.3 \
	doc/man/klock_guard.3 \
	doc/man/klock_iocb.3 \
	doc/man/klock_lock_order.3 \
	doc/man/klock_lockdep.3 \
	doc/man/klock_lockdep.7 \
	doc/man/klock_lockdep_assert.3 \
	doc/man/klock_lockdep_class.3 \
	doc/man/klock_lockdep_dump.3 \
	doc/man/klock_lockdep_map.3 \
	doc/man/klock_lockstat.3 \
	doc/man/klock_mutex.3 \
	doc/man/klock_percpu_rwsem.3 \
	doc/man/klock_rwsem.3 \
	doc/man/klock_semaphore.3 \
	doc/man/klock_show_locks.3 \
	doc/man/klock_task.3 \
	doc/man/klock_wait_bit.3 \
	doc/man/klock_waitq.3

# Of a program that is not installed.
EXTRA_DIST += doc/man/filecache.1

EXTRA_DIST += \
	doc/design/abi.md \
	doc/design/faults.md \
	doc/design/filecache.md \
	doc/design/lockdep.md \
	doc/design/ordering.md \
	doc/design/overview.md \
	doc/design/performance.md \
	doc/design/porting.md \
	doc/design/proof.md \
	doc/design/static-analysis.md \
	doc/design/watchers.md

# Made by "make bench-plots".
EXTRA_DIST += \
	doc/plots/handing.svg \
	doc/plots/many.svg \
	doc/plots/pairs.svg \
	doc/plots/two.svg \
	doc/plots/waits.svg
