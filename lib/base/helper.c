/* SPDX-License-Identifier: MIT */
#include "base/helper.h"
#include "base/block_signals.h"
#include "base/clock.h"
#include "base/read_file.h"
#include "base/undisturbed.h"
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_SIZE (64 * 1024)

struct start {
	const char *path;
	char *const *argv;
	int out;
	char *stack;
};

/*
 * In the caller's memory until execve(), while the caller stands still. System calls only: a
 * wrapper may be somebody's who looks at what the process does.
 */
static int grandchild(void *arg)
{
	static char *const no_environment[] = { NULL };
	const struct start *start = arg;
	int out = start->out;

	if (out == STDOUT_FILENO)
		syscall(SYS_fcntl, out, F_SETFD, 0);
	else
		syscall(SYS_dup3, out, STDOUT_FILENO, 0);
#ifdef SYS_close_range
	syscall(SYS_close_range, 3u, ~0u, 0u);
#endif
	syscall(SYS_close, STDIN_FILENO);
	syscall(SYS_close, STDERR_FILENO);
	syscall(SYS_execve, start->path, start->argv, no_environment);
	syscall(SYS_exit_group, 127);
	return 127;
}

/*
 * A process that calls execve() sends SIGCHLD when it ends, whatever it was started with. So the
 * program is started by a child that ends at once, and sends nothing; it is init's then.
 */
static int child(void *arg)
{
	struct start *start = arg;

	clone(grandchild, start->stack + STACK_SIZE / 2, CLONE_VM | CLONE_VFORK, start);
	syscall(SYS_exit_group, 0);
	return 0;
}

static bool start_program(struct start *start)
{
	sigset_t old;
	pid_t pid, got;

	start->stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (start->stack == MAP_FAILED)
		return false;
	klock_block_signals(&old); /* the program's handlers are not to run in the child */
	pid = clone(child, start->stack + STACK_SIZE, CLONE_VM | CLONE_VFORK, start);
	do
		got = pid < 0 ? pid : waitpid(pid, NULL, __WCLONE);
	while (got < 0 && pid >= 0 && errno == EINTR);
	klock_restore_signals(&old);
	munmap(start->stack, STACK_SIZE);
	return pid >= 0;
}

/* False: it did not end in time. */
static bool read_all(int fd, char *out, size_t size, size_t *used, int64_t deadline)
{
	for (;;) {
		int64_t left_ms = (deadline - klock_now_ns()) / 1000000;
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		size_t n;
		int ready;

		if (left_ms <= 0 || *used == size)
			return false;
		ready = poll(&pfd, 1, (int)left_ms);
		if (ready <= 0)
			continue; /* interrupted, or too late */
		n = klock_read_some(fd, out + *used, size - *used);
		if (!n)
			return true;
		*used += n;
	}
}

static ssize_t run(struct start *start, int from, char *out, size_t size, int64_t deadline)
{
	bool started = start_program(start);
	size_t used = 0;

	close(start->out);
	return started && read_all(from, out, size, &used, deadline) ? (ssize_t)used : -1;
}

ssize_t klock_helper_run(const char *path, char *const argv[], char *out, size_t size,
			 int64_t timeout_ns)
{
	struct start start = { .path = path, .argv = argv };
	int64_t deadline = klock_deadline(timeout_ns);
	struct klock_undisturbed u = klock_undisturbed_begin();
	ssize_t n = -1;
	int fds[2];

	if (!pipe2(fds, O_CLOEXEC)) {
		start.out = fds[1];
		n = run(&start, fds[0], out, size, deadline);
		close(fds[0]);
	}
	klock_undisturbed_end(u);
	return n;
}
