/* SPDX-License-Identifier: MIT */
#include "explore/scenarios.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 16 /* of one EACH */
#define TOGETHER_MAX 4 /* threads, in the scenarios of an EACH */

static struct xp_entry *entries;
static size_t nr_entries;

static struct xp_entry *new_entry(const char *lock)
{
	struct xp_entry *e;

	entries = realloc(entries, (nr_entries + 1) * sizeof(*entries));
	if (!entries)
		abort();
	e = &entries[nr_entries++];
	*e = (struct xp_entry){ .lock = lock };
	return e;
}

static void add(const char *name, const char *lock, const char *const *scripts)
{
	struct xp_entry *e = new_entry(lock);

	snprintf(e->name, sizeof(e->name), "%s", name);
	memcpy(e->scripts, scripts, sizeof(e->scripts));
}

/* Who ends the wait of thread t that takes the lock so; NULL: nobody has to. */
static char *disturber_of(const char *word, size_t t)
{
	static const char *const kinds = "kKiIoTgG";
	const char *kind = strchr(kinds, word[0]);
	char *text = NULL;

	if (kind && asprintf(&text, kind[1] == 'T' ? "T" : "%c%zu", kind[1], t) < 0)
		abort();
	return text;
}

/* Adds those that end waits to the scripts; false: there are too many of them. */
static bool add_disturbers(const char **scripts, size_t n)
{
	size_t threads = n;
	bool time = false;

	for (size_t t = 0; t < n; t++) {
		char *text = disturber_of(scripts[t], t);

		if (!text || (text[0] == 'T' && time))
			continue;
		if (threads == TOGETHER_MAX)
			return false;
		time |= text[0] == 'T'; /* once is enough for all */
		scripts[threads++] = text;
	}
	return true;
}

static void add_set(const char *lock, char *const *words, const size_t *picked, size_t n)
{
	const char *scripts[XP_THREADS + 1] = { 0 };
	char name[sizeof(entries->name)];
	int length = snprintf(name, sizeof(name), "%s:", lock);

	for (size_t t = 0; t < n; t++) {
		scripts[t] = words[picked[t]];
		length += snprintf(name + length, sizeof(name) - (size_t)length, "%s%s",
				   t ? "+" : "", scripts[t]);
	}
	if (add_disturbers(scripts, n))
		add(name, lock, scripts);
}

/* The next of the sets, whose members come in order; false: that was the last. */
static bool next_set(size_t *picked, size_t n, size_t nr_words)
{
	for (size_t t = n; t-- > 0;) {
		if (picked[t] + 1 == nr_words)
			continue;
		picked[t]++;
		for (size_t later = t + 1; later < n; later++)
			picked[later] = picked[t];
		return true;
	}
	return false;
}

static void add_each(const char *lock, size_t n, const char *text)
{
	size_t picked[XP_THREADS] = { 0 }, nr_words = 0;
	char *words[WORDS_MAX], *rest = strdup(text);

	if (!rest)
		abort();
	for (char *w = strtok(rest, " "); w && nr_words < WORDS_MAX; w = strtok(NULL, " "))
		words[nr_words++] = w;
	if (!nr_words)
		abort();
	do
		add_set(lock, words, picked, n);
	while (next_set(picked, n, nr_words));
}

const struct xp_entry *xp_entries(size_t *n)
{
	if (!entries) {
#define SCENARIO(name, lock, ...)                                                                  \
	add(#name, #lock, (const char *[XP_THREADS + 1]){ __VA_ARGS__ });
#define EACH(lock, n, words) add_each(#lock, n, words);
#include "explore/scenarios.def"
#undef SCENARIO
#undef EACH
	}
	*n = nr_entries;
	return entries;
}
