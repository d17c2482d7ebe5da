/* SPDX-License-Identifier: MIT */
/* What a lock carries so that reports can name it: its class key. */
#ifndef KLOCK_LOCKDEP_TYPES_H
#define KLOCK_LOCKDEP_TYPES_H

#include <klock/attributes.h>

/*
 * The identity of a lock class: one static object per initialisation site
 * (the init_*() macros make it), or one of the caller's own. Zeroed before its
 * first use, and in memory that outlives every lock initialised with it.
 */
struct lock_class_key {
	unsigned char kind; /* what stands here: see KLOCK_REF_* */
	const char *name;   /* of the class, as the initialiser was given it */
	void *class_data;   /* belongs to the checker */
};

/*
 * Eight bytes in each lock. `ref` points at a struct lock_class_key, or, in a
 * statically initialised lock, at a string literal; the first byte tells them, and
 * what else there is, apart, so that a static lock needs no second object: it is
 * its own class.
 */
struct lockdep_map {
	const void *ref;
};

enum {
	KLOCK_REF_NEW_KEY = 0,    /* a zeroed key */
	KLOCK_REF_STATIC_NAME = 1, /* a string: this byte, then the name */
	KLOCK_REF_KEY = 2,         /* a key whose name is set */
	KLOCK_REF_STATIC_KEY = 4,  /* the checker's: what a static lock's name made way for */
	KLOCK_REF_ALIAS = 3,       /* the checker's: a key, and what was set for the lock */
	KLOCK_REF_STATIC_MAP = 5,  /* a struct klock_static_map */
};

/* What a map by STATIC_LOCKDEP_MAP_INIT() points at until its first use. Begins as a key does. */
struct klock_static_map {
	unsigned char kind; /* KLOCK_REF_STATIC_MAP */
	const char *name;
	void *class_data; /* NULL */
	struct lock_class_key *key;
};

#define KLOCK_STATIC_MAP(lockname) { "\001" #lockname }

/* Nesting level of the _nested() forms that kernel code uses most. */
#define KLOCK_SINGLE_DEPTH_NESTING 1

#ifndef KLOCK_NO_KERNEL_NAMES
#ifndef SINGLE_DEPTH_NESTING
#define SINGLE_DEPTH_NESTING KLOCK_SINGLE_DEPTH_NESTING
#endif
#endif

#endif
