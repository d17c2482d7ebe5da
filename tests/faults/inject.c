/* SPDX-License-Identifier: MIT */
/*
 * A preload library: calls of the system and of the C library fail where the environment says.
 *
 *	KLOCK_FAULT=NAME     what fails: a row of `faults` below
 *	KLOCK_FAULT_NTH=N    the N-th such call alone (a clock: from it on); unset: each of them
 *	KLOCK_FAULT_IN=A:B   only in calls by objects whose file names begin so
 *	KLOCK_FAULT_FD=N     gets a byte when the first fault has been made
 *
 * A preload and not a link-time hook, since what is tested then is the very library and the
 * very programs that get installed, and since the caller can be told from the return address:
 * the C library's own needs are not touched.
 */
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { FUTEX_COMMAND = 127, FUTEX_WAIT_BITSET = 9 };

enum hook { NOWHERE, FUTEX, MEMBARRIER, MEMORY, CLOCK, THREAD, KEY, SPECIFIC, ATFORK, OPEN, READ,
	    WRITE, SYNC, RENAME, LOAD, SIGNAL };

static const struct fault {
	const char *name;
	enum hook hook;
	int error; /* 0: what it does instead is the hook's */
} faults[] = {
	{ "futex-EINTR", FUTEX, EINTR },
	{ "futex-EAGAIN", FUTEX, EAGAIN },
	{ "futex-early", FUTEX, 0 },
	{ "futex-ETIMEDOUT", FUTEX, ETIMEDOUT },
	{ "futex-ENOSYS", FUTEX, ENOSYS },
	{ "futex-EPERM", FUTEX, EPERM },
	{ "membarrier-ENOSYS", MEMBARRIER, ENOSYS },
	{ "memory", MEMORY, ENOMEM },
	{ "clock-stands", CLOCK, 0 },
	{ "clock-jumps", CLOCK, 0 },
	{ "thread", THREAD, EAGAIN },
	{ "key", KEY, EAGAIN },
	{ "specific", SPECIFIC, ENOMEM },
	{ "atfork", ATFORK, ENOMEM },
	{ "open-EMFILE", OPEN, EMFILE },
	{ "read-EIO", READ, EIO },
	{ "write-ENOSPC", WRITE, ENOSPC },
	{ "write-EIO", WRITE, EIO },
	{ "write-EINTR", WRITE, EINTR },
	{ "write-nothing", WRITE, 0 },
	{ "write-short", WRITE, 0 },
	{ "sync-EIO", SYNC, EIO },
	{ "rename", RENAME, EXDEV },
	{ "load", LOAD, ENOENT },
	{ "sigaction", SIGNAL, EINVAL },
};

#define MAX_RANGES 16

static struct {
	const struct fault *fault;
	unsigned long nth, calls, told;
	int fd;
	int nr_ranges;
	struct {
		uintptr_t from, to;
	} ranges[MAX_RANGES];
} plan;

/* The same name in the next object: the C library's. */
#define REAL(name)                                                                                 \
	({                                                                                         \
		static __typeof__(&name) real_;                                                    \
		if (!real_)                                                                        \
			*(void **)&real_ = dlsym(RTLD_NEXT, #name);                                \
		real_;                                                                             \
	})

static int is_meant(const char *path)
{
	const char *in = getenv("KLOCK_FAULT_IN"), *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	while (in && *in) {
		size_t length = strcspn(in, ":");

		if (!strncmp(in, name, length))
			return 1;
		in += length + !!in[length];
	}
	return 0;
}

static int add_object(struct dl_phdr_info *info, size_t size, void *self)
{
	const char *path = *info->dlpi_name ? info->dlpi_name : self;

	(void)size;
	if (!is_meant(path))
		return 0;
	for (int i = 0; i < info->dlpi_phnum && plan.nr_ranges < MAX_RANGES; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];

		if (part->p_type != PT_LOAD || !(part->p_flags & PF_X))
			continue;
		plan.ranges[plan.nr_ranges].from = info->dlpi_addr + part->p_vaddr;
		plan.ranges[plan.nr_ranges++].to = info->dlpi_addr + part->p_vaddr + part->p_memsz;
	}
	return 0;
}

/* Before the constructors of the objects that are preloaded for. */
static void __attribute__((constructor(101))) read_plan(void)
{
	const char *name = getenv("KLOCK_FAULT"), *nth = getenv("KLOCK_FAULT_NTH");
	const char *fd = getenv("KLOCK_FAULT_FD");
	char self[PATH_MAX] = "";

	if (!name || readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return;
	dl_iterate_phdr(add_object, self);
	plan.nth = nth ? strtoul(nth, NULL, 10) : 0;
	plan.fd = fd ? atoi(fd) : -1;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (!strcmp(faults[i].name, name))
			plan.fault = &faults[i];
	if (!plan.fault) {
		fprintf(stderr, "inject: '%s' is no fault\n", name);
		_exit(126);
	}
}

static int is_caller(const void *site)
{
	for (int i = 0; i < plan.nr_ranges; i++)
		if ((uintptr_t)site >= plan.ranges[i].from && (uintptr_t)site < plan.ranges[i].to)
			return 1;
	return 0;
}

static void tell(void)
{
	ssize_t unused;

	if (plan.fd >= 0 && !__atomic_exchange_n(&plan.told, 1, __ATOMIC_RELAXED))
		unused = REAL(write)(plan.fd, "!", 1);
	else
		unused = 0;
	(void)unused;
}

/* The number of this call of the fault's kind, from 1; 0: it is of another one. */
static unsigned long count(enum hook hook, const void *site)
{
	if (!plan.fault || plan.fault->hook != hook || !is_caller(site))
		return 0;
	return __atomic_add_fetch(&plan.calls, 1, __ATOMIC_RELAXED);
}

static int fails(enum hook hook, const void *site)
{
	unsigned long n = count(hook, site);

	if (!n || (plan.nth && n != plan.nth))
		return 0;
	if (hook == WRITE && plan.fault->error == EINTR && n % 2 == 0 && !plan.nth)
		return 0; /* a signal at each write for ever would be no fault of theirs */
	tell();
	errno = plan.fault->error;
	return 1;
}

#define FAILS(hook) fails(hook, __builtin_return_address(0))

/* ---- The clock ------------------------------------------------------------------------ */

#define JUMP 3600 /* seconds */
#define READINGS_THAT_STAND 40

static int jumped;

static void stand(unsigned long n, struct timespec *ts)
{
	static struct timespec stands_at;
	unsigned long first = plan.nth ? plan.nth : 1;

	if (n < first || n >= first + READINGS_THAT_STAND)
		return;
	if (n == first)
		stands_at = *ts;
	else if (stands_at.tv_sec)
		*ts = stands_at;
	tell();
}

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	int err = REAL(clock_gettime)(clock, ts);
	unsigned long n = clock == CLOCK_MONOTONIC ? count(CLOCK, __builtin_return_address(0)) : 0;

	if (err || !n)
		return err;
	if (!strcmp(plan.fault->name, "clock-stands")) {
		stand(n, ts);
	} else if (n >= plan.nth) {
		__atomic_store_n(&jumped, 1, __ATOMIC_RELAXED);
		ts->tv_sec += JUMP;
		tell();
	}
	return err;
}

/* ---- System calls ----------------------------------------------------------------------- */

/* The kernel's clock has jumped as well. */
static long futex(long *args)
{
	struct timespec *ts = (struct timespec *)args[4], moved;

	if (ts && __atomic_load_n(&jumped, __ATOMIC_RELAXED)) {
		moved = *ts;
		moved.tv_sec = moved.tv_sec > JUMP ? moved.tv_sec - JUMP : 0;
		args[4] = (long)&moved;
	}
	return REAL(syscall)(args[0], args[1], args[2], args[3], args[4], args[5], args[6]);
}

long syscall(long number, ...)
{
	long args[7] = { number };
	va_list list;

	va_start(list, number);
	for (int i = 1; i < 7; i++)
		args[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_membarrier && FAILS(MEMBARRIER))
		return -1;
	if (number != SYS_futex || (args[2] & FUTEX_COMMAND) != FUTEX_WAIT_BITSET)
		return REAL(syscall)(number, args[1], args[2], args[3], args[4], args[5], args[6]);
	if (FAILS(FUTEX))
		return plan.fault->error ? -1 : 0;
	return futex(args);
}

/* ---- Memory ----------------------------------------------------------------------------- */

void *malloc(size_t size)
{
	return FAILS(MEMORY) ? NULL : REAL(malloc)(size);
}

void *calloc(size_t n, size_t size)
{
	return FAILS(MEMORY) ? NULL : REAL(calloc)(n, size);
}

void *realloc(void *p, size_t size)
{
	return FAILS(MEMORY) ? NULL : REAL(realloc)(p, size);
}

void *aligned_alloc(size_t align, size_t size)
{
	return FAILS(MEMORY) ? NULL : REAL(aligned_alloc)(align, size);
}

char *strdup(const char *text)
{
	return FAILS(MEMORY) ? NULL : REAL(strdup)(text);
}

void *mremap(void *p, size_t size, size_t new_size, int flags, ...)
{
	return FAILS(MEMORY) ? MAP_FAILED : REAL(mremap)(p, size, new_size, flags);
}

/* For allocations that are no calls of the C library: reach.c. */
int inject_memory(void);
int inject_memory(void)
{
	return FAILS(MEMORY);
}

/* ---- Threads ---------------------------------------------------------------------------- */

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
	return FAILS(THREAD) ? errno : REAL(pthread_create)(thread, attr, run, arg);
}

int pthread_key_create(pthread_key_t *key, void (*end)(void *))
{
	return FAILS(KEY) ? errno : REAL(pthread_key_create)(key, end);
}

int pthread_setspecific(pthread_key_t key, const void *value)
{
	return FAILS(SPECIFIC) ? errno : REAL(pthread_setspecific)(key, value);
}

int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	return FAILS(ATFORK) ? errno : REAL(pthread_atfork)(prepare, parent, child);
}

/* What pthread_atfork() of an object that is linked becomes in glibc. */
int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *dso);
int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *dso)
{
	return FAILS(ATFORK) ? errno : REAL(__register_atfork)(prepare, parent, child, dso);
}

int sigaction(int signo, const struct sigaction *new_action, struct sigaction *old)
{
	return FAILS(SIGNAL) ? -1 : REAL(sigaction)(signo, new_action, old);
}

void *dlopen(const char *name, int flags)
{
	return FAILS(LOAD) ? NULL : REAL(dlopen)(name, flags);
}

/*
 * ---- Files: also by the names that they have where file offsets are of 64 bits -------------
 *
 * Standard error is not on the disk that is full: what is said there can be seen.
 */

static ssize_t write_fault(size_t size, size_t *part)
{
	*part = size;
	if (!strcmp(plan.fault->name, "write-short") && size > 1) {
		*part = 1;
		return 1;
	}
	return plan.fault->error ? -1 : 0;
}

ssize_t write(int fd, const void *data, size_t size)
{
	ssize_t result = 1;

	if (fd != STDERR_FILENO && FAILS(WRITE))
		result = write_fault(size, &size);
	return result > 0 ? REAL(write)(fd, data, size) : result;
}

ssize_t read(int fd, void *data, size_t size)
{
	return FAILS(READ) ? -1 : REAL(read)(fd, data, size);
}

int fdatasync(int fd)
{
	return FAILS(SYNC) ? -1 : REAL(fdatasync)(fd);
}

int fsync(int fd)
{
	return FAILS(SYNC) ? -1 : REAL(fsync)(fd);
}

int rename(const char *from, const char *to)
{
	return FAILS(RENAME) ? -1 : REAL(rename)(from, to);
}

int link(const char *from, const char *to)
{
	return FAILS(RENAME) ? -1 : REAL(link)(from, to);
}

/* A change of a file's size is refused, but not interrupted. */
#define IS_FULL() (plan.fault && plan.fault->error == ENOSPC)

#define FILE_CALLS(bits)                                                                           \
	int open##bits(const char *path, int flags, ...)                                           \
	{                                                                                          \
		va_list list;                                                                      \
		mode_t mode;                                                                       \
                                                                                                   \
		va_start(list, flags);                                                             \
		mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;                   \
		va_end(list);                                                                      \
		return FAILS(OPEN) ? -1 : REAL(open##bits)(path, flags, mode);                     \
	}                                                                                          \
	FILE *fopen##bits(const char *path, const char *mode)                                      \
	{                                                                                          \
		return FAILS(OPEN) ? NULL : REAL(fopen##bits)(path, mode);                         \
	}                                                                                          \
	ssize_t pread##bits(int fd, void *data, size_t size, off##bits##_t at)                     \
	{                                                                                          \
		return FAILS(READ) ? -1 : REAL(pread##bits)(fd, data, size, at);                   \
	}                                                                                          \
	ssize_t pwrite##bits(int fd, const void *data, size_t size, off##bits##_t at)              \
	{                                                                                          \
		ssize_t result = 1;                                                                \
                                                                                                   \
		if (FAILS(WRITE))                                                                  \
			result = write_fault(size, &size);                                         \
		return result > 0 ? REAL(pwrite##bits)(fd, data, size, at) : result;               \
	}                                                                                          \
	ssize_t preadv##bits(int fd, const struct iovec *iov, int nr, off##bits##_t at)            \
	{                                                                                          \
		return FAILS(READ) ? -1 : REAL(preadv##bits)(fd, iov, nr, at);                     \
	}                                                                                          \
	ssize_t pwritev##bits(int fd, const struct iovec *iov, int nr, off##bits##_t at)           \
	{                                                                                          \
		size_t part;                                                                       \
		ssize_t result = 1;                                                                \
                                                                                                   \
		if (!FAILS(WRITE))                                                                 \
			return REAL(pwritev##bits)(fd, iov, nr, at);                               \
		result = write_fault(iov->iov_len, &part);                                         \
		return result > 0 ? REAL(pwrite##bits)(fd, iov->iov_base, part, at) : result;      \
	}                                                                                          \
	int fallocate##bits(int fd, int mode, off##bits##_t at, off##bits##_t size)                \
	{                                                                                          \
		return IS_FULL() && FAILS(WRITE) ? -1 : REAL(fallocate##bits)(fd, mode, at, size); \
	}                                                                                          \
	int posix_fallocate##bits(int fd, off##bits##_t at, off##bits##_t size)                    \
	{                                                                                          \
		return IS_FULL() && FAILS(WRITE) ? ENOSPC :                                        \
						   REAL(posix_fallocate##bits)(fd, at, size);      \
	}                                                                                          \
	int ftruncate##bits(int fd, off##bits##_t size)                                            \
	{                                                                                          \
		return IS_FULL() && FAILS(WRITE) ? -1 : REAL(ftruncate##bits)(fd, size);   \
	}                                                                                          \
	void *mmap##bits(void *p, size_t size, int prot, int flags, int fd, off##bits##_t at)      \
	{                                                                                          \
		return FAILS(MEMORY) ? MAP_FAILED :                                                \
				       REAL(mmap##bits)(p, size, prot, flags, fd, at);             \
	}

FILE_CALLS()
FILE_CALLS(64)
