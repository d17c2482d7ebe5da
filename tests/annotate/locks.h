/* SPDX-License-Identifier: MIT */
/* The locks of the controls: each way to take each kind of lock is one row. */
#ifndef KLOCK_ANNOTATE_LOCKS_H
#define KLOCK_ANNOTATE_LOCKS_H

#include <klock.h>
#include <stdbool.h>
#include <stddef.h>

/* Two locks of each kind, by number. */
#define NR_LOCKS 2

struct lock_kind {
	const char *name;
	void (*choose)(int i, bool use_static); /* lock i is the static one, or a new one */
	void (*end)(int i);                     /* destroys it */
	void *(*memory)(int i);
	size_t size;
	void (*write)(int i); /* alone, whatever the row's way is */
	void (*write_end)(int i);
};

struct lock_row {
	const char *name;
	const struct lock_kind *kind;
	bool shared; /* `lock` is for reading */
	void (*lock)(int i);
	void (*unlock)(int i);
	int (*give_up)(int i); /* comes back without the lock, that another holds; or NULL */
};

extern const struct lock_row lock_rows[];

const struct lock_row *find_row(const char *name);

struct rw_semaphore *rwsem_nr(int i);
unsigned long *bit_word_nr(int i);
struct semaphore *semaphore_nr(int i);

/* Ends the program with status 3: the control itself is wrong, whatever the tool says. */
void die(const char *what) __attribute__((noreturn));

#endif
