/* SPDX-License-Identifier: MIT */
/*
 * suppress=FILE: a line for each suppression.
 *
 *	# from here to the end of the line, at its beginning or after a blank
 *	circular: &inode->i_rwsem -> page_*
 *	recursion: &dir->lock
 */
#include "lockdep/suppress.h"
#include "lockdep/arena.h"
#include "lockdep/lines.h"
#include "lockdep/log.h"
#include "lockdep/shared.h"
#include <fnmatch.h>
#include <klock/atomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct suppression {
	enum klock_problem kind;
	const char *pattern, *file;
	unsigned int line, used;
	struct suppression *next;
};

static struct suppression *first KLOCK_SHARED, *last KLOCK_SHARED;
static pid_t owner KLOCK_SHARED;  /* who read them */
static bool asked KLOCK_SHARED;   /* a problem was found */

static const char *const kinds[] = {
	[KLOCK_PROBLEM_CIRCULAR] = "circular",
	[KLOCK_PROBLEM_RECURSION] = "recursion",
	[KLOCK_PROBLEM_ORDER] = "order",
	[KLOCK_PROBLEM_ASSERT] = "assert",
	[KLOCK_PROBLEM_NONBLOCKING] = "nonblocking",
	[KLOCK_PROBLEM_MISUSE] = "misuse",
};

#define NR_KINDS (sizeof(kinds) / sizeof(kinds[0]))
#define BLANKS " \t"

const char *klock_problem_name(enum klock_problem kind)
{
	return kinds[kind];
}

/* A subject may be "&locks[i]", which as a pattern would not match itself. */
static bool matches(const struct suppression *s, enum klock_problem kind, const char *subject)
{
	return s->kind == kind &&
	       (!strcmp(s->pattern, subject) || !fnmatch(s->pattern, subject, 0));
}

/* Each that matches is in use, also behind another one. */
bool klock_suppressed(enum klock_problem kind, const char *subject)
{
	bool found = false;

	klock_store_relaxed(&asked, true);
	for (struct suppression *s = first; s; s = s->next) {
		if (matches(s, kind, subject)) {
			klock_fetch_add_relaxed(&s->used, 1);
			found = true;
		}
	}
	return found;
}

/* Ends the line before its comment and the blanks there. */
static void cut(char *line)
{
	char *end = line;

	for (char *p = line; *p && !(*p == '#' && (p == line || strchr(BLANKS, p[-1]))); p++)
		if (!strchr(BLANKS, *p))
			end = p + 1;
	*end = '\0';
}

static bool find_kind(const char *name, enum klock_problem *kind)
{
	for (size_t i = 0; i < NR_KINDS; i++) {
		if (!strcmp(kinds[i], name)) {
			*kind = (enum klock_problem)i;
			return true;
		}
	}
	return false;
}

static const char *add(enum klock_problem kind, const char *pattern, const char *file,
		       unsigned int number)
{
	struct suppression *s = klock_arena_alloc(sizeof(*s));

	if (!s)
		return "out of memory";
	s->kind = kind;
	s->pattern = klock_arena_strdup(pattern);
	s->file = last && !strcmp(last->file, file) ? last->file : klock_arena_strdup(file);
	s->line = number;
	if (!s->pattern || !s->file)
		return "out of memory";
	if (last)
		last->next = s;
	else
		first = s;
	last = s;
	return NULL;
}

static const char *take(char *line, const char *file, unsigned int number)
{
	enum klock_problem kind;
	char *pattern;

	line += strspn(line, BLANKS);
	cut(line);
	if (!*line)
		return NULL;
	pattern = strchr(line, ':');
	if (!pattern)
		return "not KIND: PATTERN";
	*pattern++ = '\0';
	if (!find_kind(line, &kind))
		return "the kind is not one of circular, recursion, order, assert, nonblocking, "
		       "misuse";
	pattern += strspn(pattern, BLANKS);
	if (!*pattern)
		return "the pattern is missing; * matches all";
	return add(kind, pattern, file, number);
}

const char *klock_suppress_read(const char *file)
{
	owner = getpid();
	return klock_lines_read(file, take);
}

void klock_suppress_forget(void)
{
	first = last = NULL;
}

/*
 * Not in a child of fork(), whose problems are some of the program's only. A program without
 * any problem may be one of many that share the file, and had nothing to suppress.
 */
void klock_suppress_tell_unused(void)
{
	char text[512];
	int n;

	if (!klock_load_relaxed(&asked) || getpid() != owner)
		return;
	for (const struct suppression *s = first; s; s = s->next) {
		if (klock_load_relaxed(&s->used))
			continue;
		n = snprintf(text, sizeof(text),
			     "klock: %.200s:%u: nothing was suppressed by %s: %.200s\n",
			     s->file, s->line, kinds[s->kind], s->pattern);
		klock_log_write(text, (size_t)n);
	}
}
