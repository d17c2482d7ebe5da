/* SPDX-License-Identifier: MIT */
#include "base/process.h"
#include "base/block_signals.h"
#include "base/exempt.h"
#include "base/futex.h"
#include <errno.h>
#include <klock/lockword.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif
#define NO_ADVICE (-1)

#define MAX_MENDERS 8

/* Until there is something to mend. */
static uint32_t early_mark = KLOCK_PROCESS_OURS;
uint32_t *klock_process_mark = &early_mark;
static pid_t process; /* where the mark is not to be relied on */
static __thread bool mending __attribute__((tls_model("initial-exec")));

static void (*menders[MAX_MENDERS])(void);
static uint32_t nr_menders;

/* A page that is cleared in a child. NULL: the kernel has none, or an emulator pretends to. */
static uint32_t *make_mark(void)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	int saved = errno;
	void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		page = NULL;
	if (page && (!madvise(page, size, NO_ADVICE) || madvise(page, size, MADV_WIPEONFORK))) {
		munmap(page, size);
		page = NULL;
	}
	errno = saved;
	return page;
}

static void set_up(void)
{
	uint32_t *mark = make_mark();

	klock_exempt(&klock_process_mark, sizeof(klock_process_mark)); /* set here once */
	klock_exempt(&process, sizeof(process));
	klock_exempt(&nr_menders, sizeof(nr_menders));
	klock_exempt(menders, sizeof(menders));
	process = getpid();
	if (mark)
		klock_exempt(mark, sizeof(*mark));
	else
		mark = &early_mark;
	/* relaxed: no other thread uses a table yet that could need to be mended */
	klock_store_relaxed(mark,
			    (uint32_t)(mark == &early_mark ? KLOCK_PROCESS_UNSURE
							   : KLOCK_PROCESS_OURS));
	klock_store_release(&klock_process_mark, mark);
	/* Not needed, but it spares those who come later; without memory for it they come first. */
	(void)pthread_atfork(NULL, NULL, klock_process_check_slow);
}

void klock_process_on_fork(void (*mend)(void))
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	uint32_t i;

	pthread_once(&once, set_up);
	i = klock_fetch_add_acq_rel(&nr_menders, 1);
	if (i >= MAX_MENDERS)
		abort(); /* a matter of this library's sources */
	klock_store_release(&menders[i], mend);
}

static void mend(void)
{
	uint32_t n = klock_load_relaxed(&nr_menders); /* as the parent had them */

	mending = true;
	for (uint32_t i = 0; i < n && i < MAX_MENDERS; i++)
		if (menders[i])
			menders[i]();
	mending = false;
}

/* Of several threads of the child one mends, and the others wait for it. */
static void mend_once(uint32_t from)
{
	uint32_t *mark = klock_process_mark_now(), seen = from;

	if (klock_cas_acquire(mark, &seen, (uint32_t)KLOCK_PROCESS_MENDING)) {
		mend();
		process = getpid();
		/* [F2] release: pairs with [F1]. */
		klock_store_release(mark,
				    (uint32_t)(from == KLOCK_PROCESS_UNSURE ? KLOCK_PROCESS_UNSURE
									    : KLOCK_PROCESS_OURS));
		klock_futex_wake(mark, INT_MAX);
	}
	while (klock_load_acquire(mark) == KLOCK_PROCESS_MENDING) /* [F1] */
		klock_futex_wait(mark, KLOCK_PROCESS_MENDING, KLOCK_FOREVER);
}

bool klock_process_may_read(uint32_t *word)
{
	return klock_futex_may_read(word);
}

void klock_process_check_slow(void)
{
	uint32_t mark = klock_load_acquire(klock_process_mark_now()); /* [F1] */
	sigset_t old;

	if (mark == KLOCK_PROCESS_OURS || mending ||
	    (mark == KLOCK_PROCESS_UNSURE && process == getpid()))
		return;
	klock_block_signals(&old); /* a handler that uses a lock would wait for its own thread */
	mend_once(mark == KLOCK_PROCESS_UNSURE ? mark : (uint32_t)KLOCK_PROCESS_CHILD);
	klock_restore_signals(&old);
}
