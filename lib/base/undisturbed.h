/* SPDX-License-Identifier: MIT */
/* Around system calls of reports: no place to be cancelled at, and errno stays. */
#ifndef KLOCK_BASE_UNDISTURBED_H
#define KLOCK_BASE_UNDISTURBED_H

#include <errno.h>
#include <pthread.h>

struct klock_undisturbed {
	int error, cancel;
};

static inline struct klock_undisturbed klock_undisturbed_begin(void)
{
	struct klock_undisturbed u = { .error = errno };

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &u.cancel);
	return u;
}

static inline void klock_undisturbed_end(struct klock_undisturbed u)
{
	pthread_setcancelstate(u.cancel, NULL);
	errno = u.error;
}

#endif
