/* SPDX-License-Identifier: MIT */
/*
 * Each call of the engine to the host fails, one after the other, in each way. What was promised
 * although a call failed is there, also when the power goes then; what a failed call was to
 * change is as before or as it was to be. The program does not see what the engine can retry
 * (a short transfer, EINTR). After the failures a sync brings all to disk, but for one of
 * fsync(2): what was written before that is never known to be there, and no later sync may
 * say so.
 *
 *	host_errors [--seed S] [--ops N] [--step N] [--dir D]
 *
 * Fails every N-th call by itself: step 1 is all. KLOCK_TORTURE_SECONDS: step 1, and goes on with
 * new seeds for so long.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host.h"
#include "replay.h"
#include "workload.h"

static const struct kind {
	const char *name;
	struct host_fault fault;
	bool harmless;
} kinds[] = {
	{ "read-EIO", { HOST_READ, 0, false, FAIL_ERRNO, EIO }, false },
	{ "reads-EIO", { HOST_READ, 0, true, FAIL_ERRNO, EIO }, false },
	{ "read-ends", { HOST_READ, 0, false, FAIL_NOTHING, 0 }, false },
	{ "read-EINTR", { HOST_READ, 0, false, FAIL_ERRNO, EINTR }, true },
	{ "read-short", { HOST_READ, 0, false, FAIL_SHORT, 0 }, true },
	{ "write-EIO", { HOST_WRITE, 0, false, FAIL_ERRNO, EIO }, false },
	{ "write-ENOSPC", { HOST_WRITE, 0, false, FAIL_ERRNO, ENOSPC }, false },
	{ "writes-ENOSPC", { HOST_WRITE, 0, true, FAIL_ERRNO, ENOSPC }, false },
	{ "write-EIO-inside", { HOST_WRITE, 0, false, FAIL_INSIDE, EIO }, false },
	{ "writes-EIO-inside", { HOST_WRITE, 0, true, FAIL_INSIDE, EIO }, false },
	{ "write-nothing", { HOST_WRITE, 0, false, FAIL_NOTHING, 0 }, false },
	{ "write-EINTR", { HOST_WRITE, 0, false, FAIL_ERRNO, EINTR }, true },
	{ "write-short", { HOST_WRITE, 0, false, FAIL_SHORT, 0 }, true },
	{ "sync-EIO", { HOST_SYNC, 0, false, FAIL_ERRNO, EIO }, false },
	{ "syncs-EIO", { HOST_SYNC, 0, true, FAIL_ERRNO, EIO }, false },
	{ "sync-ENOSPC", { HOST_SYNC, 0, false, FAIL_ERRNO, ENOSPC }, false },
	{ "sync-EINTR", { HOST_SYNC, 0, false, FAIL_ERRNO, EINTR }, true },
};

static char path[300];
static unsigned long ops = 40, runs;
static struct replay_count count;

/* The host is well again: of what is dirty all comes to disk, unless a sync has failed. */
static bool recover(struct workload *w, const struct kind *kind)
{
	int err;

	host_fail(NULL);
	(void)image_sync(w->image); /* may report what has failed before */
	err = image_sync(w->image);
	if (!err) {
		ledger_promise_all();
	} else if (kind->harmless || kind->fault.call != HOST_SYNC) {
		snprintf(w->wrong, sizeof(w->wrong), "a sync after the failure: %s", cache_error());
		return false;
	}
	return true;
}

static bool run(uint64_t seed, const struct kind *kind, unsigned long nth, unsigned long *failed)
{
	const struct replay_options options = { .seed = seed, .each = 2, .random = 2,
						.at_end = true };
	struct host_fault fault = kind->fault;
	static struct workload w;
	unsigned long i;
	bool ok;

	fault.nth = nth;
	workload_mkfs(path);
	ok = workload_begin(&w, path, seed);
	w.faults = !kind->harmless;
	host_fail(&fault);
	for (i = 0; i < ops && ok; i++)
		ok = workload_step(&w, (unsigned int)fc_below(&w.rnd, LEDGER_FILES), true);
	/* In every second run the image is closed while the host still fails. */
	if (nth % 2 && ok)
		ok = recover(&w, kind);
	if (ok)
		ok = workload_end(&w);
	else
		image_abandon(w.image);
	*failed = host_nr_failed();
	host_fail(NULL);
	runs++;
	if (!ok)
		fprintf(stderr, "host_errors: %s\n", w.wrong);
	ok = ok && replay(path, &options, &count);
	if (!ok)
		fprintf(stderr, "in: %s, call %lu; again: host_errors --seed %" PRIu64
			" --ops %lu --kind %s --nth %lu\n", kind->name, nth, seed, ops, kind->name,
			nth);
	return ok;
}

static bool run_kind(uint64_t seed, const struct kind *kind, unsigned long step)
{
	unsigned long nth = 1 + seed % step, failed = 1;

	for (; failed; nth += step)
		if (!run(seed, kind, nth, &failed))
			return false;
	return true;
}

static bool run_all(uint64_t seed, const char *name, unsigned long step, unsigned long nth)
{
	unsigned long failed;
	bool ok = true;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && ok; i++) {
		if (name && strcmp(kinds[i].name, name))
			continue;
		if (nth)
			ok = run(seed, &kinds[i], nth, &failed);
		else
			ok = run_kind(seed, &kinds[i], step);
	}
	return ok;
}

int main(int argc, char **argv)
{
	const char *torture = getenv("KLOCK_TORTURE_SECONDS"), *dir = ".", *kind = NULL;
	time_t until = time(NULL) + (torture ? atol(torture) : 0);
	unsigned long step = torture ? 1 : 3, nth = 0;
	uint64_t seed = (uint64_t)getpid();
	bool ok;
	int i;

	for (i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--seed"))
			seed = strtoull(argv[i + 1], NULL, 0);
		else if (!strcmp(argv[i], "--ops"))
			ops = strtoul(argv[i + 1], NULL, 0);
		else if (!strcmp(argv[i], "--step"))
			step = strtoul(argv[i + 1], NULL, 0);
		else if (!strcmp(argv[i], "--kind"))
			kind = argv[i + 1];
		else if (!strcmp(argv[i], "--nth"))
			nth = strtoul(argv[i + 1], NULL, 0);
		else if (!strcmp(argv[i], "--dir"))
			dir = argv[i + 1];
	}
	snprintf(path, sizeof(path), "%s/host-errors.%d.img", dir, (int)getpid());
	do
		ok = run_all(seed++, kind, step, nth);
	while (ok && time(NULL) < until);
	unlink(path);
	printf("%lu runs with a failure, %lu images: %s\n", runs, count.images,
	       ok ? "all that was promised is there" : "failed");
	return !ok || !count.images;
}
