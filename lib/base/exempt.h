/* SPDX-License-Identifier: MIT */
/* Memory that is shared in ways which Helgrind, DRD and ThreadSanitizer take for races. */
#ifndef KLOCK_BASE_EXEMPT_H
#define KLOCK_BASE_EXEMPT_H

#include <stddef.h>

#if defined(__has_feature)
#define KLOCK_HAS_FEATURE_TSAN __has_feature(thread_sanitizer)
#else
#define KLOCK_HAS_FEATURE_TSAN 0
#endif

/* From now on Helgrind and DRD leave this memory alone; nothing happens outside them. */
void klock_exempt(const void *addr, size_t size);
/* And now it is the program's again. */
void klock_exempt_end(const void *addr, size_t size);

/*
 * In between, ThreadSanitizer sees none of this thread's accesses, though what the atomic ones
 * of them order; they nest.
 * For what threads do to each other's records: it looks away while a thread is inside
 * a lock, so it misses what orders the half of them, and must not see the other half.
 * Only a library that is itself compiled for it has accesses to hide.
 */
#if defined(__SANITIZE_THREAD__) || KLOCK_HAS_FEATURE_TSAN
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);

static inline void klock_unseen_begin(void)
{
	AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
	AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
}

static inline void klock_unseen_end(void)
{
	AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
	AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
}
#else
static inline void klock_unseen_begin(void) {}
static inline void klock_unseen_end(void) {}
#endif

#endif
