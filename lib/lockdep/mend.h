/* SPDX-License-Identifier: MIT */
/* The tables in the child of a fork(), which another thread may have been in the middle of. */
#ifndef KLOCK_LOCKDEP_MEND_H
#define KLOCK_LOCKDEP_MEND_H

/* Sets their locks free, keeps what is whole, and forgets what was half made. */
void klock_lockdep_mend(void);

#endif
