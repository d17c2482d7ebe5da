/* SPDX-License-Identifier: MIT */
#include <klock/show.h>
#include "base/say.h"
#include "hang/names.h"
#include "hang/options.h"
#include "hang/show.h"
#include "hang/tell.h"
#include "lockdep/peek.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_NS 2000000 /* for a bucket: longer than any thread that runs keeps it */

#define TEXT_PER_HOLD 256

/* The i-th wait is the first for its lock, or the first in its queue there. */
static bool begins_lock(const struct klock_seen *seen, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (seen->waits[k].lock == seen->waits[i].lock &&
		    seen->waits[k].addr == seen->waits[i].addr)
			return false;
	return true;
}

static void tell_queue(struct klock_seen *seen, size_t first)
{
	const struct klock_seen_wait *head = &seen->waits[first];
	struct klock_sigtext *t = &seen->text;
	unsigned int n = 0;

	klock_sigtext_add(t, "klock: ");
	klock_tell_lock(t, head);
	klock_sigtext_add(t, ", ");
	klock_tell_holders(t, seen, head);
	klock_sigtext_add(t, "\n");
	for (size_t i = first; i < seen->count; i++) {
		const struct klock_seen_wait *w = &seen->waits[i];

		if (w->addr != head->addr)
			continue;
		klock_sigtext_add(t, "klock:   %u. ", ++n);
		klock_tell_waiter(t, w);
		klock_sigtext_add(t, " ");
		klock_tell_wait(t, seen, w);
		klock_sigtext_add(t, "\n");
	}
}

static void tell_held(struct klock_seen *seen, const struct klock_peeked *h, size_t i, bool wanted)
{
	struct klock_sigtext *t = &seen->text;

	klock_sigtext_add(t, "klock:   #%lu: %s ", (unsigned long)i,
			  h->type ? h->type->type : "map");
	klock_tell_name(t, h->name, h->subclass);
	klock_sigtext_add(t, " at %p (%s%s), at ",
			  (const void *)((const char *)h->map - (h->type ? h->type->map : 0)),
			  wanted ? "waits to " : "", h->write ? "write" : "read");
	klock_add_site(t, h->site, &seen->place);
	klock_sigtext_add(t, "\n");
}

/* What a thread waits for is on top of its list already. */
static void tell_list(struct klock_seen *seen, const struct klock_task *task)
{
	struct klock_sigtext *t = &seen->text;
	const struct klock_seen_wait *wait = klock_seen_of(seen, task);
	struct klock_peeked held, next;
	bool more = klock_held_peek(task, 0, &next);

	if (!more)
		return;
	klock_sigtext_add(t, "klock: locks of ");
	klock_add_thread(t, klock_task_tid(task));
	klock_sigtext_add(t, ":\n");
	for (size_t i = 0; more; i++) {
		held = next;
		more = klock_held_peek(task, i + 1, &next);
		tell_held(seen, &held, i, !more && wait && wait->map == held.map);
	}
}

static void tell_all(struct klock_seen *seen)
{
	struct klock_sigtext *t = &seen->text;
	size_t threads = 0;

	for (size_t i = 0; i < seen->count; i++)
		threads += !seen->waits[i].request;
	klock_sigtext_add(t, "klock: process %d: %lu thread%s wait%s for locks\n", (int)getpid(),
			  (unsigned long)threads, threads == 1 ? "" : "s",
			  threads == 1 ? "s" : "");
	if (threads != seen->count)
		klock_sigtext_add(t, "klock: and %lu requests\n",
				  (unsigned long)(seen->count - threads));
	for (size_t i = 0; i < seen->count; i++)
		if (begins_lock(seen, i))
			tell_queue(seen, i);
	if (klock_held_is_listed())
		for (struct klock_task *task = klock_task_after(NULL); task;
		     task = klock_task_after(task))
			tell_list(seen, task);
	else
		klock_sigtext_add(t, "klock: KLOCK_CHECK=1 lists also all locks that are held\n");
	if (seen->buckets)
		klock_sigtext_add(t, "klock: %u of the tables of waiters were in use: not all "
				     "waits are shown\n", seen->buckets);
	if (seen->no_room)
		klock_sigtext_add(t, "klock: %lu more waits\n", (unsigned long)seen->no_room);
	klock_sigtext_end(t);
}

static size_t room_for_lists(void)
{
	struct klock_peeked held;
	size_t size = 0;

	if (!klock_held_is_listed())
		return 0;
	for (struct klock_task *t = klock_task_after(NULL); t; t = klock_task_after(t)) {
		for (size_t i = 0; klock_held_peek(t, i, &held); i++)
			size += TEXT_PER_HOLD;
		size += TEXT_PER_HOLD;
	}
	return size;
}

void klock_show_locks_fd(int fd)
{
	static const char no_memory[] = "klock: no memory to show locks\n";
	int cancel, saved = errno;
	struct klock_seen seen;

	/* A program's thread may be cancelled while it writes: not with our memory. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	if (klock_seen_take(&seen, PATIENCE_NS, room_for_lists())) {
		tell_all(&seen);
		klock_sigtext_write(&seen.text, fd);
		klock_seen_free(&seen);
	} else if (write(fd, no_memory, sizeof(no_memory) - 1) < 0) {
		/* nowhere left to say it */
	}
	pthread_setcancelstate(cancel, NULL);
	errno = saved;
}

void klock_show_locks(void)
{
	klock_show_locks_fd(STDERR_FILENO);
}

static void show(int signo)
{
	(void)signo;
	klock_show_locks();
}

/* What keeps the signal from being used, or NULL. */
static const char *install(const char *name)
{
	struct sigaction before, ours = { .sa_handler = show, .sa_flags = SA_RESTART | SA_ONSTACK };
	int signo = klock_parse_signal(name);

	if (!signo)
		return "no signal; it takes a name like SIGUSR2, or a number";
	if (sigaction(signo, NULL, &before))
		return klock_errno_text(errno);
	if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
		return "the program has a handler of its own for it";
	sigemptyset(&ours.sa_mask);
	return sigaction(signo, &ours, NULL) ? klock_errno_text(errno) : NULL;
}

void klock_show_on_signal(const char *name)
{
	const char *wrong = name && *name ? install(name) : NULL;

	if (wrong)
		klock_say("klock: KLOCK_SHOW_SIGNAL=%s: %s; no signal shows locks\n", name,
			wrong);
}
