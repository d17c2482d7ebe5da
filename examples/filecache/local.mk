# SPDX-License-Identifier: MIT
# The page cache: the engine, which its tests link with too (add
# examples/filecache/libengine.la to their LDADD), and the program. To add a file: a line.

noinst_LTLIBRARIES += examples/filecache/libengine.la
examples_filecache_libengine_la_CPPFLAGS = $(AM_CPPFLAGS) -D_FILE_OFFSET_BITS=64
examples_filecache_libengine_la_SOURCES = \
	examples/filecache/beside.c \
	examples/filecache/beside.h \
	examples/filecache/blockmap.c \
	examples/filecache/blockmap.h \
	examples/filecache/commit.c \
	examples/filecache/crc32c.c \
	examples/filecache/crc32c.h \
	examples/filecache/disk.c \
	examples/filecache/error.c \
	examples/filecache/error.h \
	examples/filecache/fault.c \
	examples/filecache/filecache.h \
	examples/filecache/filemap.c \
	examples/filecache/filemap.h \
	examples/filecache/fs.h \
	examples/filecache/fs_type.c \
	examples/filecache/image.c \
	examples/filecache/image.h \
	examples/filecache/image_check.c \
	examples/filecache/image_format.h \
	examples/filecache/image_meta.c \
	examples/filecache/inode.c \
	examples/filecache/list.h \
	examples/filecache/mm.h \
	examples/filecache/mmap.c \
	examples/filecache/page.c \
	examples/filecache/page_index.c \
	examples/filecache/page_lru.c \
	examples/filecache/pagemap.h \
	examples/filecache/quote.c \
	examples/filecache/quote.h \
	examples/filecache/readahead.c \
	examples/filecache/short_lock.h \
	examples/filecache/stats.c \
	examples/filecache/stats.h \
	examples/filecache/truncate.c \
	examples/filecache/usercopy.c \
	examples/filecache/vma_read.c \
	examples/filecache/wb_err.c \
	examples/filecache/write.c \
	examples/filecache/writeback.c \
	examples/filecache/xarray.c \
	examples/filecache/xarray.h

examples += examples/filecache/filecache
examples_filecache_filecache_LDADD = examples/filecache/libengine.la $(example_libs)
examples_filecache_filecache_LDFLAGS = $(example_ldflags)
examples_filecache_filecache_SOURCES = $(cache_commands) examples/filecache/main.c
# What the fuzzer of the command line has too.
cache_commands = \
	examples/filecache/cli.c \
	examples/filecache/cli.h \
	examples/filecache/cmd_file.c \
	examples/filecache/cmd_image.c \
	examples/filecache/cmd_race.c \
	examples/filecache/cmd_range.c \
	examples/filecache/cmd_stat.c \
	examples/filecache/output.c \
	examples/filecache/output.h \
	examples/filecache/race.h \
	examples/filecache/race_mutate.c \
	examples/filecache/race_part.c \
	examples/filecache/race_read.c \
	examples/filecache/race_stamp.c \
	examples/filecache/race_table.c \
	examples/filecache/race_threads.c

EXTRA_DIST += examples/filecache/demo.sh
