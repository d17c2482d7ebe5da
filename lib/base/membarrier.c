/* SPDX-License-Identifier: MIT */
#include "base/membarrier.h"
#include "base/exempt.h"
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From membarrier(2). musl's compiler wrapper finds no <linux/...> headers. */
enum {
	MEMBARRIER_CMD_PRIVATE_EXPEDITED = 1 << 3,
	MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED = 1 << 4,
};

static bool membarrier(int cmd)
{
	int saved = errno;
	bool done = syscall(SYS_membarrier, cmd, 0, 0) == 0;

	errno = saved;
	return done;
}

static bool works;

void klock_membarrier_register(void)
{
	klock_exempt(&works, sizeof(works)); /* as in find_watchers() */
	works = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) && klock_membarrier();
}

bool klock_membarrier_works(void)
{
	return works;
}

bool klock_membarrier(void)
{
	return membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}
