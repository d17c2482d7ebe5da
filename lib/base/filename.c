/* SPDX-License-Identifier: MIT */
#include "base/filename.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool klock_filename_has_pid(const char *file)
{
	return strstr(file, "%p");
}

bool klock_filename_whole(const char *file, char name[KLOCK_FILENAME_MAX])
{
	size_t used = 0;

	if (!*file) {
		errno = ENOENT;
		return false;
	}
	if (*file != '/') {
		if (!getcwd(name, KLOCK_FILENAME_MAX))
			return false;
		used = strlen(name);
		if (used + 1 < KLOCK_FILENAME_MAX)
			name[used++] = '/';
	}
	if (used + strlen(file) >= KLOCK_FILENAME_MAX) {
		errno = ENAMETOOLONG;
		return false;
	}
	strcpy(name + used, file);
	return true;
}

/* With the number in place of %p. */
static bool expand(const char *file, char name[KLOCK_FILENAME_MAX])
{
	size_t used = 0;

	while (*file) {
		bool pid = file[0] == '%' && file[1] == 'p';
		size_t left = KLOCK_FILENAME_MAX - used;
		int n = pid ? snprintf(name + used, left, "%d", (int)getpid()) :
			      snprintf(name + used, left, "%c", *file);

		used += (size_t)n;
		if (used >= KLOCK_FILENAME_MAX) {
			errno = ENAMETOOLONG;
			return false;
		}
		file += pid ? 2 : 1;
	}
	name[used] = '\0';
	return true;
}

int klock_filename_open(const char *file, int flags)
{
	char name[KLOCK_FILENAME_MAX];

	if (!expand(file, name))
		return -1;
	return open(name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | flags, 0666);
}

/* Whether a file can be made in the folder of that name. */
static int check_folder(char *name)
{
	char *slash = strrchr(name, '/');

	if (slash && !slash[1])
		return EISDIR;
	if (slash)
		slash[slash == name] = '\0';
	return eaccess(slash ? name : ".", W_OK | X_OK) ? errno : 0;
}

int klock_filename_check(const char *file)
{
	char name[KLOCK_FILENAME_MAX];
	struct stat st;

	if (!*file)
		return ENOENT;
	if (!expand(file, name))
		return errno;
	if (stat(name, &st))
		return errno == ENOENT ? check_folder(name) : errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	return eaccess(name, W_OK) ? errno : 0;
}
