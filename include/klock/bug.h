/* SPDX-License-Identifier: MIT */
/*
 * What happens when a lock is misused.
 *
 * Each misuse gets one report: what, the lock's name, class and address, the
 * call site, and what to do. By default it goes to standard error, and the
 * program goes on, as the kernel does after a WARN(): a release or the end of a
 * lock that was wrong is refused (nothing changes), a wait that may never end
 * begins. KLOCK_BUG=abort in the environment stops it with SIGABRT instead. What
 * nothing can go on from - a NULL lock, no memory for the thread's task - always
 * stops it.
 * Since 0.1.
 */
#ifndef KLOCK_BUG_H
#define KLOCK_BUG_H

#include <klock/attributes.h>

KLOCK_BEGIN_DECLS

struct klock_bug {
	const char *what;      /* one sentence */
	const char *advice;    /* what to do about it */
	const char *lock_type; /* "mutex", "rw_semaphore", ... */
	const char *lock_name; /* as given to the initialiser: also the class's name */
	const void *lock;      /* its address, or NULL */
	const void *site;      /* where in the program the call was made */
	const char *details;   /* more lines, as they are printed; or NULL */
};

/*
 * Calls `fn` for each report instead of printing it; NULL brings back the
 * default. Returns the function that was set before. `fn` may be called by
 * any thread that uses a lock wrongly, and takes no klock lock.
 */
typedef void (*klock_bug_fn)(const struct klock_bug *bug);
klock_bug_fn klock_set_bug_fn(klock_bug_fn fn);

KLOCK_END_DECLS

#endif
