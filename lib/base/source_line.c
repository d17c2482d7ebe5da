/* SPDX-License-Identifier: MIT */
#include "base/source_line.h"
#include "base/elf_symbol.h"
#include "base/helper.h"
#include "base/printable.h"
#include "base/sigtext.h"
#include "base/undisturbed.h"
#include "base/under_tsan.h"
#include "config.h"
#include <klock/atomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef HAVE_VALGRIND_HEADERS
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

#define TIMEOUT_NS INT64_C(5000000000)
#define LINE_MAX_BYTES 96
#define KEPT 256

/* A line that was looked for; "": not found. Of a file, as others may be mapped there later. */
struct kept {
	uint64_t file; /* hash of its path */
	uintptr_t in_file;
	char line[LINE_MAX_BYTES];
};

/*
 * One thread at a time; nobody waits for it, as it may be a signal handler of the thread that is
 * in, or in the child of a fork() meanwhile: `owner` is the process that has it, 0: none.
 */
static pid_t owner;
static pid_t useless_in; /* the process in which it could not be run */
static struct kept kept[KEPT];
static unsigned int nr_kept;

static bool enter(void)
{
	pid_t self = getpid(), was = klock_load_relaxed(&owner);

	/* acquire: pairs with the release in leave() */
	return was != self && klock_cas_acquire(&owner, &was, self);
}

static void leave(void)
{
	klock_store_release(&owner, 0);
}

static uint64_t hash_of(const char *path)
{
	uint64_t x = 14695981039346656037u;

	for (; *path; path++)
		x = (x ^ (unsigned char)*path) * 1099511628211u;
	return x;
}

static struct kept *find(uint64_t file, uintptr_t in_file)
{
	for (unsigned int i = 0; i < nr_kept && i < KEPT; i++)
		if (kept[i].file == file && kept[i].in_file == in_file)
			return &kept[i];
	return NULL;
}

/* What is asked for at once, and the answer: too much for a thread's stack. */
struct question {
	char *argv[2 * KLOCK_LINES_AT_ONCE + 2];
	struct kept *asked[KLOCK_LINES_AT_ONCE];
	size_t n;
	char answer[KLOCK_LINES_AT_ONCE * LINE_MAX_BYTES];
	char names[KLOCK_LINES_AT_ONCE * (KLOCK_MAP_PATH + 24)];
	size_t used;
	struct klock_mapping m;
};

static char *add_name(struct question *q, const char *name)
{
	char *to = q->names + q->used;

	strcpy(to, name);
	q->used += strlen(name) + 1;
	return to;
}

static void ask(struct question *q, const void *site, const struct klock_mapping *m)
{
	char address[20];
	struct klock_sigtext text = klock_sigtext_in(address, sizeof(address));
	uint64_t file = hash_of(m->path);
	uintptr_t in_file;

	/* One less: in the call, not behind it. */
	if (!klock_elf_address(m->path, m->base, (uintptr_t)site - 1, &in_file) ||
	    find(file, in_file) || q->n == KLOCK_LINES_AT_ONCE)
		return;
	q->asked[q->n] = &kept[nr_kept++ % KEPT];
	*q->asked[q->n] = (struct kept){ .file = file, .in_file = in_file };
	klock_sigtext_add(&text, "%lx", (unsigned long)in_file);
	q->argv[1 + 2 * q->n] = add_name(q, m->path);
	q->argv[2 + 2 * q->n] = add_name(q, address);
	q->n++;
}

/* A line for each address, in order. */
static void take_answer(struct question *q, char *answer)
{
	for (size_t i = 0; i < q->n; i++) {
		char *end = strchr(answer, '\n');

		if (!end)
			return;
		*end = '\0';
		klock_printable(answer, q->asked[i]->line, LINE_MAX_BYTES);
		answer = end + 1;
	}
}

/* Where it is installed. Sources that are compiled by hand know of none: no lines, then. */
#ifndef KLOCK_LINES_PROGRAM
#define KLOCK_LINES_PROGRAM ""
#endif

static const char *program(void)
{
	const char *given = secure_getenv("KLOCK_LINES");

	return given ? given : KLOCK_LINES_PROGRAM;
}

static void run(struct question *q)
{
	char path[KLOCK_MAP_PATH];
	ssize_t n;

	if (!q->n || strlen(program()) >= sizeof(path))
		return;
	strcpy(path, program());
	q->argv[0] = path;
	n = klock_helper_run(path, q->argv, q->answer, sizeof(q->answer) - 1, TIMEOUT_NS);
	if (n <= 0)
		klock_store_relaxed(&useless_in, getpid());
	else
		take_answer(q, q->answer);
}

/* Valgrind would run the program as well, and TSan's clone() ends with an internal error. */
static bool usable(void)
{
	return !RUNNING_ON_VALGRIND && !klock_under_tsan() &&
	       klock_load_relaxed(&useless_in) != getpid() && *program();
}

void klock_source_lines_fetch(const void *const *sites, size_t n)
{
	struct klock_undisturbed u;
	struct question *q;

	if (!usable() || !enter())
		return;
	u = klock_undisturbed_begin();
	q = mmap(NULL, sizeof(*q), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (q != MAP_FAILED) {
		for (size_t i = 0; i < n; i++)
			if (klock_mapping_find((uintptr_t)sites[i], &q->m))
				ask(q, sites[i], &q->m);
		run(q);
		munmap(q, sizeof(*q));
	}
	klock_undisturbed_end(u);
	leave();
}

static bool look(const void *site, const struct klock_mapping *m, char *buf, size_t size,
		 bool *asked)
{
	const struct kept *found;
	uintptr_t in_file;

	*asked = true;
	if (!klock_elf_address(m->path, m->base, (uintptr_t)site - 1, &in_file) || !enter())
		return false;
	found = find(hash_of(m->path), in_file);
	*asked = found;
	if (found && strlen(found->line) < size)
		strcpy(buf, found->line);
	else
		found = NULL;
	leave();
	return found && *buf;
}

bool klock_source_line(const void *site, const struct klock_mapping *m, char *buf, size_t size)
{
	bool asked, found;

	if (!usable())
		return false;
	found = look(site, m, buf, size, &asked);
	if (found || asked)
		return found;
	klock_source_lines_fetch(&site, 1);
	return look(site, m, buf, size, &asked);
}
