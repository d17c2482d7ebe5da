/* SPDX-License-Identifier: MIT */
/* exitcode=N: the program's exit status tells that there was a report. */
#ifndef KLOCK_LOCKDEP_EXIT_STATUS_H
#define KLOCK_LOCKDEP_EXIT_STATUS_H

/* Once, as soon as it is known that it is wanted. */
void klock_exit_status_start(void);

/* A report of this process was told. */
void klock_exit_status_reported(void);

#endif
