/* SPDX-License-Identifier: MIT */
/*
 * What the engine asks of the host, seen and failed from below: calls on one file, the image,
 * are recorded, and fail as a plan says. The linker puts host.c under the engine, which knows
 * nothing of it (--wrap, in local.mk). Calls on other files go through.
 */
#ifndef KLOCK_TESTS_FC_HOST_H
#define KLOCK_TESTS_FC_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum host_call { HOST_READ, HOST_WRITE, HOST_SYNC, HOST_RESIZE, HOST_CALLS };

enum host_event_kind {
	EVENT_WRITE,
	EVENT_RESIZE,
	EVENT_SYNC,
	EVENT_SYNC_FAILED, /* what was written before may be lost, whatever a later sync says */
	EVENT_NOTE,	   /* of the program: see host_note() */
};

struct host_event {
	enum host_event_kind kind;
	off_t pos; /* a resize: the size */
	size_t len;
	unsigned char *data;
	void *note;
};

/* The record of the file at `path` begins; an older one ends. Not while other threads use it. */
void host_watch(const char *path);
/* Puts a note between the calls. */
void host_note(void *note);

extern struct host_event *host_events;
extern size_t host_nr_events;

/* How a call fails. */
enum host_failure {
	FAIL_ERRNO,    /* it does nothing and fails with `error` */
	FAIL_INSIDE,   /* it does half of it and fails with `error`, a sync all of it */
	FAIL_SHORT,    /* it does half of it and returns how much that was; a sync does all */
	FAIL_NOTHING,  /* it does nothing and returns 0: the file takes no more, or ends there */
};

struct host_fault {
	enum host_call call;
	unsigned long nth; /* from 1 on, counted from host_fail() on */
	bool lasting;	   /* and all such calls after it */
	enum host_failure how;
	int error;
};

/* NULL: no call fails any more. Not while other threads use the file. */
void host_fail(const struct host_fault *fault);
/* No call of this thread fails, or is counted, until it resumes. */
void host_pause(void);
void host_resume(void);
/* Calls that have failed since host_fail(). */
unsigned long host_nr_failed(void);

#endif
