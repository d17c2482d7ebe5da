/* SPDX-License-Identifier: MIT */
/* Pages that come and go, so that faults and the system calls of locks meet. */
#include "torture.h"
#include <sys/mman.h>

#define PRESSED (8u << 20) /* at a time: a small machine lives with it */
#define PAGE 4096u

bool press_memory(uint32_t random)
{
	char *pages = mmap(NULL, PRESSED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	bool done = true;

	if (pages == MAP_FAILED)
		return false;
	for (uint32_t at = 0; at < PRESSED; at += PAGE)
		pages[at] = (char)random;
	if (random >> 8 & 1)
		done = !madvise(pages, PRESSED / 2, MADV_DONTNEED);
	for (uint32_t at = 0; at < PRESSED / 2; at += 16 * PAGE)
		if (pages[at] != (random >> 8 & 1 ? 0 : (char)random))
			fail("memory", "a page has not what was written");
	return !munmap(pages, PRESSED) && done;
}
