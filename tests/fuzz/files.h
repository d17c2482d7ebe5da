/* SPDX-License-Identifier: MIT */
/*
 * For targets that include a source of the library, whose memory for good goes with each input,
 * and whose file is the input.
 */
#ifndef KLOCK_TESTS_FUZZ_FILES_H
#define KLOCK_TESTS_FUZZ_FILES_H

#include <stddef.h>

/* In place of klock_arena_alloc() and klock_arena_strdup(). */
void *fuzz_arena_alloc(size_t size);
char *fuzz_arena_strdup(const char *text);
void fuzz_arena_free(void);

/*
 * Reads the text as a file, by `read`, and expects what holds of each: it is accepted in silence,
 * or refused with a reason and, for each wrong line, a message. Returns the reason, or NULL.
 */
const char *fuzz_read_lines(const char *(*read)(const char *file), const char *text, size_t size);

#endif
