# SPDX-License-Identifier: MIT
# Programs for the developers of programs that use klock.

bin_SCRIPTS = tools/klock-lockdep
EXTRA_DIST += tools/klock-lockdep.in
CLEANFILES += tools/klock-lockdep

tools/klock-lockdep: tools/klock-lockdep.in Makefile
	$(AM_V_GEN)$(MKDIR_P) tools && \
	sed 's/@VERSION[@]/$(PACKAGE_VERSION)/' $(srcdir)/tools/klock-lockdep.in >$@.tmp && \
	chmod +x $@.tmp && mv $@.tmp $@
