# SPDX-License-Identifier: MIT
# Further ways to run the tests, each with its own tool or its own build in a
# folder sub-NAME below this one. A tool that is missing is named and fails the target.

need = $(SHELL) $(top_srcdir)/tests/support/need $@
# (The + before a recipe that uses it hands make's job slots on.)
sub_build = MAKE='$(MAKE)' $(SHELL) $(top_srcdir)/tests/support/sub-build $(abs_top_srcdir)

# All that is to be built, one make after the other: "all" has a make of its own, and two
# of them side by side would write the same objects.
built: all
	@$(MAKE) $(check_PROGRAMS)

# The programs alone, without the scripts: what a sub-build makes and runs. LEFT_OUT=TOOL: but
# for those that tests/support/left-out has for the tool.
left_out = $(SHELL) $(top_srcdir)/tests/support/left-out.sh
check-programs:
	@test -n "`echo $(test_programs)`" || { echo '$@: no test programs in this build' >&2; exit 1; }
	@programs=`$(left_out) '$(LEFT_OUT)' $(test_programs)` && $(MAKE) $$programs && \
		$(MAKE) check-TESTS check-local TESTS="$$programs"

torture: built
	@KLOCK_TORTURE_SECONDS=$${KLOCK_TORTURE_SECONDS-60} KLOCK_TEST_TIMEOUT=0 \
		$(MAKE) check-TESTS TESTS='$(torture_tests)' TEST_SUITE_LOG=check-torture.log

# Broken variants of the library, which the torture has to find and shrink makes small.
torture-mutants:
	@top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' CC='$(CC)' \
		$(SHELL) $(srcdir)/tests/torture/mutants.sh

# Under Valgrind one thread runs at a time, some fifty times slower.
valgrind = valgrind -q --error-exitcode=99 --fair-sched=try \
	--memcheck:leak-check=full --memcheck:errors-for-leak-kinds=definite
slow_tests = KLOCK_TEST_TIMEOUT=600 CK_TIMEOUT_MULTIPLIER=20

check-memcheck check-helgrind check-drd: built
	@$(need) valgrind:valgrind
	@test -n "`echo $(valgrind_tests)`" || { echo '$@: no Check suites in this build' >&2; exit 1; }
	@$(slow_tests) $(MAKE) check-TESTS TEST_SUITE_LOG=$@.log \
		TESTS="`test $@ != check-memcheck || echo $(memcheck_tests) $(memcheck_scripts)` \
			$(valgrind_tests)" \
		LOG_COMPILER="$(valgrind) --tool=`echo $@ | sed s/check-//`"
check-annotate: built
	@$(need) valgrind:valgrind
	@$(slow_tests) $(MAKE) check-TESTS TESTS='$(annotate_scripts)' TEST_SUITE_LOG=$@.log

# One after the other, since they share the tests' logs; all of them, also when one fails. The
# scripts go with the suites under memcheck: one of them alone would leave a CPU idle at the end.
check-valgrind: built
	@status=0; for tool in memcheck helgrind drd; do \
		echo "== $$tool"; \
		$(MAKE) check-$$tool memcheck_scripts='$(annotate_scripts)' || status=1; \
		done; exit $$status

# Correct programs under lockdep, which has nothing to say of them: all suites, the torture,
# and the file cache. What is misuse on purpose the suites mark themselves (on_purpose.h). Left
# out is tests/lockdep, whose programs switch the checker on by themselves and provoke reports.
silent = $(SHELL) $(abs_top_srcdir)/tests/lockdep/silent
silent_scripts = tests/filecache/race.sh tests/filecache/cli.sh tests/docs/examples.sh
# All that there is to explore: some minutes.
check-explore: built
	@$(MAKE) --no-print-directory tests/explore/explore$(EXEEXT)
	tests/explore/explore$(EXEEXT)

# Broken variants of the algorithms, each of which a scenario has to catch, and of the file
# cache's engine, each of which one of its tests has to.
mutants = top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' CC='$(CC)' \
	CHECK_CFLAGS='$(CHECK_CFLAGS)' CHECK_LIBS='$(CHECK_LIBS)' $(SHELL) $(srcdir)/tests
check-mutants: check-explore-mutants check-engine-mutants
check-explore-mutants:
	@$(mutants)/explore/mutants.sh
check-engine-mutants:
	@$(mutants)/filecache/mutants.sh

# Weak memory. Skipped, and never passed, where the tool is missing: genmc, herd7.
.PHONY: check-litmus check-orderings
weak_memory = @KLOCK_TEST_TIMEOUT=0 $(MAKE) check-TESTS TEST_SUITE_LOG=$@.log
check-genmc:
	$(weak_memory) TESTS='$(genmc_scripts)'
check-litmus:
	$(weak_memory) TESTS='$(litmus_scripts)'
check-orderings:
	$(weak_memory) TESTS='$(orderings_scripts)'

# Each fault at each call, one by one: some minutes. The table is in the log.
check-faults: built
	@KLOCK_FAULTS_LIMIT=all KLOCK_TEST_TIMEOUT=0 $(MAKE) check-TESTS \
		TESTS='$(fault_scripts)' TEST_SUITE_LOG=$@.log

check-lockdep: built
	@KLOCK_TORTURE_SECONDS=$${KLOCK_TORTURE_SECONDS-10} $(MAKE) check-TESTS \
		TESTS="`printf '%s ' $(test_programs) | sed 's|tests/lockdep/[^ ]*||g'` \
			$(silent_scripts)" TEST_SUITE_LOG=suite-lockdep.log \
		LOG_COMPILER='$(silent)' SH_LOG_COMPILER='$(silent) $(SHELL)'

# What clang -Wthread-safety, sparse, cppcheck and clang-tidy say of programs that use the locks,
# and of our own sources: some minutes. What is missing of them is skipped, never passed.
check-static:
	@KLOCK_TEST_TIMEOUT=0 $(MAKE) check-TESTS TEST_SUITE_LOG=$@.log \
		TESTS='tests/static/analysis.sh tests/static/own.sh'

# The binary interface against what is recorded of it. libabigail looks at the library too.
check-abi: built
	@$(MAKE) check-TESTS TESTS='tests/abi/abi.sh tests/abi/abidiff.sh' TEST_SUITE_LOG=$@.log
# After a change that is meant; "make record-abi RELEASED=released" for a release.
record-abi: built
	@$(need) gcc:gcc abidw:abigail-tools
	@CC='$(CC)' $(SHELL) $(srcdir)/tests/abi/record $(abs_top_srcdir) lib/.libs/libklock.so \
		$(RELEASED)

# What the suite reaches of lib/, in a build of its own; see tests/coverage/report. Left out are
# scripts that look at sources, or build elsewhere.
covering = $(test_programs) tests/annotate/drd.sh tests/annotate/helgrind.sh tests/annotate/tsan.sh \
	`printf '%s\n' $(test_scripts) | grep -E '^tests/(filecache|lockdep|lockstat|torture)/'`
coverage_flags = -O0 -g --coverage -fprofile-update=atomic -fno-builtin-fork \
	-include $(abs_top_srcdir)/tests/coverage/exit.h
coverage:
	@$(need) gcov:gcc
	+@$(slow_tests) $(sub_build) coverage check-covering --disable-static CC=gcc \
		LDFLAGS=--coverage CFLAGS='$(coverage_flags)'
	@cd sub-coverage && $(SHELL) $(abs_top_srcdir)/tests/coverage/report
check-covering: built
	@find . -name '*.gcda' -exec rm -f {} +
	@$(MAKE) check-TESTS TESTS="$(covering)" TEST_SUITE_LOG=$@.log

# -O1: two thirds of the time would be the compiler's with -O2.
check-asan:
	+@$(slow_tests) $(sub_build) asan 'check-programs LEFT_OUT=asan' --disable-shared \
		--enable-werror CC='$(CC)' CFLAGS='-g -O1' --enable-sanitizer=address,undefined
# Each target of tests/fuzz for KLOCK_FUZZ_SECONDS (60), from its corpus on; see run there.
fuzz:
	@$(need) clang:clang
	+@$(sub_build) fuzz run-fuzz --disable-shared --enable-werror --without-check \
		CC=clang CFLAGS='-g -O1' --enable-sanitizer=fuzzer-no-link,address,undefined
run-fuzz: $(fuzz_programs)
	@$(SHELL) $(srcdir)/tests/fuzz/run $(abs_top_srcdir)/tests/fuzz $(fuzz_targets)
check-tsan:
	+@TSAN_OPTIONS=die_after_fork=0:$$TSAN_OPTIONS $(slow_tests) \
		$(sub_build) tsan 'check-programs LEFT_OUT=tsan' --disable-shared --enable-werror \
		CC='$(CC)' CFLAGS='-g -O1' --enable-sanitizer=thread
check-clang:
	@$(need) clang:clang
	+@$(sub_build) clang 'built check-programs' --enable-werror CC=clang
check-musl:
	@$(need) musl-gcc:musl-tools
	+@$(sub_build) musl 'built check-programs' $(bare) CC=musl-gcc \
		CPPFLAGS="-idirafter $$PWD/sub-musl/kernel"

check-cross: check-aarch64 check-armhf
check-aarch64:
	@$(need) aarch64-linux-gnu-gcc:gcc-aarch64-linux-gnu qemu-aarch64:qemu-user
	+@$(slow_tests) $(sub_build) aarch64 \
		'built check-programs LDFLAGS=-all-static LOG_COMPILER=qemu-aarch64' \
		$(bare) --host=aarch64-linux-gnu
check-armhf:
	@$(need) arm-linux-gnueabihf-gcc:gcc-arm-linux-gnueabihf qemu-arm:qemu-user
	+@$(slow_tests) $(sub_build) armhf \
		'built check-programs LDFLAGS=-all-static LOG_COMPILER=qemu-arm' \
		$(bare) --host=arm-linux-gnueabihf

# Where neither Check nor Valgrind can be had: the plain tests alone.
bare = --disable-shared --enable-werror --without-check --without-valgrind

# Everything, for an evening: half an hour of torture, then each other compiler and machine. What
# is skipped fails, so that no tool is missing unnoticed; KLOCK_SKIPS=pass lets it pass.
long_targets = check torture torture-mutants check-mutants check-explore check-genmc check-litmus \
	check-orderings check-faults check-abi check-static fuzz check-lockdep check-valgrind \
	check-asan check-tsan check-clang check-musl check-cross
check-long:
	@failed=; for target in $(long_targets); do \
		seconds=; test $$target != torture || seconds=KLOCK_TORTURE_SECONDS=1800; \
		env KLOCK_SKIPS=$${KLOCK_SKIPS-fail} $$seconds $(MAKE) $$target || \
			failed="$$failed $$target"; \
		done; test -z "$$failed" || { echo "check-long: failed:$$failed" >&2; exit 1; }

clean-local:
	rm -rf sub-coverage sub-fuzz sub-asan sub-tsan sub-clang sub-musl sub-aarch64 sub-armhf

.PHONY: fuzz run-fuzz check-abi check-static record-abi check-faults coverage check-covering torture-mutants
.PHONY: built check-programs check-lockdep check-explore check-genmc check-mutants check-explore-mutants check-engine-mutants torture check-memcheck check-helgrind check-drd \
	check-annotate check-valgrind check-asan check-tsan check-clang check-musl check-cross \
	check-aarch64 check-armhf check-long
