/* SPDX-License-Identifier: MIT */
#ifndef KLOCK_EXPLORE_SCRIPT_H
#define KLOCK_EXPLORE_SCRIPT_H

#include "explore/sched.h"

/* Once, before the first scenario. */
void xp_script_init(void);

/*
 * A scenario of threads that use one lock. A script is a list of words:
 *   r w        take it for reading or writing, be inside, give it up
 *   d          take it for writing, downgrade, give it up
 *   tr tw kr kw ir iw or ow   the same as a try, killable, interruptible, timed
 *   ar aw      the same as a request, which is claimed when it is granted
 *   cr cw      the same, and cancelled; claimed if that came too late
 *   gr gw      as r and w: EACH adds a thread that wakes them up for no reason
 *   K1 I1      kill, interrupt thread 1        A   kill all
 *   U          take that back
 *   R          the thread is new to the library from here on
 *   h          take it for reading, be inside, and leave it held
 *   u          give up what another thread has left held
 *   O          the thread opens its slots; closed until then in a script that begins with it
 *   X          the thread ends: it closes its slots
 *   T          time passes, as much as a timed wait allows
 *   G1         thread 1 wakes up for no reason
 *   nr nw      a try that has to fail
 *   yr yw      a try that has to succeed
 *   zr zw      a timed wait of no time: an attempt
 *   lb ls      a look for waiters that comes too late: the memory was once a bit, a lock
 *              that was read by a slot
 *   S1         go on when thread 1 sleeps; no further if it ends without
 *   E1         go on when thread 1 has been inside; no further if it ends without
 * "!2" behind a word that takes the lock: kept until thread 2 has ended.
 * False: there is no lock of that name.
 */
bool xp_script_scenario(struct xp_scenario *s, const char *lock, const char *const *scripts);

#endif
