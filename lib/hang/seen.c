/* SPDX-License-Identifier: MIT */
#include "hang/seen.h"
#include "base/clock.h"
#include "base/exempt.h"
#include "base/printable.h"
#include <string.h>
#include <sys/mman.h>

#define TEXT_MIN 8192
#define TEXT_PER_WAIT 512 /* a line of it, and the lines of the lock */
#define SPARE_WAITS 64	  /* that may begin between the counting and the copying */

static void count(const struct klock_waiter *w, void *arg)
{
	size_t *n = arg;

	(void)w;
	++*n;
}

/* Under the bucket's lock: the waiter, and so its lock, are there. */
static void copy(const struct klock_waiter *w, void *arg)
{
	struct klock_seen *seen = arg;
	struct klock_seen_wait *to = &seen->waits[seen->count];

	if (seen->count == seen->room) {
		seen->no_room++;
		return;
	}
	*to = (struct klock_seen_wait){
		.addr = w->addr,
		.type = w->what.type,
		.lock = w->what.lock,
		.map = w->what.map,
		.site = w->what.site,
		.task = w->task,
		.tid = w->task ? klock_task_tid(w->task) : 0,
		.number = w->number,
		.since = w->since,
		.deadline = w->deadline,
		.mode = w->mode,
		.shared = w->shared,
		.request = w->request,
		.bit = w->bit,
		.subclass = w->what.subclass,
		.blind = !w->ops->holders,
	};
	if (w->ops->holders)
		w->ops->holders(w, &to->holders);
	if (w->what.map)
		klock_printable(klock_map_name(&w->what.name), to->name, sizeof(to->name));
	seen->count++;
}

bool klock_seen_take(struct klock_seen *seen, int64_t patience_ns, size_t more_text)
{
	size_t n = SPARE_WAITS, text;
	void *memory;

	memset(seen, 0, sizeof(*seen));
	klock_waiters_walk(patience_ns, count, &n);
	text = TEXT_MIN + n * TEXT_PER_WAIT + more_text;
	seen->size = n * sizeof(struct klock_seen_wait) + text;
	memory = mmap(NULL, seen->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return false;
	seen->waits = memory;
	seen->room = n;
	seen->text = klock_sigtext_in((char *)(seen->waits + n), text);
	seen->buckets = klock_waiters_walk(patience_ns, copy, seen);
	seen->now = klock_now_ns();
	return true;
}

void klock_seen_free(struct klock_seen *seen)
{
	munmap(seen->waits, seen->size);
}

const struct klock_seen_wait *klock_seen_of(const struct klock_seen *seen,
					    const struct klock_task *task)
{
	for (size_t i = 0; i < seen->count; i++)
		if (seen->waits[i].task == task)
			return &seen->waits[i];
	return NULL;
}
