/* SPDX-License-Identifier: MIT */
#include "torture.h"
#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

bool stop, failed;
static char why[32];

void fail(const char *kind, const char *format, ...)
{
	static bool told;
	va_list args;

	if (__atomic_exchange_n(&told, true, __ATOMIC_RELAXED))
		return;
	snprintf(why, sizeof(why), "%s", kind);
	va_start(args, format);
	fputs("torture: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	__atomic_store_n(&failed, true, __ATOMIC_RELEASE); /* whoever sees it sees why */
}

uint32_t next_random(uint32_t *state)
{
	uint32_t x = *state;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return *state = x;
}

static void report(const struct klock_bug *bug)
{
	fail("misuse", "%s: %s", bug->lock_name, bug->what);
}

static void torture(void)
{
	int64_t end = now_ns() + options.seconds * 1000000000;

	workers_start();
	features_start();
	while (now_ns() < end && !stopped()) {
		nap_us(1000);
		workers_watch();
	}
	if (stopped())
		return; /* what is broken may not come to an end */
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	features_join();
	if (workers_join())
		victims_end();
}

int main(int argc, char **argv)
{
	/* A waiter that looks around would mend the wake-up that was lost. */
	setenv("KLOCK_HUNG", "off", 1);
	options_parse(argc, argv);
	victims_make();
	if (!workers_plan()) {
		fputs("torture: none of the locks has one of the operations\n", stderr);
		return 2;
	}
	klock_set_bug_fn(report);
	printf("torture ");
	options_print(stdout);
	fflush(stdout);
	/* For a feature that does not come to an end. */
	alarm((unsigned int)(options.seconds + 2 * options.bound + 60));
	torture();
	workers_summary();
	features_summary();
	if (!failed) {
		puts("all held");
		return 0;
	}
	printf("FAILED: %s. Again, or with less as long as it fails (tests/torture/shrink):\n"
	       "torture ",
	       why);
	options_print(stdout);
	fflush(stdout);
	_exit(1); /* threads of a broken lock are still there */
}
