/* SPDX-License-Identifier: MIT */
#include "stats.h"

#include <string.h>
#include <time.h>

#include "fs.h"
#include "short_lock.h"

const char *const cache_counter_name[CACHE_NR_COUNTERS] = {
#define X(name, text) #name,
	CACHE_COUNTERS(X)
#undef X
};

const char *const cache_counter_text[CACHE_NR_COUNTERS] = {
#define X(name, text) text,
	CACHE_COUNTERS(X)
#undef X
};

void cache_count(struct image *image, enum cache_counter counter, uint64_t n)
{
	short_lock(&image->stat_lock);
	image->stats.count[counter] += n;
	short_unlock(&image->stat_lock);
}

void cache_count_max(struct image *image, enum cache_counter counter, uint64_t ns)
{
	short_lock(&image->stat_lock);
	if (image->stats.count[counter] < ns)
		image->stats.count[counter] = ns;
	short_unlock(&image->stat_lock);
}

/* Hits and misses are counted where the index is locked anyway: add them up, file by file. */
static void count_lookups(struct image *image, uint64_t *hits, uint64_t *misses, bool reset)
{
	uint32_t i;

	for (i = 0; i < image->nr_inodes; i++) {
		struct address_space *mapping = &image->inodes[i].i_data;

		short_lock(&mapping->i_pages_lock);
		*hits += mapping->hits;
		*misses += mapping->misses;
		if (reset)
			mapping->hits = mapping->misses = 0;
		short_unlock(&mapping->i_pages_lock);
	}
}

void cache_stats_get(struct image *image, struct cache_stats *stats)
{
	uint64_t hits = 0, misses = 0;

	count_lookups(image, &hits, &misses, false);
	short_lock(&image->stat_lock);
	*stats = image->stats;
	short_unlock(&image->stat_lock);
	stats->count[CACHE_hits] += hits;
	stats->count[CACHE_misses] += misses;
}

void cache_stats_reset(struct image *image)
{
	uint64_t hits = 0, misses = 0;

	count_lookups(image, &hits, &misses, true);
	short_lock(&image->stat_lock);
	memset(&image->stats, 0, sizeof(image->stats));
	short_unlock(&image->stat_lock);
}

uint64_t cache_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
