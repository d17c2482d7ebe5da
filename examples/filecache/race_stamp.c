/* SPDX-License-Identifier: MIT */
/*
 * What is written in a page, and what a reader may find there.
 *
 * A page is 512 words, and each word says by itself to which file, page and generation
 * it belongs:
 *
 *	bits  0-7   file + 1: no word is zero, and zero is a hole
 *	      8-23  page
 *	     24-47  generation
 *	     48-63  checksum of these, of the word's place in the page, and of the seed
 *
 * So a page put together from others is recognised, and so is each part of it.
 *
 * Which generations may be seen follows from the page's steps before and after the read
 * (enum page_phase): the reader must have seen what the page was at one of them. Steps
 * are plain stores and loads. They order nothing between the reader and the engine.
 */
#include <string.h>

#include "race.h"

#define WORDS (PAGE_SIZE / sizeof(uint64_t))
#define GENERATION_MASK 0xffffffu

const char *const page_kind_text[NR_PAGE_KINDS] = {
#define X(name, text) text,
	PAGE_KINDS(X)
#undef X
};

static uint64_t checksum(uint64_t id, unsigned int place, uint64_t seed)
{
	uint64_t h = (id + seed + place * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;

	h ^= h >> 32;
	h *= 0xc4ceb9fe1a85ec53u;
	return h >> 48;
}

static uint64_t stamp_id(const struct stamp *stamp)
{
	return (stamp->file + 1) | (uint64_t)stamp->page << 8 |
	       (uint64_t)(stamp->generation & GENERATION_MASK) << 24;
}

void stamp_page(uint64_t *words, uint64_t seed, const struct stamp *stamp)
{
	uint64_t id = stamp_id(stamp);

	for (unsigned int i = 0; i < WORDS; i++)
		words[i] = id | checksum(id, i, seed) << 48;
}

/* Whether generation g could be seen at one of the steps from `first` to `last`. */
static bool was_visible(unsigned long g, unsigned long first, unsigned long last)
{
	return 4 * g - 3 <= last && 4 * g - 1 >= first;
}

/* A word that is not zero, and whose checksum is right. */
static enum page_kind check_stamp(const struct stamp *is, const struct expected *expected)
{
	if (is->file != expected->file)
		return PAGE_OTHER_FILE;
	if (is->page != expected->page)
		return PAGE_OTHER_PLACE;
	/* Loaded after the word was read: see stamp_check(). */
	if (was_visible(is->generation, expected->before, klock_load_acquire(expected->step)))
		return PAGE_GOOD;
	return 4 * is->generation - 1 < expected->before ? PAGE_OLD : PAGE_DAMAGED;
}

/* Zeroes are right unless the page had data all the time. */
static enum page_kind check_zero(const struct expected *expected)
{
	unsigned long after = klock_load_acquire(expected->step);

	if (after == expected->before && (after & 3) == PHASE_DATA)
		return PAGE_LOST;
	return PAGE_GOOD;
}

/*
 * A page is judged by its first wrong word. The step is loaded once for each run of
 * equal words, after they were read; a later step than needed only allows what came
 * after the read, which the read cannot have seen.
 */
enum page_kind stamp_check(const uint64_t *words, const struct expected *expected,
			   struct stamp *found)
{
	uint64_t id = 0;
	bool known = false;

	for (unsigned int i = 0; i < WORDS; i++) {
		uint64_t word_id = words[i] & (((uint64_t)1 << 48) - 1);
		struct stamp is = { 0 };
		enum page_kind kind = PAGE_GOOD;

		if (words[i]) {
			is.file = (unsigned int)(word_id & 0xff) - 1;
			is.page = (unsigned int)(word_id >> 8 & 0xffff);
			is.generation = (unsigned long)(word_id >> 24);
		}
		if (words[i] && checksum(word_id, i, expected->seed) != words[i] >> 48)
			kind = PAGE_DAMAGED;
		else if (known && word_id == id)
			continue;
		else if (known && expected->at_once)
			kind = PAGE_TORN;
		else
			kind = words[i] ? check_stamp(&is, expected) : check_zero(expected);
		if (kind != PAGE_GOOD) {
			*found = is;
			return kind;
		}
		known = true;
		id = word_id;
	}
	return PAGE_GOOD;
}
