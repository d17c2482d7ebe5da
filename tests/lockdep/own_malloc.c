/* SPDX-License-Identifier: MIT */
/*
 * A program whose malloc() is built on a klock mutex: whatever the checker
 * does on its way, it must not need memory from there while that mutex is held.
 */
#include "lockdep/on.h"
#include <klock/lockdep.h>
#include <klock/mutex.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#define POOL (64u << 20)

static DEFINE_MUTEX(heap_lock); /* protects used */
static char pool[POOL] __attribute__((aligned(64)));
static size_t used;
static unsigned long calls;

/* In front of each block, so that realloc() knows how much to copy. */
struct head {
	size_t size;
};

static void *take(size_t align, size_t size)
{
	char *p = NULL;
	size_t at;

	mutex_lock(&heap_lock);
	calls++;
	at = (used + sizeof(struct head) + align - 1) & ~(align - 1);
	if (size <= POOL - at) {
		p = pool + at;
		((struct head *)p)[-1].size = size;
		used = at + size;
	}
	mutex_unlock(&heap_lock);
	if (!p)
		errno = ENOMEM;
	return p;
}

void *malloc(size_t size)
{
	return take(_Alignof(max_align_t), size);
}

void *calloc(size_t n, size_t size)
{
	return take(_Alignof(max_align_t), n * size); /* the pool is zeroed, and used once */
}

void *realloc(void *old, size_t size)
{
	void *p = malloc(size);

	if (p && old) {
		size_t before = ((struct head *)old)[-1].size;

		memcpy(p, old, before < size ? before : size);
	}
	return p;
}

void *aligned_alloc(size_t align, size_t size)
{
	return take(align < 16 ? 16 : align, size);
}

void *memalign(size_t align, size_t size);
void *memalign(size_t align, size_t size)
{
	return aligned_alloc(align, size);
}

int posix_memalign(void **p, size_t align, size_t size)
{
	*p = aligned_alloc(align, size);
	return *p ? 0 : ENOMEM;
}

void free(void *p)
{
	if (!p)
		return;
	mutex_lock(&heap_lock);
	calls++;
	mutex_unlock(&heap_lock);
}

static DEFINE_MUTEX(a);
static DEFINE_MUTEX(b);

static void nest(struct mutex *outer, struct mutex *inner)
{
	mutex_lock(outer);
	free(malloc(10));
	mutex_lock(inner);
	free(malloc(20));
	mutex_unlock(inner);
	mutex_unlock(outer);
}

static void *thread(void *arg)
{
	static struct lock_class_key keys[40];
	struct mutex *locks = malloc(40 * sizeof(*locks));

	if (!locks)
		return NULL;
	for (int i = 0; i < 40; i++)
		klock_mutex_init(&locks[i], "in a list", &keys[i]);
	for (int i = 0; i < 40; i++) {
		mutex_lock(&locks[i]);
		free(malloc(30));
	}
	for (int i = 0; i < 40; i++)
		mutex_unlock(&locks[i]);
	nest(&a, &b);
	return arg;
}

static int fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	return 1;
}

int main(int argc, char **argv)
{
	pthread_t threads[4];

	(void)argc;
	run_with_lockdep(argv, "log=/dev/null");
	free(malloc(1)); /* perhaps the first lock */
	if (!klock_lockdep_enabled())
		return fail("the checker is not on");
	for (int i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, thread, NULL))
			return fail("no thread");
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	if (!calls || !debug_locks)
		return fail("malloc() was not called, or there was a report");
	nest(&b, &a); /* the report needs memory, too */
	if (debug_locks)
		return fail("the wrong order was not reported");
	if (lockdep_depth(NULL))
		return fail("something is left on the held stack");
	printf("%lu calls\n", calls);
	return 0;
}
