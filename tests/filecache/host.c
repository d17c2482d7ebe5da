/* SPDX-License-Identifier: MIT */
/* Under the engine: host.h. */
#include "host.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

/* The C library's names where off_t has 64 bits: -D_FILE_OFFSET_BITS=64 is meant here. */
#ifdef __GLIBC__
#define WRAP(name) __wrap_##name##64
#define REAL(name) __real_##name##64
#else
#define WRAP(name) __wrap_##name
#define REAL(name) __real_##name
#endif

ssize_t REAL(pread)(int fd, void *data, size_t len, off_t pos);
ssize_t REAL(preadv)(int fd, const struct iovec *iov, int nr, off_t pos);
ssize_t REAL(pwrite)(int fd, const void *data, size_t len, off_t pos);
ssize_t REAL(pwritev)(int fd, const struct iovec *iov, int nr, off_t pos);
int REAL(ftruncate)(int fd, off_t size);
int REAL(fallocate)(int fd, int mode, off_t pos, off_t len);
int REAL(posix_fallocate)(int fd, off_t pos, off_t len);
int __real_fsync(int fd);
int __real_fdatasync(int fd);

ssize_t WRAP(pread)(int fd, void *data, size_t len, off_t pos);
ssize_t WRAP(preadv)(int fd, const struct iovec *iov, int nr, off_t pos);
ssize_t WRAP(pwrite)(int fd, const void *data, size_t len, off_t pos);
ssize_t WRAP(pwritev)(int fd, const struct iovec *iov, int nr, off_t pos);
int WRAP(ftruncate)(int fd, off_t size);
int WRAP(fallocate)(int fd, int mode, off_t pos, off_t len);
int WRAP(posix_fallocate)(int fd, off_t pos, off_t len);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);

struct host_event *host_events;
size_t host_nr_events;

/* Held over each call on the file, so that the record has them in the order of their effects. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static dev_t dev;
static ino_t ino;
static bool watching;
static struct host_fault plan;
static bool failing;
static __thread bool paused;
static unsigned long calls, failed;

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

static struct host_event *record(enum host_event_kind kind)
{
	static size_t room;

	if (host_nr_events == room) {
		room = room ? 2 * room : 1024;
		host_events = realloc(host_events, room * sizeof(*host_events));
		must(host_events, "host: the record");
	}
	host_events[host_nr_events] = (struct host_event){ .kind = kind };
	return &host_events[host_nr_events++];
}

void host_watch(const char *path)
{
	struct stat st;
	size_t i;

	must(!stat(path, &st), path);
	for (i = 0; i < host_nr_events; i++)
		free(host_events[i].data);
	host_nr_events = 0;
	dev = st.st_dev;
	ino = st.st_ino;
	watching = true;
}

void host_note(void *note)
{
	pthread_mutex_lock(&lock);
	record(EVENT_NOTE)->note = note;
	pthread_mutex_unlock(&lock);
}

void host_fail(const struct host_fault *fault)
{
	failing = fault;
	if (fault) {
		plan = *fault;
		calls = failed = 0;
	}
}

void host_pause(void)
{
	paused = true;
}

void host_resume(void)
{
	paused = false;
}

unsigned long host_nr_failed(void)
{
	return failed;
}

static bool is_watched(int fd)
{
	struct stat st;

	return watching && !fstat(fd, &st) && st.st_dev == dev && st.st_ino == ino;
}

/* Counts a call. Returns whether it is one that fails. */
static bool fails(enum host_call call)
{
	if (!failing || paused || call != plan.call)
		return false;
	calls++;
	if (calls != plan.nth && !(plan.lasting && calls > plan.nth))
		return false;
	failed++;
	return true;
}

/* How much of `len` bytes a call that fails still does: whole sectors. */
static size_t done_of(size_t len)
{
	if (plan.how == FAIL_ERRNO || plan.how == FAIL_NOTHING)
		return 0;
	if (plan.how == FAIL_SHORT && len < 1024)
		return len;
	return len / 2 / 512 * 512;
}

static ssize_t result_of(size_t done)
{
	if (plan.how == FAIL_SHORT || plan.how == FAIL_NOTHING)
		return (ssize_t)done;
	errno = plan.error;
	return -1;
}

static ssize_t do_read(int fd, const struct iovec *iov, int nr, off_t pos)
{
	ssize_t n;

	if (!is_watched(fd))
		return REAL(preadv)(fd, iov, nr, pos);
	pthread_mutex_lock(&lock);
	if (!fails(HOST_READ)) {
		n = REAL(preadv)(fd, iov, nr, pos);
	} else {
		n = (ssize_t)done_of(iov->iov_len);
		if (n)
			n = REAL(pread)(fd, iov->iov_base, (size_t)n, pos);
		n = result_of((size_t)n);
	}
	pthread_mutex_unlock(&lock);
	return n;
}

ssize_t WRAP(preadv)(int fd, const struct iovec *iov, int nr, off_t pos)
{
	return do_read(fd, iov, nr, pos);
}

ssize_t WRAP(pread)(int fd, void *data, size_t len, off_t pos)
{
	const struct iovec iov = { data, len };

	return do_read(fd, &iov, 1, pos);
}

/* One buffer, and the record of it. */
static ssize_t write_recorded(int fd, const void *data, size_t len, off_t pos)
{
	ssize_t n = REAL(pwrite)(fd, data, len, pos);
	struct host_event *event;

	if (n <= 0)
		return n;
	event = record(EVENT_WRITE);
	event->pos = pos;
	event->len = (size_t)n;
	event->data = malloc((size_t)n);
	must(event->data, "host: the record");
	memcpy(event->data, data, (size_t)n);
	return n;
}

static ssize_t do_write(int fd, const struct iovec *iov, int nr, off_t pos)
{
	size_t len = 0, at = 0;
	unsigned char *data;
	ssize_t n;
	int i;

	for (i = 0; i < nr; i++)
		len += iov[i].iov_len;
	data = malloc(len ? len : 1);
	must(data, "host: a write");
	for (i = 0; i < nr; at += iov[i++].iov_len)
		memcpy(data + at, iov[i].iov_base, iov[i].iov_len);
	pthread_mutex_lock(&lock);
	if (!fails(HOST_WRITE)) {
		n = write_recorded(fd, data, len, pos);
	} else {
		len = done_of(len);
		if (len)
			must(write_recorded(fd, data, len, pos) == (ssize_t)len, "host: a write");
		n = result_of(len);
	}
	pthread_mutex_unlock(&lock);
	free(data);
	return n;
}

ssize_t WRAP(pwritev)(int fd, const struct iovec *iov, int nr, off_t pos)
{
	return is_watched(fd) ? do_write(fd, iov, nr, pos) : REAL(pwritev)(fd, iov, nr, pos);
}

ssize_t WRAP(pwrite)(int fd, const void *data, size_t len, off_t pos)
{
	const struct iovec iov = { (void *)(uintptr_t)data, len };

	return is_watched(fd) ? do_write(fd, &iov, 1, pos) : REAL(pwrite)(fd, data, len, pos);
}

/* `resize` does it; the record has the size that the file has then. */
static int do_resize(int fd, int (*resize)(int fd, const off_t *arg), const off_t *arg)
{
	struct stat st;
	int ret;

	if (!is_watched(fd))
		return resize(fd, arg);
	pthread_mutex_lock(&lock);
	if (fails(HOST_RESIZE)) {
		ret = (int)result_of(0);
	} else {
		ret = resize(fd, arg);
		must(!fstat(fd, &st), "host: the size");
		record(EVENT_RESIZE)->pos = st.st_size;
	}
	pthread_mutex_unlock(&lock);
	return ret;
}

static int real_truncate(int fd, const off_t *arg)
{
	return REAL(ftruncate)(fd, arg[0]);
}

static int real_allocate(int fd, const off_t *arg)
{
	return REAL(fallocate)(fd, (int)arg[0], arg[1], arg[2]);
}

int WRAP(ftruncate)(int fd, off_t size)
{
	return do_resize(fd, real_truncate, &size);
}

int WRAP(fallocate)(int fd, int mode, off_t pos, off_t len)
{
	const off_t arg[3] = { mode, pos, len };

	return do_resize(fd, real_allocate, arg);
}

int WRAP(posix_fallocate)(int fd, off_t pos, off_t len)
{
	const off_t arg[3] = { 0, pos, len };

	return do_resize(fd, real_allocate, arg) ? errno : 0;
}

static int do_sync(int fd, int (*sync)(int fd))
{
	int ret = 0;

	if (!is_watched(fd))
		return sync(fd);
	pthread_mutex_lock(&lock);
	/* Not synced in truth: nobody will cut the power, and it would take most of the time. */
	if (fails(HOST_SYNC))
		ret = (int)result_of(0);
	if (!ret)
		record(EVENT_SYNC);
	else if (errno != EINTR)
		record(EVENT_SYNC_FAILED);
	pthread_mutex_unlock(&lock);
	return ret;
}

int __wrap_fsync(int fd)
{
	return do_sync(fd, __real_fsync);
}

int __wrap_fdatasync(int fd)
{
	return do_sync(fd, __real_fdatasync);
}
