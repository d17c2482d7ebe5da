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
 * A lock is taken only while those above it that are held are in this order. image.c
 * declares it, but for the page lock, and lockdep holds every run to it:
 *
 *	mm->mmap_lock                     (rwsem: the memory mappings of an image)
 *	  image->name_lock                (mutex: names and use counts of files)
 *	    inode->i_rwsem                (rwsem: one writer, truncate or punch of a file)
 *	      mapping->invalidate_lock    (rwsem: pages come in, or go with their blocks)
 *	        page lock                 (PG_locked in page->flags; ascending index)
 *	          mapping->i_mmap_rwsem   (rwsem: the memory mappings of a file)
 *	          page->content           (rwsem: the 4096 bytes; readers take it alone)
 *	          image->commit_lock      (mutex: one commit at a time)
 *	            image->map_lock       (mutex: block maps and allocator)
 *	          mapping->i_pages_lock   (mutex: the index of pages)
 *	            image->lru_lock       (mutex: the LRU list)
 *	          inode->i_size_lock      (mutex)
 *	          image->stat_lock        (mutex: counters)
 *
 * No I/O is done under map_lock, i_pages_lock, lru_lock, i_size_lock and
 * stat_lock: a request with IOCB_NOWAIT takes them too.
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
