/* SPDX-License-Identifier: MIT */
/*
 * An attempt that may not wait never enters the kernel, whatever others do to the lock. The
 * kernel itself says so: while a byte of this thread's says "block", it answers each
 * system call of the thread with SIGSYS (PR_SET_SYSCALL_USER_DISPATCH).
 */
#include "support/actor.h"
#include <klock.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_ON 1
#endif

#define ATTEMPTS 100000
#define AT_LEAST 1000 /* that succeed, and that are refused */
#define HAMMERS 2
#define READS 400 /* of a hammer between two writes: enough to bias a lock towards them */

enum { ALLOW, BLOCK };

static volatile char selector = ALLOW;
static volatile sig_atomic_t expected, refused_call;
static const char *running;

static void on_system_call(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)context;
	selector = ALLOW; /* also for what returns from here */
	if (expected) {
		refused_call = info->si_syscall;
		return;
	}
	fprintf(stderr, "%s: an attempt makes system call %d\n", running, info->si_syscall);
	_exit(EXIT_FAILURE);
}

static struct rw_semaphore sem, counted;
static struct mutex mutex;
static struct semaphore semaphore;
static const struct kiocb nowait = { .ki_flags = IOCB_NOWAIT };

static void work_for(int turns)
{
	while (turns--)
		__asm__ volatile("" ::: "memory");
}

static void hammer_sem(struct rw_semaphore *s)
{
	for (int i = 0; i < READS; i++) {
		down_read(s);
		up_read(s);
	}
	down_write(s);
	work_for(300);
	up_write(s);
}

static void hammer_biased(void)
{
	hammer_sem(&sem);
}

static void hammer_counted(void)
{
	hammer_sem(&counted);
}

static void hammer_mutex(void)
{
	mutex_lock(&mutex);
	work_for(300);
	mutex_unlock(&mutex);
}

static void hammer_semaphore(void)
{
	down(&semaphore);
	work_for(300);
	up(&semaphore);
}

#define ATTEMPT(name, expression)                                                                  \
	static bool name(void)                                                                     \
	{                                                                                          \
		return expression;                                                                 \
	}
#define RELEASE(name, call)                                                                        \
	static void name(void)                                                                     \
	{                                                                                          \
		call;                                                                              \
	}

ATTEMPT(try_read, down_read_trylock(&sem))
ATTEMPT(try_or_read, down_read_try_or_lock(&sem, true))
ATTEMPT(request_read, !iocb_read_lock(&nowait, &sem))
ATTEMPT(try_or_read_counted, down_read_try_or_lock(&counted, true))
ATTEMPT(try_or_write_counted, down_write_try_or_lock(&counted, true))
ATTEMPT(request_write_counted, !iocb_write_lock(&nowait, &counted))
ATTEMPT(try_or_mutex, mutex_try_or_lock(&mutex, true))
ATTEMPT(request_mutex, !iocb_mutex_lock(&nowait, &mutex))
ATTEMPT(try_or_down, down_try_or_lock(&semaphore, true))
ATTEMPT(request_down, !iocb_down(&nowait, &semaphore))
RELEASE(release_read, up_read(&sem))
RELEASE(release_read_counted, up_read(&counted))
RELEASE(release_write_counted, up_write(&counted))
RELEASE(release_mutex, mutex_unlock(&mutex))
RELEASE(release_semaphore, up(&semaphore))

static const struct request {
	const char *name;
	bool (*attempt)(void);
	void (*release)(void);
	void (*hammer)(void);
} requests[] = {
	{ "down_read_trylock", try_read, release_read, hammer_biased },
	{ "down_read_try_or_lock", try_or_read, release_read, hammer_biased },
	{ "iocb_read_lock", request_read, release_read, hammer_biased },
	{ "down_read_try_or_lock, no bias", try_or_read_counted, release_read_counted,
	  hammer_counted },
	{ "down_write_try_or_lock, no bias", try_or_write_counted, release_write_counted,
	  hammer_counted },
	{ "iocb_write_lock, no bias", request_write_counted, release_write_counted,
	  hammer_counted },
	{ "mutex_try_or_lock", try_or_mutex, release_mutex, hammer_mutex },
	{ "iocb_mutex_lock", request_mutex, release_mutex, hammer_mutex },
	{ "down_try_or_lock", try_or_down, release_semaphore, hammer_semaphore },
	{ "iocb_down", request_down, release_semaphore, hammer_semaphore },
};

static int stop;

static void *hammer(void *arg)
{
	const struct request *r = arg;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		r->hammer();
	return NULL;
}

/* What it takes to give a lock up again may well wake somebody. */
static bool attempt(const struct request *r)
{
	bool got;

	selector = BLOCK;
	got = r->attempt();
	selector = ALLOW;
	if (got)
		r->release();
	return got;
}

static void attempts_make_no_system_call(const struct request *r)
{
	pthread_t threads[HAMMERS];
	long got = 0, refused = 0;

	running = r->name;
	if (r->attempt()) /* a thread's first lock sets it up, which takes system calls */
		r->release();
	__atomic_store_n(&stop, 0, __ATOMIC_RELAXED);
	for (int i = 0; i < HAMMERS; i++)
		if (pthread_create(&threads[i], NULL, hammer, (void *)(uintptr_t)r))
			abort();
	while (got + refused < ATTEMPTS || got < AT_LEAST || refused < AT_LEAST)
		if (attempt(r))
			got++;
		else
			refused++;
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < HAMMERS; i++)
		pthread_join(threads[i], NULL);
	printf("%-34s %8ld succeeded, %8ld refused, none entered the kernel\n", r->name, got,
	       refused);
}

/* The control: a call that does enter the kernel is seen. */
static void system_call_is_seen(void)
{
	expected = 1;
	selector = BLOCK;
	syscall(SYS_getppid);
	selector = ALLOW;
	expected = 0;
	if (refused_call == SYS_getppid)
		return;
	fprintf(stderr, "a system call was not seen\n");
	exit(EXIT_FAILURE);
}

static void skip(const char *why)
{
	printf("%s\n", why);
	exit(77);
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = on_system_call, .sa_flags = SA_SIGINFO };

	if (UNDER_TSAN)
		skip("ThreadSanitizer makes system calls of its own");
	if (getenv("KLOCK_LOCKDEP") || getenv("KLOCK_LOCKSTAT") || getenv("KLOCK_CHECK"))
		skip("what watches locks makes system calls of its own");
	sigaction(SIGSYS, &action, NULL);
	if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, &selector))
		skip("this kernel, or emulator, dispatches no system calls to programs");
	init_rwsem(&sem);
	init_rwsem(&counted);
	klock_rwsem_allow_bias(&counted, false);
	mutex_init(&mutex);
	sema_init(&semaphore, 1);
	system_call_is_seen();
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		attempts_make_no_system_call(&requests[i]);
	return EXIT_SUCCESS;
}
