/* SPDX-License-Identifier: MIT */
/*
 * What the fuzzing targets share. A target is one file with LLVMFuzzerTestOneInput(): linked with
 * libFuzzer by "make fuzz", and with replay.c, which hands it files, in any other build.
 */
#ifndef KLOCK_TESTS_FUZZ_H
#define KLOCK_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program with a message unless it holds: a finding. */
#define expect(condition, ...) ((condition) ? (void)0 : fuzz_fail(#condition, __VA_ARGS__))
void fuzz_fail(const char *condition, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/* An input from which one takes what one needs; it goes on with zeroes. */
struct fuzz_input {
	const uint8_t *at;
	size_t left;
};

uint8_t fuzz_byte(struct fuzz_input *in);
/* Up to `end`, which is dropped, or to the end of the input: a string to be freed. */
char *fuzz_text(struct fuzz_input *in, char end);

/*
 * Keeps standard output and standard error, until the second call hands out what was written: up
 * to FUZZ_SAID bytes, as a string that stays until the next time.
 */
#define FUZZ_SAID 8191
void fuzz_hush(void);
const char *fuzz_said(void);

/* The descriptor of a file without a name and in memory; and how it can be opened anew. */
int fuzz_memory(void);
const char *fuzz_path(int fd);
void fuzz_fill(int fd, const void *data, size_t size);

/*
 * Makes an empty folder the current one, and does so again: one that the program has for itself,
 * and which goes when it ends.
 */
void fuzz_scratch(void);
bool fuzz_scratch_empty(void);

#endif
