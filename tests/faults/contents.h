/* SPDX-License-Identifier: MIT */
/* What the commands of the file cache have left in an image, and said. */
#ifndef KLOCK_TESTS_FAULTS_CONTENTS_H
#define KLOCK_TESTS_FAULTS_CONTENTS_H

#define CONTENTS_FILES 3u

struct contents {
	struct one {
		long size; /* -1: there is no such file */
		unsigned char *data;
	} file[CONTENTS_FILES]; /* "file" and "another" of the image "img"; "out" of get and read */
};

/* With the program `filecache`, in the current folder. */
void contents_read(struct contents *contents, const char *filecache);
void contents_free(struct contents *contents);

enum outcome { DONE, FAILED, FAILED_AS_A_WHOLE };

/*
 * NULL, or what is wrong. A command that was done has left what it leaves without a fault; of
 * one that failed each sector is what it was before or what it was to be, or each file is.
 */
const char *contents_compare(const struct contents *now, const struct contents *before,
			     const struct contents *after, enum outcome outcome);

#endif
