dnl SPDX-License-Identifier: MIT
dnl klock's own configure macros.

dnl KLOCK_VALGRIND_HEADERS: HAVE_VALGRIND_HEADERS when the client requests can be compiled in.
AC_DEFUN([KLOCK_VALGRIND_HEADERS], [
AC_ARG_WITH([valgrind],
	[AS_HELP_STRING([--without-valgrind],
		[leave the Helgrind and DRD annotations out of the library])],
	[], [with_valgrind=auto])
klock_valgrind=no
AS_IF([test "$with_valgrind" != no], [
	klock_valgrind=yes
	AC_CHECK_HEADERS([valgrind/helgrind.h valgrind/drd.h], [], [klock_valgrind=no])
])
AS_IF([test "$with_valgrind:$klock_valgrind" = yes:no],
	[AC_MSG_ERROR([--with-valgrind: valgrind/helgrind.h is missing: install valgrind])])
AS_IF([test $klock_valgrind = yes],
	[AC_DEFINE([HAVE_VALGRIND_HEADERS], [1], [Valgrind's helgrind.h and drd.h are there])])
])

dnl KLOCK_STACKS: what reports can say of where something happened. tools/klock-lines opens libdw
dnl when it is needed, and only its header is used here.
AC_DEFUN([KLOCK_STACKS], [
AC_ARG_WITH([libdw],
	[AS_HELP_STRING([--without-libdw],
		[reports name no lines])],
	[], [with_libdw=auto])
klock_stacks="none"
AC_CACHE_CHECK([for _Unwind_Backtrace], [klock_cv_unwind],
	[AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <unwind.h>
		static _Unwind_Reason_Code step(struct _Unwind_Context *c, void *arg)
		{ return c == arg ? _URC_END_OF_STACK : _URC_NO_REASON; }]],
		[[return _Unwind_Backtrace(step, 0)]])],
		[klock_cv_unwind=yes], [klock_cv_unwind=no])])
AS_IF([test $klock_cv_unwind = yes], [
	AC_DEFINE([HAVE_UNWIND_BACKTRACE], [1], [The compiler's unwinder can be linked with])
	klock_stacks="functions"
])
AS_IF([test "$with_libdw" != no],
	[AC_CHECK_HEADERS([elfutils/libdwfl.h],
		[klock_stacks="functions and lines, through libdw"],
		[AS_IF([test "$with_libdw" = yes],
			[AC_MSG_ERROR([--with-libdw: elfutils/libdwfl.h is missing: install libdw-dev])])])])
])

dnl KLOCK_COMPILER_FLAGS: the language, the warnings, and --enable-werror, in KLOCK_CFLAGS.
AC_DEFUN([KLOCK_COMPILER_FLAGS], [
AC_ARG_ENABLE([werror],
	[AS_HELP_STRING([--enable-werror], [make compiler warnings errors])])
AX_APPEND_COMPILE_FLAGS([ dnl
	-std=gnu11 -fvisibility=hidden dnl
	-Wall -Wextra -Wshadow -Wundef -Wformat-security -Wpointer-arith -Wwrite-strings dnl
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wvla dnl
	-Wimplicit-fallthrough], [KLOCK_CFLAGS], [-Werror])
AS_IF([test "$enable_werror" = yes], [AS_VAR_APPEND([KLOCK_CFLAGS], [" -Werror"])])
AC_SUBST([KLOCK_CFLAGS])
])

dnl KLOCK_SANITIZER: --enable-sanitizer=LIST, for the library and the tests alike.
AC_DEFUN([KLOCK_SANITIZER], [
AC_ARG_ENABLE([sanitizer],
	[AS_HELP_STRING([--enable-sanitizer=LIST],
		[compile all with -fsanitize=LIST: "address,undefined" or "thread"])],
	[], [enable_sanitizer=no])
AS_CASE([$enable_sanitizer],
	[yes], [AC_MSG_ERROR([--enable-sanitizer needs a list, for example address,undefined])],
	[no], [],
	[AX_CHECK_LINK_FLAG([-fsanitize=$enable_sanitizer], [],
		[AC_MSG_ERROR([$CC cannot link with -fsanitize=$enable_sanitizer dnl
(clang needs libclang-rt-dev, gcc needs libgcc-12-dev)])])
	SANITIZER_FLAGS="-fsanitize=$enable_sanitizer -fno-omit-frame-pointer"
	AS_CASE([$enable_sanitizer],
		[*undefined*], [AS_VAR_APPEND([SANITIZER_FLAGS], [" -fno-sanitize-recover=undefined"])])])
klock_sanitizer=$enable_sanitizer
AC_SUBST([SANITIZER_FLAGS])
])

dnl KLOCK_CHECK_LIBRARY: the Check unit test library. Three states: there (yes); left out
dnl with --without-check (no), then the suites are skipped aloud; not found (missing), then
dnl everything builds but "make check" fails and says what to install.
AC_DEFUN([KLOCK_CHECK_LIBRARY], [
AC_ARG_WITH([check],
	[AS_HELP_STRING([--without-check], [build and run only the tests that do not use Check])],
	[], [with_check=auto])
klock_check=no
AS_IF([test "$with_check" != no],
	[PKG_CHECK_MODULES([CHECK], [check >= 0.13], [klock_check=yes], [klock_check=missing])])
AS_IF([test "$with_check:$klock_check" = yes:missing],
	[AC_MSG_ERROR([--with-check: $CHECK_PKG_ERRORS: install check])])
AM_CONDITIONAL([HAVE_CHECK], [test $klock_check = yes])
AM_CONDITIONAL([MISSING_CHECK], [test $klock_check = missing])
])

dnl KLOCK_BENCH_PEERS: which other libraries' locks "make bench" has beside ours.
AC_DEFUN([KLOCK_BENCH_PEERS], [
AC_ARG_ENABLE([bench-peers],
	[AS_HELP_STRING([--enable-bench-peers],
		["make bench" measures nsync, TBB, absl, Concurrency Kit and liburcu too, where they are installed])],
	[], [enable_bench_peers=no])
klock_bench_peers= klock_bench_cxx=no BENCH_PEERS_LIBS=
AS_IF([test "$enable_bench_peers" = yes], [
	AC_CHECK_HEADER([nsync.h], [klock_bench_peers="nsync"
		BENCH_PEERS_LIBS=-lnsync
		AC_DEFINE([BENCH_NSYNC], [1], [The benchmark has nsync])])
	AC_CHECK_HEADER([ck_rwlock.h], [klock_bench_peers="$klock_bench_peers ck"
		AC_DEFINE([BENCH_CK], [1], [The benchmark has Concurrency Kit])])
	AS_IF([$PKG_CONFIG --exists liburcu-memb], [klock_bench_peers="$klock_bench_peers liburcu"
		BENCH_PEERS_LIBS="$BENCH_PEERS_LIBS `$PKG_CONFIG --libs liburcu-memb`"
		AC_DEFINE([BENCH_URCU], [1], [The benchmark has liburcu])])
	AC_CHECK_PROGS([BENCH_CXX], [g++ clang++ c++], [none])
	AS_IF([test "$BENCH_CXX" != none && $PKG_CONFIG --exists tbb], [klock_bench_cxx=yes
		klock_bench_peers="$klock_bench_peers TBB"
		BENCH_PEERS_LIBS="$BENCH_PEERS_LIBS `$PKG_CONFIG --libs tbb`"
		AC_DEFINE([BENCH_TBB], [1], [The benchmark has TBB])])
	AS_IF([test "$BENCH_CXX" != none && $PKG_CONFIG --exists absl_synchronization], [
		klock_bench_cxx=yes
		klock_bench_peers="$klock_bench_peers absl"
		BENCH_PEERS_LIBS="$BENCH_PEERS_LIBS `$PKG_CONFIG --libs absl_synchronization`"
		AC_DEFINE([BENCH_ABSL], [1], [The benchmark has absl])])
])
AS_IF([test $klock_bench_cxx = yes], [
	BENCH_PEERS_LIBS="$BENCH_PEERS_LIBS -lstdc++"
	AC_DEFINE([BENCH_CXX], [1], [The benchmark has locks of C++ libraries])])
AC_SUBST([BENCH_PEERS_LIBS])
AM_CONDITIONAL([BENCH_CXX], [test $klock_bench_cxx = yes])
])
