/* SPDX-License-Identifier: MIT */
/* The kernel's numbers of threads. Async-signal-safe; errno is left as it was. */
#ifndef KLOCK_BASE_THREAD_ID_H
#define KLOCK_BASE_THREAD_ID_H

#include <stdbool.h>
#include <stdint.h>

/* That of the calling thread. */
int32_t klock_thread_id(void);

/* That of the thread with which the process, or the child of a fork(), began. */
int32_t klock_first_thread_id(void);

/* Whether the process has no thread of this number any more. */
bool klock_thread_id_is_gone(int32_t id);

#endif
