/* SPDX-License-Identifier: MIT */
/* Locks of C++ libraries, each inline as a program has it. */
#include "config.h" /* which libraries there are */
#include "mix.h"
#ifdef BENCH_TBB
#include <oneapi/tbb/mutex.h>
#include <oneapi/tbb/rw_mutex.h>
#endif
#ifdef BENCH_ABSL
#include <absl/synchronization/mutex.h>
#endif

#define MIX(id, name, peer, define, take_read, give_read, take_write, give_write)                  \
	define;                                                                                    \
	MIX_LOOP(id, take_read, give_read, take_write, give_write)
#include "mix_cxx.def"
#undef MIX

const struct mix_lock mix_cxx_locks[] = {
#define MIX(id, name, peer, ...) { name, peer, mix_##id },
#include "mix_cxx.def"
	{ nullptr, nullptr, nullptr },
};
const unsigned int nr_mix_cxx_locks = sizeof(mix_cxx_locks) / sizeof(mix_cxx_locks[0]) - 1;
