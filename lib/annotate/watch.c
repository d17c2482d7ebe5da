/* SPDX-License-Identifier: MIT */
#include "annotate/watch.h"
#include "base/bug.h"
#include "base/exempt.h"
#include <pthread.h>

/* Misuse first: what is refused is not told to the others. */
static const struct klock_watcher *const known[] = {
	&klock_watch_lockdep,
	&klock_watch_valgrind,
	&klock_watch_tsan,
	&klock_watch_lockstat,
};

#define NR_KNOWN (sizeof(known) / sizeof(known[0]))

bool klock_watched;
klock_watch_fn klock_watchers_of[KLOCK_EV_NR];
static const struct klock_watcher *present[NR_KNOWN];
static unsigned int nr_present;

static bool tell_all(enum klock_event_kind kind, const struct klock_event *ev)
{
	for (unsigned int i = 0; i < nr_present; i++)
		if (present[i]->on[kind] && !present[i]->on[kind](kind, ev))
			return false;
	return true;
}

static klock_watch_fn who_hears(int kind)
{
	klock_watch_fn fn = NULL;

	for (unsigned int i = 0; i < nr_present; i++)
		if (present[i]->on[kind])
			fn = fn ? tell_all : present[i]->on[kind];
	return fn;
}

static void find_watchers(void)
{
	/* Set here once and for all; but Helgrind does not know pthread_once(). */
	klock_exempt(&klock_watched, sizeof(klock_watched));
	klock_exempt(klock_watchers_of, sizeof(klock_watchers_of));
	klock_exempt(present, sizeof(present));
	klock_exempt(&nr_present, sizeof(nr_present));
	nr_present = 0; /* in a child: the parent may have forked in the middle of this */
	for (size_t i = 0; i < NR_KNOWN; i++)
		if (known[i]->present())
			present[nr_present++] = known[i];
	for (int kind = 0; kind < KLOCK_EV_NR; kind++)
		klock_watchers_of[kind] = who_hears(kind);
	klock_watched = nr_present > 0;
}

void klock_watch_prepare(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, find_watchers);
}

bool klock_watches_alone(const struct klock_watcher *watcher)
{
	return nr_present == 1 && present[0] == watcher;
}

bool klock_watches_memory(void)
{
	for (unsigned int i = 0; i < nr_present; i++)
		if (present[i] == &klock_watch_valgrind || present[i] == &klock_watch_tsan)
			return true;
	return false;
}

void klock_bit_released(unsigned long *word)
{
	for (unsigned int i = 0; i < nr_present; i++)
		if (present[i]->released)
			present[i]->released(word);
}

void klock_bit_acquired(unsigned long *word)
{
	for (unsigned int i = 0; i < nr_present; i++)
		if (present[i]->acquired)
			present[i]->acquired(word);
}

void klock_watch_wait(const struct klock_event *ev)
{
	for (unsigned int i = 0; i < nr_present; i++)
		if (present[i]->waits)
			present[i]->waits(ev);
}

void klock_map_init(struct lockdep_map *map, const char *name, struct lock_class_key *key)
{
	map->ref = key;
	if (!key)
		return;
	if (klock_watched) /* locks of one class may be initialised by several threads at once */
		klock_exempt(key, sizeof(*key));
	/* [A1] pairs with [A2]: the name is there. */
	if (klock_load_acquire(&key->kind) == KLOCK_REF_KEY)
		return;
	klock_store_relaxed(&key->name, name);
	klock_store_release(&key->kind, (unsigned char)KLOCK_REF_KEY); /* [A2] pairs with [A1] */
}

const char *klock_map_name(const struct lockdep_map *map)
{
	const unsigned char *ref = map ? klock_map_copy(map).ref : NULL;

	if (!ref)
		return "(not initialised)";
	if (*ref == KLOCK_REF_STATIC_NAME)
		return (const char *)ref + 1;
	return ((const struct lock_class_key *)ref)->name;
}

static struct klock_bug bug_of(const struct klock_event *ev, const char *what, const char *advice)
{
	return (struct klock_bug){
		.what = what,
		.advice = advice,
		.lock_type = ev->type->type,
		.lock_name = klock_map_name(ev->map),
		.lock = ev->lock,
		.site = ev->site,
	};
}

void klock_event_bug(const struct klock_event *ev, const char *what, const char *advice)
{
	const struct klock_bug bug = bug_of(ev, what, advice);

	klock_bug(&bug);
}

void klock_event_bug_fatal(const struct klock_event *ev, const char *what, const char *advice)
{
	const struct klock_bug bug = bug_of(ev, what, advice);

	klock_bug_fatal(&bug);
}
