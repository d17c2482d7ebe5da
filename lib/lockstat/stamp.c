/* SPDX-License-Identifier: MIT */
/*
 * On x86-64 the CPU's counter is read in a third of the time of clock_gettime(),
 * which is most of what lockstat costs; so it is used where the kernel uses it.
 */
#include "lockstat/stamp.h"
#include "base/exempt.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#ifdef __x86_64__

#define CALIBRATION_NS 500000

uint64_t klock_stamp_scale;

static bool kernel_trusts_counter(void)
{
	char name[8] = "";
	int saved = errno;
	int fd = open("/sys/devices/system/clocksource/clocksource0/current_clocksource",
		      O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, name, sizeof(name) - 1);

	if (fd >= 0)
		close(fd);
	errno = saved;
	return n > 0 && !strncmp(name, "tsc\n", 4);
}

struct moment {
	uint64_t ticks;
	int64_t ns, width;
};

/* Both clocks at once, as nearly as some tries bring it. */
static struct moment now(void)
{
	struct moment best = { .width = INT64_MAX };

	for (int i = 0; i < 8; i++) {
		int64_t before = klock_now_ns();
		uint64_t ticks = __builtin_ia32_rdtsc();
		int64_t width = klock_now_ns() - before;

		if (width < best.width)
			best = (struct moment){ ticks, before + width / 2, width };
	}
	return best;
}

void klock_stamp_init(void)
{
	struct moment first, last;
	uint64_t ticks, ns;

	klock_exempt(&klock_stamp_scale, sizeof(klock_stamp_scale));
	if (!kernel_trusts_counter())
		return;
	first = now();
	do
		last = now();
	while (last.ns - first.ns < CALIBRATION_NS);
	ticks = last.ticks - first.ticks;
	ns = (uint64_t)(last.ns - first.ns);
	if (last.ticks > first.ticks)
		klock_stamp_scale = (uint64_t)(((__uint128_t)ns << 32) / ticks);
}

#else

void klock_stamp_init(void)
{
}

#endif
