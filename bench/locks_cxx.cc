/* SPDX-License-Identifier: MIT */
/* Locks of C++ libraries, each inline as a program has it. */
#include "config.h" /* which libraries there are */
#include "lock.h"
#ifdef BENCH_TBB
#include <oneapi/tbb/mutex.h>
#include <oneapi/tbb/rw_mutex.h>
BENCH_DEFINE(tbb::rw_mutex, tbb_rw);
BENCH_DEFINE(tbb::mutex, tbb_m);
#endif
#ifdef BENCH_ABSL
#include <absl/synchronization/mutex.h>
BENCH_DEFINE(absl::Mutex, absl_mu);
#endif

#define LOCK(id, name, from, kinds, objects, ...) BENCH_LOOPS(id, objects, __VA_ARGS__)
#include "locks_cxx.def"
#undef LOCK

const struct bench_lock bench_cxx_locks[] = {
#define LOCK(id, name, from, kinds, objects, ...) BENCH_ROW(id, name, from, kinds, objects),
#include "locks_cxx.def"
#undef LOCK
	{},
};

void bench_cxx_detector(bool on)
{
#ifdef BENCH_ABSL
	absl::SetMutexDeadlockDetectionMode(on ? absl::OnDeadlockCycle::kReport
					       : absl::OnDeadlockCycle::kIgnore);
#else
	(void)on;
#endif
}
