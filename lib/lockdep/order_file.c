/* SPDX-License-Identifier: MIT */
/*
 * order=FILE: a line for each order, the names with < between them.
 *
 *	# from here to the end of the line
 *	inode.i_rwsem < mapping.invalidate_lock < "a name with spaces"
 *
 * Between quotes, \ takes the next character as it is.
 */
#include "lockdep/lines.h"
#include "lockdep/order.h"
#include <string.h>

enum token { END, LESS, NAME, WRONG };

struct line {
	const char *text;
	const char *at;             /* what is not read yet */
	char names[KLOCK_LINE_MAX]; /* the names that were read, each with a 0 at its end */
	size_t used;
	const char *wrong;          /* why */
};

static enum token wrong(struct line *line, const char *why)
{
	line->wrong = why;
	return WRONG;
}

/* Up to the closing quote. */
static enum token read_quoted(struct line *line)
{
	const char *p = line->at + 1;

	for (; *p != '"'; p++) {
		if (*p == '\\' && p[1])
			p++;
		if (!*p)
			return wrong(line, "a quote is not closed");
		line->names[line->used++] = *p;
	}
	line->at = p + 1;
	return NAME;
}

static enum token read_bare(struct line *line)
{
	size_t length = strcspn(line->at, " \t<\"");

	memcpy(line->names + line->used, line->at, length);
	line->used += length;
	line->at += length;
	return NAME;
}

/* A name is at the end of `names` then, and never longer than what is left of the line. */
static enum token next(struct line *line)
{
	size_t start = line->used;
	enum token token;

	line->at += strspn(line->at, " \t");
	if (!*line->at || *line->at == '#')
		return END;
	if (*line->at == '<') {
		line->at++;
		return LESS;
	}
	token = *line->at == '"' ? read_quoted(line) : read_bare(line);
	if (token == NAME && line->used == start)
		return wrong(line, "a name is empty");
	line->names[line->used++] = '\0';
	return token;
}

/* Returns how many names there are; `wrong` is set if they are no order. */
static size_t parse(struct line *line, const char **names)
{
	size_t count = 0;
	enum token token;

	line->at = line->text;
	line->used = 0;
	line->wrong = NULL;
	for (;;) {
		names[count] = line->names + line->used;
		token = next(line);
		if (token == END && !count)
			return 0;
		if (token != NAME) {
			wrong(line, line->wrong ? line->wrong : "a name is missing beside <");
			return 0;
		}
		if (++count == KLOCK_ORDER_MAX) {
			wrong(line, "too many names");
			return 0;
		}
		token = next(line);
		if (token == END)
			break;
		if (token != LESS) {
			wrong(line, line->wrong ? line->wrong : "< is missing between two names");
			return 0;
		}
	}
	if (count == 1)
		wrong(line, "one name is no order; it takes two or more, with < between them");
	return count;
}

static const char *take(char *text, const char *file, unsigned int number)
{
	const char *names[KLOCK_ORDER_MAX];
	struct line line = { .text = text };
	size_t count = parse(&line, names);

	if (!line.wrong && count)
		klock_order_declare(file, number, names, count);
	return line.wrong;
}

const char *klock_order_read(const char *file)
{
	return klock_lines_read(file, take);
}
