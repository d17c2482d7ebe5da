/* SPDX-License-Identifier: MIT */
#include "base/futex.h"
#include <errno.h>
#include <klock/lockword.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC 1000000000

/* From futex(2). musl's compiler wrapper finds no <linux/...> headers. */
enum {
	FUTEX_WAKE_PRIVATE = 1 | 128,
	FUTEX_WAIT_BITSET_PRIVATE = 9 | 128,
};
#define FUTEX_BITSET_MATCH_ANY 0xffffffffu

/* What the system call takes, whatever the width of the C library's time_t. */
struct kernel_timespec64 {
	int64_t tv_sec;
	int64_t tv_nsec;
};

struct kernel_timespec_long {
	long tv_sec;
	long tv_nsec;
};

static long futex_wait_long(uint32_t *word, uint32_t value, int64_t deadline_ns)
{
#ifdef SYS_futex
	struct kernel_timespec_long ts = {
		.tv_sec = (long)(deadline_ns / NSEC_PER_SEC),
		.tv_nsec = (long)(deadline_ns % NSEC_PER_SEC),
	};

	return syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, value,
		       deadline_ns == KLOCK_FOREVER ? NULL : &ts, NULL, FUTEX_BITSET_MATCH_ANY);
#else
	(void)word, (void)value, (void)deadline_ns;
	errno = ENOSYS;
	return -1;
#endif
}

static long futex_wait64(uint32_t *word, uint32_t value, int64_t deadline_ns)
{
#ifdef SYS_futex_time64
	struct kernel_timespec64 ts = {
		.tv_sec = deadline_ns / NSEC_PER_SEC,
		.tv_nsec = deadline_ns % NSEC_PER_SEC,
	};

	return syscall(SYS_futex_time64, word, FUTEX_WAIT_BITSET_PRIVATE, value,
		       deadline_ns == KLOCK_FOREVER ? NULL : &ts, NULL, FUTEX_BITSET_MATCH_ANY);
#else
	(void)word, (void)value, (void)deadline_ns;
	errno = ENOSYS;
	return -1;
#endif
}

/* 0, or the error. */
static int futex_wait(uint32_t *word, uint32_t value, int64_t deadline_ns)
{
	int saved = errno, err = 0;
	long result = futex_wait64(word, value, deadline_ns);

	/* Absent, or refused by a filter that does not know it: the older call sleeps as well. */
	if (result < 0 && (errno == ENOSYS || errno == EPERM))
		result = futex_wait_long(word, value, deadline_ns);
	if (result < 0)
		err = errno;
	errno = saved;
	return err;
}

bool klock_futex_wait(uint32_t *word, uint32_t value, int64_t deadline_ns)
{
	/* Without a deadline nothing is late, whatever came between us and the kernel says. */
	return futex_wait(word, value, deadline_ns) == ETIMEDOUT && deadline_ns != KLOCK_FOREVER;
}

/* Any value will do: the deadline is long ago. */
bool klock_futex_may_read(uint32_t *word)
{
	int err = futex_wait(word, 0, 1);

	return err == 0 || err == EAGAIN || err == ETIMEDOUT || err == EINTR;
}

void klock_futex_wake(uint32_t *word, int n)
{
	int saved = errno;

#ifdef SYS_futex
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, n, NULL, NULL, 0);
#else
	syscall(SYS_futex_time64, word, FUTEX_WAKE_PRIVATE, n, NULL, NULL, 0);
#endif
	errno = saved;
}
