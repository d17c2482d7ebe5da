/* SPDX-License-Identifier: MIT */
#include "lockdep/arena.h"
#include "base/exempt.h"
#include "lockdep/shared.h"
#include <stdalign.h>
#include <string.h>
#include <sys/mman.h>

#define BLOCK_SIZE (256 * 1024)

static char *block KLOCK_SHARED;
static size_t left KLOCK_SHARED, used KLOCK_SHARED;

static void *map_block(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	klock_exempt(p, size);
	return p;
}

void *klock_arena_alloc(size_t size)
{
	void *p = NULL;

	size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	klock_shared_lock(&klock_arena_lock);
	if (size > BLOCK_SIZE / 4) {
		p = map_block(size);
	} else {
		if (size > left) {
			block = map_block(BLOCK_SIZE);
			left = block ? BLOCK_SIZE : 0;
		}
		if (size <= left) {
			p = block;
			block += size;
			left -= size;
		}
	}
	if (p)
		used += size;
	klock_shared_unlock(&klock_arena_lock);
	return p;
}

char *klock_arena_strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = klock_arena_alloc(size);

	return copy ? memcpy(copy, text, size) : NULL;
}

void klock_arena_give_up_block(void)
{
	left = 0;
}

size_t klock_arena_used(void)
{
	return klock_load_relaxed(&used);
}
