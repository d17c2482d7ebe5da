/* SPDX-License-Identifier: MIT */
/*
 * order=FILE. What was read of a file, written as such a file again with all names in quotes, is
 * read as the same.
 */
#include "fuzz/files.h"
#include "fuzz/fuzz.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *orders;
static size_t orders_size;
static FILE *out;

static void keep_order(const char *const *names, size_t count)
{
	expect(count >= 2, "an order of %zu names", count);
	for (size_t i = 0; i < count; i++) {
		expect(*names[i], "a name that is empty");
		fputs(i ? " < \"" : "\"", out);
		for (const char *c = names[i]; *c; c++)
			fprintf(out, strchr("\"\\", *c) ? "\\%c" : "%c", *c);
		fputc('"', out);
	}
	fputc('\n', out);
}

/* The source itself, with this in place of what takes the orders. */
#define klock_order_read read_orders
#define klock_order_declare(file, line, names, count) \
	keep_order(((void)(file), (void)(line), (names)), (count))
const char *read_orders(const char *file);
#define KLOCK_LOCKDEP_ORDER_H
#define KLOCK_ORDER_MAX 256
#include "lockdep/order_file.c"

/* As a file; to be freed. */
static char *read_all(const char *text, size_t size, const char **why)
{
	char *all;

	out = open_memstream(&orders, &orders_size);
	expect(out, "no memory");
	*why = fuzz_read_lines(read_orders, text, size);
	fclose(out);
	all = orders;
	orders = NULL;
	return all;
}

static bool fits(const char *text)
{
	for (; *text; text += strcspn(text, "\n") + 1)
		if (strcspn(text, "\n") >= KLOCK_LINE_MAX - 1)
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *why;
	char *once = read_all((const char *)data, size, &why);

	if (fits(once)) {
		char *again = read_all(once, strlen(once), &why);

		expect(!why, "what was accepted is refused when it is written out: %s", once);
		expect(!strcmp(once, again), "read as another order:\n%s%s", once, again);
		free(again);
	}
	free(once);
	return 0;
}
