/* SPDX-License-Identifier: MIT */
/*
 * A page cache over an image file: everything a program needs of it.
 *
 *	image.h    the image: make, open, close, check; counters; switches
 *	fs.h       its files: look up, create, remove; struct file
 *	filemap.h  read, write, readahead, fsync, truncate, punch
 *	mm.h       memory mappings, served by userfaultfd
 *	pagemap.h  pages and the index of pages: the inside, for tests
 *	xarray.h   index -> pointer, what page index and block map are made of
 *
 * All functions return 0, a count, or a negative errno as the kernel's do.
 * cache_error() has the text for the last one that failed in this thread.
 *
 * Lock order
 * ----------
 * A lock is taken only while those above it that are held are in this order:
 *
 *	mm->mmap_lock                     (struct mm, rwsem)
 *	  inode->i_rwsem                  (struct inode, rwsem)
 *	    mapping->invalidate_lock      (struct address_space, rwsem)
 *	      page lock                   (PG_locked in page->flags; ascending index)
 *	        mapping->i_mmap_rwsem     (the memory mappings of a file, rwsem)
 *	        page->content             (the 4096 bytes, rwsem)
 *	        image->commit_lock        (one commit at a time, mutex)
 *	          image->map_lock         (block maps and allocator, mutex)
 *	        mapping->i_pages_lock     (the index of pages, mutex)
 *	          image->lru_lock         (the LRU list, mutex)
 *	        inode->i_size_lock        (mutex)
 *	        image->stat_lock          (counters, mutex)
 *
 * The last four are leaves: nothing that sleeps for long is done under them.
 *
 * Which operation takes which lock, and how
 * -----------------------------------------
 * S shared, X exclusive, K killable, T tried only (IOCB_NOWAIT), - not taken.
 *
 *	operation                 i_rwsem  invalidate_lock        page lock
 *	filemap_read, page there  -        -                      -
 *	filemap_read, page not    -        S K T iocb_read_lock   X K T
 *	page_cache_readahead      -        S K T iocb_read_lock   X (new pages only)
 *	filemap_fault, page there -        -                      X
 *	filemap_fault, page not   -        S                      X
 *	filemap_write             X K T    -                      X K T
 *	filemap_truncate          X K      X K                    X
 *	filemap_punch_hole        X K      X K                    X
 *	filemap_fsync             -        -                      X K
 *	eviction                  -        -                      T
 *
 * A write needs no invalidate_lock to fill the page it changes in part: i_rwsem
 * keeps truncate and punch away. They hold invalidate_lock exclusive from before
 * the first page is dropped until the last block is free. Without it a reader
 * that looked a block up before it was freed puts what the block holds by then
 * into a page inserted after the pages were dropped: stale data.
 */
#ifndef FILECACHE_H
#define FILECACHE_H

#include "filemap.h"
#include "fs.h"
#include "image.h"
#include "mm.h"
#include "pagemap.h"

#endif
