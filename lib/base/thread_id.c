/* SPDX-License-Identifier: MIT */
#include "base/thread_id.h"
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

int32_t klock_thread_id(void)
{
	return (int32_t)syscall(SYS_gettid);
}

int32_t klock_first_thread_id(void)
{
	return (int32_t)getpid();
}

bool klock_thread_id_is_gone(int32_t id)
{
	int saved = errno;
	bool gone = syscall(SYS_tgkill, getpid(), id, 0) < 0 && errno == ESRCH;

	errno = saved;
	return gone;
}
