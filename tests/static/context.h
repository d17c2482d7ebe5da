/* SPDX-License-Identifier: MIT */
/* What the functions of context.tab use: a lock, what it guards, and who takes it. */
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>

struct object {
	struct mutex lock;
	struct rw_semaphore sem;
	int inside __guarded_by(&lock);
	int shared __guarded_by(&sem);
	int *pointed __pt_guarded_by(&lock);
};

void enter(struct object *o) __acquires(&o->lock);
void leave(struct object *o) __releases(&o->lock);
void enter_shared(struct object *o) __acquires_shared(&o->sem);
void leave_shared(struct object *o) __releases_shared(&o->sem);
void enter_both(struct object *o) __acquires(&o->lock, &o->sem);
int needs(struct object *o) __must_hold(&o->lock);
int needs_shared(struct object *o) __must_hold_shared(&o->sem);
int enters(struct object *o) __must_not_hold(&o->lock);
bool try_true(struct object *o) __cond_acquires(true, &o->lock);
bool try_false(struct object *o) __cond_acquires(false, &o->lock);
int try_zero(struct object *o) __cond_acquires(0, &o->lock);
int try_nonzero(struct object *o) __cond_acquires(nonzero, &o->lock);
void *try_nonnull(struct object *o) __cond_acquires(nonnull, &o->lock);
void *try_null(struct object *o) __cond_acquires(NULL, &o->lock);
bool try_shared(struct object *o) __cond_acquires_shared(true, &o->sem);
bool done(struct object *o) __cond_releases(true, &o->lock);
