# SPDX-License-Identifier: MIT
# Our locks beside those that people would use instead: "make bench".
# To add a lock: a line in locks.def and in mix_locks.def (mix_cxx.def). To add a kind of row:
# a file here.

EXTRA_PROGRAMS += bench/bench
bench_bench_SOURCES = bench/bench.c bench/bench.h bench/locks.def \
	bench/futex_mutex.h bench/lockdep.c bench/main.c bench/mix.c bench/mix.h \
	bench/mix_locks.def bench/pairs.c bench/waits.c
bench_bench_LDADD = $(bench_cxx) lib/libklock.la $(BENCH_PEERS_LIBS) $(PTHREAD_LIBS)
bench_bench_LDFLAGS = $(AM_LDFLAGS) -no-install
CLEANFILES += bench/bench bench/mix_cxx.o
EXTRA_DIST += bench/mix_cxx.cc bench/mix_cxx.def

# The peers that are C++. Not a source of the program: who has no C++ compiler needs none.
bench_cxx =
if BENCH_CXX
bench_cxx += bench/mix_cxx.o
endif
bench/mix_cxx.o: bench/mix_cxx.cc bench/mix_cxx.def bench/mix.h
	@$(MKDIR_P) bench
	$(BENCH_CXX) -std=c++17 -O2 -I. -c $(srcdir)/bench/mix_cxx.cc -o $@

bench: bench/bench$(EXEEXT)
	bench/bench$(EXEEXT)

# The file cache while something watches its locks; for TSan in a build of its own.
bench-race: examples/filecache/filecache$(EXEEXT)
	@$(need) valgrind:valgrind
	+@$(sub_build) tsan examples/filecache/filecache --disable-shared --enable-werror \
		CC='$(CC)' --enable-sanitizer=thread
	@FILECACHE_TSAN=sub-tsan/examples/filecache/filecache TSAN_OPTIONS=detect_deadlocks=1 \
		$(SHELL) $(srcdir)/bench/race.sh examples/filecache/filecache$(EXEEXT) \
		$${BENCH_ROUNDS-5} off lockdep lockstat helgrind drd tsan
EXTRA_DIST += bench/race.sh

.PHONY: bench bench-race
