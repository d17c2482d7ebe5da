/* SPDX-License-Identifier: MIT */
/* Counters of an image's cache. */
#ifndef FILECACHE_STATS_H
#define FILECACHE_STATS_H

#include <stdint.h>

struct image;

/* X(name, what it counts). Those called *_ns are the longest seen, in nanoseconds. */
#define CACHE_COUNTERS(X)                                                                          \
	X(hits, "pages found in the cache")                                                        \
	X(misses, "pages looked for and not found")                                                \
	X(readahead, "pages brought in by readahead")                                              \
	X(evictions, "pages evicted to keep the limit")                                            \
	X(writebacks, "pages written back")                                                        \
	X(commits, "commits of the metadata")                                                      \
	X(truncated_retries, "lookups repeated: the page was truncated meanwhile")                 \
	X(eagain_lock, "EAGAIN: the invalidate lock or i_rwsem was taken")                         \
	X(eagain_page, "EAGAIN: the page was locked")                                              \
	X(eagain_disk, "EAGAIN: the disk would have made it wait")                                 \
	X(eagain_noio, "EAGAIN: not in the cache, and no I/O was allowed")                         \
	X(eagain_room, "EAGAIN: no room in the cache without a wait")                              \
	X(eintr, "operations ended because the thread was killed")                                 \
	X(io_errors, "reads and writes of the image that failed")                                  \
	X(faults, "page faults of memory mappings")                                                \
	X(major_faults, "page faults that had to read")                                            \
	X(sigbus, "page faults beyond the end, or on an I/O error")                                \
	X(zaps, "pages taken out of memory mappings")                                              \
	X(invalidate_read_waits, "waits for the invalidate lock, shared")                          \
	X(invalidate_write_waits, "waits for the invalidate lock, exclusive")                      \
	X(page_waits, "waits for a page lock")                                                     \
	X(invalidate_read_ns, "longest wait for the invalidate lock, shared")                      \
	X(invalidate_write_ns, "longest wait for the invalidate lock, exclusive")                  \
	X(page_ns, "longest wait for a page lock")                                                 \
	X(inode_write_ns, "longest wait for i_rwsem")

enum cache_counter {
#define X(name, text) CACHE_##name,
	CACHE_COUNTERS(X)
#undef X
	CACHE_NR_COUNTERS
};

struct cache_stats {
	uint64_t count[CACHE_NR_COUNTERS];
};

/* "hits", and "pages found in the cache". */
extern const char *const cache_counter_name[CACHE_NR_COUNTERS];
extern const char *const cache_counter_text[CACHE_NR_COUNTERS];

/* A copy of all counters; hits and misses are added up file by file. Reset sets them to zero. */
void cache_stats_get(struct image *image, struct cache_stats *stats);
void cache_stats_reset(struct image *image);

/* For the engine: adds n, or keeps the greater. */
void cache_count(struct image *image, enum cache_counter counter, uint64_t n);
void cache_count_max(struct image *image, enum cache_counter counter, uint64_t ns);

/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t cache_clock_ns(void);

/* A lock that took longer than this counts as waited for. */
#define CACHE_WAIT_NS 10000u

#endif
