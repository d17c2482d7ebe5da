# SPDX-License-Identifier: MIT
# Tests of the example program filecache and of its engine.

# To add a script tests/filecache/NAME.sh: a line here.
#test_scripts += tests/filecache/NAME.sh
test_scripts += tests/filecache/cli.sh
test_scripts += tests/filecache/keep.sh
test_scripts += tests/filecache/lockdep.sh
script_programs += tests/filecache/lock_order
tests_filecache_lock_order_CPPFLAGS = $(engine_cppflags)
tests_filecache_lock_order_LDADD = $(engine_ldadd)
test_scripts += tests/filecache/names.sh
test_scripts += tests/filecache/race.sh
annotate_scripts += tests/filecache/valgrind.sh

# Check programs of the engine. To add tests/filecache/test_NAME.c: a line here, and those below.
check_suites += $(engine_suites)
engine_suites = \
	tests/filecache/test_blockmap \
	tests/filecache/test_fault \
	tests/filecache/test_filemap \
	tests/filecache/test_image \
	tests/filecache/test_inode \
	tests/filecache/test_mmap \
	tests/filecache/test_nowait \
	tests/filecache/test_page \
	tests/filecache/test_races \
	tests/filecache/test_readahead \
	tests/filecache/test_truncate \
	tests/filecache/test_truncate_steps \
	tests/filecache/test_usercopy \
	tests/filecache/test_waitq \
	tests/filecache/test_wb_err \
	tests/filecache/test_write \
	tests/filecache/test_xarray
engine_cppflags = $(AM_CPPFLAGS) -D_FILE_OFFSET_BITS=64 -I$(top_srcdir)/examples/filecache
engine_ldadd = examples/filecache/libengine.la $(LDADD)
tests_filecache_test_blockmap_CPPFLAGS = $(engine_cppflags)
tests_filecache_test_blockmap_LDADD = $(engine_ldadd)
tests_filecache_test_fault_CPPFLAGS = $(engine_cppflags)
tests_filecache_test_fault_LDADD = $(engine_ldadd)
tests_filecache_test_filemap_CPPFLAGS = $(engine_cppflags)
tests_filecache_test_filemap_LDADD = $(engine_ldadd)
tests_filecache_test_image_CPPFLAGS = $(engine_cppflags)
tests_filecache_test_image_LDADD = $(engine_ldadd)
tests_filecache_test_inode_CPPFLAGS = $(engine_cppflags)
tests_filecache_test_inode_LDADD = $(engine_ldadd)
tests_filecache_test_mmap_CPPFLAGS = $(engine_cppflags)
tests_filecache_test_mmap_LDADD = $(engine_ldadd)
tests_filecache_test_nowait_CPPFLAGS = $(engine_cppflags)
tests_filecache_test_nowait_LDADD = $(engine_ldadd)
tests_filecache_test_page_CPPFLAGS = $(engine_cppflags)
tests_filecache_test_page_LDADD = $(engine_ldadd)
tests_filecache_test_races_CPPFLAGS = $(engine_cppflags)
tests_filecache_test_races_LDADD = $(engine_ldadd)
tests_filecache_test_readahead_CPPFLAGS = $(engine_cppflags)
tests_filecache_test_readahead_LDADD = $(engine_ldadd)
tests_filecache_test_truncate_CPPFLAGS = $(engine_cppflags)
tests_filecache_test_truncate_LDADD = $(engine_ldadd)
tests_filecache_test_truncate_steps_CPPFLAGS = $(engine_cppflags)
tests_filecache_test_truncate_steps_LDADD = $(engine_ldadd)
tests_filecache_test_usercopy_CPPFLAGS = $(engine_cppflags)
tests_filecache_test_usercopy_LDADD = $(engine_ldadd)
tests_filecache_test_waitq_CPPFLAGS = $(engine_cppflags)
tests_filecache_test_waitq_LDADD = $(engine_ldadd)
tests_filecache_test_wb_err_CPPFLAGS = $(engine_cppflags)
tests_filecache_test_wb_err_LDADD = $(engine_ldadd)
tests_filecache_test_write_CPPFLAGS = $(engine_cppflags)
tests_filecache_test_write_LDADD = $(engine_ldadd)
tests_filecache_test_xarray_CPPFLAGS = $(engine_cppflags)
tests_filecache_test_xarray_LDADD = $(engine_ldadd)
EXTRA_DIST += \
	tests/filecache/fc_fixture.h \
	tests/filecache/fc_random.h \
	tests/filecache/mutants.sh \
	tests/filecache/mutants.tab

# The engine beside a model, and killed: random, by a seed that they print when they fail.
torture_tests += tests/filecache/fsx_model
tests_filecache_fsx_model_CPPFLAGS = $(engine_cppflags)
tests_filecache_fsx_model_LDADD = $(engine_ldadd)
torture_tests += tests/filecache/crash
tests_filecache_crash_CPPFLAGS = $(engine_cppflags)
tests_filecache_crash_LDADD = $(engine_ldadd)
annotate_scripts += tests/filecache/model_valgrind.sh

# The engine above a host that is recorded, and fails (host.h). The names of a libc with 64-bit
# file offsets, and those of glibc.
host_wrap = -Wl,--wrap=fsync,--wrap=fdatasync,--wrap=pread,--wrap=preadv,--wrap=pwrite \
	-Wl,--wrap=pwritev,--wrap=ftruncate,--wrap=fallocate,--wrap=posix_fallocate \
	-Wl,--wrap=pread64,--wrap=preadv64,--wrap=pwrite64,--wrap=pwritev64 \
	-Wl,--wrap=ftruncate64,--wrap=fallocate64,--wrap=posix_fallocate64
host_sources = \
	tests/filecache/host.c \
	tests/filecache/host.h \
	tests/filecache/ledger.c \
	tests/filecache/ledger.h \
	tests/filecache/replay.c \
	tests/filecache/replay.h \
	tests/filecache/workload.c \
	tests/filecache/workload.h
torture_tests += tests/filecache/power_cuts
tests_filecache_power_cuts_SOURCES = tests/filecache/power_cuts.c $(host_sources)
tests_filecache_power_cuts_CPPFLAGS = $(engine_cppflags)
tests_filecache_power_cuts_LDADD = $(engine_ldadd)
tests_filecache_power_cuts_LDFLAGS = $(AM_LDFLAGS) $(host_wrap)
torture_tests += tests/filecache/host_errors
tests_filecache_host_errors_SOURCES = tests/filecache/host_errors.c $(host_sources)
tests_filecache_host_errors_CPPFLAGS = $(engine_cppflags)
tests_filecache_host_errors_LDADD = $(engine_ldadd)
tests_filecache_host_errors_LDFLAGS = $(AM_LDFLAGS) $(host_wrap)

# What the race's readers know by is the program's, not the engine's.
check_suites += tests/filecache/test_stamp
tests_filecache_test_stamp_SOURCES = tests/filecache/test_stamp.c examples/filecache/race_stamp.c
tests_filecache_test_stamp_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/examples/filecache
