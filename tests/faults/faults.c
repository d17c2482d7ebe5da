/* SPDX-License-Identifier: MIT */
/*
 * usage: faults OPERATIONS FILECACHE INJECT TABLE LIMIT
 *
 * Each operation with each fault of the table: first with the first such call failing, then
 * the second, and so on until there is none left to fail or it was the one with the number LIMIT,
 * and at last with all of them failing.
 * Prints what was seen, and fails if that is not what the table expects. Works in the current
 * folder, where an image "base" is and files "order" and "suppress" for lockdep.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contents.h"

#define NAME 40
#define MAX_OPERATIONS 120
#define MAX_ROWS 120
#define MAX_FAULTS 40
#define MAX_SEEN 8
#define LIMIT 30 /* seconds of one run */

/* A command of the file cache is split at its blanks. */
static const struct command {
	const char *name, *line;
} commands[] = {
	{ "filecache-mkfs", "mkfs new --size 256K --files 8" },
	{ "filecache-ls", "ls img" },
	{ "filecache-get", "get img file" },
	{ "filecache-read", "read img file 0 20000" },
	{ "filecache-write", "write img file 3000 more" },
	{ "filecache-put", "put img another more" },
	{ "filecache-put-over", "put img file less" },
	{ "filecache-punch", "punch img file 4096 8192" },
	{ "filecache-truncate", "truncate img file 5000" },
	{ "filecache-rm", "rm img file" },
	{ "filecache-stat", "stat img" },
	{ "filecache-fsck", "fsck img" },
	{ "filecache-race", "race --dir . --lock on --seconds 1 --quiet" },
};

static struct row {
	char fault[NAME], operation[NAME], expected[80];
	unsigned int limit;
} rows[MAX_ROWS];
static size_t nr_rows;

static char operations[MAX_OPERATIONS][NAME];
static size_t nr_operations;

static const char *operate, *filecache, *inject;
static unsigned long runs, faults_made, failures;

static void die(const char *what)
{
	fprintf(stderr, "faults: %s: %s\n", what, strerror(errno));
	exit(2);
}

static const struct command *command_of(const char *operation)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].name, operation))
			return &commands[i];
	return NULL;
}

/* ---- One run ------------------------------------------------------------------------------ */

static void copy(const char *from, const char *to)
{
	char buf[65536];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	ssize_t n;

	if (in < 0 || out < 0)
		die(from);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			die(to);
	close(in);
	close(out);
}

static void exec_line(const char *program, const char *line)
{
	char text[200], *rest = text, *argv[20] = { (char *)program };
	int argc = 1;

	snprintf(text, sizeof(text), "%s", line);
	while (rest && argc < 19)
		argv[argc++] = strsep(&rest, " ");
	execv(program, argv);
	_exit(127);
}

static void run_child(const char *operation, const char *fault, unsigned int n, int fd)
{
	const struct command *command = command_of(operation);
	char number[20];
	int out = open("out", O_WRONLY | O_CREAT | O_TRUNC, 0666);
	int err = open("err", O_WRONLY | O_CREAT | O_TRUNC, 0666);

	if (dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0)
		_exit(2);
	alarm(LIMIT);
	if (fault) {
		setenv("LD_PRELOAD", inject, 1);
		setenv("KLOCK_FAULT", fault, 1);
		setenv("KLOCK_FAULT_IN", command ? "libklock:filecache" : "libklock", 1);
		snprintf(number, sizeof(number), "%d", fd);
		setenv("KLOCK_FAULT_FD", number, 1);
		snprintf(number, sizeof(number), "%u", n);
		if (n)
			setenv("KLOCK_FAULT_NTH", number, 1);
	}
	exec_line(command ? filecache : operate, command ? command->line : operation);
}

/* Its wait status. Sets `made` if the fault was made. */
static int run(const char *operation, const char *fault, unsigned int n, bool *made)
{
	int told[2], status;
	pid_t child;
	char byte;

	runs++;
	if (pipe(told))
		die("pipe");
	child = fork();
	if (!child)
		run_child(operation, fault, n, told[1]);
	close(told[1]);
	if (child < 0 || waitpid(child, &status, 0) != child)
		die("fork");
	*made = read(told[0], &byte, 1) == 1;
	close(told[0]);
	return status;
}

/* What the last run said on standard error, up to `size`. */
static char *read_said(char *said, size_t size)
{
	FILE *f = fopen("err", "r");
	size_t n = f ? fread(said, 1, size - 1, f) : 0;

	if (f)
		fclose(f);
	said[n] = '\0';
	return said;
}

static bool says(const char *text)
{
	static char said[100000];

	return strstr(read_said(said, sizeof(said)), text);
}

static const char *judge(int status)
{
	static char other[NAME];
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	if (code == 0)
		return says("klock: ") || says("filecache") || says("WARNING") ? "told" : "right";
	if ((code == 1 || code == 6) && says("filecache ")) /* 6: the race's, by its manual */
		return "fails";
	if (code == 3)
		return "no-memory";
	if (code == 4)
		return "refused";
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && says("klock: BUG: "))
		return "stops";
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		return "hangs";
	snprintf(other, sizeof(other), code < 0 ? "signal-%d" : "exit-%d",
		 code < 0 ? WTERMSIG(status) : code);
	return other;
}

static bool leaves_contents(const char *operation)
{
	return command_of(operation) && strcmp(operation, "filecache-mkfs") != 0 &&
	       strcmp(operation, "filecache-race") != 0;
}

/* Counts and times that differ from run to run, as far as these contents go. */
static void forget_out(const char *operation)
{
	if (strcmp(operation, "filecache-get") != 0 && strcmp(operation, "filecache-read") != 0)
		unlink("out");
}

/* The files before the operation, and as it leaves them when nothing fails. */
static struct {
	const char *operation;
	struct contents before, after;
} expected;

static void expect(const char *operation)
{
	bool made;

	if (!leaves_contents(operation) || expected.operation == operation)
		return;
	contents_free(&expected.before);
	contents_free(&expected.after);
	copy("base", "img");
	unlink("out");
	contents_read(&expected.before, filecache);
	if (run(operation, NULL, 0, &made))
		die(operation);
	forget_out(operation);
	contents_read(&expected.after, filecache);
	expected.operation = operation;
}

/* What a command has left is an image in order, with what it should have. */
static const char *judge_image(const char *operation, bool done)
{
	enum outcome outcome = done ? DONE : FAILED;
	struct contents now;
	const char *wrong;
	bool made;

	if (!done && strstr(operation, "-put"))
		outcome = FAILED_AS_A_WHOLE;
	if (!leaves_contents(operation))
		return NULL;
	forget_out(operation);
	contents_read(&now, filecache);
	wrong = contents_compare(&now, &expected.before, &expected.after, outcome);
	contents_free(&now);
	return run("filecache-fsck", NULL, 0, &made) ? "damage" : wrong;
}

/* ---- One cell: an operation with a fault ------------------------------------------------- */

struct seen {
	char what[MAX_SEEN][NAME];
	size_t nr;
};

static bool is_word_of(const char *word, const char *words)
{
	size_t length = strlen(word);

	for (const char *p = strstr(words, word); p; p = strstr(p + 1, word))
		if ((p == words || p[-1] == ' ') && (p[length] == ' ' || !p[length]))
			return true;
	return false;
}

static void add(struct seen *seen, const char *what)
{
	for (size_t i = 0; i < seen->nr; i++)
		if (!strcmp(seen->what[i], what))
			return;
	if (seen->nr < MAX_SEEN)
		snprintf(seen->what[seen->nr++], NAME, "%s", what);
}

static void complain(const struct row *row, const char *operation, unsigned int n,
		     const char *what)
{
	char said[600];

	failures++;
	fprintf(stderr, "%s %s, call %u (0: all): %s, expected: %s\n%s\n", row->fault, operation, n,
		what, row->expected, read_said(said, sizeof(said)));
}

/* False: there is no such call any more. */
static bool once(const struct row *row, const char *operation, unsigned int n, struct seen *seen)
{
	const char *what, *damage;
	bool made;
	int status;

	expect(operation);
	if (command_of(operation)) {
		copy("base", "img");
		unlink("new");
	}
	status = run(operation, row->fault, n, &made);
	if (!made)
		return false;
	faults_made++;
	what = judge(status);
	if (!is_word_of(what, row->expected))
		complain(row, operation, n, what);
	add(seen, what);
	damage = judge_image(operation, WIFEXITED(status) && !WEXITSTATUS(status));
	if (damage) {
		complain(row, operation, n, damage);
		add(seen, damage);
	}
	return true;
}

static void cell(const struct row *row, const char *operation)
{
	struct seen seen = { .nr = 0 };
	unsigned int n = 1;

	while (n <= row->limit && once(row, operation, n, &seen))
		n++;
	once(row, operation, 0, &seen);
	if (!seen.nr && !is_word_of("-", row->expected))
		complain(row, operation, 0, "the fault was never made");
	printf("| %s | %s | %s%u |", operation, row->fault, n > row->limit ? "first " : "", n - 1);
	for (size_t i = 0; i < seen.nr; i++)
		printf("%s %s", i ? "," : "", seen.what[i]);
	printf("%s |\n", seen.nr ? "" : " -");
}

/* ---- The tables --------------------------------------------------------------------------- */

/* FAULT OPERATION LIMIT EXPECTED...; the last row that fits an operation counts. */
static void read_table(const char *file)
{
	FILE *f = fopen(file, "r");
	char line[200];

	if (!f)
		die(file);
	while (fgets(line, sizeof(line), f)) {
		struct row *row = &rows[nr_rows];

		line[strcspn(line, "#\n")] = '\0';
		if (!*line)
			continue;
		if (nr_rows == MAX_ROWS ||
		    sscanf(line, "%39s %39s %u %79[^\n]", row->fault, row->operation, &row->limit,
			   row->expected) != 4) {
			fprintf(stderr, "faults: %s: no row: %s\n", file, line);
			exit(2);
		}
		nr_rows++;
	}
	fclose(f);
}

static void limit_rows(unsigned int limit)
{
	for (size_t i = 0; i < nr_rows; i++)
		if (rows[i].limit > limit)
			rows[i].limit = limit;
}

static void list_operations(void)
{
	char line[400];
	FILE *f;

	snprintf(line, sizeof(line), "'%s'", operate);
	f = popen(line, "r");
	while (f && nr_operations < MAX_OPERATIONS && fgets(line, NAME, f)) {
		line[strcspn(line, "\n")] = '\0';
		strcpy(operations[nr_operations++], line);
	}
	if (!f || pclose(f))
		die(operate);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (nr_operations >= MAX_OPERATIONS)
			die("MAX_OPERATIONS");
		snprintf(operations[nr_operations++], NAME, "%s", commands[i].name);
	}
}

static const struct row *row_of(const char *fault, const char *operation)
{
	const struct row *found = NULL;

	for (size_t i = 0; i < nr_rows; i++)
		if (!strcmp(rows[i].fault, fault) && !fnmatch(rows[i].operation, operation, 0))
			found = &rows[i];
	return found;
}

static bool is_first_of_fault(size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (!strcmp(rows[k].fault, rows[i].fault))
			return false;
	return true;
}

int main(int argc, char **argv)
{
	if (argc != 6) {
		fprintf(stderr, "usage: faults OPERATIONS FILECACHE INJECT TABLE LIMIT\n");
		return 2;
	}
	operate = argv[1];
	filecache = argv[2];
	inject = argv[3];
	read_table(argv[4]);
	limit_rows((unsigned int)atoi(argv[5]));
	list_operations();
	printf("| operation | fault | calls | seen |\n|---|---|---|---|\n");
	for (size_t i = 0; i < nr_rows; i++) {
		for (size_t k = 0; is_first_of_fault(i) && k < nr_operations; k++) {
			const struct row *row = row_of(rows[i].fault, operations[k]);

			if (row)
				cell(row, operations[k]);
		}
	}
	fprintf(stderr, "%lu runs, %lu with a fault, %lu not as expected\n", runs, faults_made,
		failures);
	return failures || !faults_made;
}
