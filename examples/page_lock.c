/* SPDX-License-Identifier: MIT */
/*
 * A lock in one bit, as the kernel's page lock: a million pages need no room
 * for a million locks. The page is locked while it is read in, and whoever
 * needs its contents waits for the bit.
 *
 * Output:
 *	4 readers, 1 of them filled the page
 *	contents: hello
 */
#include <klock/wait_bit.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum page_flags { PG_locked, PG_uptodate };
enum { READERS = 4 };

struct page {
	unsigned long flags;
	char data[16]; /* written under PG_locked; constant once PG_uptodate is set */
};

static struct page page;
static int fills; /* under PG_locked */

static void unlock_page(struct page *p)
{
	clear_bit_unlock(PG_locked, &p->flags);
	wake_up_bit(&p->flags, PG_locked);
}

/* The kernel's filemap_update_page() in small: lock, look again, fill. */
static int read_page(struct page *p)
{
	int err;

	if (test_bit_acquire(PG_uptodate, &p->flags))
		return 0;
	err = wait_on_bit_lock(&p->flags, PG_locked, TASK_KILLABLE);
	if (err)
		return err;
	if (!test_bit(PG_uptodate, &p->flags)) { /* not while we waited */
		strcpy(p->data, "hello");
		fills++;
		klock_set_bit_release(PG_uptodate, &p->flags);
	}
	unlock_page(p);
	return 0;
}

static void *reader(void *unused)
{
	(void)unused;
	return read_page(&page) ? NULL : page.data;
}

int main(void)
{
	pthread_t threads[READERS];
	void *data = NULL;

	klock_bit_word_init(&page.flags); /* so that Helgrind and DRD know the word */
	for (int i = 0; i < READERS; i++)
		if (pthread_create(&threads[i], NULL, reader, NULL))
			return 1;
	for (int i = 0; i < READERS; i++)
		pthread_join(threads[i], &data);
	printf("%d readers, %d of them filled the page\n", READERS, fills);
	printf("contents: %s\n", data ? (char *)data : "none");
	klock_bit_word_exit(&page.flags);
	return 0;
}
