#!/bin/sh
# SPDX-License-Identifier: MIT
# The program filecache: every command, its --help, its errors and exit statuses.
. "$top_srcdir/tests/support/tap.sh"

filecache=$top_builddir/examples/filecache/filecache
dir=$(mktemp -d "$top_builddir/filecache-cli.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

# expect STATUS COMMAND...: runs filecache; output in ./out, errors in ./err. Sets $wrong
# to what differs.
expect() {
	want=$1
	shift
	"$filecache" "$@" >out 2>err
	got=$?
	wrong=
	[ $got -eq "$want" ] && return
	wrong="filecache $*: exit status $got, not $want: $(cat err)"
}

# case_ok NAME STATUS ARGUMENTS...: the case passes if the exit status is right.
case_ok() {
	name=$1
	shift
	expect "$@"
	check_empty "$name" "$wrong"
}

# case_err NAME STATUS PATTERN ARGUMENTS...: also PATTERN is in the message, which comes
# alone, and as one line (two where it points at --help).
case_err() {
	name=$1 pattern=$3
	shift
	status=$1
	shift 2
	expect "$status" "$@"
	if [ -z "$wrong" ] && ! grep -q -e "$pattern" err; then
		wrong="no '$pattern' in: $(cat err)"
	elif [ -z "$wrong" ] && [ -s out ]; then
		wrong="output beside the error: $(head -n 3 out)"
	elif [ -z "$wrong" ] && [ "$(wc -l <err)" -gt 2 ]; then
		wrong="not one message: $(cat err)"
	fi
	check_empty "$name" "$wrong"
}

same() { # NAME FILE FILE
	check_empty "$1" "$(cmp "$2" "$3" 2>&1)"
}

commands="mkfs ls put get read write punch truncate rm stat fsck race"

# ---- Help and wrong command lines -------------------------------------------------------

case_ok help_shows_usage 0 --help
for command in $commands; do
	grep -q "^  $command " out || fail "help_lists_$command"
done
check_empty help_lists_exit_statuses "$(for s in 0 1 2 3 4 5 6 7; do
	grep -q "^  $s  " out || echo "no status $s"; done)"
for command in $commands; do
	expect 0 "$command" --help
	if [ -z "$wrong" ] && ! grep -q "^usage: filecache $command" out; then
		wrong="no usage line in: $(cat out)"
	fi
	check_empty "help_of_$command" "$wrong"
	case_err "unknown_option_of_$command" 2 "unknown option '--bogus'" "$command" --bogus
done
expect 2
check_empty no_command_is_wrong_usage "$wrong"
case_err unknown_command 2 "'frob' is no command" frob
case_err missing_operand 2 "missing operand" read img
case_err operand_too_many 2 "one operand too many: 'x'" ls img x
case_err option_without_value 2 "option '--size' needs a value" mkfs img --size
case_err flag_with_value 2 "takes no value" mkfs img --force=1

# ---- Numbers ----------------------------------------------------------------------------

case_err size_not_a_number 2 "'big' is not a number" mkfs img --size big
case_err size_trailing_garbage 2 "'16Mx' is not a number" mkfs img --size 16Mx
case_err size_negative 2 "negative" mkfs img --size -1
case_err size_too_small 2 "too small" mkfs img --size 4K
case_err size_overflow 2 "too large" mkfs img --size 99999999999999999999
case_err size_overflow_by_unit 2 "too large" mkfs img --size 9999999999T
case_err size_empty 2 "is not a number" mkfs img --size ""
case_err files_no_unit 2 "not a number" mkfs img --files 1K
check_empty nothing_was_made "$(ls img 2>/dev/null)"

# ---- mkfs, put, get, ls, rm -------------------------------------------------------------

awk 'BEGIN { for (i = 0; i < 20000; i++) print "a line of text", i }' >text
: >nothing
case_ok mkfs 0 mkfs img --size 4M --files 8
check_empty mkfs_size "$([ "$(wc -c <img)" -eq 4194304 ] || wc -c img)"
case_err mkfs_leaves_what_is_there 1 "exist" mkfs img
case_ok mkfs_force 0 mkfs img --size 4M --files 8 --force
case_ok put_file 0 put img text text
case_ok get_file 0 get img text copy
same get_gives_what_put_took text copy
"$filecache" get img text >copy2
same get_to_standard_output text copy2
"$filecache" put img piped <text && "$filecache" get img piped copy
same put_from_standard_input text copy
case_ok put_empty 0 put img empty nothing
case_ok get_empty 0 get img empty copy
same empty_file_stays_empty nothing copy
case_ok put_replaces 0 put img piped nothing
case_err put_no_clobber 1 "text" put img text nothing --no-clobber
case_ok ls 0 ls img
check_empty ls_shows_sizes "$(grep -q "^ *$(wc -c <text) .* text\$" out || cat out)"
check_empty ls_shows_all "$([ "$(grep -c -e ' text$' -e ' empty$' -e ' piped$' out)" -eq 3 ] ||
	cat out)"
case_ok rm 0 rm img piped
case_err rm_missing 1 "piped" rm img piped
case_err get_missing 1 "piped" get img piped
case_err put_source_missing 1 "nofile" put img x nofile
case_err put_name_with_slash 1 "a/b" put img a/b text
case_err put_name_too_long 1 "img" put img "$(printf %0100d 0)" text
case_err get_to_nowhere 1 "nodir/x" get img text nodir/x

# ---- read, write, punch, truncate -------------------------------------------------------

size=$(wc -c <text)
"$filecache" read img text 5000 10000 >part
dd if=text bs=1 skip=5000 count=10000 status=none >want
same read_range want part
case_err read_at_end 1 "offset $size is beyond the end" read img text "$size" 1
case_err read_far_beyond_end 1 "beyond the end" read img text 4T 1
expect 0 read img text $((size - 10)) 100
check_empty read_over_the_end_says_so "$wrong$(grep -q 'ends after 10 of the 100' err || cat err)"
tail -c 10 text >want
same read_over_the_end_gives_the_rest want out
case_err read_zero_length 2 "LENGTH: '0' is too small" read img text 0 0
case_err read_negative_offset 2 "negative" read img text -5 10
case_err read_negative_length 2 "negative" read img text -- 5 -10
case_err read_bad_offset 2 "OFFSET: '5x' is not a number" read img text 5x 10
case_err read_huge_offset 2 "too large" read img text 99999999999999999999 10
case_err read_hex_offset 2 "not a number" read img text 0x10 10
case_err read_empty_file 1 "beyond the end" read img empty 0 1
case_err read_missing 1 "none" read img none 0 1

cp text plain
echo "other text" >other
case_ok write_file 0 write img text 4090 other
dd if=other of=plain bs=1 seek=4090 conv=notrunc status=none
echo "more" | "$filecache" write img text 100000
echo "more" | dd of=plain bs=1 seek=100000 conv=notrunc status=none
case_ok punch 0 punch img text 10000 50000
head -c 50000 /dev/zero | dd of=plain bs=1 seek=10000 conv=notrunc status=none
"$filecache" get img text copy
same write_and_punch plain copy
expect 0 ls img
blocks_after=$(awk '$3 == "text" { print $2 }' out)
pages=$(((size + 4095) / 4096))
check_empty punch_frees_blocks "$([ "$blocks_after" -eq $((pages - 11)) ] || cat out)"
case_ok truncate_down 0 truncate img text 7777
truncate -s 7777 plain
case_ok truncate_up 0 truncate img text 50K
truncate -s 50K plain
"$filecache" get img text copy
same truncates plain copy
case_ok write_past_the_end 0 write img text 60000 other
dd if=other of=plain bs=1 seek=60000 conv=notrunc status=none
"$filecache" get img text copy
same write_past_the_end_leaves_zeroes plain copy
case_err write_missing 1 "none" write img none 0 other
case_err write_bad_offset 2 "OFFSET" write img text 1.5 other
case_err write_source_missing 1 "nofile" write img text 0 nofile
head -c 5M /dev/zero >big
case_err write_no_room 1 "file text, at offset" write img text 0 big
case_ok fsck_after_no_room 0 fsck img
"$filecache" truncate img text 0 && "$filecache" put img text plain
case_err punch_zero_length 2 "too small" punch img text 0 0
case_err punch_missing 1 "none" punch img none 0 1
case_err truncate_negative 2 "negative" truncate img text -1
case_err truncate_missing 1 "none" truncate img none 1
case_ok fsck_after_all_that 0 fsck img

# ---- stat -------------------------------------------------------------------------------

case_ok stat_image 0 stat img
case_ok stat_file 0 stat img text --passes 2 --readahead 0
check_empty stat_counts_hits_and_misses "$(awk '
	/pages found in the cache/ { hits = $1 }
	/pages looked for and not found/ { misses = $1 }
	END { if (hits < 10 || misses < 10) print hits " hits, " misses " misses" }' out)"
head -c 400000 big | "$filecache" put img large
case_ok stat_small_cache 0 stat img large --passes 2 --pages 8
check_empty stat_counts_evictions "$(awk '/pages evicted/ { n = $1 }
	END { if (n < 90) print n " evictions" }' out)"
case_ok stat_nowait 0 stat img text --passes 1 --nowait
case_err stat_missing 1 "none" stat img none
case_err stat_bad_passes 2 "too large" stat img text --passes 1001

# ---- Signals ----------------------------------------------------------------------------

# It waits for a pipe that nothing comes from, and is told to end.
mkfifo pipe
for signal in TERM INT; do
	"$filecache" put img waits pipe 2>err &
	pid=$!
	exec 3>pipe # returns once the other side has it open
	kill -$signal $pid
	wait $pid
	got=$?
	exec 3>&-
	check_empty "put_ended_by_SIG$signal" "$([ $got -eq 7 ] && grep -q signal err ||
		echo "exit status $got: $(cat err)")"
	case_ok "fsck_after_SIG$signal" 0 fsck img
done
"$filecache" get img large 2>err | :
check_empty get_to_closed_pipe_says_so "$(grep -q 'Broken pipe' err || cat err)"
"$filecache" get img large /dev/full 2>err
check_empty get_to_full_disk "$([ $? -eq 1 ] && grep -q 'No space left' err || cat err)"

# ---- Images that are none ---------------------------------------------------------------

for command in ls fsck "get x" "put text text" "read x 0 1" "punch x 0 1" stat "rm x"; do
	# Split on purpose: a command and what follows the image.
	# shellcheck disable=SC2086
	set -- $command
	first=$1
	shift
	case_err "image_missing_$first" 1 "noimg" "$first" noimg "$@"
	cp text notimg
	case_err "image_not_one_$first" 3 "notimg" "$first" notimg "$@"
	same "image_not_one_${first}_left_alone" text notimg
done
head -c 100000 img >cut
cp cut cut.before
case_err image_truncated 3 "cut" ls cut
case_err image_truncated_put 3 "cut" put cut x text
same image_truncated_left_alone cut.before cut
case_err image_empty 3 "nothing" ls nothing
case_err image_is_directory 1 "dir" ls "$dir"
cp img damaged
head -c 65536 /dev/zero | tr '\0' '\377' | dd of=damaged bs=4096 seek=0 conv=notrunc status=none
cp damaged damaged.before
case_err image_damaged 3 "damaged" put damaged x text
expect 3 fsck damaged
check_empty image_damaged_fsck "$wrong"
same image_damaged_left_alone damaged.before damaged
if [ "$(id -u)" -ne 0 ]; then
	chmod 0 img
	case_err image_not_readable 1 "ermission" ls img
	chmod 644 img
fi

finish
