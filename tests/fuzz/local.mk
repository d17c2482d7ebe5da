# SPDX-License-Identifier: MIT
# Fuzzing. Here each target NAME reads its corpus once; "make fuzz" makes more of it. To add
# tests/fuzz/NAME.c: its lines below, and some files in tests/fuzz/corpus/NAME.

if FUZZER
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_main =
else
fuzz_ldflags = $(AM_LDFLAGS)
fuzz_main = tests/fuzz/replay.c
endif
fuzz_common = tests/fuzz/fuzz.c tests/fuzz/fuzz.h $(fuzz_main)
fuzz_files = $(fuzz_common) tests/fuzz/files.c tests/fuzz/files.h

fuzz_targets += cmdline image options order_rules order_text suppress

tests_fuzz_cmdline_SOURCES = $(fuzz_common) tests/fuzz/cmdline.c $(cache_commands)
tests_fuzz_cmdline_CPPFLAGS = $(engine_cppflags)
tests_fuzz_cmdline_LDADD = $(engine_ldadd)
tests_fuzz_cmdline_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_image_SOURCES = $(fuzz_common) tests/fuzz/image.c tests/fuzz/image.h \
	tests/fuzz/image_short.c
tests_fuzz_image_CPPFLAGS = $(engine_cppflags)
tests_fuzz_image_LDADD = $(engine_ldadd)
tests_fuzz_image_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_options_SOURCES = $(fuzz_files) tests/fuzz/options.c
tests_fuzz_options_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_order_rules_SOURCES = $(fuzz_common) tests/fuzz/order_rules.c
tests_fuzz_order_rules_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_order_text_SOURCES = $(fuzz_files) tests/fuzz/order_text.c
tests_fuzz_order_text_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_suppress_SOURCES = $(fuzz_files) tests/fuzz/suppress.c
tests_fuzz_suppress_LDFLAGS = $(fuzz_ldflags)

# Run by tests/fuzz/corpus.sh, and by "make fuzz".
fuzz_programs = \
	tests/fuzz/cmdline \
	tests/fuzz/image \
	tests/fuzz/options \
	tests/fuzz/order_rules \
	tests/fuzz/order_text \
	tests/fuzz/suppress
script_programs += $(fuzz_programs)
test_scripts += tests/fuzz/corpus.sh
EXTRA_DIST += $(fuzz_corpus) tests/fuzz/run tests/fuzz/cmdline.dict \
	tests/fuzz/options.dict tests/fuzz/suppress.dict
fuzz_corpus = \
	tests/fuzz/corpus/cmdline/all \
	tests/fuzz/corpus/cmdline/limits \
	tests/fuzz/corpus/cmdline/mkfs \
	tests/fuzz/corpus/cmdline/no_room_for_image \
	tests/fuzz/corpus/cmdline/wrong \
	tests/fuzz/corpus/image/cross_linked \
	tests/fuzz/corpus/image/empty \
	tests/fuzz/corpus/image/generation \
	tests/fuzz/corpus/image/large_file \
	tests/fuzz/corpus/image/new_files \
	tests/fuzz/corpus/image/operations \
	tests/fuzz/corpus/image/raw \
	tests/fuzz/corpus/image/read_only \
	tests/fuzz/corpus/image/too_large_file \
	tests/fuzz/corpus/image/truncated \
	tests/fuzz/corpus/image/wrong_checksums \
	tests/fuzz/corpus/options/check \
	tests/fuzz/corpus/options/check_wrong \
	tests/fuzz/corpus/options/hung \
	tests/fuzz/corpus/options/hung_long \
	tests/fuzz/corpus/options/hung_off \
	tests/fuzz/corpus/options/lockdep \
	tests/fuzz/corpus/options/lockdep_folder \
	tests/fuzz/corpus/options/lockdep_number \
	tests/fuzz/corpus/options/lockdep_off \
	tests/fuzz/corpus/options/lockdep_unknown \
	tests/fuzz/corpus/options/lockdep_wrong_file \
	tests/fuzz/corpus/options/lockstat \
	tests/fuzz/corpus/options/lockstat_refused \
	tests/fuzz/corpus/options/signal \
	tests/fuzz/corpus/options/signal_number \
	tests/fuzz/corpus/options/signal_real_time \
	tests/fuzz/corpus/order_rules/contradiction \
	tests/fuzz/corpus/order_rules/nothing \
	tests/fuzz/corpus/order_rules/patterns \
	tests/fuzz/corpus/order_rules/seen \
	tests/fuzz/corpus/order_rules/three \
	tests/fuzz/corpus/order_text/all \
	tests/fuzz/corpus/order_text/carriage_return \
	tests/fuzz/corpus/order_text/long_lines \
	tests/fuzz/corpus/order_text/too_many_names \
	tests/fuzz/corpus/order_text/wrong \
	tests/fuzz/corpus/order_text/zero_byte \
	tests/fuzz/corpus/order_text/zero_byte_at_end \
	tests/fuzz/corpus/suppress/all \
	tests/fuzz/corpus/suppress/carriage_return \
	tests/fuzz/corpus/suppress/carriage_return_found \
	tests/fuzz/corpus/suppress/carriage_return_at_end \
	tests/fuzz/corpus/suppress/hash \
	tests/fuzz/corpus/suppress/wrong
