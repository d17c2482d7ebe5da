/* SPDX-License-Identifier: MIT */
/*
 * Who holds which lock, and who waits for it.
 *
 * KLOCK_SHOW_SIGNAL=SIGUSR2 in the environment has that signal call
 * klock_show_locks(), from the first lock that the program uses on. And a wait
 * looks by itself whether it is one of a deadlock, when it has lasted for a
 * second; KLOCK_HUNG=10s reports also those that have lasted for ten. See
 * klock_show_locks(3).
 * Since 0.1.
 */
#ifndef KLOCK_SHOW_H
#define KLOCK_SHOW_H

#include <klock/attributes.h>

KLOCK_BEGIN_DECLS

/*
 * Writes to standard error, or to `fd`, each lock that is waited for: its type,
 * name and address, who holds it, who waits, in order, in which mode, for how
 * long, and where. With KLOCK_CHECK=1 or KLOCK_LOCKDEP also all that each thread
 * holds; else of a lock held for reading only the number of its readers is
 * known, and of one that nobody waits for nothing.
 * Context: any. Async-signal-safe, and may be called from a debugger: it takes
 * no lock of the program's, waits for none of the library's for longer than
 * some milliseconds, and says what it could not look at. Changes no errno.
 */
void klock_show_locks(void);
void klock_show_locks_fd(int fd);

KLOCK_END_DECLS

#endif
