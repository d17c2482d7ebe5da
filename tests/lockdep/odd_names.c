/* SPDX-License-Identifier: MIT */
/*
 * Classes whose names have each byte, and what XML, terminals and UTF-8 do not allow.
 *
 * usage: odd_names dump text|json|dot | lockstat text|json | report | bug | show
 */
#include <klock.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

static const char *const odd[] = {
	"\xff\xfe", "\xed\xa0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
	"\xef\xbf\xbe", "\xef\xbf\xbf", "\xc2\x9b\x33\x31m", "\x1b[31m", "a\nclass\t9\tforged",
	"</text>", "a&b", "&lt;", "&#1;", "&#xd800;", "&nosuch;", "]]>", "\\N\\G", "\\", "\"",
	"\xe2\x82", "\xc3", "\xf0\x9f\x98", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "",
};

enum { ODD = sizeof(odd) / sizeof(odd[0]), BYTES = 255, LOCKS = BYTES + ODD + 1 };

static struct lock_class_key keys[LOCKS];
static struct mutex locks[LOCKS];
static char names[LOCKS][400];

static void make_names(void)
{
	char *longest = names[LOCKS - 1];

	for (int i = 0; i < BYTES; i++)
		snprintf(names[i], sizeof(names[i]), "b%cx", i + 1);
	for (int i = 0; i < ODD; i++)
		strcpy(names[BYTES + i], odd[i]);
	for (int i = 0; i < 399; i++) /* wherever it is cut, that is within a character */
		longest[i] = "\xe2\x82\xac"[i % 3];
}

static void nest(int outer, int inner)
{
	mutex_lock(&locks[outer]);
	mutex_lock(&locks[inner]);
	mutex_unlock(&locks[inner]);
	mutex_unlock(&locks[outer]);
}

static void *show(void *arg)
{
	(void)arg;
	klock_show_locks();
	return NULL;
}

static int lockstat(const char *format)
{
	for (int i = 0; i < LOCKS; i++)
		nest(i, (i + 1) % LOCKS);
	return klock_lockstat_dump(1, strcmp(format, "json") ? KLOCK_LOCKSTAT_TEXT
							     : KLOCK_LOCKSTAT_JSON) != 0;
}

static int dump(const char *format)
{
	klock_debug_locks_silent = 1;
	for (int i = 0; i + 1 < LOCKS; i++)
		nest(i, i + 1);
	nest(1, 0);
	return klock_lockdep_dump(1, !strcmp(format, "json")  ? KLOCK_DUMP_JSON
				     : !strcmp(format, "dot") ? KLOCK_DUMP_DOT
							      : KLOCK_DUMP_TEXT) != 0;
}

/* All held at once, in reports and lists. */
static int held(const char *what)
{
	pthread_t thread;

	for (int i = 1; i < LOCKS; i++)
		mutex_lock(&locks[i]);
	if (!strcmp(what, "report")) {
		for (int i = LOCKS - 1; i > 0; i--)
			mutex_unlock(&locks[i]);
		for (int i = 0; i + 1 < LOCKS; i++)
			nest(i + 1, i);
	} else if (pthread_create(&thread, NULL, show, NULL) || pthread_join(thread, NULL)) {
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	prctl(PR_SET_NAME, "th\xff\n\x1b<&");
	make_names();
	for (int i = 0; i < LOCKS; i++)
		klock_mutex_init(&locks[i], names[i], &keys[i]);
	if (!strcmp(argv[1], "lockstat"))
		return lockstat(argv[2]);
	if (!strcmp(argv[1], "dump"))
		return dump(argv[2]);
	if (strcmp(argv[1], "bug"))
		return held(argv[1]);
	for (int i = 0; i < LOCKS; i++)
		mutex_unlock(&locks[i]);
	return 0;
}
