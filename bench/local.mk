# SPDX-License-Identifier: MIT
# Our locks beside those that people would use instead: "make bench".
# To add a lock: a line in locks.def. To add a kind of row: a file here.

EXTRA_PROGRAMS += bench/bench
bench_bench_SOURCES = bench/bench.c bench/bench.h bench/locks.def \
	bench/lockdep.c bench/main.c bench/pairs.c bench/waits.c
bench_bench_LDADD = lib/libklock.la $(PTHREAD_LIBS)
bench_bench_LDFLAGS = $(AM_LDFLAGS) -no-install
CLEANFILES += bench/bench

bench: bench/bench$(EXEEXT)
	bench/bench$(EXEEXT)

.PHONY: bench
