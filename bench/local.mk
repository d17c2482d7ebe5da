# SPDX-License-Identifier: MIT
# Our locks beside those that people would use instead: "make bench".
# To add a lock: a line in locks.def (locks_cxx.def). To add a kind of row: a file here, with
# its table in main.c.

bench_bench_SOURCES = \
	bench/bench.c bench/bench.h bench/bounds.h bench/bravo.h bench/condition.c \
	bench/condition.h bench/futex_mutex.h bench/handoff.c bench/histogram.c \
	bench/histogram.h bench/lock.h bench/lockdep.c \
	bench/locks.c bench/locks.def bench/machine.c bench/main.c bench/mix.c bench/nowait.c \
	bench/pairs.c bench/portfolio.c bench/quiet.c bench/quiet.h bench/report.c bench/run.c \
	bench/spin.h bench/waits.c
bench_bench_LDADD = $(bench_cxx) lib/libklock.la $(BENCH_PEERS_LIBS) $(PTHREAD_LIBS)
bench_bench_LDFLAGS = $(AM_LDFLAGS) -no-install
CLEANFILES += bench/locks_cxx.o
EXTRA_DIST += bench/locks_cxx.cc bench/locks_cxx.def

# The peers that are C++. Not a source of the program: who has no C++ compiler needs none.
bench_cxx =
if BENCH_CXX
bench_cxx += bench/locks_cxx.o
endif
bench/locks_cxx.o: bench/locks_cxx.cc bench/locks_cxx.def bench/lock.h
	@$(MKDIR_P) bench
	$(BENCH_CXX) -std=c++17 -O2 -I. -c $(srcdir)/bench/locks_cxx.cc -o $@

# About two minutes; under half an hour.
bench: bench/bench$(EXEEXT)
	bench/bench$(EXEEXT) --tsv bench.tsv
bench-full: bench/bench$(EXEEXT)
	bench/bench$(EXEEXT) --full --tsv bench.tsv
CLEANFILES += bench.tsv

# Many shapes of load; some 25 minutes.
bench-portfolio: bench/bench$(EXEEXT)
	bench/bench$(EXEEXT) --portfolio --tsv portfolio.tsv >portfolio.txt
	@$(AWK) -v cells=$(CELLS) -f $(srcdir)/bench/portfolio.awk portfolio.tsv
CLEANFILES += portfolio.tsv portfolio.txt
EXTRA_DIST += bench/portfolio.awk

# What is to be reached, and what the last run did.
bench-goals:
	@test -s bench.tsv || $(MAKE) bench
	@$(AWK) -v parts=$(PARTS) -f $(srcdir)/bench/goals.awk bench.tsv
EXTRA_DIST += bench/goals.awk

# The plots of doc/plots, of the last run.
bars = $(AWK) -f $(srcdir)/bench/bars.awk
bench-plots:
	@test -s bench.tsv || $(MAKE) bench
	@$(MKDIR_P) $(plots)
	$(bars) -v title='One thread' \
		-v rows='pair-read pair-write pair-mutex fail-read' bench.tsv >$(plots)/pairs.svg
	$(bars) -v title='Two threads on two CPUs' \
		-v rows='read-2 mix-1 mix-10 mix-100 mix-500 mix-100-gap' bench.tsv >$(plots)/two.svg
	$(bars) -v title='More threads than CPUs' \
		-v rows='over-8 overw-8 over-32 overw-32 over-128 overw-128' bench.tsv \
		>$(plots)/many.svg
	$(bars) -v title='Handing a lock over' \
		-v rows='hand-awake hand-sleeper hand-one-cpu burn' bench.tsv >$(plots)/handing.svg
	$(AWK) -f $(srcdir)/bench/waits.awk -v title='How long one thread waits' \
		-v rows='wait-write wait-read wait-write-gapless wait-read-gapless' bench.tsv \
		>$(plots)/waits.svg
plots = $(srcdir)/doc/plots
EXTRA_DIST += bench/bars.awk bench/waits.awk

# The file cache while something watches its locks; for TSan in a build of its own.
bench-race: examples/filecache/filecache$(EXEEXT)
	@$(need) valgrind:valgrind
	+@$(sub_build) tsan examples/filecache/filecache --disable-shared --enable-werror \
		CC='$(CC)' --enable-sanitizer=thread
	@FILECACHE_TSAN=sub-tsan/examples/filecache/filecache TSAN_OPTIONS=detect_deadlocks=1 \
		$(SHELL) $(srcdir)/bench/race.sh examples/filecache/filecache$(EXEEXT) \
		$${BENCH_ROUNDS-5} off lockdep lockstat helgrind drd tsan
EXTRA_DIST += bench/race.sh

# What the file cache costs: large images, and files beside dd.
bench-filecache: examples/filecache/filecache$(EXEEXT)
	@$(SHELL) $(srcdir)/bench/filecache.sh examples/filecache/filecache$(EXEEXT) $(FILECACHE_DIR)
EXTRA_DIST += bench/filecache.sh

.PHONY: bench bench-portfolio bench-filecache bench-full bench-goals bench-plots bench-race
