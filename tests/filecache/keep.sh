#!/bin/sh
# SPDX-License-Identifier: MIT
# No command of filecache destroys a file before what replaces it is complete: not the image,
# not a file in it, not one outside.
. "$top_srcdir/tests/support/tap.sh"

# Another program can be tried: FILECACHE.
filecache=${FILECACHE:-$top_builddir/examples/filecache/filecache}
dir=$(mktemp -d "$top_builddir/filecache-keep.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

fresh() { # a new image with the file f
	rm -f img link symlink
	"$filecache" mkfs --size 1M img && "$filecache" put img f old
	ln img link
	ln -s img symlink
}
# kept NAME STATUS: the command has failed with a message, the image is in order, f as it was.
kept() {
	name=$1 got=$2 wrong=
	[ "$got" -ne 0 ] || wrong="exit status 0"
	[ -s err ] || wrong="$wrong no message"
	"$filecache" fsck img >fsck.out 2>&1 || wrong="$wrong fsck: $(cat fsck.out)"
	"$filecache" get img f copy 2>&1 && cmp old copy || wrong="$wrong f is another"
	check_empty "$name" "$wrong"
}
# no_litter NAME: nothing but what the test makes itself.
no_litter() {
	check_empty "$1" "$(ls -A | grep -e '\.filecache\.')"
}

awk 'BEGIN { for (i = 0; i < 9000; i++) print "old line", i }' >old
awk 'BEGIN { for (i = 0; i < 5000; i++) print "a new line", i }' >new

# ---- Closed descriptors: the image must not become one of them ------------------------------

for shut in '<&-' '>&-' '2>&-' '<&- >&-' '>&- 2>&-' '<&- >&- 2>&-'; do
	fresh
	wrong=
	for command in "rm img none" "get img none" "put img x nofile" "write img none 0 old" \
		"punch img none 0 1" "truncate img f 2000" "ls img" "fsck img" "stat img f"; do
		eval "\"\$filecache\" $command $shut" >out 2>err
		"$filecache" fsck img >out 2>&1 || wrong="$wrong $command: $(cat out)"
	done
	check_empty "descriptors closed with $shut: image_stays_in_order" "$wrong"
done
fresh
"$filecache" put img f <&- 2>err
kept put_from_closed_standard_input_keeps_the_file $?
"$filecache" ls img >&- 2>err
kept ls_to_closed_standard_output_fails $?
"$filecache" --help >&- 2>err
kept help_to_closed_standard_output_fails $?

# ---- The image as output or as input of itself ----------------------------------------------

fresh
mkdir folder
for target in img ./img "$dir/img" link symlink folder/../img; do
	"$filecache" get img f "$target" 2>err
	kept "get onto the image as $target: refused" $?
	"$filecache" put img f "$target" 2>err
	kept "put from the image as $target: refused" $?
	"$filecache" write img f 0 "$target" 2>err
	kept "write from the image as $target: refused" $?
done
"$filecache" get img f /dev/fd/3 3<>img 2>err
kept get_onto_a_descriptor_of_the_image_is_refused $?
for command in "get img f" "read img f 0 10" "ls img" "fsck img" "stat img f" "mkfs --force img"; do
	# Split on purpose.
	# shellcheck disable=SC2086
	"$filecache" $command 1<>img 2>err
	kept "$command with the image as standard output: refused" $?
done
"$filecache" rm img none >out 2>>img
kept_status=$?
echo "to the image" >err
kept messages_do_not_go_into_the_image $kept_status
"$filecache" put img f <img 2>err
kept put_from_the_image_as_standard_input_is_refused $?

# ---- put: the old file or the new one -------------------------------------------------------

fresh
"$filecache" put img f folder 2>err
kept put_from_a_folder_keeps_the_file $?
"$filecache" put img f nofile 2>err
kept put_from_no_file_keeps_the_file $?
"$filecache" put img f . 2>err
kept put_from_this_folder_keeps_the_file $?
if [ "$(id -u)" -ne 0 ]; then
	chmod 0 new
	"$filecache" put img f new 2>err
	kept put_from_an_unreadable_file_keeps_the_file $?
	chmod 644 new
fi
# Memory that is not mapped: open(2) works, read(2) fails.
"$filecache" put img f /proc/self/mem 2>err
kept put_whose_source_fails_keeps_the_file $?
head -c 2M /dev/zero >large
"$filecache" put img f large 2>err
kept put_without_room_keeps_the_file $?
"$filecache" put img g large 2>err
"$filecache" ls img >out
check_empty put_without_room_leaves_no_part "$(grep ' g$' out)"
available=$(awk '/are free/ { print $1 }' out)
"$filecache" put img f new && "$filecache" put img f old && "$filecache" ls img >out
check_empty put_over_a_file_frees_its_blocks "$(
	awk -v n="$available" '/are free/ && $1 != n { print $1 " are free, not " n }' out)"
"$filecache" mkfs --size 1M --files 1 small && "$filecache" put small f new &&
	"$filecache" put small f old 2>err
check_empty put_over_the_only_file_that_there_can_be "$("$filecache" get small f copy 2>&1
	cmp old copy)"
mkfifo pipe
for signal in INT TERM KILL; do
	"$filecache" put img f pipe 2>err &
	pid=$!
	exec 3>pipe
	cat new >&3
	kill -$signal $pid
	wait $pid
	got=$?
	exec 3>&-
	[ $signal = KILL ] && echo killed >err
	kept "put ended by SIG$signal: keeps_the_file" $got
done

# Killed at any moment, it leaves one of the two, and blocks that are in use or free.
wrong=
"$filecache" ls img >before
for i in $(seq 60); do
	from=new other=old
	[ $((i % 2)) -eq 0 ] && from=old other=new
	"$filecache" put img f $from &
	pid=$!
	sleep "0.00$((i % 10))"
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
	"$filecache" fsck img >out || wrong="$wrong $(cat out)"
	"$filecache" get img f copy
	cmp -s copy old || cmp -s copy new || wrong="$wrong round $i: neither the old nor the new"
	"$filecache" put img f $other || wrong="$wrong round $i: no room left"
done 2>/dev/null
check_empty put_killed_leaves_old_or_new "$wrong"

# ---- get: the file outside ------------------------------------------------------------------

fresh
"$filecache" truncate img f 50M
cp old target
chmod 640 target
(ulimit -f 100 && "$filecache" get img f target 2>err)
check_empty get_that_fails_halfway_keeps_the_file "$([ $? -ne 0 ] && cmp old target 2>&1)"
(ulimit -f 100 && "$filecache" get img f fresh 2>err)
check_empty get_that_fails_halfway_leaves_no_part "$(ls fresh 2>/dev/null)"
"$filecache" get img none target 2>err
check_empty get_of_no_file_keeps_the_file "$(cmp old target 2>&1)"
no_litter get_that_fails_leaves_no_other_file
"$filecache" put img f new
ln -s target totarget
"$filecache" get img f totarget
check_empty get_through_a_link_replaces_what_it_leads_to "$([ -L totarget ] && cmp new target 2>&1)"
check_empty get_keeps_the_mode "$(ls -l target | grep -v '^-rw-r-----')"
"$filecache" get img f - >out
check_empty get_to_dash_is_standard_output "$(cmp new out)"
"$filecache" get img f /dev/stdout >out
check_empty get_to_dev_stdout "$(cmp new out)"
"$filecache" get img f /dev/full 2>err
check_empty get_to_a_full_device_fails "$([ $? -eq 1 ] && grep -q 'No space' err || cat err)"
check_empty dash_is_no_file "$(ls ./- 2>/dev/null)"
"$filecache" put img d - <new && "$filecache" get img d copy
check_empty put_from_dash_is_standard_input "$(cmp new copy)"
"$filecache" put - img e <new && "$filecache" get img e copy
check_empty put_from_dash_first "$(cmp new copy)"
"$filecache" write img e 0 - <old && "$filecache" get img e copy
check_empty write_from_dash_is_standard_input "$(cmp old copy)"

# ---- mkfs --force ---------------------------------------------------------------------------

fresh
(ulimit -f 100 && "$filecache" mkfs --size 64M --force img 2>err)
kept mkfs_force_without_room_keeps_the_image $?
"$filecache" mkfs --size 16T --force img 2>err
kept mkfs_force_of_an_impossible_size_keeps_the_image $?
no_litter mkfs_force_that_fails_leaves_no_other_file
"$filecache" mkfs --size 1M --force folder 2>err
check_empty mkfs_force_of_a_folder_is_refused "$([ $? -eq 1 ] && grep -q folder err || cat err)"
chmod 600 img
"$filecache" mkfs --size 2M --force symlink
check_empty mkfs_force_follows_a_link "$([ -L symlink ] && [ "$(wc -c <img)" -eq 2097152 ] ||
	ls -l img symlink)"
check_empty mkfs_force_keeps_the_mode "$(ls -l img | grep -v '^-rw-------')"
(ulimit -f 100 && "$filecache" mkfs --size 64M made 2>err)
check_empty mkfs_without_room_leaves_no_part "$(ls made 2>/dev/null)"

finish
