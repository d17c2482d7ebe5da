# SPDX-License-Identifier: MIT
# What GenMC checks under weak memory, "make check-genmc": the library's own sources, around
# which world.h puts what of the kernel and the C library they need. To add a run: a line in
# clients.tab. compile.sh is for those who do not have the tool.
genmc_scripts = tests/genmc/genmc.sh
test_scripts += tests/genmc/compile.sh
EXTRA_DIST += $(genmc_scripts) \
	tests/genmc/bit.c \
	tests/genmc/fast.c \
	tests/genmc/client.sh \
	tests/genmc/clients.tab \
	tests/genmc/library.h \
	tests/genmc/minilock.c \
	tests/genmc/model/base/block_signals.h \
	tests/genmc/model/base/cpu.h \
	tests/genmc/model_minilock/base/minilock.h \
	tests/genmc/mutex.c \
	tests/genmc/percpu.c \
	tests/genmc/rwsem.c \
	tests/genmc/semaphore.c \
	tests/genmc/task.c \
	tests/genmc/threads.h \
	tests/genmc/tool/genmc.h \
	tests/genmc/tool/pthread.h \
	tests/genmc/tool/stdlib.h \
	tests/genmc/tool/sys/types.h \
	tests/genmc/tool/unistd.h \
	tests/genmc/weaker.h \
	tests/genmc/world.h
