# SPDX-License-Identifier: MIT
# Each pair of memory orderings by itself, for herd7: "make check-litmus". To add a pair: a
# file NAME.litmus, with the line "Wrong: ..." and marks as litmus.sh reads them.
litmus_scripts = tests/litmus/litmus.sh
EXTRA_DIST += $(litmus_scripts) \
	tests/litmus/attempt_open.litmus \
	tests/litmus/bit_announce.litmus \
	tests/litmus/bit_lock.litmus \
	tests/litmus/bit_queue.litmus \
	tests/litmus/grant.litmus \
	tests/litmus/kill_all.litmus \
	tests/litmus/membarrier_after.litmus \
	tests/litmus/membarrier_before.litmus \
	tests/litmus/membarrier_between.litmus \
	tests/litmus/membarrier_swapped.litmus \
	tests/litmus/minilock.litmus \
	tests/litmus/pardon.litmus \
	tests/litmus/percpu_in.litmus \
	tests/litmus/percpu_in_shared.litmus \
	tests/litmus/percpu_out.litmus \
	tests/litmus/percpu_read_write.litmus \
	tests/litmus/percpu_write_read.litmus \
	tests/litmus/publish.litmus \
	tests/litmus/read_write.litmus \
	tests/litmus/references.litmus \
	tests/litmus/request.litmus \
	tests/litmus/semaphore.litmus \
	tests/litmus/slots_closed.litmus \
	tests/litmus/split_in.litmus \
	tests/litmus/split_newcomer.litmus \
	tests/litmus/split_opening.litmus \
	tests/litmus/task_table.litmus \
	tests/litmus/unkill_all.litmus \
	tests/litmus/wake.litmus \
	tests/litmus/write_read.litmus \
	tests/litmus/write_read_write.litmus \
	tests/litmus/write_write.litmus \
	tests/litmus/verdict.sh
