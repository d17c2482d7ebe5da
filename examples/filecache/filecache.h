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
 * declares it, and lockdep holds every run to it:
 *
 *	image->name_lock                  (mutex: names and use counts of files)
 *	  inode->i_rwsem                  (rwsem: one writer, truncate or punch of a file)
 *	    mm->mmap_lock                 (rwsem: the memory mappings of an image)
 *	      mapping->invalidate_lock    (rwsem: pages come in, or go with their blocks)
 *	        page lock                 (PG_locked in page->flags; ascending index)
 *	          mapping->i_mmap_rwsem   (rwsem: the memory mappings of a file)
 *	            page->content         (rwsem: the 4096 bytes; readers take it alone)
 *	          image->commit_lock      (mutex: one commit at a time)
 *	            image->map_lock       (short: block maps and allocator)
 *	          mapping->i_pages_lock   (short: the index of pages)
 *	            image->lru_lock       (short: the LRU list)
 *	          inode->i_size_lock      (short)
 *	          image->stat_lock        (short: counters)
 *
 * Nothing sleeps under a short lock (short_lock.h), so a request with IOCB_NOWAIT takes
 * them too. Of the others it only tries. lockdep checks both.
 *
 * Why i_rwsem cannot be the invalidate lock
 * -----------------------------------------
 * Truncate and punch hold i_rwsem already, so why not let a page fault, too, take it for
 * reading? A write holds i_rwsem while it copies from the caller's buffer. The buffer may
 * lie in a mapping, of this very file, and has to be faulted in: the fault takes mmap_lock,
 * and under that the lock that keeps truncate out. i_rwsem comes before mmap_lock by the
 * write, so the fault cannot take it after mmap_lock. Hence a lock of its own below
 * mmap_lock, which a write does not take.
 *
 * A fault drops mmap_lock before it waits for the disk or a lock, and is then tried again
 * (VM_FAULT_RETRY): those who map and unmap do not wait for the disk.
 *
 * Which operation takes which lock, and how
 * -----------------------------------------
 * S shared, X exclusive, K killable, T tried only (IOCB_NOWAIT), - not taken.
 *
 *	operation                 i_rwsem  invalidate_lock        page lock
 *	filemap_read, page there  -        -                      -
 *	filemap_read, page not    -        S K T iocb_read_lock   X K T
 *	page_cache_readahead      -        S K T iocb_read_lock   X (new pages only)
 *	filemap_fault, page there -        -                      X K
 *	filemap_fault, page not   -        S K                    X K
 *	filemap_write             X K T    -                      X K T
 *	filemap_truncate          X K      X K                    X
 *	filemap_punch_hole        X K      X K                    X
 *	filemap_fsync             -        -                      X K
 *	eviction                  -        -                      T
 *
 * (A fault can be killed when a write takes it for its buffer, not when a thread touched a
 * mapping.)
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
