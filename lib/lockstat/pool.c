/* SPDX-License-Identifier: MIT */
#include "lockstat/pool.h"
#include "base/write_all.h"
#include "lockstat/lockstat.h"
#include <errno.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>

#define CHUNK (256 * 1024)
#define FIRST_TEXT (64 * 1024)

/* A chunk, at its own beginning; the newest is the pool. */
struct klock_stat_pool {
	struct klock_stat_pool *older;
	size_t size, used;
};

static void *map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static size_t align(size_t size)
{
	return (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

void *klock_stat_pool_alloc(struct klock_stat_pool **pool, size_t size)
{
	size_t head = align(sizeof(struct klock_stat_pool));
	struct klock_stat_pool *chunk = *pool;

	size = align(size);
	if (!chunk || chunk->size - chunk->used < size) {
		size_t whole = head + size > CHUNK ? head + size : CHUNK;

		chunk = map(whole);
		if (!chunk)
			return NULL;
		*chunk = (struct klock_stat_pool){ *pool, whole, head };
		*pool = chunk;
	}
	chunk->used += size;
	return (char *)chunk + chunk->used - size;
}

void klock_stat_pool_free(struct klock_stat_pool *pool)
{
	while (pool) {
		struct klock_stat_pool *older = pool->older;

		munmap(pool, pool->size);
		pool = older;
	}
}

static bool grow(struct klock_stat_out *out)
{
	size_t size = out->size ? out->size * 2 : FIRST_TEXT;
	void *p = out->size ? mremap(out->text, out->size, size, MREMAP_MAYMOVE) : map(size);

	if (!p || p == MAP_FAILED) {
		out->err = -ENOMEM;
		return false;
	}
	out->text = p;
	out->size = size;
	return true;
}

void klock_stat_print(struct klock_stat_out *out, const char *format, ...)
{
	va_list args;
	size_t left;
	int n;

	do {
		left = out->size - out->used;
		va_start(args, format);
		n = vsnprintf(out->size ? out->text + out->used : NULL, left, format, args);
		va_end(args);
		if (n < 0 || out->err)
			return;
	} while ((size_t)n >= left && grow(out));
	if (!out->err)
		out->used += (size_t)n;
}

int klock_stat_flush(struct klock_stat_out *out, int fd)
{
	int saved = errno, err = out->err ? out->err : -klock_write_all(fd, out->text, out->used);

	if (out->size)
		munmap(out->text, out->size);
	*out = (struct klock_stat_out){ 0 };
	errno = saved;
	return err;
}
