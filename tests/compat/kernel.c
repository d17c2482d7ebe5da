/* SPDX-License-Identifier: MIT */
/*
 * Code as a kernel's would be: a small table of files with pages, by the kernel's includes and
 * names alone. With an argument it takes two of its locks in the wrong order.
 */
#define pr_fmt(fmt) "files: " fmt

#include <linux/bug.h>
#include <linux/cleanup.h>
#include <linux/debug_locks.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu-rwsem.h>
#include <linux/printk.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/semaphore.h>
#include <linux/types.h>
#include <linux/uio.h>
#include <linux/wait_bit.h>

#define NR_FILES 8
#define NR_PAGES 4
#define PG_locked 0

struct page {
	unsigned long flags;
	u32 value;
};

struct file_entry {
	struct rw_semaphore i_rwsem;
	struct mutex i_mutex;
	bool is_dir;
	u64 size;
	u64 nr_grown __guarded_by(&i_rwsem);
	struct page pages[NR_PAGES];
};

static DEFINE_MUTEX(table_lock);
static DECLARE_RWSEM(mount_sem);
static DEFINE_SEMAPHORE(io_units, 2);
DEFINE_STATIC_PERCPU_RWSEM(freeze_sem);

static struct file_entry files[NR_FILES];
static struct lock_class_key dir_key;
static struct lockdep_map flush_map = STATIC_LOCKDEP_MAP_INIT("flush", &flush_map);
static int nr_open __read_mostly;

DEFINE_GUARD(file, struct file_entry *, down_write(&_T->i_rwsem), up_write(&_T->i_rwsem))
DEFINE_GUARD_COND(file, _try, down_write_trylock(&_T->i_rwsem))
DEFINE_GUARD_COND(file, _kill, down_write_killable(&_T->i_rwsem), _RET == 0)

/* Guards that are structs: with what was there before, by an attempt, without a lock. */
DEFINE_LOCK_GUARD_1(file_in, struct file_entry,
		    down_write(&_T->lock->i_rwsem); _T->size = _T->lock->size,
		    _T->lock->size = _T->size; up_write(&_T->lock->i_rwsem), u64 size)
DEFINE_LOCK_GUARD_1_COND(file_in, _try, down_write_trylock(&_T->lock->i_rwsem))
DEFINE_LOCK_GUARD_1_COND(file_in, _kill, down_write_killable(&_T->lock->i_rwsem), _RET == 0)
DEFINE_LOCK_GUARD_0(mount, down_read(&mount_sem), up_read(&mount_sem))
static int depth;
DEFINE_LOCK_GUARD_0(deeper, _T->was = depth++, depth = _T->was, int was)
/* What is taken if there is something to take. */
DEFINE_GUARD(maybe, struct mutex *, if (_T) mutex_lock(_T), mutex_unlock(_T))
EXTEND_CLASS(file, _of, ({ down_write(&files[n].i_rwsem); &files[n]; }), unsigned int n)

static void put_count(int *count)
{
	--*count;
}
DEFINE_FREE(count, int *, if (_T) put_count(_T))
DEFINE_CLASS(table, struct mutex *, mutex_unlock(_T), ({ mutex_lock(lock); lock; }),
	     struct mutex *lock)

static int __init files_init(void)
{
	int i;

	for (i = 0; i < NR_FILES; i++) {
		init_rwsem(&files[i].i_rwsem);
		mutex_init(&files[i].i_mutex);
		files[i].is_dir = i % 2;
		if (files[i].is_dir)
			lockdep_set_class_and_name(&files[i].i_rwsem, &dir_key, "dir_rwsem");
	}
	BUILD_BUG_ON(NR_PAGES > 64);
	pr_debug("%d files\n", NR_FILES);
	return 0;
}
module_init(files_init);

static void __exit files_exit(void)
{
	WARN_ON(nr_open);
}
module_exit(files_exit);

static struct file_entry *file_open(unsigned int n)
{
	if (unlikely(n >= ARRAY_SIZE(files)))
		return ERR_PTR(-ENOENT);
	might_sleep();
	scoped_guard(mutex, &table_lock) {
		lockdep_assert_held(&table_lock);
		nr_open++;
	}
	return &files[n];
}
EXPORT_SYMBOL_GPL(file_open);

static void file_close(struct file_entry *file)
{
	CLASS(table, held)(&table_lock);

	WARN_ON_ONCE(IS_ERR_OR_NULL(file));
	lockdep_assert_held_write(&table_lock);
	nr_open--;
}

static struct file_entry *file_of_mutex(struct mutex *m)
{
	return container_of(m, struct file_entry, i_mutex);
}

static int lock_page_killable(struct page *page)
{
	if (!test_and_set_bit_lock(PG_locked, &page->flags))
		return 0;
	return wait_on_bit_lock(&page->flags, PG_locked, TASK_KILLABLE);
}

static void unlock_page(struct page *page)
{
	clear_bit_unlock(PG_locked, &page->flags);
	wake_up_bit(&page->flags, PG_locked);
}

static void file_grow(struct file_entry *file, u64 size) __must_hold(&file->i_rwsem)
{
	file->size = max(file->size, size);
	file->nr_grown++;
}

static ssize_t file_write(struct kiocb *iocb, struct file_entry *file, u32 value)
{
	struct page *page = &file->pages[iocb->ki_pos % NR_PAGES];
	int ret;

	percpu_down_read(&freeze_sem);
	ret = iocb_write_lock(iocb, &file->i_rwsem);
	if (ret)
		goto thaw;
	ret = lock_page_killable(page);
	if (ret)
		goto unlock;
	WRITE_ONCE(page->value, value);
	file_grow(file, (u64)iocb->ki_pos + 1);
	unlock_page(page);
	ret = sizeof(value);
unlock:
	up_write(&file->i_rwsem);
thaw:
	percpu_up_read(&freeze_sem);
	return ret;
}

static int file_read(struct file_entry *file, loff_t pos, u32 *value)
{
	int ret = down_read_killable(&file->i_rwsem);

	if (ret)
		return ret;
	lockdep_assert_held_read(&file->i_rwsem);
	lockdep_assert(!lockdep_is_held(&table_lock) || !debug_locks);
	if ((u64)pos < file->size)
		*value = READ_ONCE(file->pages[pos % NR_PAGES].value);
	else
		ret = -EINVAL;
	up_read(&file->i_rwsem);
	return ret;
}

static void file_copy(struct file_entry *to, struct file_entry *from)
{
	unsigned long flags;

	mutex_lock(&to->i_mutex);
	mutex_lock_nested(&from->i_mutex, SINGLE_DEPTH_NESTING);
	down_write(&to->i_rwsem);
	down_read_nested(&from->i_rwsem, SINGLE_DEPTH_NESTING);
	local_irq_save(flags);
	to->size = file_of_mutex(&from->i_mutex)->size;
	local_irq_restore(flags);
	up_read(&from->i_rwsem);
	downgrade_write(&to->i_rwsem);
	up_read(&to->i_rwsem);
	mutex_unlock(&from->i_mutex);
	mutex_unlock(&to->i_mutex);
}

static int files_freeze(void)
{
	int *count __free(count) = &nr_open;

	if (fatal_signal_pending(current))
		return -EINTR;
	++*count;
	percpu_down_write(&freeze_sem);
	lock_map_acquire(&flush_map);
	lock_map_release(&flush_map);
	percpu_up_write(&freeze_sem);
	return 0;
}

static int file_try(struct file_entry *file)
{
	scoped_cond_guard(file_try, return -EAGAIN, file)
		file->size++;
	scoped_cond_guard(file_kill, return -EINTR, file)
		file->size--;
	guard(file)(file);
	return file->size ? 0 : -ENOENT;
}

static int file_of_nr(unsigned int n)
{
	CLASS(file_of, file)(n);

	return rwsem_is_locked(&file->i_rwsem);
}

static int file_guards(struct file_entry *file)
{
	int entered = 0;

	scoped_guard(file_in, file) {
		BUG_ON(!rwsem_is_locked(&file->i_rwsem));
		file->size += 7;
		scoped_guard(file_in_try, file)
			BUG();
		scoped_cond_guard(file_in_try, entered++, file)
			BUG();
		BUG_ON(!rwsem_is_locked(&file->i_rwsem));
		scoped_guard(mount) {
			BUG_ON(!rwsem_is_locked(&mount_sem));
			break;
		}
		BUG_ON(rwsem_is_locked(&mount_sem) || entered++ != 1);
	}
	BUG_ON(rwsem_is_locked(&file->i_rwsem) || file->size != 3);
	scoped_cond_guard(file_in_kill, return -EINTR, file)
		entered++;
	scoped_guard(file_in_kill, file) {
		CLASS(file_in_try, attempt)(file);
		CLASS(deeper, first)();
		guard(deeper)();

		BUG_ON(attempt.lock || first.was || depth != 2);
	}
	BUG_ON(depth || rwsem_is_locked(&file->i_rwsem));
	scoped_guard(maybe, NULL)
		scoped_guard(maybe, &table_lock)
			entered += mutex_is_locked(&table_lock);
	BUG_ON(!file_of_nr(3) || rwsem_is_locked(&file->i_rwsem) || mutex_is_locked(&table_lock));
	return entered;
}

static int files_in_wrong_order(void)
{
	down_write(&mount_sem);
	mutex_lock(&table_lock);
	mutex_unlock(&table_lock);
	up_write(&mount_sem);
	mutex_lock(&table_lock);
	down_read(&mount_sem);
	up_read(&mount_sem);
	mutex_unlock(&table_lock);
	return 0;
}

int main(int argc, char **argv)
{
	struct kiocb iocb = { .ki_pos = 2, .ki_flags = IOCB_NOWAIT };
	struct file_entry *file = file_open(3), *other = file_open(5);
	u32 value = 0;

	(void)argv;
	BUG_ON(!IS_ERR(file_open(NR_FILES)) || PTR_ERR(file_open(NR_FILES)) != -ENOENT);
	BUG_ON(!lockdep_match_class(&file->i_rwsem, &dir_key));
	BUG_ON(file_write(&iocb, file, 42) != sizeof(value));
	if (WARN(file_read(file, 2, &value) || value != 42, "read %u\n", value))
		return 1;
	BUG_ON(file_read(file, 3, &value) != -EINVAL);
	file_copy(other, file);
	if (down_trylock(&io_units))
		return 1;
	msleep(1);
	up(&io_units);
	BUG_ON(files_freeze() || file_try(file) || other->size != 3);
	BUG_ON(file_guards(file) != 4);
	file_close(file);
	file_close(other);
	cond_resched();
	if (signal_pending(current))
		return 1;
	if (argc > 1)
		files_in_wrong_order();
	printk(KERN_INFO "%d open, %s\n", nr_open, debug_locks ? "no reports" : "reports");
	return nr_open != 0;
}
