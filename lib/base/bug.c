/* SPDX-License-Identifier: MIT */
#include "base/bug.h"
#include "base/exempt.h"
#include "base/printable.h"
#include "base/symbols.h"
#include <klock/atomic.h>
#include <klock/lockdep.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static klock_bug_fn bug_fn;

int klock_debug_locks = 1;
int klock_debug_locks_silent;

klock_bug_fn klock_set_bug_fn(klock_bug_fn fn)
{
	klock_exempt(&bug_fn, sizeof(bug_fn));
	return klock_xchg_acq_rel(&bug_fn, fn);
}

#define IOV(text, len) { .iov_base = (char *)(text), .iov_len = (len) }

static size_t length(int printed, size_t room)
{
	return printed < (int)room ? (size_t)printed : room - 1;
}

/* One write, so that reports of several threads do not mix. */
static void print(const struct klock_bug *bug, const char *prefix)
{
	const char *details = bug->details ? bug->details : "";
	char head[1024], site[256], tail[256], name[256];
	int head_len, tail_len;

	klock_describe_call(bug->site, site, sizeof(site));
	klock_printable(bug->lock_name, name, sizeof(name));
	head_len = snprintf(head, sizeof(head),
			    "klock: %s%s\n"
			    "klock:   lock: %s '%s' at %p, class '%s'\n"
			    "klock:   call: %s\n",
			    prefix, bug->what, bug->lock_type, name, bug->lock, name, site);
	tail_len = snprintf(tail, sizeof(tail), "klock:   do:   %s\n", bug->advice);

	const struct iovec parts[] = {
		IOV(head, length(head_len, sizeof(head))),
		IOV(details, strlen(details)),
		IOV(tail, length(tail_len, sizeof(tail))),
	};

	if (writev(STDERR_FILENO, parts, 3) < 0)
		return; /* nowhere left to say it */
}

static void report(const struct klock_bug *bug, const char *prefix)
{
	klock_bug_fn fn = klock_load_acquire(&bug_fn);

	if (fn)
		fn(bug);
	else if (!klock_debug_locks_silent)
		print(bug, prefix);
}

static void abort_if_wanted(void)
{
	const char *then = getenv("KLOCK_BUG");

	if (then && !strcmp(then, "abort"))
		abort();
}

void klock_bug_note(const struct klock_bug *bug)
{
	report(bug, "");
	abort_if_wanted();
}

void klock_bug(const struct klock_bug *bug)
{
	klock_store_relaxed(&klock_debug_locks, 0); /* a flag: it orders nothing */
	report(bug, "BUG: ");
	abort_if_wanted();
}

void klock_bug_fatal(const struct klock_bug *bug)
{
	klock_store_relaxed(&klock_debug_locks, 0);
	report(bug, "BUG: ");
	abort();
}
