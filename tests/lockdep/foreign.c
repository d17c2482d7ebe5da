/* SPDX-License-Identifier: MIT */
/*
 * Reports while another thread has a lock that is not klock's, and waits for one that the
 * reporter holds: it must not be needed for the report.
 *
 * usage: foreign LOCK REPORT PLUGIN; the names are in the tables below. Ends 0, or by an alarm.
 * With -DPLUGIN, the shared object whose constructor waits.
 */
#include <klock.h>
#include <stdbool.h>

extern struct mutex held;
extern void wait_for_it(void);

#ifdef PLUGIN

static __attribute__((constructor)) void init(void)
{
	wait_for_it();
}

#else

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct mutex held = KLOCK_MUTEX_INITIALIZER(held);
static DEFINE_MUTEX(a);
static DEFINE_MUTEX(b);
static DEFINE_MUTEX(n);
static bool waits;

__attribute__((visibility("default"))) void wait_for_it(void)
{
	__atomic_store_n(&waits, true, __ATOMIC_SEQ_CST);
	mutex_lock(&held);
	mutex_unlock(&held);
}

/* ---- malloc(), with a lock of the program's own -------------------------------------- */

#ifdef __GLIBC__

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);
extern void __libc_free(void *p);

static pthread_mutex_t heap = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

#define LOCKED(call)                                                                               \
	({                                                                                         \
		void *p_;                                                                          \
		pthread_mutex_lock(&heap);                                                         \
		p_ = (call);                                                                       \
		pthread_mutex_unlock(&heap);                                                       \
		p_;                                                                                \
	})

void *malloc(size_t size)
{
	return LOCKED(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
	return LOCKED(__libc_calloc(count, size));
}

void *realloc(void *p, size_t size)
{
	return LOCKED(__libc_realloc(p, size));
}

void free(void *p)
{
	(void)LOCKED((__libc_free(p), NULL));
}

static void with_malloc(const char *plugin)
{
	(void)plugin;
	pthread_mutex_lock(&heap);
	wait_for_it();
	pthread_mutex_unlock(&heap);
}

#else

static void with_malloc(const char *plugin)
{
	(void)plugin;
	wait_for_it();
}

#endif

/* ---- The other locks ----------------------------------------------------------------- */

static void with_loader(const char *plugin)
{
	if (!dlopen(plugin, RTLD_NOW)) {
		static const char text[] = "the plugin cannot be loaded\n";

		if (write(2, text, sizeof(text) - 1) < 0)
			_exit(4);
		_exit(3);
	}
}

static int wait_in_callback(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)info, (void)size, (void)arg;
	wait_for_it();
	return 1;
}

static void with_list_of_objects(const char *plugin)
{
	(void)plugin;
	dl_iterate_phdr(wait_in_callback, NULL);
}

static void with_stdio(const char *plugin)
{
	(void)plugin;
	flockfile(stderr);
	flockfile(stdout);
	wait_for_it();
	funlockfile(stdout);
	funlockfile(stderr);
}

/* ---- Reports, while `held` is held ----------------------------------------------------- */

static void nest(struct mutex *outer, struct mutex *inner)
{
	mutex_lock(outer);
	mutex_lock(inner);
	mutex_unlock(inner);
	mutex_unlock(outer);
}

static void circular(void)
{
	nest(&a, &b);
	nest(&b, &a);
}

static void misuse(void)
{
	mutex_unlock(&a);
}

static void assertion(void)
{
	lockdep_assert_held(&a);
}

static void recursion(void)
{
	static struct rw_semaphore sem = KLOCK_RWSEM_INITIALIZER(sem);

	down_read(&sem);
	down_read(&sem);
	up_read(&sem);
	up_read(&sem);
}

static void key_in_the_frame(void)
{
	struct lock_class_key key = { 0 };
	struct mutex lock;

	klock_mutex_init(&lock, "lock", &key);
	mutex_lock(&lock);
	mutex_unlock(&lock);
	klock_lockdep_free_key_range(&key, sizeof(key));
}

static void zeroed(void)
{
	struct mutex lock;

	memset(&lock, 0, sizeof(lock));
	mutex_lock(&lock);
	mutex_unlock(&lock);
}

static void dumps(void)
{
	int fd = open("/dev/null", O_WRONLY);

	nest(&a, &b);
	for (int format = KLOCK_DUMP_TEXT; format <= KLOCK_DUMP_DOT; format++)
		if (klock_lockdep_dump(fd, (enum klock_dump_format)format))
			_exit(5);
	if (klock_lockstat_dump(fd, KLOCK_LOCKSTAT_TEXT) ||
	    klock_lockstat_dump(fd, KLOCK_LOCKSTAT_JSON))
		_exit(6);
}

static void lists(void)
{
	klock_show_locks();
}

/* The report of a wait that is over meanwhile, and so holds the lock that it waited for. */
static void hung(void)
{
	mutex_lock(&n);
	mutex_unlock(&n);
}

/* All that is left to do at the end, with `held` held: dumps that fail, the exit status. */
static void end(void)
{
	circular();
	exit(0);
}

static const struct {
	const char *name;
	void (*fn)(const char *plugin);
} locks[] = {
	{ "loader", with_loader },
	{ "objects", with_list_of_objects },
	{ "stdio", with_stdio },
	{ "malloc", with_malloc },
};

static const struct {
	const char *name;
	void (*fn)(void);
} reports[] = {
	{ "circular", circular }, { "misuse", misuse }, { "assertion", assertion },
	{ "recursion", recursion }, { "key", key_in_the_frame }, { "zeroed", zeroed },
	{ "dumps", dumps }, { "lists", lists }, { "hung", hung }, { "end", end },
};

static char **args;

static void *other(void *arg)
{
	for (size_t i = 0; i < sizeof(locks) / sizeof(locks[0]); i++)
		if (!strcmp(locks[i].name, args[1]))
			locks[i].fn(args[3]);
	return arg;
}

/* A thread that ends with a lock it holds reports that too. */
static void *reporter(void *arg)
{
	pthread_t thread;

	mutex_lock(&held);
	if (pthread_create(&thread, NULL, other, NULL))
		_exit(7);
	while (!__atomic_load_n(&waits, __ATOMIC_SEQ_CST))
		usleep(1000);
	usleep(50000); /* it only has to come to wait, mostly */
	for (size_t i = 0; i < sizeof(reports) / sizeof(reports[0]); i++)
		if (!strcmp(reports[i].name, args[2]))
			reports[i].fn();
	mutex_unlock(&held);
	pthread_join(thread, NULL);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc != 4)
		return 2;
	args = argv;
	alarm(20);
	mutex_lock(&n);
	if (pthread_create(&thread, NULL, reporter, NULL))
		return 7;
	if (!strcmp(argv[2], "hung"))
		usleep(400000);
	mutex_unlock(&n);
	pthread_join(thread, NULL);
	return 0;
}

#endif
