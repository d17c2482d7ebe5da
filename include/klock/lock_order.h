/* SPDX-License-Identifier: MIT */
/*
 * The order in which a program means to take its locks, said in one place and
 * enforced from the first acquisition on; and what was seen, written out.
 *
 * A name is a class's as reports print it, with /1 for the nesting level 1:
 * "&inode->i_rwsem", or shorter "inode.i_rwsem", as a leading & makes no
 * difference and . stands for ->. A name is also a pattern of fnmatch(3), for
 * all classes that match. A class that no lock has yet is known by its name
 * when it appears.
 *
 * Context: any thread, not a signal handler. Nothing here sleeps or changes errno.
 * Since 0.1.
 */
#ifndef KLOCK_LOCK_ORDER_H
#define KLOCK_LOCK_ORDER_H

#include <klock/attributes.h>
#include <stdbool.h>

KLOCK_BEGIN_DECLS

/*
 * At file scope: LOCKDEP_ORDER("inode.i_rwsem", "mapping.invalidate_lock", "page");
 * Locks of the first name are taken before those of the second, and so on: whoever
 * waits for one while he holds one that comes after it is reported. It holds while the
 * module that says so is loaded, and does nothing while the checker is off.
 */
#define KLOCK_LOCKDEP_ORDER(...) KLOCK_ORDER_RECORD(__COUNTER__, __VA_ARGS__)

/*
 * The same, from now on and for good, in a function: klock_lockdep_order("a", "b").
 * Orders that were seen before, and are against it, are reported now.
 */
#define klock_lockdep_order(...)                                                                   \
	klock_lockdep_order_at(__FILE__, __LINE__, __VA_ARGS__, (const char *)0)

/* The names end with a null pointer; where they stand is for the reports. */
void klock_lockdep_order_at(const char *file, unsigned int line, const char *name, ...)
	__attribute__((sentinel));

/* What KLOCK_LOCKDEP_ORDER() makes; the last two belong to the checker. */
struct klock_order {
	const char *const *names; /* up to a null pointer */
	const char *file;
	unsigned int line;
	bool known;
	struct klock_order *next;
};

/* Called when the module is loaded and unloaded. */
void klock_lockdep_order_add(struct klock_order *order);
void klock_lockdep_order_del(struct klock_order *order);

#define KLOCK_ORDER_RECORD(nr, ...) KLOCK_ORDER_RECORD_(nr, __VA_ARGS__)
#define KLOCK_ORDER_RECORD_(nr, ...)                                                               \
	static const char *const klock_order_names_##nr[] = { __VA_ARGS__, NULL };                 \
	static struct klock_order klock_order_##nr = { klock_order_names_##nr, __FILE__, __LINE__, \
						       false, NULL };                              \
	__attribute__((constructor)) static void klock_order_add_##nr(void)                        \
	{                                                                                          \
		klock_lockdep_order_add(&klock_order_##nr);                                        \
	}                                                                                          \
	__attribute__((destructor)) static void klock_order_del_##nr(void)                         \
	{                                                                                          \
		klock_lockdep_order_del(&klock_order_##nr);                                        \
	}                                                                                          \
	enum { /* a division by 0: an order has two names or more */                               \
	       klock_order_has_two_##nr =                                                          \
		       1 / (sizeof(klock_order_names_##nr) > 2 * sizeof(char *)) }

/* What klock_lockdep_dump() writes. */
enum klock_dump_format {
	KLOCK_DUMP_TEXT, /* for klock-lockdep(1); like the kernel's /proc/lockdep* */
	KLOCK_DUMP_JSON,
	KLOCK_DUMP_DOT, /* for Graphviz */
};

/*
 * Writes the classes, the orders seen and declared, and what they cost. All as of one
 * moment, while other threads go on. Returns 0; -1 and errno: EINVAL no such format,
 * ENODATA the checker is off, ENOMEM, or what write(2) says.
 */
int klock_lockdep_dump(int fd, enum klock_dump_format format);

#ifndef KLOCK_NO_KERNEL_NAMES
#define LOCKDEP_ORDER(...) KLOCK_LOCKDEP_ORDER(__VA_ARGS__)
#endif

KLOCK_END_DECLS

#endif
