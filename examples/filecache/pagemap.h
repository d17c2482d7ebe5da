/* SPDX-License-Identifier: MIT */
/* Pages, and the index of a file's pages. */
#ifndef FILECACHE_PAGEMAP_H
#define FILECACHE_PAGEMAP_H

#include <klock/iocb.h>
#include <klock/lockdep.h>
#include <klock/mutex.h>
#include <klock/rwsem.h>
#include <klock/wait_bit.h>

#include "image.h"
#include "list.h"
#include "xarray.h"

#ifndef PAGE_SIZE /* musl's <limits.h> has it too */
#define PAGE_SIZE 4096
#endif
#define PAGE_SHIFT 12
_Static_assert(PAGE_SIZE == 1 << PAGE_SHIFT, "a page is 4096 bytes here");

typedef uint64_t pgoff_t;

/* Bits of page->flags. All but LOCKED, UPTODATE and REFERENCED change under the page lock only. */
enum page_flag {
	PG_locked,     /* taken by wait_on_bit_lock() */
	PG_uptodate,   /* the data are the file's; set with release order, never cleared */
	PG_dirty,      /* the data are newer than the disk's */
	PG_error,      /* the last read or write of it failed */
	PG_referenced, /* used since the LRU looked last; a hint */
	PG_readahead,  /* whoever meets it starts the next window */
	PG_mapped,     /* some memory mapping has a copy of it, or SIGBUS in its place */
	PG_reserved,   /* a free block is promised to it; only while dirty */
};

struct page {
	unsigned long flags;
	unsigned long refcount;	       /* one is the index's; taken under i_pages_lock */
	struct address_space *mapping; /* NULL once it was taken out; page lock and i_pages_lock */
	pgoff_t index;		       /* constant */
	struct lockdep_map dep_map;    /* PG_locked, for the checker of lock orders */
	/*
	 * Readers copy out of `data` without the page lock, which would make them
	 * wait for writeback and for each other. The kernel lets them race with a
	 * writer; C does not, so the copies hold this.
	 */
	struct rw_semaphore content;
	struct list_head lru; /* image->lru_lock */
	unsigned char *data;  /* [PAGE_SIZE] */
};
_Static_assert(sizeof(struct page) <= 104, "with its data, a page costs 4.1 KB");

/* The last error of a file's writeback; wb_err.c. */
struct wb_err {
	uint64_t seq; /* how many there have been */
	int err;
	bool seen; /* somebody has been told */
};

struct address_space {
	struct inode *host;

	/*
	 * Shared: bring pages in. Exclusive: drop pages and free their blocks, as one
	 * step. After i_rwsem and mmap_lock, before any page lock.
	 */
	struct rw_semaphore invalidate_lock;

	struct mutex i_pages_lock; /* the index, and its lookups' reference counts */
	struct xarray i_pages;	   /* page index -> struct page */
	unsigned long nrpages;
	uint64_t hits, misses;
	struct wb_err wb_err; /* of writeback; image->stat_lock */

	struct rw_semaphore i_mmap_rwsem; /* the list, and what its mappings map */
	struct list_head i_mmap;	  /* struct vm_area_struct */
};

/* Returned inside the engine: the page was taken out of the file while it was waited for. */
#define AOP_TRUNCATED_PAGE 0x80001

void address_space_init(struct address_space *mapping, struct inode *host);

/* page.c: pages by themselves. */
struct page *page_alloc(pgoff_t index); /* locked, one reference; NULL: no memory */
void get_page(struct page *page);
void put_page(struct page *page);
bool trylock_page(struct page *page);
int lock_page_killable(struct image *image, struct page *page); /* 0 or -EINTR */
void lock_page(struct image *image, struct page *page);
void unlock_page(struct page *page);
int wait_on_page_locked_killable(struct image *image, struct page *page);

/* page_index.c: the index. find_* return a page with a reference for the caller, or NULL. */
struct page *find_get_page(struct address_space *mapping, pgoff_t index);
/* The first page at or after `index` and not after `last`. */
struct page *find_get_next_page(struct address_space *mapping, pgoff_t index, pgoff_t last);
/* Adds a locked page from page_alloc(). -EEXIST: there is one; -ENOMEM. */
int add_to_page_cache_lru(struct address_space *mapping, struct page *page);
/* Takes a locked page out of index and LRU. The index's reference goes with it. */
void delete_from_page_cache(struct page *page);
/* The same, if nobody but the caller has a reference. The page is clean. */
bool remove_mapping(struct page *page);

/*
 * page_lru.c: the limit. Evicts until there is room for a page; with `may_write`, dirty pages
 * too, and otherwise without waiting. False: there is no room.
 */
bool shrink_page_list(struct image *image, bool may_write);
/*
 * The same for a request: -EAGAIN when there is no room without what `ki_flags` forbid. With
 * IOCB_WRITE also why dirty pages cannot be written that would have to go: a page more, which
 * could not go either, would break the limit.
 */
int make_room(struct image *image, int ki_flags);
/*
 * Between the two, reclaim of this thread writes nothing and waits for nobody, whatever it is
 * told: for callers with pages that they have locked and not yet begun to read. Nests.
 */
unsigned int memalloc_nofs_save(void);
void memalloc_nofs_restore(unsigned int old);
void mark_page_accessed(struct page *page);

/*
 * filemap.c, the lock of the fillers and of those that drop pages. Switched off, none is
 * taken: what the tools are told is what is done otherwise.
 */
int filemap_invalidate_lock_shared_iocb(const struct kiocb *iocb, struct address_space *mapping)
	KLOCK_TRY_ACQUIRES_SHARED(0, &mapping->invalidate_lock) KLOCK_NO_ANALYSIS;
void filemap_invalidate_lock_shared(struct address_space *mapping)
	KLOCK_ACQUIRES_SHARED(&mapping->invalidate_lock) KLOCK_NO_ANALYSIS;
void filemap_invalidate_unlock_shared(struct address_space *mapping)
	KLOCK_RELEASES_SHARED(&mapping->invalidate_lock) KLOCK_NO_ANALYSIS;
int filemap_invalidate_lock_killable(struct address_space *mapping)
	KLOCK_TRY_ACQUIRES(0, &mapping->invalidate_lock) KLOCK_NO_ANALYSIS;
void filemap_invalidate_unlock(struct address_space *mapping)
	KLOCK_RELEASES(&mapping->invalidate_lock) KLOCK_NO_ANALYSIS;

/*
 * filemap.c: reads a locked page that is not uptodate; 0, -EAGAIN (IOCB_NOWAIT
 * in `ki_flags`), or an I/O error. The page stays locked.
 */
int filemap_read_page(struct address_space *mapping, struct page *page, int ki_flags);

/*
 * write.c: finds or makes page `index`, and locks it as `ki_flags` allow; 0,
 * -EAGAIN, -EINTR or -ENOMEM. *result has a reference and is in the file.
 */
int grab_cache_page(struct address_space *mapping, pgoff_t index, int ki_flags,
		    struct page **result);

/*
 * writeback.c: writes a locked dirty page; it stays locked, and dirty on an error.
 * Nothing is done, and 0 returned, for one behind the end: a truncate is about to drop it.
 */
int write_page(struct address_space *mapping, struct page *page);
/*
 * The same on behalf of those who wrote into the page: they are told of an error. And for the
 * dirty pages right after it, up to `last`, that can be locked without waiting: as few writes
 * as they have runs of blocks on disk.
 */
int writeback_pages(struct address_space *mapping, struct page *page, pgoff_t last);
/* Promises a block to a locked page that is about to be dirty. -ENOSPC. */
int reserve_page_block(struct address_space *mapping, struct page *page);
/* Marks a locked page, which must be uptodate, and takes it out of memory mappings. */
void set_page_dirty(struct page *page);
/* Takes the dirty state off a locked page that is dropped, its promise too. */
void cancel_dirty_page(struct address_space *mapping, struct page *page);

/* wb_err.c: the file's writeback has failed; the file has gone, and its errors with it. */
void mapping_set_error(struct address_space *mapping, int err);
void mapping_forget_error(struct address_space *mapping);
/* What a file that is opened now has been told. */
uint64_t filemap_sample_wb_err(struct address_space *mapping);
/* An error of writeback that this file has not been told of, or 0. */
struct file;
int file_check_and_advance_wb_err(struct file *file);
/* One that nobody has been told of, of the whole image. */
int image_check_wb_err(struct image *image);

/* Makes what lies behind the end of the file in a page just read zero. */
void zero_beyond_end(struct inode *inode, struct page *page);

/*
 * truncate.c: before the file grows, the rest of its last block has to be zero on
 * disk. i_rwsem is held. 0 or an I/O error.
 */
int settle_tail(struct inode *inode);

/* truncate.c: drops pages [first, last]. invalidate_lock held exclusive. */
void truncate_inode_pages_range(struct address_space *mapping, pgoff_t first, pgoff_t last);

/*
 * truncate.c: `inode` gets the blocks and size of `from`, all of whose pages are clean, and
 * frees its own, as one step. Nobody else uses `from`, which is left without blocks. -EINTR,
 * then `inode` is unchanged.
 */
int filemap_replace(struct inode *inode, struct inode *from);

#endif
