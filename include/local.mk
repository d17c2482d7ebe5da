# SPDX-License-Identifier: MIT
# The public headers. To add one: a line here.

include_HEADERS = include/klock.h

klockincludedir = $(includedir)/klock
klockinclude_HEADERS = \
	include/klock/atomic.h \
	include/klock/attributes.h \
	include/klock/bug.h \
	include/klock/capability.h \
	include/klock/guard.h \
	include/klock/iocb.h \
	include/klock/lock_order.h \
	include/klock/lockdep.h \
	include/klock/lockdep_names.h \
	include/klock/lockdep_types.h \
	include/klock/lockstat.h \
	include/klock/lockword.h \
	include/klock/reader_bias.h \
	include/klock/mutex.h \
	include/klock/percpu-rwsem.h \
	include/klock/rwsem.h \
	include/klock/semaphore.h \
	include/klock/show.h \
	include/klock/task.h \
	include/klock/version.h \
	include/klock/wait_bit.h \
	include/klock/waitq.h

# The paths of the kernel's headers, for code that comes from there: -I$(compatdir).
compatdir = $(includedir)/klock/compat
compatlinuxdir = $(compatdir)/linux
compatlinux_HEADERS = \
	include/klock/compat/linux/bitops.h \
	include/klock/compat/linux/bug.h \
	include/klock/compat/linux/cleanup.h \
	include/klock/compat/linux/compiler-context-analysis.h \
	include/klock/compat/linux/compiler.h \
	include/klock/compat/linux/debug_locks.h \
	include/klock/compat/linux/delay.h \
	include/klock/compat/linux/err.h \
	include/klock/compat/linux/errno.h \
	include/klock/compat/linux/export.h \
	include/klock/compat/linux/fs.h \
	include/klock/compat/linux/init.h \
	include/klock/compat/linux/instruction_pointer.h \
	include/klock/compat/linux/iomap.h \
	include/klock/compat/linux/irqflags.h \
	include/klock/compat/linux/kallsyms.h \
	include/klock/compat/linux/kernel.h \
	include/klock/compat/linux/lockdep.h \
	include/klock/compat/linux/lockdep_types.h \
	include/klock/compat/linux/module.h \
	include/klock/compat/linux/mutex.h \
	include/klock/compat/linux/percpu-rwsem.h \
	include/klock/compat/linux/printk.h \
	include/klock/compat/linux/rtmutex.h \
	include/klock/compat/linux/rwsem.h \
	include/klock/compat/linux/sched.h \
	include/klock/compat/linux/semaphore.h \
	include/klock/compat/linux/spinlock.h \
	include/klock/compat/linux/types.h \
	include/klock/compat/linux/uio.h \
	include/klock/compat/linux/wait_bit.h \
	include/klock/compat/linux/ww_mutex.h

compatlinuxscheddir = $(compatlinuxdir)/sched
compatlinuxsched_HEADERS = \
	include/klock/compat/linux/sched/signal.h \
	include/klock/compat/linux/sched/task.h
