/* SPDX-License-Identifier: MIT */
/* Reading a mapping by plain loads, with SIGBUS turned into -EFAULT. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#include "error.h"
#include "mm.h"

/* The copy that this thread is in the middle of, and where SIGBUS takes it. */
static __thread struct {
	sigjmp_buf env;
	volatile uintptr_t start, end; /* of the mapping; 0: no copy */
} copying;

static struct sigaction old_action;

static void on_sigbus(int signo, siginfo_t *info, void *context)
{
	uintptr_t address = (uintptr_t)info->si_addr;

	if (address >= copying.start && address < copying.end) {
		/* Back to the mask of the copy: that is what returning would have done. */
		pthread_sigmask(SIG_SETMASK, &((ucontext_t *)context)->uc_sigmask, NULL);
		siglongjmp(copying.env, 1);
	}
	/* Not ours. */
	if (old_action.sa_flags & SA_SIGINFO) {
		old_action.sa_sigaction(signo, info, context);
	} else if (old_action.sa_handler != SIG_DFL && old_action.sa_handler != SIG_IGN) {
		old_action.sa_handler(signo);
	} else {
		signal(signo, SIG_DFL);
		raise(signo);
	}
}

static void install(void)
{
	struct sigaction action = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO };

	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, &old_action);
}

int vma_read(struct vm_area_struct *vma, size_t offset, void *buf, size_t len, size_t *done)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	size_t size = vma->vm_pages * PAGE_SIZE;
	volatile size_t copied = 0; /* survives the jump */

	pthread_once(&once, install);
	if (done)
		*done = 0;
	if (offset > size || len > size - offset)
		return cache_fail(EINVAL, "offset %zu, length %zu: not in a mapping of %zu bytes",
				  offset, len, size);
	/* The mask is not saved, which would be a system call: the handler knows it. */
	if (!sigsetjmp(copying.env, 0)) {
		copying.start = (uintptr_t)vma->vm_start;
		copying.end = copying.start + size;
		while (copied < len) {
			size_t at = offset + copied, n = PAGE_SIZE - at % PAGE_SIZE;

			n = n < len - copied ? n : len - copied;
			memcpy((char *)buf + copied, vma->vm_start + at, n);
			copied += n;
		}
	}
	copying.start = copying.end = 0;
	if (done)
		*done = copied;
	return copied == len ? 0 : cache_why(EFAULT, "beyond the end of the file, or unreadable");
}
