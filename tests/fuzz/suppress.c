/* SPDX-License-Identifier: MIT */
/*
 * suppress=FILE: the input up to a zero byte; behind it come subjects of problems. What was read,
 * written out again, is read as the same, and each pattern without special characters suppresses
 * itself, of its kind.
 */
#include "fuzz/files.h"
#include "fuzz/fuzz.h"
#include "lockdep/suppress.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The source itself, under other names. */
#define klock_problem_name name_of
#define klock_suppressed suppressed
#define klock_suppress_read read_suppressions
#define klock_suppress_forget forget
#define klock_suppress_tell_unused tell_unused
#define klock_log_write write_log
#define klock_arena_alloc fuzz_arena_alloc
#define klock_arena_strdup fuzz_arena_strdup
#define KLOCK_LOCKDEP_ARENA_H
const char *name_of(enum klock_problem kind);
bool suppressed(enum klock_problem kind, const char *subject);
const char *read_suppressions(const char *file);
void forget(void);
void tell_unused(void);
void write_log(const char *text, size_t size);
#include "lockdep/suppress.c"

static unsigned int told;

void write_log(const char *text, size_t size)
{
	expect(size < 512 && text[size - 1] == '\n', "a message that is not whole: %s", text);
	told++;
}

/* To be freed. */
static char *write_all(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	expect(out, "no memory");
	for (struct suppression *s = first; s; s = s->next)
		fprintf(out, "%s:%s \n", name_of(s->kind), s->pattern);
	fclose(out);
	return text;
}

static unsigned int nr_unused(void)
{
	unsigned int nr = 0;

	for (struct suppression *s = first; s; s = s->next)
		nr += !s->used;
	return nr;
}

static void use(struct fuzz_input *in)
{
	for (int n = 0; n < 8 && in->left; n++) {
		char *subject = fuzz_text(in, '\0');

		if (strlen(subject) < 64)
			suppressed((enum klock_problem)((unsigned int)n % NR_KINDS), subject);
		free(subject);
	}
	for (struct suppression *s = first; s; s = s->next)
		expect(strlen(s->pattern) > 64 || suppressed(s->kind, s->pattern),
		       "a pattern that does not match itself: %s", s->pattern);
	for (struct suppression *s = first; s; s = s->next)
		expect(strlen(s->pattern) > 64 || s->used, "used and not counted");
	told = 0;
	tell_unused();
	expect(told == (asked ? nr_unused() : 0), "%u of %u unused are told of", told, nr_unused());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	char *file = fuzz_text(&in, '\0'), *once, *again;

	asked = false;
	fuzz_read_lines(read_suppressions, file, strlen(file));
	once = write_all();
	use(&in);
	forget();
	expect(!fuzz_read_lines(read_suppressions, once, strlen(once)),
	       "what was accepted is refused when it is written out: %s", once);
	again = write_all();
	expect(!strcmp(once, again), "read as other suppressions:\n%s%s", once, again);
	forget();
	fuzz_arena_free();
	free(file);
	free(once);
	free(again);
	return 0;
}
