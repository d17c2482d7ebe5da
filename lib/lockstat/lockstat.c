/* SPDX-License-Identifier: MIT */
/*
 * The watcher: counts and times what each thread acquires, waits for and gives
 * up. A contention is told when the first try has failed and the thread is
 * about to spin or to sleep; trylocks have none.
 */
#include "lockstat/lockstat.h"
#include "annotate/watch.h"
#include "base/exempt.h"
#include "lockdep/own_key.h"
#include "base/process.h"
#include "lockdep/shared.h"
#include "lockstat/stamp.h"
#include <errno.h>
#include <sched.h>
#include <stdlib.h>

/* Among how many threads the readers that a writer waits for are looked up. */
#define LOOK_AT_THREADS 256

static bool enabled_by_call;
static bool forked; /* this process is a child that has not called exec() */

static enum klock_stat_mode mode_of(const struct klock_event *ev)
{
	return ev->how & KLOCK_WRITE ? KLOCK_STAT_WRITE : KLOCK_STAT_READ;
}

static struct klock_stat_row *row_of(struct klock_stat_thread *t, const struct klock_event *ev,
				     enum klock_stat_mode mode)
{
	const struct klock_class *class = klock_class_at(ev->map, ev->how >> KLOCK_SUBCLASS_SHIFT,
							 ev->site);

	if (!class && !klock_map_copy(ev->map).ref)
		klock_own_key_missing(ev->type, ev->map, ev->site);
	return class ? klock_stat_row(t, class, mode) : NULL;
}

/*
 * KLOCK_SPIN_CPU of a lock's `spin` says which CPU last acquired it, plus one.
 * Whether this is another; relaxed: an estimate, like the rest of it.
 */
static bool bounces(const struct klock_event *ev, uint32_t *seen, uint32_t *here)
{
	*seen = *here = 0;
	if (!ev->spin)
		return false;
	*here = (uint32_t)(sched_getcpu() + 1) << KLOCK_SPIN_CPU_SHIFT & KLOCK_SPIN_CPU;
	*seen = klock_load_relaxed(ev->spin);
	return (*seen & KLOCK_SPIN_CPU) && (*seen & KLOCK_SPIN_CPU) != *here;
}

/* Where the lock that is waited for was taken, as far as that can be seen. */
static const void *holder_site(const struct klock_event *ev)
{
	struct klock_task *owner = ev->owner ? klock_task_by_word(ev->owner) : NULL;
	struct klock_stat_thread *t;
	const void *site = NULL;
	int n = 0;

	if (owner) {
		t = klock_load_acquire(&owner->stat); /* [Y1] */
		return t ? klock_stat_site_of(t, ev->map) : NULL;
	}
	for (t = klock_stat_threads(); t && !site && n < LOOK_AT_THREADS; t = t->next, n++)
		site = klock_stat_site_of(t, ev->map);
	return site;
}

static bool on_contended(enum klock_event_kind kind, const struct klock_event *ev)
{
	struct klock_stat_thread *t = klock_stat_self();
	enum klock_stat_mode mode = mode_of(ev);
	struct klock_stat_row *row;
	const void *site;
	uint32_t seen, here;

	(void)kind;
	/* A lock made of two, of which both are waited for, is contended once. */
	if (!t || t->waits_for == ev->map)
		return true;
	row = row_of(t, ev, mode);
	if (!row)
		return true;
	klock_stat_add(&row->mode[mode]->contentions, 1);
	if (bounces(ev, &seen, &here))
		klock_stat_add(&row->mode[mode]->con_bounces, 1);
	t->waits_at = klock_stat_add_point(&row->waiters, ev->site);
	site = ev->type->counted ? NULL : holder_site(ev);
	if (site)
		klock_stat_add_point(&row->holders, site);
	t->waits_for = ev->map;
	t->waits_in = row->mode[mode];
	t->waits_since = klock_stamp();
	return true;
}

/* If there was a wait, it is over. */
static void end_wait(struct klock_stat_thread *t, const struct klock_event *ev)
{
	uint64_t ns;

	if (KLOCK_LIKELY(t->waits_for != ev->map))
		return;
	t->waits_for = NULL;
	ns = klock_stamp_ns(t->waits_since, klock_stamp());
	klock_stat_add_time(&t->waits_in->wait, ns);
	if (t->waits_at)
		klock_stat_add(&t->waits_at->wait_total, ns);
}

static void begin_hold(struct klock_stat_thread *t, struct klock_stat_row *row,
		       const struct klock_event *ev, enum klock_stat_mode mode)
{
	klock_stat_add(&row->mode[mode]->acquisitions, 1);
	/* Units have no owner, and the other kind of hold is given up by whoever likes. */
	if (!ev->type->counted && !(ev->how & KLOCK_NON_OWNER))
		klock_stat_push(t, &(struct klock_stat_hold){ ev->map, ev->site, row, mode,
							      klock_stamp() });
}

static bool on_acquired(enum klock_event_kind kind, const struct klock_event *ev)
{
	struct klock_stat_thread *t = klock_stat_self();
	enum klock_stat_mode mode = mode_of(ev);
	struct klock_stat_row *row;
	uint32_t seen, here;

	(void)kind;
	if (!t)
		return true;
	end_wait(t, ev);
	row = row_of(t, ev, mode);
	if (!row)
		return true;
	if (bounces(ev, &seen, &here))
		klock_stat_add(&row->mode[mode]->acq_bounces, 1);
	if ((seen & KLOCK_SPIN_CPU) != here)
		klock_store_relaxed(ev->spin, (seen & ~KLOCK_SPIN_CPU) | here);
	begin_hold(t, row, ev, mode);
	return true;
}

static bool on_refused(enum klock_event_kind kind, const struct klock_event *ev)
{
	struct klock_stat_thread *t = klock_stat_self();

	(void)kind;
	if (t)
		end_wait(t, ev);
	return true;
}

/* A hold that is not on the list is another thread's, or began before it was counted. */
static bool end_hold(struct klock_stat_thread *t, const struct klock_event *ev,
		     enum klock_stat_mode mode, struct klock_stat_hold *hold)
{
	uint64_t now = klock_stamp();

	if (!klock_stat_pop(t, ev->map, mode, hold))
		return false;
	klock_stat_add_time(&hold->row->mode[mode]->hold, klock_stamp_ns(hold->since, now));
	return true;
}

static bool on_release(enum klock_event_kind kind, const struct klock_event *ev)
{
	struct klock_stat_thread *t;
	struct klock_stat_hold hold;

	(void)kind;
	if (ev->type->counted || (ev->how & KLOCK_NON_OWNER))
		return true;
	t = klock_stat_self();
	if (t)
		end_hold(t, ev, mode_of(ev), &hold);
	return true;
}

/* The writer's hold ends here, and a reader's begins. */
static bool on_downgrade(enum klock_event_kind kind, const struct klock_event *ev)
{
	struct klock_stat_thread *t = klock_stat_self();
	struct klock_stat_hold hold;
	struct klock_stat_row *row;

	(void)kind;
	if (!t || !end_hold(t, ev, KLOCK_STAT_WRITE, &hold))
		return true;
	row = klock_stat_row(t, hold.row->class, KLOCK_STAT_READ);
	if (row)
		begin_hold(t, row, ev, KLOCK_STAT_READ);
	return true;
}

static void at_exit(void)
{
	struct klock_stat_sums sums;

	/* A child's file may have its parent's name: one that took no lock leaves it alone. */
	if (forked) {
		if (klock_stat_sum_up(&sums))
			return;
		klock_stat_sums_free(&sums);
		if (!sums.nr)
			return;
	}
	klock_stat_options_write();
}

/* In the child of a fork(). */
static void mend(void)
{
	forked = true;
	klock_lockstat_reset();
}

static bool lockstat_present(void)
{
	klock_stat_options_read();
	if (klock_stat_options.on)
		atexit(at_exit);
	if (enabled_by_call)
		klock_stat_options.on = true;
	if (klock_stat_options.on) {
		klock_exempt(&klock_stat_generation, sizeof(klock_stat_generation));
		klock_exempt(&klock_stat_lost, sizeof(klock_stat_lost));
		klock_shared_init();
		klock_stamp_init();
		klock_classes_used = true;
		klock_process_on_fork(mend);
	}
	return klock_stat_options.on;
}

const struct klock_watcher klock_watch_lockstat = {
	.name = "lockstat",
	.present = lockstat_present,
	.on = {
		[KLOCK_EV_CONTENDED] = on_contended,
		[KLOCK_EV_ACQUIRED] = on_acquired,
		[KLOCK_EV_REFUSED] = on_refused,
		[KLOCK_EV_RELEASE] = on_release,
		[KLOCK_EV_DOWNGRADE] = on_downgrade,
	},
};

bool klock_lockstat_enable(void)
{
	enabled_by_call = true;
	klock_watch_prepare();
	return klock_stat_options.on;
}

void klock_lockstat_reset(void)
{
	klock_fetch_add_relaxed(&klock_stat_generation, 1); /* each thread sees to its own */
	klock_store_relaxed(&klock_stat_lost, 0); /* what is lost meanwhile may be so twice */
}

int klock_lockstat_dump(int fd, enum klock_lockstat_format format)
{
	struct klock_stat_out out = { 0 };
	struct klock_stat_sums sums;

	if (!klock_stat_options.on)
		return -ENODATA;
	if (format != KLOCK_LOCKSTAT_TEXT && format != KLOCK_LOCKSTAT_TEXT_HIST &&
	    format != KLOCK_LOCKSTAT_JSON)
		return -EINVAL;
	if (klock_stat_sum_up(&sums))
		return -ENOMEM;
	klock_stat_sums_fetch_lines(&sums);
	if (format == KLOCK_LOCKSTAT_JSON)
		klock_stat_print_json(&out, &sums);
	else
		klock_stat_print_text(&out, &sums, format == KLOCK_LOCKSTAT_TEXT_HIST);
	klock_stat_sums_free(&sums);
	return klock_stat_flush(&out, fd);
}
