# SPDX-License-Identifier: MIT
# Programs for the developers of programs that use klock.

bin_SCRIPTS = tools/klock-lockdep
EXTRA_DIST += tools/klock-lockdep.in
CLEANFILES += tools/klock-lockdep

# libklock runs it for its reports: tests find it through KLOCK_LINES.
pkglibexec_PROGRAMS = tools/klock-lines

tools/klock-lockdep: tools/klock-lockdep.in Makefile
	$(AM_V_GEN)$(MKDIR_P) tools && \
	sed 's/@VERSION[@]/$(PACKAGE_VERSION)/' $(srcdir)/tools/klock-lockdep.in >$@.tmp && \
	chmod +x $@.tmp && mv $@.tmp $@
