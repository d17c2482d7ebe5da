/* SPDX-License-Identifier: MIT */
/* KLOCK_LOCKDEP=OPTION[,OPTION...]: what the checker does. */
#ifndef KLOCK_LOCKDEP_OPTIONS_H
#define KLOCK_LOCKDEP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct klock_options {
	bool order;    /* KLOCK_LOCKDEP: check the order of locks */
	bool misuse;   /* KLOCK_CHECK=1, or the above: check what each thread holds */
	bool stop;     /* abort: SIGABRT after the first report */
	bool once;     /* once: no report but the first */
	bool suppress; /* suppress=FILE: there may be some */
	unsigned int exit_code; /* exitcode=N: of a program that ends well but for the reports */
	unsigned int stacks;    /* stacks=N: frames that are kept of each stack */
	const char *log;        /* log=FILE, or NULL: standard error */
	const char *dump[3];    /* by enum klock_dump_format: text=, json=, dot=FILE, or NULL */
};

extern struct klock_options klock_options;

/* Reads the environment. A value that is wrong is said on standard error, and leaves it off. */
void klock_options_read(void);

/* Writes a report where the options want it, in one piece, and stops if they want that. */
void klock_options_write(const char *text, size_t size, const char *title);

#endif
