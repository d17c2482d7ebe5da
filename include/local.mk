# SPDX-License-Identifier: MIT
# The public headers. To add one: a line here.

include_HEADERS = include/klock.h

klockincludedir = $(includedir)/klock
klockinclude_HEADERS = \
	include/klock/atomic.h \
	include/klock/attributes.h \
	include/klock/bug.h \
	include/klock/guard.h \
	include/klock/iocb.h \
	include/klock/lockdep.h \
	include/klock/lockdep_types.h \
	include/klock/lockstat.h \
	include/klock/lockword.h \
	include/klock/mutex.h \
	include/klock/percpu-rwsem.h \
	include/klock/rwsem.h \
	include/klock/semaphore.h \
	include/klock/show.h \
	include/klock/task.h \
	include/klock/version.h \
	include/klock/wait_bit.h
