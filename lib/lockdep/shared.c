/* SPDX-License-Identifier: MIT */
#include "lockdep/shared.h"
#include "base/exempt.h"
#include "lockdep/mend.h"
#include <klock/lockdep.h>
#include <stddef.h>

/* The linker's: where the variables that are KLOCK_SHARED begin and end. */
extern char begin[] __asm__("__start_klock_shared") __attribute__((visibility("hidden")));
extern char end[] __asm__("__stop_klock_shared") __attribute__((visibility("hidden")));

struct klock_minilock klock_graph_lock KLOCK_SHARED;
struct klock_minilock klock_classes_lock KLOCK_SHARED;
struct klock_minilock klock_arena_lock KLOCK_SHARED;
__thread unsigned int klock_shared_depth __attribute__((tls_model("initial-exec")));

void klock_shared_init(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	klock_exempt(begin, (size_t)(end - begin));
	klock_exempt(&klock_debug_locks, sizeof(klock_debug_locks));
	klock_process_on_fork(klock_lockdep_mend);
}
