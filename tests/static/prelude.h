/* SPDX-License-Identifier: MIT */
/* What the functions of forms.tab use: a lock of each type, and what it guards. */
#include <klock.h>

static struct KLOCK_TAG(mutex) mutex = KLOCK_MUTEX_INITIALIZER(mutex);
static struct KLOCK_TAG(rw_semaphore) rwsem = KLOCK_RWSEM_INITIALIZER(rwsem);
static struct KLOCK_TAG(percpu_rw_semaphore) percpu = KLOCK_PERCPU_RWSEM_INITIALIZER(percpu, NULL);
static struct KLOCK_TAG(semaphore) units = KLOCK_SEMAPHORE_INITIALIZER(units, 2);

static int in_mutex KLOCK_GUARDED_BY(mutex);
static int in_rwsem KLOCK_GUARDED_BY(rwsem);
static int in_percpu KLOCK_GUARDED_BY(percpu);
static int *at_mutex KLOCK_PT_GUARDED_BY(mutex);

static struct KLOCK_TAG(kiocb) *iocb;

struct object {
	struct KLOCK_TAG(mutex) lock;
	struct KLOCK_TAG(rw_semaphore) sem;
	int inside KLOCK_MEMBER_GUARDED_BY(lock);
	int *pointed KLOCK_MEMBER_PT_GUARDED_BY(lock);
};

int use(int n);
int needs_mutex(int n) KLOCK_REQUIRES(mutex);
int needs_rwsem(int n) KLOCK_REQUIRES_SHARED(rwsem);
int takes_mutex(int n) KLOCK_EXCLUDES(mutex);
void enter_object(struct object *o) KLOCK_ACQUIRES(&o->lock);
void leave_object(struct object *o) KLOCK_RELEASES(&o->lock);
void enter_shared(struct object *o) KLOCK_ACQUIRES_SHARED(&o->sem);
void leave_shared(struct object *o) KLOCK_RELEASES_SHARED(&o->sem);
