/* SPDX-License-Identifier: MIT */
/* Between the parts of lockstat. */
#ifndef KLOCK_LOCKSTAT_LOCKSTAT_H
#define KLOCK_LOCKSTAT_LOCKSTAT_H

#include "lockstat/count.h"
#include <klock/lockstat.h>

/* KLOCK_LOCKSTAT=OPTION[,OPTION...]. */
struct klock_stat_options {
	bool on;
	bool text, json;             /* to be written at exit */
	const char *text_to, *json_to; /* file names, in which %p is the process; NULL: stderr */
	unsigned int sites;          /* of each kind, for each class */
	bool buckets;                /* hist: in the text too */
};

extern struct klock_stat_options klock_stat_options;

/* Reads the environment. A value that is wrong is said on standard error, and leaves it off. */
void klock_stat_options_read(void);

/* Writes what is to be written at exit. */
void klock_stat_options_write(void);

/* A text that is written in one piece. It grows outside of malloc(). */
struct klock_stat_out {
	char *text;
	size_t used, size;
	int err; /* -ENOMEM: the rest is missing */
};

void klock_stat_print(struct klock_stat_out *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Writes it and frees it: 0, or why not. */
int klock_stat_flush(struct klock_stat_out *out, int fd);

/* One class over all threads. */
struct klock_stat_sum {
	const struct klock_class *class;
	struct klock_stat_mode_counts mode[KLOCK_STAT_MODES];
	struct klock_stat_point *waiters, *holders; /* most first */
};

/* Those that were used, the most contended first. */
struct klock_stat_sums {
	size_t nr;
	struct klock_stat_sum **at;
	struct klock_stat_pool *pool;
};

/* 0, or -ENOMEM. */
int klock_stat_sum_up(struct klock_stat_sums *sums);
void klock_stat_sums_free(struct klock_stat_sums *sums);

/* Looks for the lines of all places in them, before they are printed. */
void klock_stat_sums_fetch_lines(const struct klock_stat_sums *sums);

void klock_stat_print_text(struct klock_stat_out *out, const struct klock_stat_sums *sums,
			   bool buckets);
void klock_stat_print_json(struct klock_stat_out *out, const struct klock_stat_sums *sums);

#endif
