# SPDX-License-Identifier: MIT
# The library. To add a file: a line in the list of its layer.

lib_LTLIBRARIES = lib/libklock.la
noinst_LTLIBRARIES = lib/libklock-core.la

# What the explorer of interleavings puts a model in the place of: see tests/explore.
machine = \
	lib/base/clock.c \
	lib/base/cpu.c \
	lib/base/futex.c \
	lib/base/membarrier.c \
	lib/base/minilock.c \
	lib/base/process.c \
	lib/base/thread_id.c

base = \
	lib/base/bug.c \
	lib/base/bug.h \
	lib/base/block_signals.h \
	lib/base/clock.h \
	lib/base/cpu.h \
	lib/base/elf_symbol.c \
	lib/base/elf_symbol.h \
	lib/base/exempt.c \
	lib/base/exempt.h \
	lib/base/filename.c \
	lib/base/filename.h \
	lib/base/futex.h \
	lib/base/helper.c \
	lib/base/helper.h \
	lib/base/list.h \
	lib/base/loaded.c \
	lib/base/loaded.h \
	lib/base/maps.c \
	lib/base/maps.h \
	lib/base/membarrier.h \
	lib/base/minilock.h \
	lib/base/printable.c \
	lib/base/printable.h \
	lib/base/process.h \
	lib/base/read_file.c \
	lib/base/read_file.h \
	lib/base/say.c \
	lib/base/say.h \
	lib/base/sigtext.c \
	lib/base/sigtext.h \
	lib/base/source_line.c \
	lib/base/source_line.h \
	lib/base/spin.h \
	lib/base/symbols.c \
	lib/base/symbols.h \
	lib/base/thread_id.h \
	lib/base/under_tsan.h \
	lib/base/undisturbed.h \
	lib/base/write_all.c \
	lib/base/write_all.h

wait = \
	lib/wait/park.c \
	lib/wait/park.h \
	lib/wait/request.c \
	lib/wait/request.h \
	lib/wait/signal.c \
	lib/wait/signal.h \
	lib/wait/slots.c \
	lib/wait/slots.h \
	lib/wait/task.c \
	lib/wait/task.h

annotate = \
	lib/annotate/again.h \
	lib/annotate/tsan.c \
	lib/annotate/valgrind.c \
	lib/annotate/watch.c \
	lib/annotate/watch.h

lockdep = \
	lib/lockdep/api.c \
	lib/lockdep/arena.c \
	lib/lockdep/arena.h \
	lib/lockdep/chain.c \
	lib/lockdep/chain.h \
	lib/lockdep/class.c \
	lib/lockdep/class.h \
	lib/lockdep/exit_status.c \
	lib/lockdep/exit_status.h \
	lib/lockdep/export.c \
	lib/lockdep/export.h \
	lib/lockdep/export_dot.c \
	lib/lockdep/export_exit.c \
	lib/lockdep/export_json.c \
	lib/lockdep/export_out.c \
	lib/lockdep/export_out.h \
	lib/lockdep/export_text.c \
	lib/lockdep/graph.c \
	lib/lockdep/graph.h \
	lib/lockdep/held.c \
	lib/lockdep/held.h \
	lib/lockdep/holding.c \
	lib/lockdep/keys.c \
	lib/lockdep/lines.c \
	lib/lockdep/lines.h \
	lib/lockdep/lockdep.c \
	lib/lockdep/lockdep.h \
	lib/lockdep/log.c \
	lib/lockdep/log.h \
	lib/lockdep/mend.c \
	lib/lockdep/mend.h \
	lib/lockdep/misuse.c \
	lib/lockdep/misuse.h \
	lib/lockdep/options.c \
	lib/lockdep/options.h \
	lib/lockdep/order.c \
	lib/lockdep/order.h \
	lib/lockdep/order_file.c \
	lib/lockdep/order_name.c \
	lib/lockdep/order_report.c \
	lib/lockdep/own_key.c \
	lib/lockdep/own_key.h \
	lib/lockdep/peek.c \
	lib/lockdep/peek.h \
	lib/lockdep/registry.c \
	lib/lockdep/registry.h \
	lib/lockdep/report.c \
	lib/lockdep/report.h \
	lib/lockdep/report_parts.c \
	lib/lockdep/report_parts.h \
	lib/lockdep/seen_sites.c \
	lib/lockdep/seen_sites.h \
	lib/lockdep/shared.c \
	lib/lockdep/shared.h \
	lib/lockdep/suppress.c \
	lib/lockdep/suppress.h \
	lib/lockdep/text.c \
	lib/lockdep/text.h \
	lib/lockdep/trace.c \
	lib/lockdep/trace.h \
	lib/lockdep/validate.c \
	lib/lockdep/validate.h

hang = \
	lib/hang/circle.c \
	lib/hang/circle.h \
	lib/hang/hang.c \
	lib/hang/hang.h \
	lib/hang/names.c \
	lib/hang/names.h \
	lib/hang/options.c \
	lib/hang/options.h \
	lib/hang/seen.c \
	lib/hang/seen.h \
	lib/hang/show.c \
	lib/hang/show.h \
	lib/hang/tell.c \
	lib/hang/tell.h

locks = \
	lib/locks/init.c \
	lib/locks/init.h \
	lib/locks/left_over.c \
	lib/locks/left_over.h \
	lib/locks/lifetime.c \
	lib/locks/lockword.h \
	lib/locks/mutex.c \
	lib/locks/non_owner.c \
	lib/locks/non_owner.h \
	lib/locks/percpu_rwsem.c \
	lib/locks/queue.c \
	lib/locks/bias_mode.c \
	lib/locks/bias_mode.h \
	lib/locks/reader_bias.c \
	lib/locks/reader_bias.h \
	lib/locks/release.c \
	lib/locks/request.h \
	lib/locks/rwsem.c \
	lib/locks/semaphore.c \
	lib/locks/slot_readers.c \
	lib/locks/slot_readers.h \
	lib/locks/take.c \
	lib/locks/take.h \
	lib/locks/wait_bit.c \
	lib/locks/waitq.c \
	lib/locks/tell.c \
	lib/locks/word_request.c \
	lib/locks/word_request.h

lockstat = \
	lib/lockstat/count.c \
	lib/lockstat/count.h \
	lib/lockstat/json.c \
	lib/lockstat/lockstat.c \
	lib/lockstat/lockstat.h \
	lib/lockstat/options.c \
	lib/lockstat/pool.c \
	lib/lockstat/pool.h \
	lib/lockstat/stamp.c \
	lib/lockstat/stamp.h \
	lib/lockstat/sum.c \
	lib/lockstat/text.c

# All objects, for the tests to link with; the library is these behind klock.map.
lib_libklock_core_la_SOURCES = $(machine) $(base) $(wait) $(annotate) $(lockdep) $(lockstat) \
	$(hang) $(locks)

lib_libklock_la_SOURCES =
lib_libklock_la_LIBADD = lib/libklock-core.la $(PTHREAD_LIBS)
lib_libklock_la_LDFLAGS = $(AM_LDFLAGS) -version-info $(KLOCK_VERSION_INFO)
if HAVE_Z_DEFS
lib_libklock_la_LDFLAGS += -Wl,-z,defs
endif
if HAVE_VSCRIPT
lib_libklock_la_LDFLAGS += $(VSCRIPT_LDFLAGS),$(srcdir)/lib/klock.map
EXTRA_lib_libklock_la_DEPENDENCIES = lib/klock.map
endif
# Threads that end, and exit(), call into it: it stays loaded.
lib_libklock_la_LDFLAGS += $(NODELETE_LDFLAGS)
EXTRA_DIST += lib/klock.map
