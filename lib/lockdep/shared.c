/* SPDX-License-Identifier: MIT */
#include "lockdep/shared.h"
#include "base/exempt.h"
#include <klock/lockdep.h>
#include <pthread.h>
#include <stddef.h>

/* The linker's: where the variables that are KLOCK_SHARED begin and end. */
extern char begin[] __asm__("__start_klock_shared") __attribute__((visibility("hidden")));
extern char end[] __asm__("__stop_klock_shared") __attribute__((visibility("hidden")));

struct klock_minilock klock_graph_lock KLOCK_SHARED;
struct klock_minilock klock_classes_lock KLOCK_SHARED;
struct klock_minilock klock_arena_lock KLOCK_SHARED;
__thread bool klock_shared_held __attribute__((tls_model("initial-exec")));
__thread unsigned int klock_shared_depth __attribute__((tls_model("initial-exec")));

static struct klock_minilock *const locks[] = {
	&klock_graph_lock,
	&klock_classes_lock,
	&klock_arena_lock,
};

#define NR_LOCKS (sizeof(locks) / sizeof(locks[0]))

/*
 * Other handlers of the program's may run between this and after_fork(), and
 * use locks: the flag keeps this thread from waiting for itself.
 */
static void before_fork(void)
{
	for (size_t i = 0; i < NR_LOCKS; i++)
		klock_minilock_lock(locks[i]);
	klock_shared_held = true;
}

static void after_fork(void)
{
	klock_shared_held = false;
	for (size_t i = NR_LOCKS; i-- > 0;)
		klock_minilock_unlock(locks[i]);
}

void klock_shared_init(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	klock_exempt(begin, (size_t)(end - begin));
	klock_exempt(&klock_debug_locks, sizeof(klock_debug_locks));
	/* No memory for it: the child of such a process may only exec(), as POSIX has it anyway. */
	(void)pthread_atfork(before_fork, after_fork, after_fork);
}
