/* SPDX-License-Identifier: MIT */
/* Locks of C++ libraries, each inline as a program has it. */
#include "config.h" /* which libraries there are */
#include "lock.h"
#ifdef BENCH_TBB
#include <oneapi/tbb/mutex.h>
#include <oneapi/tbb/rw_mutex.h>
static tbb::rw_mutex tbb_rw;
static tbb::mutex tbb_m;
#endif
#ifdef BENCH_ABSL
#include <absl/synchronization/mutex.h>
static absl::Mutex absl_mu;
#endif

#define LOCK(id, name, from, kinds, object, ...) BENCH_LOOPS(id, __VA_ARGS__)
#include "locks_cxx.def"
#undef LOCK

const struct bench_lock bench_cxx_locks[] = {
#define LOCK(id, name, from, kinds, object, ...) BENCH_ROW(id, name, from, kinds, object),
#include "locks_cxx.def"
#undef LOCK
	{},
};
